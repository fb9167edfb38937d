"""The page of one deal, put together from its facts in the reader's words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.opportunities.answers import answers
from service.opportunities.board import deal_track
from service.opportunities.deal_records import approvals_of, done_actions_of, marks_of, may_change
from service.opportunities.deal_views import (
    ActionView,
    AnswerView,
    ApprovalView,
    AspectView,
    DealView,
    GateView,
    HistoryLine,
    PersonView,
    RiskView,
    StateView,
    StepView,
    Tab,
    TeamMember,
    VerdictView,
    ViolationView,
)
from service.opportunities.facts import deal_facts
from service.opportunities.next_steps import steps_by_deal
from service.opportunities.risks import risks_by_deal
from service.opportunities.stages import titles_of, word
from service.opportunities.timeline import Happening, timeline
from service.opportunities.views import OpportunityDetail
from service.people.viewer import Viewer
from service.records.audit import Entry, trail
from service.records.pipelines import pipelines
from service.records.scope import is_editor
from service.web.rendering import Reader
from sop.deals.chain import Aspect, Link, decision_chain
from sop.deals.conditions import ActionDone, Approved, FieldFilled, leaves
from sop.deals.facts import DealFacts
from sop.deals.gap import Gap, truth_gap
from sop.deals.gates import Verdict
from sop.deals.labels import ACTION_LABELS, APPROVAL_LABELS, FIELD_LABELS, FUNCTION_LABELS, label
from sop.deals.next_steps import NextStep
from sop.deals.pipeline import Pipeline
from sop.deals.risks import Risk
from sop.deals.statements import CHANNEL_LABELS
from sop.deals.violations import violations
from sop.deals.wording import VIOLATION_LABELS, explain_reason, stage_titles
from sop.procedure import Language, Wording

_TONES = {"kept": "good", "late": "soon", "due": "soon", "missed": "bad"}
_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class _Deal:
    """What the parts of the page are drawn from."""

    session: Session
    viewer: Viewer
    detail: OpportunityDetail
    pipeline: Pipeline | None
    facts: DealFacts
    now: datetime
    to: Reader

    @property
    def id(self) -> uuid.UUID:
        return self.detail.row.id

    @property
    def language(self) -> Language:
        return "zh" if self.to.language == "zh" else "en"

    def word(self, title: Wording) -> str:
        return word(title, self.language)


def deal_view(
    session: Session,
    viewer: Viewer,
    detail: OpportunityDetail,
    now: datetime,
    to: Reader,
    own_titles: Mapping[str, str],
) -> DealView:
    """All that the page of the deal shows besides the CRM's record and its calls."""
    row = detail.row
    known = pipelines(session)
    facts = deal_facts(session, viewer, [row.id])[row.id]
    deal = _Deal(session, viewer, detail, known.get(row.pipeline), facts, now, to)
    gap = truth_gap(deal.pipeline, facts, now) if deal.pipeline else None
    steps = steps_by_deal(session, {row.id: facts}, now)
    risks = risks_by_deal(session, viewer, {row.id: facts}, now, steps)[row.id]
    chain = decision_chain(facts, now)
    history = trail(session, viewer, "opportunity", row.id)
    titles = titles_of(known, deal.language)
    people = tuple(_person(deal, link) for link in chain.links)
    unspoken = {person.id for person in chain.never_spoken}
    parts = {
        "gates": tuple(_gates(deal, gap)) if gap else (),
        "steps": tuple(_step(deal, step) for step in reversed(steps[row.id])),
        "risks": tuple(_risk(deal, risk) for risk in risks),
        "violations": tuple(_violations(deal)) if deal.pipeline else (),
        "chain": tuple(person for person in people if person.contact not in unspoken),
    }
    return DealView(
        pipeline=deal.word(deal.pipeline.title) if deal.pipeline else "",
        stage=titles.get((row.pipeline, row.stage), row.stage),
        state=_state(deal, gap) if gap else None,
        unspoken=tuple(person for person in people if person.contact in unspoken),
        approvals=tuple(_approvals(deal)),
        approval_kinds=_approval_kinds(deal),
        actions=tuple(_actions(deal)),
        fields=tuple(_fields(deal)),
        team=tuple(_team(deal)),
        history=tuple(_line(deal, entry, titles) for entry in history[:_MOST_SHOWN]),
        timeline=timeline(detail.calls, _happenings(deal, history, titles), to.formats, to.t, own_titles),
        tabs=_tabs(to, parts, len(detail.calls), gap),
        may_edit=may_change(session, viewer, row.id),
        may_decide=is_editor(viewer) and may_change(session, viewer, row.id),
        **parts,
    )


def _tabs(to: Reader, parts: Mapping[str, Sequence[Any]], calls: int, gap: Gap | None) -> tuple[Tab, ...]:
    missed = sum(step.state == "missed" for step in parts["steps"])
    grave = sum(risk.severity == "high" for risk in parts["risks"])
    unanswered = sum(violation.answer is None for violation in parts["violations"])
    return (
        ("gates", to.t("gates.title"), gap.stages if gap and gap.stages else None, True),
        ("steps", to.t("deal.steps"), len(parts["steps"]), missed > 0),
        ("risks", to.t("deal.risks"), len(parts["risks"]), grave > 0),
        ("chain", to.t("deal.chain"), len(parts["chain"]), False),
        ("violations", to.t("deal.violations"), len(parts["violations"]), unanswered > 0),
        ("calls", to.t("deal.timeline"), calls, False),
        ("history", to.t("deal.history"), None, False),
    )


def _state(deal: _Deal, gap: Gap) -> StateView:
    assert deal.pipeline is not None
    way = deal_track(deal.pipeline, gap, deal.facts.outcome, deal.language)
    t, outcome = deal.to.t, deal.facts.outcome
    titles = stage_titles(deal.pipeline)
    names = {
        key: deal.word(titles[stage]) if stage in titles else stage
        for key, stage in (("claimed", gap.claimed), ("verified", gap.verified))
    }
    key = "sum_gap" if gap.stages else "sum_fine" if gap.claimed == gap.verified else "sum_ahead"
    if outcome != "open":
        key = f"sum_{outcome}" if not gap.stages else "sum_gap"
    perhaps = gap.possible if gap.unsure else ""
    return StateView(
        track=way,
        sentence=t(f"deal.{key}", **names),
        lacks=tuple(_verdict(deal, verdict) for verdict in gap.missing),
        perhaps=t("deal.sum_perhaps", stage=deal.word(titles[perhaps])) if perhaps in titles else "",
        at_risk=gap.at_risk,
    )


def _gates(deal: _Deal, gap: Gap) -> Iterable[GateView]:
    lacking = {result.stage.id for result in gap.open_gates}
    first = next((result.stage.id for result in gap.gates if result.outcome != "met"), None)
    for result in gap.gates:
        stage = result.stage.id
        yield GateView(
            stage=stage,
            title=deal.word(result.stage.title),
            outcome=result.outcome,
            verdicts=tuple(_verdict(deal, verdict) for verdict in result.verdicts),
            is_claimed=stage == gap.claimed,
            is_verified=stage == gap.verified,
            is_open=stage in lacking or stage == first,
        )


def _verdict(deal: _Deal, verdict: Verdict) -> VerdictView:
    title = deal.word(verdict.condition.title)
    return VerdictView(
        title=title[:1].upper() + title[1:],
        why=explain_reason(verdict.reason, deal.language),
        outcome=verdict.outcome,
        evidence=verdict.evidence,
        parts=tuple(_verdict(deal, part) for part in verdict.parts),
    )


def _step(deal: _Deal, step: NextStep) -> StepView:
    formats, t = deal.to.formats, deal.to.t
    when = formats.days(step.due.first, step.due.last)
    if step.due.at is not None:
        when = formats.moment(step.due.at)
    elif step.due.first == step.due.last:
        when = formats.weekday(step.due.last)
    mark = _mark(deal, step) if step.is_marked else ""
    return StepView(
        id=f"step-{uuid.uuid5(uuid.NAMESPACE_URL, step.key).hex[:10]}",
        key=step.key,
        state=step.state,
        tone=_TONES.get(step.state, ""),
        who=step.owner_name or t(f"deal.step_owner.{step.owner}"),
        channel=deal.word(CHANNEL_LABELS[step.channel]) if step.channel in CHANNEL_LABELS else "",
        when=t("deal.step_due", day=when),
        is_dated=step.due.is_said,
        is_agreed=step.is_agreed,
        why=deal.word(step.reason.wording),
        quotes=step.quotes,
        shown_quotes=step.shown_quotes,
        marked=mark,
    )


def _mark(deal: _Deal, step: NextStep) -> str:
    found = marks_of(deal.session, deal.id).get(step.key)
    if found is None:
        return ""
    who = found.who or deal.to.t("linking.operator")
    return deal.to.t("deal.marked", who=who, at=deal.to.formats.moment(found.at))


def _risk(deal: _Deal, risk: Risk) -> RiskView:
    why = deal.word(risk.reason.wording)
    return RiskView(risk.kind, risk.severity, deal.to.t(f"risk.{risk.kind}"), why, risk.evidence)


def _person(deal: _Deal, link: Link) -> PersonView:
    return PersonView(
        contact=link.contact.id,
        name=link.contact.name,
        role=link.contact.role,
        closeness=_aspect(deal, link.closeness),
        approval=_aspect(deal, link.approval),
        price=_aspect(deal, link.price),
    )


def _aspect(deal: _Deal, aspect: Aspect) -> AspectView:
    return AspectView(aspect.level, aspect.trend, deal.word(aspect.reason.wording), aspect.evidence)


def _violations(deal: _Deal) -> Iterable[ViolationView]:
    assert deal.pipeline is not None
    said_of = answers(deal.session, [deal.id]).get(deal.id, {})
    for found in violations(deal.pipeline, deal.facts, deal.now):
        answer = said_of.get(found.key)
        told = None
        if answer is not None:
            said = deal.to.t(f"deal.answer_state.{answer.state}")
            who, at = answer.by or deal.to.t("linking.operator"), deal.to.formats.moment(answer.at)
            told = AnswerView(answer.state, answer.text, deal.to.t("deal.answered", state=said, who=who, at=at))
        title = deal.word(VIOLATION_LABELS[found.kind])
        why = explain_reason(found.reason, deal.language, stage_titles(deal.pipeline))
        yield ViolationView(found.key, title[:1].upper() + title[1:], why, found.evidence, told)


def _approvals(deal: _Deal) -> Iterable[ApprovalView]:
    for stored in approvals_of(deal.session, deal.id):
        title = deal.word(label(stored.kind, APPROVAL_LABELS))
        who = stored.who or deal.to.t("linking.operator")
        told = deal.to.t("deal.asked_by", who=who, at=deal.to.formats.moment(stored.at))
        yield ApprovalView(stored.kind, title, stored.state, told, stored.text)


def _approval_kinds(deal: _Deal) -> tuple[tuple[str, str], ...]:
    """What can be asked for: what the pipeline needs first, then what is common."""
    stages = deal.pipeline.stages if deal.pipeline else ()
    asked = [stage.approval for stage in stages if stage.approval]
    asked += [leaf.kind for stage in stages for leaf in leaves(stage.criteria) if isinstance(leaf, Approved)]
    kinds = dict.fromkeys([*asked, *APPROVAL_LABELS])
    return tuple((kind, deal.word(label(kind, APPROVAL_LABELS))) for kind in kinds)


def _actions(deal: _Deal) -> Iterable[ActionView]:
    done = done_actions_of(deal.session, deal.id)
    asked = [leaf.action for leaf in _leaves(deal) if isinstance(leaf, ActionDone)]
    for action in dict.fromkeys([*asked, *done]):
        told = ""
        if action in done:
            who = done[action].who or deal.to.t("linking.operator")
            told = deal.to.t("deal.done_by", who=who, at=deal.to.formats.short_day(done[action].at))
        title = deal.word(label(action, ACTION_LABELS))
        yield ActionView(action, title[:1].upper() + title[1:], told)


def _fields(deal: _Deal) -> Iterable[tuple[str, str]]:
    """The CRM's further fields, and those that the pipeline asks for and that are empty."""
    shown = {"amount", "currency", "expected_close", "owner", "contact", "source"}
    asked = [leaf.field for leaf in _leaves(deal) if isinstance(leaf, FieldFilled) and leaf.field not in shown]
    for name in dict.fromkeys([*asked, *(field for field in deal.facts.fields if field not in shown)]):
        title = deal.word(label(name, FIELD_LABELS))
        yield title[:1].upper() + title[1:], str(deal.facts.fields.get(name) or "")


def _leaves(deal: _Deal) -> Iterable[Any]:
    for stage in deal.pipeline.stages if deal.pipeline else ():
        yield from leaves(stage.criteria)


def _team(deal: _Deal) -> Iterable[TeamMember]:
    if deal.facts.owner_name:
        yield TeamMember(deal.facts.owner_name, deal.to.t("deal.owner_function"))
    for _, name, function in deal.facts.collaborators:
        yield TeamMember(name, deal.word(label(function, FUNCTION_LABELS)))


def _line(deal: _Deal, entry: Entry, titles: Mapping[tuple[str, str], str]) -> HistoryLine:
    t = deal.to.t
    what = _field_name(deal, entry.field)
    old, new = (_shown(deal, entry.field, value, titles) for value in (entry.old, entry.new))
    if not entry.field:
        what, old, new = t("deal.created" if entry.old is None else "deal.removed"), None, None
    return HistoryLine(entry.at, entry.actor or t("deal.system"), entry.via, what, old, new)


def _field_name(deal: _Deal, field: str) -> str:
    plain = field.removesuffix("_id").removeprefix("fields.")
    if f"opportunities.{plain}" in deal.to.t:
        return deal.to.t(f"opportunities.{plain}")
    if f"deal.{plain}" in deal.to.t:
        return deal.to.t(f"deal.{plain}")
    return deal.word(label(plain, FIELD_LABELS))


def _shown(deal: _Deal, field: str, value: Any, titles: Mapping[tuple[str, str], str]) -> str | None:
    if value is None:
        return None
    if field == "stage":
        return titles.get((deal.detail.row.pipeline, str(value)), str(value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {each}" for key, each in value.items() if each is not None)
    return str(value)[:200]


def _happenings(deal: _Deal, history: Sequence[Entry], titles: Mapping[tuple[str, str], str]) -> Iterable[Happening]:
    t, pipeline = deal.to.t, deal.detail.row.pipeline
    for move in deal.detail.stages:
        yield Happening("crm", "stage", move.changed_at, titles.get((pipeline, move.stage), move.stage))
    for entry in history:
        if entry.field in ("amount", "expected_close", "owner_id") and entry.old is not None:
            name = _field_name(deal, entry.field)
            title = t("deal.changed", field=name, old=entry.old, new="–" if entry.new is None else entry.new)
            yield Happening("crm", "change", entry.at, title if entry.field != "owner_id" else name)
    for approval in deal.facts.approvals:
        name = deal.word(label(approval.kind, APPROVAL_LABELS))
        yield Happening("done", "approval", approval.at, f"{name}: {t(f'deal.approval_state.{approval.state}')}")
    for action in deal.facts.actions:
        yield Happening("done", "action", action.at, deal.word(label(action.action, ACTION_LABELS)))

"""The page of one deal, put together from its facts in the reader's words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from service.opportunities.answers import answers
from service.opportunities.board import deal_track
from service.opportunities.deal_duties import actions, approval_kinds, approvals, fields, team
from service.opportunities.deal_history import happenings, line
from service.opportunities.deal_reading import DealReading
from service.opportunities.deal_records import may_change
from service.opportunities.deal_views import (
    AnswerView,
    AspectView,
    DealView,
    GateView,
    PersonView,
    RiskView,
    StateView,
    StepView,
    Tab,
    VerdictView,
    ViolationView,
)
from service.opportunities.facts import deal_facts
from service.opportunities.next_steps import steps_by_deal
from service.opportunities.risks import risks_by_deal
from service.opportunities.stages import condition_title, sentence, titles_of
from service.opportunities.timeline import timeline
from service.opportunities.views import OpportunityDetail
from service.people.viewer import Viewer
from service.records.audit import trail
from service.records.pipelines import pipelines
from service.records.scope import is_editor
from service.web.rendering import Reader
from sop.deals.chain import Aspect, Link, decision_chain
from sop.deals.conditions import FieldFilled
from sop.deals.gap import Gap, truth_gap
from sop.deals.gates import Verdict
from sop.deals.labels import (
    FIELD_LABELS,
    label,
)
from sop.deals.next_steps import NextStep
from sop.deals.risks import Risk
from sop.deals.statements import CHANNEL_LABELS
from sop.deals.violations import violations
from sop.deals.wording import VIOLATION_LABELS, explain_reason, stage_titles

_TONES = {"kept": "good", "late": "soon", "due": "soon", "missed": "bad"}
_MOST_SHOWN = 200


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
    deal = DealReading(session, viewer, detail, known.get(row.pipeline), facts, now, to)
    gap = truth_gap(deal.pipeline, facts, now) if deal.pipeline else None
    steps = steps_by_deal(session, {row.id: facts}, now)
    risks = risks_by_deal(session, viewer, {row.id: facts}, now, steps)[row.id]
    chain = decision_chain(facts, now)
    history = trail(session, viewer, "opportunity", row.id)
    titles = titles_of(known, deal.language)
    people = tuple(_person(deal, link) for link in chain.links)
    unspoken = {person.id for person in chain.never_spoken}
    view = DealView(
        pipeline=deal.word(deal.pipeline.title) if deal.pipeline else "",
        stage=titles.get((row.pipeline, row.stage), row.stage),
        state=_state(deal, gap) if gap else None,
        gates=tuple(_gates(deal, gap)) if gap else (),
        steps=tuple(_step(deal, step) for step in reversed(steps[row.id])),
        risks=tuple(_risk(deal, risk) for risk in risks),
        violations=tuple(_violations(deal)) if deal.pipeline else (),
        chain=tuple(person for person in people if person.contact not in unspoken),
        unspoken=tuple(person for person in people if person.contact in unspoken),
        approvals=tuple(approvals(deal)),
        approval_kinds=approval_kinds(deal),
        actions=tuple(actions(deal)),
        fields=tuple(fields(deal)),
        team=tuple(team(deal)),
        history=tuple(line(deal, entry, titles) for entry in history[:_MOST_SHOWN]),
        timeline=timeline(detail.calls, happenings(deal, history, titles), to.formats, to.t, own_titles),
        may_edit=may_change(session, viewer, row.id),
        may_decide=is_editor(viewer) and may_change(session, viewer, row.id),
    )
    return replace(view, tabs=_tabs(to, view, len(detail.calls), gap))


def _tabs(to: Reader, view: DealView, calls: int, gap: Gap | None) -> tuple[Tab, ...]:
    missed = sum(step.state == "missed" for step in view.steps)
    grave = sum(risk.severity == "high" for risk in view.risks)
    unanswered = sum(violation.answer is None for violation in view.violations)
    return (
        ("gates", to.t("gates.title"), gap.stages if gap and gap.stages else None, True),
        ("steps", to.t("deal.steps"), len(view.steps), missed > 0),
        ("risks", to.t("deal.risks"), len(view.risks), grave > 0),
        ("chain", to.t("deal.chain"), len(view.chain), False),
        ("violations", to.t("deal.violations"), len(view.violations), unanswered > 0),
        ("calls", to.t("deal.timeline"), calls, False),
        ("history", to.t("deal.history"), None, False),
    )


def _state(deal: DealReading, gap: Gap) -> StateView:
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


def _gates(deal: DealReading, gap: Gap) -> Iterable[GateView]:
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


def _verdict(deal: DealReading, verdict: Verdict) -> VerdictView:
    condition = verdict.condition
    title = condition_title(condition, deal.language)
    if isinstance(condition, FieldFilled) and condition.own_title is None:
        # The reason says that it is filled in.
        title = deal.word(label(condition.field, FIELD_LABELS))
    return VerdictView(
        title=title[:1].upper() + title[1:],
        why=explain_reason(verdict.reason, deal.language),
        outcome=verdict.outcome,
        evidence=verdict.evidence,
        parts=tuple(_verdict(deal, part) for part in verdict.parts),
    )


def _step(deal: DealReading, step: NextStep) -> StepView:
    formats, t = deal.to.formats, deal.to.t
    when = formats.days(step.due.first, step.due.last)
    if step.due.at is not None:
        when = formats.moment(step.due.at)
    elif step.due.first == step.due.last:
        when = formats.weekday(step.due.last)
    return StepView(
        id=f"step-{uuid.uuid5(uuid.NAMESPACE_URL, step.key).hex[:10]}",
        key=step.key,
        state=step.state,
        tone=_TONES.get(step.state, ""),
        who=step.owner_name or t(f"deal.step_owner.{step.owner}"),
        channel=deal.word(CHANNEL_LABELS[step.channel]) if step.channel else "",
        when=t("deal.step_due", day=when),
        is_dated=step.due.is_said,
        is_agreed=step.is_agreed,
        why=sentence(step.reason, deal.to),
        quotes=step.quotes,
        shown_quotes=step.shown_quotes,
        marked=_mark(deal, step),
        mark_id=(step.mark.id or "") if step.mark else "",
    )


def _mark(deal: DealReading, step: NextStep) -> str:
    """Who said what became of the step, and when; empty where the calls tell."""
    if step.mark is None:
        return ""
    who = step.mark.by or deal.to.t("linking.operator")
    return deal.to.t("deal.marked", who=who, at=deal.to.formats.moment(step.mark.at))


def _risk(deal: DealReading, risk: Risk) -> RiskView:
    why = sentence(risk.reason, deal.to)
    return RiskView(risk.kind, risk.severity, deal.to.t(f"risk.{risk.kind}"), why, risk.evidence)


def _person(deal: DealReading, link: Link) -> PersonView:
    return PersonView(
        contact=link.contact.id,
        name=link.contact.name,
        role=link.contact.role,
        closeness=_aspect(deal, link.closeness),
        approval=_aspect(deal, link.approval),
        price=_aspect(deal, link.price),
    )


def _aspect(deal: DealReading, aspect: Aspect) -> AspectView:
    return AspectView(aspect.level, aspect.trend, sentence(aspect.reason, deal.to), aspect.evidence)


def _violations(deal: DealReading) -> Iterable[ViolationView]:
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

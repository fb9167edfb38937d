"""The audit trail of a deal in words, and what of it stands on the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service.opportunities.deal_reading import DealReading
from service.opportunities.deal_views import (
    HistoryLine,
)
from service.opportunities.timeline import Happening
from service.records.audit import Entry
from sop.deals.labels import (
    ACTION_LABELS,
    APPROVAL_LABELS,
    DECISION_ROLE_LABELS,
    FIELD_LABELS,
    label,
)


def line(deal: DealReading, entry: Entry, titles: Mapping[tuple[str, str], str]) -> HistoryLine:
    """One line of the trail in the reader's words."""
    t = deal.to.t
    what = _field_name(deal, entry.field)
    old, new = (_shown(deal, entry.field, value, titles) for value in (entry.old, entry.new))
    if not entry.field:
        what, old, new = t("deal.created" if entry.old is None else "deal.removed"), None, None
    return HistoryLine(entry.at, entry.actor or t("deal.system"), entry.via, what, old, new)


def _field_name(deal: DealReading, field: str) -> str:
    if said := _said_of(deal, field):
        return said
    plain = field.removesuffix("_id").removeprefix("fields.")
    if f"opportunities.{plain}" in deal.to.t:
        return deal.to.t(f"opportunities.{plain}")
    if f"deal.{plain}" in deal.to.t:
        return deal.to.t(f"deal.{plain}")
    return deal.word(label(plain, FIELD_LABELS))


def _said_of(deal: DealReading, field: str) -> str:
    """What a field of the trail is called that holds a person's word on something; empty for others."""
    t = deal.to.t
    begin, _, rest = field.replace(":", ".", 1).replace(" ", ".", 1).partition(".")
    if begin == "approvals":
        return f"{t('deal.approvals')}{t('deal.colon')}{deal.word(label(rest, APPROVAL_LABELS))}"
    if begin == "actions":
        return f"{t('deal.actions')}{t('deal.colon')}{deal.word(label(rest, ACTION_LABELS))}"
    titles = {"next_step": "deal.steps", "violation": "deal.violations", "contacts": "deal.part"}
    return t(titles[begin]) if rest and begin in titles else ""


def _state_word(deal: DealReading, state: str) -> str:
    """A state or role in words; anything else as it is."""
    for branch in ("step_state", "answer_state", "approval_state"):
        if f"deal.{branch}.{state}" in deal.to.t:
            return deal.to.t(f"deal.{branch}.{state}")
    return deal.word(DECISION_ROLE_LABELS[state]) if state in DECISION_ROLE_LABELS else state


def _shown(deal: DealReading, field: str, value: Any, titles: Mapping[tuple[str, str], str]) -> str | None:
    if value is None:
        return None
    if field == "stage":
        return titles.get((deal.detail.row.pipeline, str(value)), str(value))
    if _said_of(deal, field):
        state = value.get("state") if isinstance(value, dict) else value
        return _state_word(deal, str(state))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {each}" for key, each in value.items() if each is not None)
    return str(value)[:200]


def happenings(
    deal: DealReading, history: Sequence[Entry], titles: Mapping[tuple[str, str], str]
) -> Iterable[Happening]:
    """What the CRM and people did, for the timeline."""
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

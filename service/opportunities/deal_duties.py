"""What a deal's pipeline asks of people, as its page shows it: approvals, actions, fields; and the team."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from service.opportunities.deal_reading import DealReading
from service.opportunities.deal_records import approvals_of, done_actions_of, own_requests
from service.opportunities.deal_views import (
    ActionView,
    ApprovalView,
    TeamMember,
)
from sop.deals.conditions import ActionDone, Approved, FieldFilled, leaves
from sop.deals.labels import (
    ACTION_LABELS,
    APPROVAL_LABELS,
    FIELD_LABELS,
    FUNCTION_LABELS,
    label,
)


def approvals(deal: DealReading) -> Iterable[ApprovalView]:
    """The approvals of the deal, the newest first."""
    own = own_requests(deal.session, deal.viewer, deal.id) if deal.viewer.role != "admin" else frozenset()
    for stored in approvals_of(deal.session, deal.id):
        title = deal.word(label(stored.kind, APPROVAL_LABELS))
        who = stored.who or deal.to.t("linking.operator")
        told = deal.to.t("deal.asked_by", who=who, at=deal.to.formats.moment(stored.at))
        is_own = stored.state == "requested" and stored.kind in own
        yield ApprovalView(stored.kind, title, stored.state, told, stored.text, is_own)


def approval_kinds(deal: DealReading) -> tuple[tuple[str, str], ...]:
    """What can be asked for: what the pipeline needs first, then what is common."""
    stages = deal.pipeline.stages if deal.pipeline else ()
    asked = [stage.approval for stage in stages if stage.approval]
    asked += [leaf.kind for stage in stages for leaf in leaves(stage.criteria) if isinstance(leaf, Approved)]
    kinds = dict.fromkeys([*asked, *APPROVAL_LABELS])
    return tuple((kind, deal.word(label(kind, APPROVAL_LABELS))) for kind in kinds)


def actions(deal: DealReading) -> Iterable[ActionView]:
    """What the pipeline wants done, and what was done beside it."""
    done = done_actions_of(deal.session, deal.id)
    asked = [leaf.action for leaf in _leaves(deal) if isinstance(leaf, ActionDone)]
    for action in dict.fromkeys([*asked, *done]):
        last, told = done.get(action), ""
        if last is not None:
            who = last.who or deal.to.t("linking.operator")
            told = deal.to.t("deal.done_by", who=who, at=deal.to.formats.short_day(last.at))
        title = deal.word(label(action, ACTION_LABELS))
        yield ActionView(action, title[:1].upper() + title[1:], told, last.id if last else None)


def fields(deal: DealReading) -> Iterable[tuple[str, str]]:
    """The CRM's further fields, and those that the pipeline asks for and that are empty."""
    shown = {"amount", "currency", "expected_close", "owner", "contact", "source"}
    asked = [leaf.field for leaf in _leaves(deal) if isinstance(leaf, FieldFilled) and leaf.field not in shown]
    for name in dict.fromkeys([*asked, *(field for field in deal.facts.fields if field not in shown)]):
        title = deal.word(label(name, FIELD_LABELS))
        yield title[:1].upper() + title[1:], str(deal.facts.fields.get(name) or "")


def _leaves(deal: DealReading) -> Iterable[Any]:
    for stage in deal.pipeline.stages if deal.pipeline else ():
        yield from leaves(stage.criteria)


def team(deal: DealReading) -> Iterable[TeamMember]:
    """Who works on the deal, its owner first."""
    if deal.facts.owner_name:
        yield TeamMember(deal.facts.owner_name, deal.to.t("deal.owner_function"))
    for _, name, function in deal.facts.collaborators:
        yield TeamMember(name, deal.word(label(function, FUNCTION_LABELS)))

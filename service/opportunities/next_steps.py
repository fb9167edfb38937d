"""The next steps of deals as the viewer's calls tell them, and what people say became of them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, cast, get_args

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from models.answers import NextStepMark
from models.opportunities import Opportunity
from models.people import User
from service.opportunities.facts import deal_facts
from service.opportunities.heard_calls import among
from service.people.viewer import Viewer, visible_opportunities
from service.records.audit import Via, record
from sop.deals.facts import DealFacts
from sop.deals.next_steps import NextStep, StepMark, next_steps

Mark = Literal["kept", "missed", "dropped"]
MARKS: tuple[Mark, ...] = get_args(Mark)


class MarkError(Exception):
    """The mark cannot be made; the message says what to change."""


class MarkGone(MarkError):
    """There is nothing to take back."""


def steps_of(session: Session, viewer: Viewer, external_id: str, now: datetime) -> tuple[NextStep, ...] | None:
    """The next steps of a deal, oldest first; None when the viewer sees no such deal."""
    deal = visible_deal(session, viewer, external_id)
    if deal is None:
        return None
    facts = deal_facts(session, viewer, [deal])
    return steps_by_deal(session, facts, now).get(deal, ())


def steps_by_deal(
    session: Session, facts: Mapping[uuid.UUID, DealFacts], now: datetime
) -> dict[uuid.UUID, tuple[NextStep, ...]]:
    """The next steps of deals whose facts the viewer may see, by one statement for all."""
    marks = _marks(session, list(facts))
    return {deal: next_steps(known, now, marks.get(deal, {})) for deal, known in facts.items()}


def mark_step(
    session: Session, viewer: Viewer, external_id: str, key: str, state: str, now: datetime, via: Via = "web"
) -> NextStep | None:
    """A person's word on what became of a step; None when the viewer sees no such deal.

    Raises:
        MarkError: the deal has no such step, or the state is none.
    """
    if state not in MARKS:
        raise MarkError(f"state: expected one of {', '.join(MARKS)}, got {state!r}")
    deal = visible_deal(session, viewer, external_id)
    if deal is None:
        return None
    facts = deal_facts(session, viewer, [deal])
    step = _step(session, facts, deal, key, now)
    if step is None:
        raise MarkError(f"key: {external_id} has no next step {key!r}")
    session.add(NextStepMark(opportunity_id=deal, key=key, state=state, marked_by_id=viewer.user_id))
    session.flush()
    record(session, viewer.user_id, via, "opportunity", deal, f"next_step {key}", step.state, state)
    return _step(session, facts, deal, key, now)


def unmark_step(
    session: Session, viewer: Viewer, external_id: str, mark: uuid.UUID, now: datetime, via: Via = "web"
) -> bool:
    """Take back the mark that counts: the one before it counts again, or else what the calls tell.

    It is named by its id, so that the same request sent twice takes back no other.

    Returns:
        Whether the viewer sees the deal.

    Raises:
        MarkGone: the deal has no such mark (any more), the viewer sees no such step, or a later mark counts.
    """
    deal = visible_deal(session, viewer, external_id)
    if deal is None:
        return False
    of_deal = select(NextStepMark).where(NextStepMark.opportunity_id == deal)
    named = session.scalars(of_deal.where(NextStepMark.id == mark).with_for_update()).one_or_none()
    facts = deal_facts(session, viewer, [deal])
    step = _step(session, facts, deal, named.key, now) if named is not None else None
    if named is None or step is None or step.mark is None:
        raise MarkGone(f"mark: {external_id} has no such mark; it may have been taken back already")
    if step.mark.id != str(mark):
        raise MarkGone("mark: a later one counts by now; take that back first")
    session.delete(named)
    session.flush()
    left = _step(session, facts, deal, step.key, now)
    record(session, viewer.user_id, via, "opportunity", deal, f"next_step {step.key}", step.state, left and left.state)
    return True


def _step(
    session: Session, facts: Mapping[uuid.UUID, DealFacts], deal: uuid.UUID, key: str, now: datetime
) -> NextStep | None:
    return next((step for step in steps_by_deal(session, facts, now).get(deal, ()) if step.key == key), None)


def visible_deal(session: Session, viewer: Viewer, external_id: str) -> uuid.UUID | None:
    """The id of the deal with the CRM's id ``external_id``; None when the viewer sees no such deal."""
    query = select(Opportunity.id).where(Opportunity.external_id == external_id, visible_opportunities(viewer))
    return session.scalar(query)


def _marks(session: Session, deals: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, StepMark]]:
    """The last word on each step."""
    newest = (
        select(NextStepMark, User.name)
        .outerjoin(User, User.id == NextStepMark.marked_by_id)
        .where(among(NextStepMark.opportunity_id, deals))
        .ext(distinct_on(NextStepMark.opportunity_id, NextStepMark.key))
        .order_by(NextStepMark.opportunity_id, NextStepMark.key, NextStepMark.marked_at.desc(), NextStepMark.id)
    )
    found: defaultdict[uuid.UUID, dict[str, StepMark]] = defaultdict(dict)
    for mark, name in session.execute(newest):
        found[mark.opportunity_id][mark.key] = StepMark(cast(Mark, mark.state), mark.marked_at, name, str(mark.id))
    return found

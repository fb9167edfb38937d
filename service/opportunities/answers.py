"""What people answer to the violations of a deal, stored beside them and written into the audit trail."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from models.answers import ViolationAnswer
from models.opportunities import Opportunity
from models.people import User
from service.opportunities.facts import deal_facts
from service.opportunities.heard_calls import among
from service.people.viewer import Viewer, visible_opportunities
from service.records.audit import Via, record
from service.records.pipelines import pipeline as find_pipeline
from service.records.scope import NotAllowed, changeable_opportunities, is_editor
from sop.deals.violations import violations

State = Literal["explained", "accepted", "resolved"]
STATES: tuple[State, ...] = get_args(State)
MAX_TEXT = 2000


class UnknownViolation(LookupError):
    """The deal does not exist for the viewer, or has no such violation; the message says which."""


class AnswerError(ValueError):
    """The answer can't be taken; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's word on a violation; ``by`` is a name, None for the operator at the command line."""

    state: State
    text: str | None
    by: str | None
    at: datetime


def answers(session: Session, opportunities: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Answer]]:
    """The answers that count (of each violation the last), by opportunity and key.

    The opportunities are ones that the viewer was seen to see.
    """
    place = (ViolationAnswer.opportunity_id, ViolationAnswer.key)
    query = (
        select(ViolationAnswer, User.name)
        .outerjoin(User, User.id == ViolationAnswer.answered_by_id)
        .where(among(ViolationAnswer.opportunity_id, opportunities))
        .ext(distinct_on(*place))
        .order_by(*place, ViolationAnswer.answered_at.desc(), ViolationAnswer.id)
    )
    found: defaultdict[uuid.UUID, dict[str, Answer]] = defaultdict(dict)
    for stored, name in session.execute(query):
        state = next(state for state in STATES if state == stored.state)
        found[stored.opportunity_id][stored.key] = Answer(state, stored.text, name, stored.answered_at)
    return found


def answer(
    session: Session,
    viewer: Viewer,
    external_id: str,
    key: str,
    state: str,
    text: str | None,
    now: datetime,
    via: Via = "web",
) -> Answer:
    """Answer a violation of a deal: explain it, accept it (managers and admins), or say that it is resolved.

    Raises:
        UnknownViolation: no such deal for this viewer, or it has no such violation now.
        NotAllowed: the deal is not the viewer's or their team's, or they may not accept.
        AnswerError: an unknown state, an explanation without words, or too many of them.
    """
    words = _words(state, text)
    deal = _answerable(session, viewer, external_id, key, now)
    if state == "accepted" and not is_editor(viewer):
        raise NotAllowed("only managers and admins may accept a violation; explain it instead")
    before = answers(session, [deal]).get(deal, {}).get(key)
    stored = ViolationAnswer(
        opportunity_id=deal, key=key, state=state, text=words, answered_by_id=viewer.user_id, answered_at=now
    )
    session.add(stored)
    session.flush()
    old = None if before is None else {"state": before.state, "text": before.text}
    new = {"state": state, "text": words}
    record(session, viewer.user_id, via, "opportunity", deal, f"violation:{key}", old, new)
    return Answer(next(each for each in STATES if each == state), words, viewer.name if viewer.user_id else None, now)


def _words(state: str, text: str | None) -> str | None:
    if state not in STATES:
        raise AnswerError(f"state: unknown {state[:40]!r}, expected one of: {', '.join(STATES)}")
    words = (text or "").strip()
    if state == "explained" and not words:
        raise AnswerError("text: an explanation needs words, write why it happened")
    if len(words) > MAX_TEXT:
        raise AnswerError(f"text: {len(words)} characters, at most {MAX_TEXT} are kept, shorten it")
    return words or None


def _answerable(session: Session, viewer: Viewer, external_id: str, key: str, now: datetime) -> uuid.UUID:
    """The deal that has the violation; locked, so that answers follow one another."""
    query = select(Opportunity).where(visible_opportunities(viewer), Opportunity.external_id == external_id)
    deal = session.scalars(query.with_for_update(of=Opportunity)).one_or_none()
    if deal is None:
        raise UnknownViolation(f"no opportunity {external_id!r}")
    mine = select(Opportunity.id).where(changeable_opportunities(viewer), Opportunity.id == deal.id)
    if session.scalar(mine) is None:
        raise NotAllowed("only the owner of a deal, their manager and admins may answer its violations")
    pipeline, facts = find_pipeline(session, deal.pipeline), deal_facts(session, viewer, [deal.id]).get(deal.id)
    known = violations(pipeline, facts, now) if pipeline and facts else ()
    if key not in [violation.key for violation in known]:
        raise UnknownViolation(f"opportunity {external_id!r} has no violation {key!r}")
    return deal.id

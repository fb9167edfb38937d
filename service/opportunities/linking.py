"""Which opportunity a call belongs to: what the rule or a person said, why, and what else it could have been.

A person's link, or their word that a call belongs to none, stays until a person changes it: neither the rule, nor an
import, nor a second upload touches it. So does the opportunity that was named with a recording. A call that had its
opportunity before links were noted keeps it, too.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from models.calls import Call
from models.links import CallLink
from models.opportunities import Account, Opportunity
from models.people import User
from service.opportunities.link_views import CandidateView, LinkView
from service.opportunities.reach import LinkableCall, deals_for, linkable_calls, to_linkable
from service.people.viewer import Viewer, visible_calls, visible_opportunities
from service.records.audit import Line, Via, record_all
from service.records.configurations import stored
from sop.deals.linking import Candidate, Choice, LinkingSettings, choose
from sop.deals.linking_document import parse_linking
from sop.deals.linking_sentences import link_sentence

PERSON, NAMED, RULE = "person", "named", "rule"
_BINDING = (PERSON, NAMED)


class LinkError(Exception):
    """The link cannot be made; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Note:
    """A link to be written down: ``deal`` is None where the call belongs to none."""

    call: LinkableCall
    deal: uuid.UUID | None
    reason: Mapping[str, Any]
    candidates: tuple[Candidate, ...] = ()

    @classmethod
    def of_rule(cls, call: LinkableCall, choice: Choice) -> Note:
        """What the rule says of the call."""
        return cls(call, uuid.UUID(choice.deal) if choice.deal else None, reason_of(choice), choice.candidates)

    @property
    def is_known(self) -> bool:
        """Whether it is of the rule and no news: said before for the same reason, or nothing where nothing was said."""
        if self.reason["by"] != RULE or self.call.opportunity_id != self.deal:
            return False
        is_nothing = self.call.reason is None and self.reason.get("verdict") == "nothing"
        return is_nothing or self.call.reason == self.reason

    def row(self, made_by: uuid.UUID | None) -> dict[str, Any]:
        """The row to insert."""
        return {
            "call_id": self.call.id,
            "opportunity_id": self.deal,
            "made_by_id": made_by,
            "reason": dict(self.reason),
            "candidates": [candidate.to_json() for candidate in self.candidates],
        }


def link_settings(session: Session) -> LinkingSettings:
    """The settings that count."""
    return _parsed(stored(session, "linking"))


_parsed = lru_cache(maxsize=8)(parse_linking)


def is_bound(call: LinkableCall) -> bool:
    """Whether the rule may not touch the call's link."""
    if call.reason is None:
        return call.opportunity_id is not None
    return call.reason.get("by") in _BINDING


def link_arrived(session: Session, viewer: Viewer, call: Call, named: uuid.UUID | None) -> None:
    """Link a call that came in, or came in again, to the opportunity ``named`` with it, else by the rule.

    A call that has an opportunity keeps it.
    """
    session.flush()
    found = locked_call(session, call.id)
    if found is None or found.opportunity_id is not None or is_bound(found):
        return
    if viewer.role == "rep":
        # Whoever brought the recording first: the number may be this rep's claim.
        found = replace(found, uploader=viewer.user_id)
    if named is not None:
        note(session, found, named, {"by": NAMED}, (), made_by=viewer.user_id, via="import")
    else:
        link_by_rule(session, found, link_settings(session))
    session.refresh(call, ["opportunity_id"])


def link_by_rule(session: Session, call: LinkableCall, settings: LinkingSettings) -> None:
    """Let the rule say where the call belongs, and note it where that is news."""
    if call.phone is None and call.opportunity_id is None:
        return
    deals = deals_for(session, {call.phone} if call.phone else set())
    choice = choose(call.to_link, deals.open_to(call), settings)
    note_all(session, [Note.of_rule(call, choice)], made_by=None, via="job")


def reason_of(choice: Choice) -> dict[str, Any]:
    """Why the rule chose as it did, as it is stored."""
    reason: dict[str, Any] = {"by": RULE, "verdict": choice.verdict}
    if choice.deal is not None:
        best = choice.candidates[0]
        reason |= {"match": best.match, "person": best.person, "timing": best.timing, "days": best.days}
    return reason


def note(
    session: Session,
    call: LinkableCall,
    deal: uuid.UUID | None,
    reason: Mapping[str, Any],
    candidates: Sequence[Candidate],
    *,
    made_by: uuid.UUID | None,
    via: Via,
) -> bool:
    """Write a link down as the one in force; whether it leads elsewhere than before.

    The call must be locked (:func:`locked_call`).
    """
    return bool(note_all(session, [Note(call, deal, reason, tuple(candidates))], made_by=made_by, via=via))


def note_all(
    session: Session,
    notes: Sequence[Note],
    *,
    made_by: uuid.UUID | None,
    via: Via,
    asked_by: uuid.UUID | None = None,
) -> frozenset[uuid.UUID]:
    """Write links down as those in force, by a few statements; the ids of the calls that lead elsewhere than before.

    ``asked_by`` is who let the rule decide, for the audit trail. What the rule says again for the same reason is not
    written twice. The calls must be locked (:func:`locked_calls`).
    """
    news = [each for each in notes if not each.is_known]
    if not news:
        return frozenset()
    in_force = CallLink.call_id.in_([each.call.id for each in news]) & CallLink.superseded_at.is_(None)
    session.execute(update(CallLink).where(in_force).values(superseded_at=func.clock_timestamp()))
    session.execute(insert(CallLink), [each.row(made_by) for each in news])
    moved = [each for each in news if each.call.opportunity_id != each.deal]
    if moved:
        session.execute(update(Call), [{"id": each.call.id, "opportunity_id": each.deal} for each in moved])
        lines = (
            Line("call", str(each.call.id), "opportunity_id", each.call.opportunity_id, each.deal) for each in moved
        )
        record_all(session, made_by or asked_by, via, lines)
    return frozenset(each.call.id for each in moved)


def set_link(session: Session, viewer: Viewer, call_id: uuid.UUID, external_id: str | None, via: Via = "web") -> bool:
    """A person's word on where a call belongs, None to no opportunity. False when the viewer sees no such call.

    Raises:
        LinkError: the viewer sees no such opportunity.
    """
    call = _visible_call(session, viewer, call_id)
    if call is None:
        return False
    deal = _visible_deal(session, viewer, external_id) if external_id is not None else None
    candidates = _choice(session, call).candidates
    note(session, call, deal, {"by": PERSON}, candidates, made_by=viewer.user_id, via=via)
    return True


def release_link(session: Session, viewer: Viewer, call_id: uuid.UUID, via: Via = "web") -> bool:
    """Take a person's word back: the rule decides again. False when the viewer sees no such call."""
    call = _visible_call(session, viewer, call_id)
    if call is None:
        return False
    note_all(session, [Note.of_rule(call, _choice(session, call))], made_by=None, via=via, asked_by=viewer.user_id)
    return True


def get_link(session: Session, viewer: Viewer, call_id: uuid.UUID) -> LinkView | None:
    """A call's link and what it may belong to by the settings of today; None when the viewer sees no such call."""
    row = session.execute(linkable_calls().where(Call.id == call_id, visible_calls(viewer))).one_or_none()
    if row is None:
        return None
    call = to_linkable(row)
    found = _choice(session, call).candidates
    link = session.execute(
        select(CallLink.made_at, User.name)
        .outerjoin(User, User.id == CallLink.made_by_id)
        .where(CallLink.call_id == call_id, CallLink.superseded_at.is_(None))
    ).one_or_none()
    seen = _shown_deals(session, viewer, [*(uuid.UUID(each.deal) for each in found), call.opportunity_id])
    own = seen.get(str(call.opportunity_id))
    reason = call.reason
    return LinkView(
        call_id=call_id,
        opportunity=own.external_id if own else None,
        name=own.name if own else None,
        by=reason.get("by") if reason else None,
        person=link.name if link else None,
        made_at=link.made_at if link else None,
        why=link_sentence(reason) if reason else None,
        candidates=tuple(_candidate(each, seen[each.deal]) for each in found if each.deal in seen),
    )


def locked_call(session: Session, call_id: uuid.UUID) -> LinkableCall | None:
    """A call as its link stands now, nobody else changing it until the transaction ends."""
    return next(iter(locked_calls(session, [call_id])), None)


def locked_calls(session: Session, ids: Sequence[uuid.UUID]) -> list[LinkableCall]:
    """Calls as their links stand now, in the order of their ids, nobody else changing them until the end."""
    session.execute(select(Call.id).where(Call.id.in_(ids)).order_by(Call.id).with_for_update())
    return [to_linkable(row) for row in session.execute(linkable_calls().where(Call.id.in_(ids)).order_by(Call.id))]


def _visible_call(session: Session, viewer: Viewer, call_id: uuid.UUID) -> LinkableCall | None:
    if session.scalar(select(Call.id).where(Call.id == call_id, visible_calls(viewer))) is None:
        return None
    return locked_call(session, call_id)


def _visible_deal(session: Session, viewer: Viewer, external_id: str) -> uuid.UUID:
    query = select(Opportunity.id).where(Opportunity.external_id == external_id, visible_opportunities(viewer))
    deal = session.scalar(query)
    if deal is None:
        raise LinkError(f"opportunity: no opportunity {external_id!r} that you may see")
    return deal


def _choice(session: Session, call: LinkableCall) -> Choice:
    deals = deals_for(session, {call.phone} if call.phone else set())
    return choose(call.to_link, deals.open_to(call), link_settings(session))


def _shown_deals(session: Session, viewer: Viewer, ids: Sequence[uuid.UUID | None]) -> dict[str, Any]:
    rows = session.execute(
        select(
            Opportunity.id,
            Opportunity.external_id,
            Opportunity.name,
            Opportunity.stage,
            Opportunity.outcome,
            Account.name.label("account"),
        )
        .join(Account, Account.id == Opportunity.account_id)
        .where(Opportunity.id.in_([each for each in ids if each is not None]), visible_opportunities(viewer))
    )
    return {str(row.id): row for row in rows}


def _candidate(candidate: Candidate, row: Any) -> CandidateView:
    why = link_sentence({"by": RULE, "verdict": "linked", **candidate.to_json()})
    shown = (row.external_id, row.name, row.account, row.stage, row.outcome)
    return CandidateView(
        *shown, candidate.rank, candidate.match, candidate.person, candidate.timing, candidate.days, why
    )

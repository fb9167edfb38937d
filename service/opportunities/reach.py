"""Calls and deals as :mod:`sop.deals.linking` reads them, and which deals a recording may open at all."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.calls import Call, Recording
from models.links import CallLink
from models.opportunities import Collaborator, Contact, Opportunity, OpportunityContact, StageChange
from models.people import User
from sop.deals.linking import CallToLink, DealToLink

_TAIL = 7
"""Digits by which numbers are looked up; :mod:`sop.deals.phone_numbers` then compares them whole."""


@dataclass(frozen=True, slots=True)
class LinkableCall:
    """A call with what decides its link. ``opportunity_id`` is that of today, ``reason`` that of the link in force,
    None where nobody noted one; ``uploader`` is set where a rep brought the recording in."""

    id: uuid.UUID
    external_id: str | None
    phone: str | None
    rep_id: uuid.UUID | None
    team_id: uuid.UUID | None
    uploader: uuid.UUID | None
    started_at: datetime
    opportunity_id: uuid.UUID | None
    reason: Mapping[str, Any] | None

    @property
    def to_link(self) -> CallToLink:
        return CallToLink(self.phone, str(self.rep_id) if self.rep_id else None, self.started_at)


@dataclass(frozen=True, slots=True)
class _Owned:
    """A deal and the people who work on it, with their teams."""

    deal: DealToLink
    people: frozenset[str]
    teams: frozenset[uuid.UUID | None]


class Deals:
    """The deals that the numbers of some calls may lead to."""

    def __init__(self, by_tail: Mapping[str, Sequence[_Owned]]) -> None:
        self._by_tail = by_tail

    def open_to(self, call: LinkableCall) -> list[DealToLink]:
        """The deals that this call may be linked to.

        A call opens its deal to its rep, and a rep's upload can claim any number: it leads only to deals they own or
        work on. What a manager or the operator brings in leads to those of the rep's team.
        """
        found = self._by_tail.get(tail(call.phone), ()) if call.phone else ()
        if call.uploader is not None:
            return [owned.deal for owned in found if str(call.uploader) in owned.people]
        if call.rep_id is not None:
            return [owned.deal for owned in found if call.team_id in owned.teams]
        return [owned.deal for owned in found]


def tail(phone: str) -> str:
    """The end of a stored number, the same however its country code is written."""
    return phone[-_TAIL:]


def linkable_calls() -> Select[*tuple[Any, ...]]:
    """A query over calls that are there, with what :func:`to_linkable` reads."""
    rep, uploader = aliased(User), aliased(User)
    return (
        select(
            Call.id,
            Call.external_id,
            Call.customer_phone,
            Call.rep_id,
            rep.team_id,
            uploader.id.label("uploader"),
            Call.started_at,
            Call.opportunity_id,
            CallLink.reason,
        )
        .join(Recording, Recording.id == Call.recording_id)
        .outerjoin(rep, rep.id == Call.rep_id)
        .outerjoin(uploader, (uploader.id == Recording.uploaded_by_id) & (uploader.role == "rep"))
        .outerjoin(CallLink, (CallLink.call_id == Call.id) & CallLink.superseded_at.is_(None))
        .where(Call.deleted_at.is_(None))
    )


def to_linkable(row: Any) -> LinkableCall:
    """A row of :func:`linkable_calls` as a value."""
    return LinkableCall(
        id=row.id,
        external_id=row.external_id,
        phone=row.customer_phone,
        rep_id=row.rep_id,
        team_id=row.team_id,
        uploader=row.uploader,
        started_at=row.started_at,
        opportunity_id=row.opportunity_id,
        reason=row.reason,
    )


def deals_for(session: Session, phones: Collection[str]) -> Deals:
    """The deals that these numbers may lead to, through their contacts or those of their accounts.

    Takes the same few statements however many numbers there are.
    """
    tails = {tail(phone) for phone in phones}
    if not tails:
        return Deals({})
    contacts = session.execute(
        select(Contact.id, Contact.account_id, Contact.phone).where(
            func.right(Contact.phone, _TAIL).in_(tails), Contact.deleted_at.is_(None)
        )
    ).all()
    return Deals(_by_tail(_Loaded(session, contacts)))


class _Loaded:
    """The rows that deals are made of, for the contacts that some numbers lead to."""

    def __init__(self, session: Session, contacts: Sequence[Any]) -> None:
        self.phone = {contact.id: contact.phone for contact in contacts}
        self.of_account: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
        for contact in contacts:
            self.of_account[contact.account_id].add(contact.id)
        self.deals = session.execute(_deals(set(self.of_account), set(self.phone))).all()
        ids = [deal.id for deal in self.deals]
        self.of_deal = _grouped(
            session,
            select(OpportunityContact.opportunity_id, OpportunityContact.contact_id).where(
                OpportunityContact.opportunity_id.in_(ids)
            ),
        )
        self.team_of_deal = _grouped(
            session,
            select(Collaborator.opportunity_id, Collaborator.user_id).where(Collaborator.opportunity_id.in_(ids)),
        )
        self.moves = _grouped(
            session,
            select(StageChange.opportunity_id, StageChange.changed_at).where(StageChange.opportunity_id.in_(ids)),
        )
        people = {deal.owner_id for deal in self.deals if deal.owner_id}.union(*self.team_of_deal.values())
        self.teams: dict[uuid.UUID, uuid.UUID | None] = {
            row.id: row.team_id for row in session.execute(select(User.id, User.team_id).where(User.id.in_(people)))
        }


def _deals(accounts: set[uuid.UUID], contacts: set[uuid.UUID]) -> Select[*tuple[Any, ...]]:
    named = select(OpportunityContact.opportunity_id).where(OpportunityContact.contact_id.in_(contacts))
    return select(
        Opportunity.id,
        Opportunity.account_id,
        Opportunity.contact_id,
        Opportunity.owner_id,
        Opportunity.created_at,
        Opportunity.closed_at,
        Opportunity.outcome,
    ).where(
        Opportunity.deleted_at.is_(None),
        or_(Opportunity.account_id.in_(accounts), Opportunity.contact_id.in_(contacts), Opportunity.id.in_(named)),
    )


def _grouped(session: Session, query: Select[*tuple[Any, ...]]) -> dict[uuid.UUID, set[Any]]:
    found: defaultdict[uuid.UUID, set[Any]] = defaultdict(set)
    for key, value in session.execute(query):
        found[key].add(value)
    return found


def _by_tail(loaded: _Loaded) -> dict[str, list[_Owned]]:
    found: defaultdict[str, list[_Owned]] = defaultdict(list)
    for row in loaded.deals:
        owned = _owned(row, loaded)
        for key in {tail(phone) for phone in owned.deal.phones | owned.deal.account_phones}:
            found[key].append(owned)
    return found


def _owned(row: Any, loaded: _Loaded) -> _Owned:
    own = loaded.of_deal.get(row.id, set()) | ({row.contact_id} if row.contact_id else set())
    others = loaded.of_account.get(row.account_id, set()) - own
    collaborators = loaded.team_of_deal.get(row.id, set())
    people = collaborators | ({row.owner_id} if row.owner_id else set())
    deal = DealToLink(
        id=str(row.id),
        account=str(row.account_id),
        phones=frozenset(_phones(own, loaded)),
        account_phones=frozenset(_phones(others, loaded)),
        owner=str(row.owner_id) if row.owner_id else None,
        collaborators=frozenset(str(user) for user in collaborators),
        opened_at=row.created_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
        activity=tuple(sorted(loaded.moves.get(row.id, set()))),
    )
    return _Owned(deal, frozenset(str(user) for user in people), frozenset(loaded.teams.get(user) for user in people))


def _phones(contacts: Collection[uuid.UUID], loaded: _Loaded) -> Iterator[str]:
    return (loaded.phone[contact] for contact in contacts if contact in loaded.phone)

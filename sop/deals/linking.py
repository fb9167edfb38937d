"""Which deals a call may belong to, best first, and why.

The rule is Gong's: a deal that was open when the call was held, was opened a little later, or had closed a little
before. Of several the order is: matched through a contact of the deal before one of its account; owned by the rep
before one they work on before any other; open at the time before opened later before closed before; then the one
that moved last; then the one opened last; then by id. Nothing depends on the order of the input.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sop.deals.phone_numbers import same_number

Match = Literal["contact", "account"]
Person = Literal["owner", "collaborator", "other"]
Timing = Literal["open", "opened_after", "closed_before", "closed_unknown"]
Ambiguous = Literal["leave", "recent"]
Owners = Literal["prefer", "require"]
Verdict = Literal["linked", "ambiguous", "nothing"]

MOST_CANDIDATES = 5
_MATCHES: tuple[Match, ...] = ("contact", "account")
_PERSONS: tuple[Person, ...] = ("owner", "collaborator", "other")
_TIMINGS: tuple[Timing, ...] = ("open", "opened_after", "closed_before", "closed_unknown")


@dataclass(frozen=True, slots=True)
class LinkingSettings:
    """The rule's numbers and choices.

    A deal counts when it was opened at most ``opened_after_days`` after the call and closed at most
    ``closed_before_days`` before it, both borders included. ``account_contacts``: a number of anybody at the
    account leads to its deals, too. ``owners``: ``prefer`` the rep's own deals, or ``require`` them. ``ambiguous``:
    between equally good deals of different accounts take the most ``recent`` one, or ``leave`` it to a person.
    """

    opened_after_days: int = 14
    closed_before_days: int = 14
    account_contacts: bool = True
    owners: Owners = "prefer"
    ambiguous: Ambiguous = "leave"


@dataclass(frozen=True, slots=True)
class CallToLink:
    """What of a call leads to its deal: the customer's number, the rep's user id, when it began."""

    phone: str | None
    rep: str | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class DealToLink:
    """What of a deal leads to its calls.

    ``phones`` are those of the deal's own contacts, ``account_phones`` those of anybody else at the account.
    ``closed_at`` counts only where the ``outcome`` is not open: a deal that was reopened is open. ``activity`` are the
    moments at which the deal moved, in any order.
    """

    id: str
    account: str
    phones: frozenset[str]
    account_phones: frozenset[str]
    owner: str | None
    collaborators: frozenset[str]
    opened_at: datetime
    closed_at: datetime | None
    outcome: str
    activity: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A deal that the call may belong to; ``rank`` counts from 1.

    ``days`` is how long after the call the deal was opened, or before it closed, in whole days begun; 0 where it was
    open. ``moved_at`` is when it had moved last before the call.
    """

    deal: str
    account: str
    match: Match
    person: Person
    timing: Timing
    days: int
    moved_at: datetime
    opened_at: datetime
    rank: int = 0

    @property
    def goodness(self) -> tuple[int, int, int]:
        """How well it fits, lower being better, before recency is asked."""
        return _MATCHES.index(self.match), _PERSONS.index(self.person), _TIMINGS.index(self.timing)

    def to_json(self) -> dict[str, Any]:
        """The form that is stored with a link."""
        return {
            "opportunity_id": self.deal,
            "match": self.match,
            "person": self.person,
            "timing": self.timing,
            "days": self.days,
            "rank": self.rank,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """What the rule says: the deal, or None, and the candidates it had (at most five, best first)."""

    deal: str | None
    verdict: Verdict
    candidates: tuple[Candidate, ...]


def candidates(call: CallToLink, deals: Iterable[DealToLink], settings: LinkingSettings) -> tuple[Candidate, ...]:
    """The deals that ``call`` may belong to, at most five, best first."""
    return _ranked(call, deals, settings)[:MOST_CANDIDATES]


def choose(call: CallToLink, deals: Iterable[DealToLink], settings: LinkingSettings) -> Choice:
    """The deal that ``call`` belongs to by the rule."""
    ranked = _ranked(call, deals, settings)
    kept = ranked[:MOST_CANDIDATES]
    if not ranked:
        return Choice(None, "nothing", ())
    if settings.ambiguous == "leave" and _is_tied(ranked):
        return Choice(None, "ambiguous", kept)
    return Choice(ranked[0].deal, "linked", kept)


def _ranked(call: CallToLink, deals: Iterable[DealToLink], settings: LinkingSettings) -> tuple[Candidate, ...]:
    found = [candidate for deal in deals if (candidate := _candidate(call, deal, settings))]
    # Sorted twice, as later moments come first and ids do not turn round with them.
    found.sort(key=lambda candidate: candidate.deal)
    found.sort(key=lambda candidate: (candidate.moved_at, candidate.opened_at), reverse=True)
    found.sort(key=lambda candidate: candidate.goodness)
    return tuple(replace(candidate, rank=rank) for rank, candidate in enumerate(found, 1))


def _is_tied(ranked: Sequence[Candidate]) -> bool:
    best = ranked[0]
    return any(other.goodness == best.goodness and other.account != best.account for other in ranked[1:])


def _candidate(call: CallToLink, deal: DealToLink, settings: LinkingSettings) -> Candidate | None:
    match, timing = _match(call, deal, settings), _timing(call, deal, settings)
    person = _person(call, deal)
    if match is None or timing is None or (settings.owners == "require" and person == "other"):
        return None
    moved = [moment for moment in deal.activity if moment <= call.started_at]
    return Candidate(
        deal=deal.id,
        account=deal.account,
        match=match,
        person=person,
        timing=timing,
        days=_days(call, deal, timing),
        moved_at=max(moved, default=min(deal.opened_at, call.started_at)),
        opened_at=deal.opened_at,
    )


def _match(call: CallToLink, deal: DealToLink, settings: LinkingSettings) -> Match | None:
    if _has(deal.phones, call.phone):
        return "contact"
    return "account" if settings.account_contacts and _has(deal.account_phones, call.phone) else None


def _has(phones: Iterable[str], phone: str | None) -> bool:
    return phone is not None and any(same_number(phone, other) for other in phones)


def _person(call: CallToLink, deal: DealToLink) -> Person:
    if call.rep is None:
        return "other"
    if call.rep == deal.owner:
        return "owner"
    return "collaborator" if call.rep in deal.collaborators else "other"


def _timing(call: CallToLink, deal: DealToLink, settings: LinkingSettings) -> Timing | None:
    """When the deal was there, seen from the call; None where it was too early or too late."""
    if deal.opened_at > call.started_at:
        is_near = deal.opened_at - call.started_at <= timedelta(days=settings.opened_after_days)
        return "opened_after" if is_near else None
    if deal.outcome == "open":
        return "open"
    if deal.closed_at is None:
        return "closed_unknown"  # what is not known shuts no deal out
    if deal.closed_at >= call.started_at:
        return "open"
    is_near = call.started_at - deal.closed_at <= timedelta(days=settings.closed_before_days)
    return "closed_before" if is_near else None


def _days(call: CallToLink, deal: DealToLink, timing: Timing) -> int:
    if timing == "opened_after":
        return -((call.started_at - deal.opened_at) // timedelta(days=1))
    if timing == "closed_before" and deal.closed_at is not None:
        return -((deal.closed_at - call.started_at) // timedelta(days=1))
    return 0

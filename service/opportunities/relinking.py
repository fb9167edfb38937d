"""The rule over all calls again: what it would change, and doing so."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from models.calls import Call
from models.opportunities import Opportunity
from service.opportunities.linking import Note, is_bound, link_settings, locked_calls, note_all, reason_of
from service.opportunities.reach import LinkableCall, deals_for, linkable_calls, to_linkable
from service.people.viewer import OPERATOR, Viewer, visible_calls
from service.records.audit import Via
from service.records.scope import require_editor
from sop.deals.linking import Choice, LinkingSettings, choose
from sop.deals.linking_sentences import link_sentence
from sop.procedure import Wording

_CHUNK = 2000
_MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Move:
    """A call that goes from one opportunity to another; None is to or from none. Names are the CRM's ids."""

    call_id: uuid.UUID
    external_id: str | None
    started_at: datetime
    from_opportunity: str | None
    to_opportunity: str | None
    why: Wording


@dataclass(frozen=True, slots=True)
class Relinking:
    """What the rule says of the calls it looked at.

    ``calls`` are all, of which ``kept`` are not the rule's to move: a person linked them, they were named with their
    recording, or had an opportunity before links were noted. Of these it would have linked ``agreeing`` the same
    (those that are linked to something count). ``moved`` calls go elsewhere, ``ambiguous`` ones are left to a person.
    ``moves`` are the first 500, ``disagreeing`` the first 500 it would have linked otherwise and leaves.
    """

    calls: int
    kept: int
    agreeing: int
    moved: int
    ambiguous: int
    moves: tuple[Move, ...]
    disagreeing: tuple[Move, ...]


def relink(
    session: Session,
    viewer: Viewer,
    settings: LinkingSettings | None = None,
    *,
    dry_run: bool = True,
    via: Via = "web",
) -> Relinking:
    """Ask the rule of all calls the viewer sees, by ``settings`` (None: those that count). A dry run only tells.

    Raises:
        NotAllowed: the viewer is neither manager nor admin.
    """
    require_editor(viewer, "link all calls again")
    by = viewer.user_id
    return _relinked(session, [visible_calls(viewer)], settings or link_settings(session), dry_run, via, by)


def link_unlinked(session: Session, via: Via = "job") -> int:
    """Let the rule link the calls that have no opportunity, as after an import of some; how many it linked.

    Calls that a person said belong to none stay so.
    """
    gone = select(Opportunity.id).where(Opportunity.deleted_at.is_not(None))
    unlinked = or_(Call.opportunity_id.is_(None), Call.opportunity_id.in_(gone))
    wanted = [visible_calls(OPERATOR), unlinked, Call.customer_phone.is_not(None)]
    return _relinked(session, wanted, link_settings(session), False, via).moved


def _relinked(
    session: Session,
    wanted: Sequence[ColumnElement[bool]],
    settings: LinkingSettings,
    dry_run: bool,
    via: Via,
    asked_by: uuid.UUID | None = None,
) -> Relinking:
    run = _Run()
    for found in _chunks(session, wanted):
        calls = found if dry_run else locked_calls(session, [call.id for call in found])
        deals = deals_for(session, {call.phone for call in calls if call.phone})
        said = [(call, choose(call.to_link, deals.open_to(call), settings)) for call in calls]
        for call, choice in said:
            run.count(call, choice)
        if not dry_run:
            notes = [Note.of_rule(call, choice) for call, choice in said if not is_bound(call)]
            note_all(session, notes, made_by=None, via=via, asked_by=asked_by)
    return run.done(session)


@dataclass(frozen=True, slots=True)
class _Difference:
    call: LinkableCall
    choice: Choice


class _Run:
    """One pass over calls: what the rule said of them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.moves: list[_Difference] = []
        self.disagreeing: list[_Difference] = []

    def count(self, call: LinkableCall, choice: Choice) -> None:
        """Note what the rule says of one call."""
        is_same = choice.deal == (str(call.opportunity_id) if call.opportunity_id else None)
        self.counts["calls"] += 1
        if is_bound(call):
            self.counts["kept"] += 1
            self.counts["agreeing"] += is_same and choice.deal is not None
            if not is_same:
                self.disagreeing.append(_Difference(call, choice))
            return
        self.counts["ambiguous"] += choice.verdict == "ambiguous"
        if not is_same:
            self.counts["moved"] += 1
            self.moves.append(_Difference(call, choice))

    def done(self, session: Session) -> Relinking:
        """What came of it, with the opportunities' names."""
        listed = [*self.moves[:_MOST_LISTED], *self.disagreeing[:_MOST_LISTED]]
        ids = {each.call.opportunity_id for each in listed} | {_deal(each.choice) for each in listed}
        known = select(Opportunity.id, Opportunity.external_id).where(Opportunity.id.in_(ids - {None}))
        names = {row.id: row.external_id for row in session.execute(known)}
        return Relinking(
            calls=self.counts["calls"],
            kept=self.counts["kept"],
            agreeing=self.counts["agreeing"],
            moved=self.counts["moved"],
            ambiguous=self.counts["ambiguous"],
            moves=tuple(_move(each, names) for each in self.moves[:_MOST_LISTED]),
            disagreeing=tuple(_move(each, names) for each in self.disagreeing[:_MOST_LISTED]),
        )


def _move(difference: _Difference, names: Mapping[uuid.UUID, str]) -> Move:
    call, deal = difference.call, _deal(difference.choice)
    return Move(
        call_id=call.id,
        external_id=call.external_id,
        started_at=call.started_at,
        from_opportunity=names.get(call.opportunity_id) if call.opportunity_id else None,
        to_opportunity=names.get(deal) if deal else None,
        why=link_sentence(reason_of(difference.choice)),
    )


def _deal(choice: Choice) -> uuid.UUID | None:
    return uuid.UUID(choice.deal) if choice.deal else None


def _chunks(session: Session, wanted: Sequence[ColumnElement[bool]]) -> Iterator[list[LinkableCall]]:
    """The calls in the order of their ids, so that two runs at once lock them in the same order."""
    last: uuid.UUID | None = None
    while True:
        query = linkable_calls().where(*wanted).order_by(Call.id).limit(_CHUNK)
        rows = session.execute(query if last is None else query.where(Call.id > last)).all()
        if not rows:
            return
        yield [to_linkable(row) for row in rows]
        last = rows[-1].id

"""The gaps of many deals: judged when something about a deal changes, and not each time somebody looks.

What was judged is kept in this process under the deal's fingerprint. A gap that is out of date is never found: whatever
changes a deal changes its fingerprint, and where a gate counts days the gap is kept until the day is over.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from models.database import Database
from models.opportunities import Opportunity
from service.opportunities.facts import Judging, deal_facts
from service.opportunities.fingerprints import fingerprints
from service.people.viewer import OPERATOR, Viewer
from service.records.pipelines import pipelines
from sop.deals.facts import DealFacts
from sop.deals.gap import Gap, truth_gap
from sop.deals.gates import Verdict
from sop.deals.pipeline import Pipeline
from sop.deals.validity import valid_until

_MOST_KEPT = 20_000
"""A gap takes one to three kilobytes."""
_MOST_EVENTS = 75_000
"""Of deals whose facts are kept: an event takes nearly a kilobyte, and one deal may have more than a hundred others."""
_AT_ONCE = 2_000
"""So many deals are judged at a time, to hold the events of no more."""

Key = tuple[str, uuid.UUID, int]
"""The database's address, the deal, its fingerprint."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A gap that holds from ``since`` to ``until`` (None: for ever) under the pipeline as it was."""

    pipeline: Pipeline
    gap: Gap
    since: datetime
    until: datetime | None

    def holds(self, pipeline: Pipeline | None, now: datetime) -> bool:
        return self.pipeline == pipeline and self.since <= now and (self.until is None or now <= self.until)


Thing = TypeVar("Thing")


class _Memory(Generic[Thing]):
    """What was asked for last, as much of it as comes to ``most`` by its ``size``."""

    def __init__(self, most: int, size: Callable[[Thing], int] = lambda _: 1) -> None:
        self._most, self._size = most, size
        self._sum = 0
        self._kept: OrderedDict[Key, Thing] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Key) -> Thing | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Key, kept: Thing) -> None:
        with self._lock:
            if key in self._kept:
                self._sum -= self._size(self._kept.pop(key))
            self._kept[key] = kept
            self._sum += self._size(kept)
            while self._sum > self._most:
                self._sum -= self._size(self._kept.popitem(last=False)[1])


_GAPS: _Memory[_Kept] = _Memory(_MOST_KEPT)
_FACTS: _Memory[DealFacts] = _Memory(_MOST_EVENTS, lambda facts: 1 + len(facts.calls) + len(facts.events))


def gaps_of(
    session: Session, viewer: Viewer, deals: Mapping[uuid.UUID, str], now: datetime
) -> dict[uuid.UUID, tuple[Pipeline, Gap]]:
    """The gaps of the deals that the viewer sees, with the verdicts on what is missing and without evidence; ``deals``
    tells each one's pipeline.

    Deals whose pipeline is gone have none.
    """
    known, address = pipelines(session), _address(session)
    wanted = {deal: line for deal, name in deals.items() if (line := known.get(name)) is not None}
    marks = fingerprints(session, viewer, list(wanted)) if wanted else {}
    found: dict[uuid.UUID, tuple[Pipeline, Gap]] = {}
    for deal, mark in marks.items():
        kept = _GAPS.find((address, deal, mark))
        if kept is not None and kept.holds(wanted[deal], now):
            found[deal] = kept.pipeline, kept.gap
    for some in _portions([deal for deal in marks if deal not in found]):
        anew = {}
        for deal, (facts, line, gap) in judged_anew(session, viewer, some, now, known).items():
            found[deal] = line, (told := listed(gap))
            anew[deal] = _Kept(line, told, now, valid_until(line, facts, now))
        for deal in _unchanged(session, viewer, anew, marks):
            _GAPS.keep((address, deal, marks[deal]), anew[deal])
    return found


def facts_of(session: Session, viewer: Viewer, deals: Collection[uuid.UUID]) -> dict[uuid.UUID, DealFacts]:
    """All facts of the deals that the viewer sees, of those asked for: for the few that a board shows each time."""
    address = _address(session)
    marks = fingerprints(session, viewer, deals) if deals else {}
    kept = ((deal, _FACTS.find((address, deal, mark))) for deal, mark in marks.items())
    found = {deal: facts for deal, facts in kept if facts is not None}
    left = [deal for deal in marks if deal not in found]
    anew = deal_facts(session, viewer, left) if left else {}
    for deal in _unchanged(session, viewer, anew, marks):
        _FACTS.keep((address, deal, marks[deal]), anew[deal])
    return found | anew


def judge_ahead(database: Database, now: datetime) -> None:
    """Judge all open deals, so that whoever looks first after a start does not wait for it."""
    with database.transaction() as session:
        opened = (Opportunity.outcome == "open") & Opportunity.deleted_at.is_(None)
        deals = session.execute(select(Opportunity.id, Opportunity.pipeline).where(opened))
        gaps_of(session, OPERATOR, dict(deals.all()), now)


def judged_anew(
    session: Session,
    viewer: Viewer,
    deals: Collection[uuid.UUID],
    now: datetime,
    known: Mapping[str, Pipeline],
) -> dict[uuid.UUID, tuple[DealFacts, Pipeline, Gap]]:
    """The deals with their gaps, and as much of their facts as it takes to judge these."""
    facts = deal_facts(session, viewer, deals, Judging(known, now))
    lines = ((deal, each, known.get(each.pipeline)) for deal, each in facts.items())
    return {deal: (each, line, truth_gap(line, each, now)) for deal, each, line in lines if line is not None}


def _unchanged(
    session: Session, viewer: Viewer, deals: Collection[uuid.UUID], marks: Mapping[uuid.UUID, int]
) -> Iterable[uuid.UUID]:
    """Those whose fingerprints are still what they were before the facts were read, each by a look of its own.

    Who joins a team in between is heard by its manager and leaves no trace in the deal: what was judged then would be
    kept for those who may not hear it.
    """
    again = fingerprints(session, viewer, deals) if deals else {}
    return (deal for deal in deals if again.get(deal) == marks[deal])


def _portions(deals: list[uuid.UUID]) -> Iterable[list[uuid.UUID]]:
    return (deals[first : first + _AT_ONCE] for first in range(0, len(deals), _AT_ONCE))


def listed(gap: Gap) -> Gap:
    """The gap as lists tell it: of the verdicts those of open gates, and without the words that prove them. The rest
    takes most of the room."""
    shown = {result.stage.id for result in gap.open_gates}
    gates = (
        replace(result, verdicts=tuple(map(_bare, result.verdicts)) if result.stage.id in shown else ())
        for result in gap.gates
    )
    return replace(gap, gates=tuple(gates))


def _bare(verdict: Verdict) -> Verdict:
    return replace(verdict, evidence=(), parts=tuple(map(_bare, verdict.parts)))


def _address(session: Session) -> str:
    bind: Connection | Engine = session.get_bind()
    return bind.engine.url.render_as_string()

"""A draft tried on all stored calls that a viewer may see, from their stored key events; nothing is published by it."""

from __future__ import annotations

import multiprocessing
import os
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models.database import Database
from models.opportunities import Account, Opportunity
from models.people import User
from nlp.tagging.tagger import Tagger
from service.calls import newest
from service.people.viewer import Viewer, visible_calls
from service.sops.backtest_report import BacktestReport, report
from service.sops.stored_calls import PAGE, StoredCall, Wanted, count_calls, pages
from service.sops.tagging import tagged_again
from sop.document import Sop
from sop.trial import GroupKind, Tally, Trial, TriedCall

__all__ = ["BacktestReport", "backtest"]

Progress = Callable[[int, int], None]
"""Is told how many calls are done of how many; what it raises stops the work."""

_IN_ONE_PROCESS = 2 * PAGE
"""So few calls are scored before another process is up."""


def backtest(
    database: Database,
    viewer: Viewer,
    draft: Sop,
    against: Sop | None,
    progress: Progress = lambda done, total: None,
    *,
    tagger: Tagger | None = None,
    processes: int | None = None,
) -> BacktestReport:
    """Score the viewer's calls in the draft's languages by ``draft`` and, unless it is None, by ``against``.

    Scores come from the events that the stored analyses found. What an analysis was not made for stays unknown, unless
    there is a ``tagger``: then such calls are tagged for the draft, from their stored text. ``processes`` is how many
    score at once, by default as many as there are cores.

    Raises:
        RuleError: a rule of the draft cannot be used.
        EncoderError: calls are to be tagged and the embedded encoder cannot be loaded.
    """
    began = time.monotonic()
    trial = Trial(against, draft)
    wanted = Wanted(against, draft, observations=trial.needs_observations)
    with database.transaction() as session:
        conditions = [visible_calls(viewer), newest.transcript.c.language.in_(draft.languages)]
        total = count_calls(session, conditions)
        left_out = count_calls(session, [visible_calls(viewer)]) - total
        source = _Source(session, wanted, conditions, tagger)
        tally = Tally()
        progress(0, total)
        for part in _tallies(trial, source.pages(), 1 if total <= _IN_ONE_PROCESS else processes):
            tally.add(part)
            progress(tally.calls, max(total, tally.calls))
        names = _names(session, tally)
    return report(
        tally, draft, against, names, left_out=left_out, tagged=source.tagged, runtime_s=time.monotonic() - began
    )


@dataclass
class _Source:
    """The calls, page by page; ``tagged`` counts those that were tagged again."""

    session: Session
    wanted: Wanted
    conditions: Sequence[ColumnElement[bool]]
    tagger: Tagger | None
    tagged: int = 0

    def pages(self) -> Iterator[list[TriedCall]]:
        for page in pages(self.session, self.wanted, self.conditions):
            yield [self._heard(call) for call in page]

    def _heard(self, call: StoredCall) -> TriedCall:
        if self.tagger is None or not call.tried.after.unheard:
            return call.tried
        self.tagged += 1
        return replace(call.tried, retagged=tagged_again(self.session, call, self.tagger, self.wanted.after))


def _tallies(trial: Trial, source: Iterator[list[TriedCall]], processes: int | None) -> Iterator[Tally]:
    """The tally of each page, in order; pages are scored while others are read."""
    count = processes or os.cpu_count() or 1
    if count == 1:
        yield from (trial.run(page) for page in source)
        return
    # A fork would copy the threads' locks of a server or a worker in whatever state they are.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        waiting: deque[Future[Tally]] = deque()
        try:
            for page in source:
                waiting.append(pool.submit(trial.run, page))
                while len(waiting) > 2 * count or (waiting and waiting[0].done()):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _names(session: Session, tally: Tally) -> Mapping[GroupKind, Mapping[str, str]]:
    ids: dict[GroupKind, list[uuid.UUID]] = {
        kind: [uuid.UUID(key) for of, key in tally.groups if of == kind] for kind in ("rep", "opportunity")
    }
    reps = session.execute(select(User.id, User.name).where(User.id.in_(ids["rep"])))
    deals = session.execute(
        select(Opportunity.id, Opportunity.external_id, Account.name)
        .join(Account, Account.id == Opportunity.account_id)
        .where(Opportunity.id.in_(ids["opportunity"]))
    )
    return {
        "rep": {str(row.id): row.name for row in reps},
        "team": {},
        "opportunity": {str(row.id): f"{row.name} · {row.external_id}" for row in deals},
    }

"""How long a back-test over stored calls takes.

``python -m benchmarks.backtest [--calls N] [--processes N] [--language zh|en]`` fills a fresh embedded PostgreSQL with
simulated calls (:mod:`benchmarks.simulated_calls`), back-tests the shipped SOP against itself, against a draft with
other points and windows, and against one judged in four dimensions, and prints the time and what came of each.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.simulated_calls import fill
from models.database import Database, open_database
from service.jobs.queue import ensure_schema
from service.people.viewer import OPERATOR
from service.sops.backtest import BacktestReport, backtest
from service.sops.publishing import publish_shipped
from service.sops.versions import current_version, parsed
from sop.dimensions import DIMENSIONS, Dimension
from sop.procedure import Sop, Step

NAMES = {"zh": "zh-telesales", "en": "en-b2b"}


@contextmanager
def filled(language: str, calls: int, seed: int) -> Iterator[tuple[Database, Sop]]:
    """A database of its own with simulated calls, and the SOP that scored them."""
    home = Path(tempfile.mkdtemp(prefix="cc-", dir="/var/tmp"))
    home.chmod(0o755)
    database = open_database(home)
    try:
        ensure_schema(database)
        with database.transaction() as session:
            publish_shipped(session, OPERATOR)
            version = current_version(session, NAMES[language])
        began = time.monotonic()
        with database.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            turns = fill(driver, language, calls, (version.id, version.content_hash), seed)  # type: ignore[arg-type]
        print(f"{calls} calls, {turns} turns written in {time.monotonic() - began:.0f} s")
        yield database, parsed(version.document)
    finally:
        database.close()
        shutil.rmtree(home, ignore_errors=True)


def changed(sop: Sop) -> Sop:
    """Other points for every step, one turn to answer, twice the time to open."""

    def step(old: Step) -> Step:
        parts = (
            replace(part, answer_within_turns=1, within_first_s=part.within_first_s and 2 * part.within_first_s)
            for part in old.criteria
        )
        return replace(old, points=old.points + 5, criteria=tuple(parts))

    return replace(sop, steps=tuple(step(old) for old in sop.steps))


def in_dimensions(sop: Sop) -> Sop:
    """Every step judged in all four dimensions, by all that they can be measured by."""
    dimensions = tuple(Dimension.whole(name) for name in DIMENSIONS)
    return replace(sop, steps=tuple(replace(step, dimensions=dimensions) for step in sop.steps))


def progress() -> Callable[[int, int], None]:
    """Tells each tenth part, so that one sees that it moves."""
    told = 0

    def show(done: int, total: int) -> None:
        nonlocal told
        if total and done * 10 // total > told:
            told = done * 10 // total
            print(f"  {done} of {total}", file=sys.stderr)

    return show


def cpu_seconds() -> float:
    """What this process and those it has waited for have used; the database's own are not among them."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def line(title: str, report: BacktestReport, cpu_s: float) -> str:
    """The figures of one back-test."""
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{title}: {report.runtime_s:.1f} s ({cpu_s:.1f} s of CPU) for {report.calls} calls;"
        f" {report.flips} flips, {report.changed} changed, {report.unchanged} unchanged,"
        f" {report.unscored} without a score, mean shift {report.mean_shift}; peak {peak_mb:.0f} MB"
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=None, help="default: as many as there are cores")
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with filled(options.language, options.calls, options.seed) as (database, sop):
        drafts = {"unchanged": sop, "changed": changed(sop), "in four dimensions": in_dimensions(sop)}
        for title, draft in drafts.items():
            used_s = cpu_seconds()
            report = backtest(database, OPERATOR, draft, sop, progress(), processes=options.processes)
            print(line(title, report, cpu_seconds() - used_s), flush=True)


if __name__ == "__main__":
    main()

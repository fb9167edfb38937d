"""How long it takes to judge the truth gaps of thousands of deals.

``python -m benchmarks.gaps [--deals N] [--calls N] [--events N]`` fills a fresh embedded PostgreSQL with deals (2,000),
calls (10 a deal) and key events (25 a call, the demo's calls have 17) drawn at random, and prints how long the board
takes at first, again, and after a deal was changed, and how long it takes to read all facts and to judge gaps and
violations, for all deals and for one.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import text

from models.database import Database, open_database
from service.opportunities.board import board
from service.opportunities.facts import deal_facts
from service.opportunities.figures import groups
from service.opportunities.filters import OpportunityFilters
from service.opportunities.gaps import deal_gap, deal_gaps
from service.opportunities.verdicts import judged_anew
from service.people.viewer import OPERATOR
from service.records.pipelines import pipelines
from service.web.formats import Formats
from service.web.rendering import Reader
from service.web.translation import translator
from sop.deals.gap import truth_gap
from sop.deals.violations import violations
from sop.events import EVENTS

Found = TypeVar("Found")

_FILL = (
    "SELECT setseed(0.5)",
    "INSERT INTO users (id, name, email, role)"
    " SELECT gen_random_uuid(), 'Rep ' || i, 'rep' || i || '@example.com', 'rep' FROM generate_series(1, 40) i",
    "INSERT INTO accounts (id, name) SELECT gen_random_uuid(), 'Firm ' || i FROM generate_series(1, :deals) i",
    "INSERT INTO opportunities"
    " (id, external_id, name, account_id, owner_id, stage, outcome, created_at, amount, currency)"
    " SELECT gen_random_uuid(), 'D-' || i, 'Deal ' || i, a.id, u.id,"
    " (ARRAY['qualify','needs','proposal','negotiate','close'])[1 + i % 5], 'open', now() - interval '200 days',"
    " 10000 + i, 'EUR' FROM generate_series(1, :deals) i JOIN accounts a ON a.name = 'Firm ' || i"
    " JOIN users u ON u.name = 'Rep ' || (1 + i % 40)",
    "INSERT INTO recordings (id, sha256, file_name, path, size_bytes, duration_ms, state)"
    " SELECT gen_random_uuid(), 'hash ' || i, 'call ' || i || '.wav', 'p/' || i, 1000, 300000, 'scored'"
    " FROM generate_series(0, :calls * :deals - 1) i",
    "INSERT INTO calls (id, recording_id, external_id, rep_id, opportunity_id, direction, started_at)"
    " SELECT gen_random_uuid(), r.id, 'c' || i, o.owner_id, o.id, 'outbound', now() - random() * interval '180 days'"
    " FROM generate_series(0, :calls * :deals - 1) i JOIN recordings r ON r.sha256 = 'hash ' || i"
    " JOIN opportunities o ON o.external_id = 'D-' || (1 + i % :deals)",
    "INSERT INTO transcripts (id, call_id, weights_hash, language, channels, duration_ms)"
    " SELECT gen_random_uuid(), id, 'w', 'en', 2, 300000 FROM calls",
    "INSERT INTO analyses (id, call_id, transcript_id, tagger_hash)"
    " SELECT gen_random_uuid(), call_id, id, 'w' FROM transcripts",
    "INSERT INTO key_events"
    " (analysis_id, position, event, doubtful, turn, start_ms, end_ms, speaker, quote, confidence, slots)"
    " SELECT a.id, i, (CAST(:names AS text[]))[1 + CAST(floor(random() * :kinds) AS int)], random() < 0.1, i * 2,"
    " i * 9000, i * 9000 + 5000, CASE WHEN random() < 0.5 THEN 'rep' ELSE 'customer' END,"
    " 'So what would that come to for all of the twenty rooms, all in?', random(),"
    " CAST(CASE WHEN random() < 0.2 THEN :slots ELSE '[]' END AS jsonb)"
    " FROM analyses a CROSS JOIN generate_series(0, :events - 1) i",
)


@contextmanager
def filled(deals: int, calls: int, events: int) -> Iterator[Database]:
    """A database of its own with so many deals, calls a deal and key events a call."""
    home = Path(tempfile.mkdtemp(prefix="cc-", dir="/var/tmp"))
    home.chmod(0o755)
    database = open_database(home)
    slots = '[{"name": "amount", "text": "ten thousand", "start": 0, "end": 12, "value": 10000}]'
    values = {
        "slots": slots,
        "deals": deals,
        "calls": calls,
        "events": events,
        "names": list(EVENTS),
        "kinds": len(EVENTS),
    }
    try:
        with database.transaction() as session:
            for statement in _FILL:
                session.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        yield database
    finally:
        database.close()
        shutil.rmtree(home, ignore_errors=True)


def timed(title: str, work: Callable[[], Found], times: int = 3) -> Found:
    """What ``work`` returns; its quickest time is printed, and the least CPU time of this process alone."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(f"{title}: {min(walls):.2f} s ({min(cpus):.2f} s of CPU beside the database's)", flush=True)
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deals", type=int, default=2_000)
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--events", type=int, default=25)
    options = parser.parse_args()
    now = datetime.now(UTC)
    to, filters = Reader(None, translator("en"), Formats("en", UTC)), OpportunityFilters(outcome="open")
    with filled(options.deals, options.calls, options.events) as database, database.transaction() as session:
        timed("the board at first", lambda: board(session, OPERATOR, filters, now, to), times=1)
        shown = timed("the board again", lambda: board(session, OPERATOR, filters, now, to))
        session.execute(text("UPDATE opportunities SET amount = amount + 1 WHERE external_id = 'D-1'"))
        timed("the board after a change of one deal", lambda: board(session, OPERATOR, filters, now, to), times=1)
        deals = timed("all deals with their words", lambda: deal_gaps(session, OPERATOR, now))
        print(f"  {shown.figures.with_gap} with a gap, {len(groups(deals, 'rep'))} reps")
        ids, known = [deal.id for deal in deals], pipelines(session)
        timed("all deals, asked and judged anew", lambda: judged_anew(session, OPERATOR, ids, now, known))
        timed("one deal with its violations", lambda: deal_gap(session, OPERATOR, "D-1", now))
        facts = timed("all facts of all deals", lambda: deal_facts(session, OPERATOR), times=2)
        calls = sum(len(each.calls) for each in facts.values())
        events = sum(len(each.events) for each in facts.values())
        print(f"  {len(facts)} deals, {calls} calls, {events} key events")
        line = pipelines(session)["default"]
        timed("gaps of these", lambda: [truth_gap(line, each, now) for each in facts.values()])
        timed("violations of these", lambda: [violations(line, each, now) for each in facts.values()])
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()

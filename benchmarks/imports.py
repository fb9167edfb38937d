"""A CRM's export of 50,000 opportunities, some rows of it wrong, brought in twice: how long, and what was told.

    python -m benchmarks.imports [--rows N] [--keep FILE.csv] [--json]

Runs on a PostgreSQL of its own that is thrown away at the end.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.database import Database, open_database
from service.people.queries import NewUser, add_user
from service.people.viewer import OPERATOR
from service.records.importing import ImportReport, import_file
from service.records.mapping_document import FieldMapping

HEADER = (
    "opportunity_id,name,account,contact_name,contact_phone,owner_email,amount,currency,pipeline,stage,source,"
    "created_at,expected_close"
)
OWNERS = 40
STAGES = ("qualify", "needs", "proposal", "negotiate", "close", "won", "lost")
WRONG = ("stage", "date", "owner", "again", "encoding")
WRONG_ROWS = 200
"""Rows that must be left out, in equal parts of each kind."""
GBK_ROWS = 40
"""Lines in GBK in a file of UTF-8: they can be read, and are told."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file, and the lines that are wrong by kind."""

    content: bytes
    wrong: dict[int, str]
    gbk: tuple[int, ...]


def make_export(rows: int, wrong_rows: int = WRONG_ROWS, gbk_rows: int = GBK_ROWS, seed: int = 6) -> Export:
    """``rows`` good rows and ``wrong_rows`` others at random places; ``gbk_rows`` of the good ones are in GBK."""
    draw = random.Random(seed)
    total = rows + wrong_rows
    places = draw.sample(range(1, total), wrong_rows)
    wrong = {place + 2: WRONG[number % len(WRONG)] for number, place in enumerate(sorted(places))}
    good = [line for line in range(2, total + 2) if line not in wrong]
    gbk = tuple(sorted(draw.sample(good, gbk_rows)))
    lines = [HEADER.encode()]
    for line in range(2, total + 2):
        text = _line(line, wrong.get(line), draw)
        lines.append(_encoded(text, wrong.get(line), is_gbk=line in gbk))
    return Export(b"\n".join(lines) + b"\n", wrong, gbk)


def _line(line: int, wrong: str | None, draw: random.Random) -> str:
    number = 2 if wrong == "again" else line
    stage = "thinking" if wrong == "stage" else draw.choice(STAGES)
    created = "last week" if wrong == "date" else f"2026-0{1 + line % 9}-{1 + line % 28:02}T09:{line % 60:02}:00+08:00"
    owner = "" if wrong == "owner" else f"rep{line % OWNERS}@example.com"
    account = line // 2
    return (
        f"D-{number:06},冷库温度监测 {line},客户公司{account},联系人{line},+86154{line:08},{owner},"
        f"{draw.randrange(10_000, 900_000)},CNY,default,{stage},展会,{created},2026-12-{1 + line % 28:02}"
    )


def _encoded(text: str, wrong: str | None, *, is_gbk: bool) -> bytes:
    if wrong == "encoding":
        return text.encode().replace("冷".encode(), b"\xff\xfe")
    return text.encode("gbk" if is_gbk else "utf-8")


def run(database: Database, export: Export) -> dict[str, object]:
    """Bring the export in, once as a dry run and twice for good; what each took and told."""
    with database.transaction() as session:
        for number in range(OWNERS):
            add_user(session, NewUser(f"Rep {number}", f"rep{number}@example.com", "rep", f"Team {number % 4}"))
    passes = {name: _timed(database, export, is_dry=name == "dry run") for name in ("dry run", "first", "second")}
    told = {row.line: row.reason for row in passes["first"][2].bad}
    return {
        "rows": export.content.count(b"\n") - 1,
        "megabytes": round(len(export.content) / 1e6, 1),
        "passes": {name: _summary(*each) for name, each in passes.items()},
        "wrong_rows_told": sorted(told) == sorted(export.wrong),
        "gbk_lines_read": passes["first"][2].guessed == export.gbk,
        "reasons": dict(Counter(reason.split(":")[0] for reason in told.values())),
        "tables": dict(_table_sizes(database)),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _timed(database: Database, export: Export, *, is_dry: bool) -> tuple[float, float, ImportReport]:
    begun, used = time.perf_counter(), time.process_time()
    with database.transaction() as session:
        mapping = FieldMapping("opportunities")
        report = import_file(session, OPERATOR, export.content, "export.csv", mapping, is_dry=is_dry)
    return time.perf_counter() - begun, time.process_time() - used, report


def _summary(seconds: float, cpu_s: float, report: ImportReport) -> dict[str, object]:
    """``seconds`` of the clock, ``cpu_s`` of this process; the database's own are not among the latter."""
    counts = {"added": report.added, "updated": report.updated, "unchanged": report.unchanged}
    return {"seconds": round(seconds, 1), "cpu_s": round(cpu_s, 1), **counts, "bad": len(report.bad)}


def _table_sizes(database: Database) -> Iterator[tuple[str, int]]:
    with database.engine.connect() as connection:
        for table in ("opportunities", "accounts", "contacts", "stage_changes", "changes"):
            yield table, connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000, help="good rows")
    parser.add_argument("--keep", type=Path, help="write the export there")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    options = parser.parse_args()
    export = make_export(options.rows)
    if options.keep:
        options.keep.write_bytes(export.content)
    home = Path(tempfile.mkdtemp(prefix="cc-", dir="/var/tmp"))
    home.chmod(0o755)
    database = open_database(home)
    try:
        print(json.dumps(run(database, export), ensure_ascii=False, indent=None if options.json else 2))
    finally:
        database.close()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()

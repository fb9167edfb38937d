"""Finding calls from the command line."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Sequence

from models.database import Database
from service.calls import queries
from service.calls.filters import CallFilters
from service.calls.views import CallRow
from service.cli.console import errors, output
from service.clock import clock
from service.people.viewer import OPERATOR
from service.sops.own_events import own_titles
from sop.events import EVENTS


def unknown_event(name: str, known: Sequence[str] = EVENTS) -> str | None:
    """What is wrong with the name of an event, or None when it is one of the ``known``."""
    if name in known:
        return None
    close = difflib.get_close_matches(name, known, 1)
    hint = f", did you mean {close[0]!r}?" if close else f"; the events are {', '.join(known)}"
    return f"unknown event {name!r}{hint}"


def known_events(database: Database) -> tuple[str, ...]:
    """The built-in events, and those that published SOPs add."""
    with database.transaction() as session:
        return (*EVENTS, *sorted(own_titles(session)))


def print_hits(database: Database, text: str, events: Sequence[str], limit: int, as_json: bool) -> None:
    """Print the newest calls that hold the words and all the events."""
    filters = CallFilters(text=text, events=tuple(dict.fromkeys(events)))
    rows: list[CallRow] = []
    total = 0
    with database.transaction() as session:
        number = 1
        while len(rows) < limit:
            page = queries.list_calls(session, OPERATOR, filters, number)
            total = page.total
            rows.extend(page.rows)
            if number >= page.pages:
                break
            number += 1
    for row in rows[:limit]:
        if as_json:
            print(json.dumps(_hit_json(row, events), ensure_ascii=False))
        else:
            _print_hit(row, events)
    if not as_json:
        errors.print(f"{min(limit, len(rows))} of {total} calls", markup=False)


def _hit_json(row: CallRow, events: Sequence[str]) -> dict[str, object]:
    return {
        "call_id": str(row.id),
        "external_id": row.external_id,
        "file": row.file_name,
        "started_at": row.started_at.isoformat(),
        "opportunity": row.deal.external_id if row.deal else None,
        "rep": row.rep,
        "language": row.language,
        "state": row.state,
        "score": row.score,
        "low": row.low,
        "high": row.high,
        "events": dict(Counter(mark.event for mark in row.events)),
        "hits": [
            {
                "event": m.event,
                "start_ms": m.start_ms,
                "end_ms": m.end_ms,
                "speaker": m.speaker,
                "quote": m.quote,
                "slots": [slot.to_json() for slot in m.slots],
            }
            for m in row.events
            if m.event in events
        ],
        "text_hit": {"start_ms": row.hit.start_ms, "speaker": row.hit.speaker, "text": row.hit.text}
        if row.hit
        else None,
    }


def _print_hit(row: CallRow, events: Sequence[str]) -> None:
    score = "–" if row.score is None else f"{row.score:.0f}"
    deal = f"{row.deal.external_id} {row.deal.name}" if row.deal else "no opportunity"
    head = f"{row.started_at:%Y-%m-%d %H:%M}  {score:>4}  {row.rep or '–'}  {deal}  {row.file_name}"
    output.print(head, markup=False, highlight=False)
    if row.hit:
        output.print(f"    {clock(row.hit.start_ms)} {row.hit.text}", markup=False, highlight=False)
    for mark in row.events:
        if mark.event in events:
            told = f"    {clock(mark.start_ms)} {mark.event}: {mark.quote}"
            output.print(told, markup=False, highlight=False)

"""Commands on calls: bringing recordings in and finding what was said."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.console import Failure, moment_of, open_database, settings

AUDIO_SUFFIXES = frozenset(
    [
        ".wav",
        ".mp3",
        ".m4a",
        ".mp4",
        ".aac",
        ".ogg",
        ".oga",
        ".opus",
        ".flac",
        ".amr",
        ".au",
        ".aiff",
        ".wma",
        ".webm",
        ".mkv",
        ".mov",
        ".gsm",
        ".3gp",
        ".caf",
    ]
)


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    UNKNOWN = "unknown"


def process(
    paths: Annotated[list[Path], typer.Argument(help="Recordings, or folders of recordings.")],
    sop: Annotated[str | None, typer.Option(help="Name of the SOP; by default that of the call's language.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a call on standard output.")] = False,
    rep: Annotated[str | None, typer.Option(help="E-mail of the rep who made the calls.")] = None,
    phone: Annotated[str | None, typer.Option(help="The customer's phone number, for all files.")] = None,
    direction: Annotated[Direction, typer.Option(help="Who called whom.")] = Direction.UNKNOWN,
    started_at: Annotated[
        str | None, typer.Option(help="ISO time of the call; by default the file's own time.")
    ] = None,
    rep_channel: Annotated[
        int | None, typer.Option(min=0, max=1, help="Channel of the rep in these two-channel recordings: 0 or 1.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Recordings at once, sharing the cores.")] = 1,
) -> None:
    """Bring recordings in and process them to the end; what was done before is not done again."""
    from service.calls.ingest import CallDetails, Source
    from service.cli.batch import line, run_batch

    config = settings()
    files = _files(paths)
    moment = moment_of(started_at)
    details = CallDetails(
        rep_email=rep, customer_phone=phone, direction=direction.value, sop_name=sop, rep_channel=rep_channel
    )
    sources = [Source(file, replace(details, started_at=moment or _written(file))) for file in files]
    told: list[dict[str, Any]] = []
    with open_database(config) as database:
        _check_sop(database, sop)
        for result in run_batch(config, database, sources, concurrency=concurrency):
            told.append(result)
            if as_json:
                print(json.dumps(result, ensure_ascii=False), flush=True)
            elif not sys.stdout.isatty():
                print(line(result), flush=True)
    if sys.stdout.isatty() and not as_json:
        # On a terminal the lines would run through the bars: they come when the bars are done.
        print("\n".join(line(result) for result in told))
    failed = sum(result["state"] == "failed" for result in told)
    if failed:
        raise Failure(f"{failed} of {len(told)} recordings failed")


def _files(paths: list[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(f for f in path.rglob("*") if f.is_file() and f.suffix.lower() in AUDIO_SUFFIXES)
            if not found:
                raise Failure(f"{path}: no recordings in this folder")
            files.extend(found)
        else:
            files.append(path)
    return files


def _written(file: Path) -> datetime | None:
    """When the file was written last; None when it is gone."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).astimezone() if file.exists() else None


def _check_sop(database: Any, name: str | None) -> None:
    from service.sops.versions import UnknownSop, current_version

    if name is None:
        return
    try:
        with database.transaction() as session:
            current_version(session, name)
    except UnknownSop as error:
        raise Failure(f"--sop: {error}") from error


def search(
    text: Annotated[str, typer.Argument(help="Words to find in what was said.")] = "",
    event: Annotated[list[str] | None, typer.Option(help="Key event; give it again for more.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a call.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most this many calls.")] = 50,
) -> None:
    """Find calls by what was said and by key events; all that is asked for must be in a call."""
    from service.cli.searching import known_events, print_hits, unknown_event

    wanted = event or []
    with open_database(settings()) as database:
        known = known_events(database) if wanted else ()
        for name in wanted:
            if problem := unknown_event(name, known):
                raise Failure(f"--event: {problem}", 2)
        print_hits(database, text, wanted, limit, as_json)

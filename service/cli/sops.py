"""Commands on SOPs and their versions."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import Failure, one_bar, open_database, output, settings

if TYPE_CHECKING:
    from models.database import Database

app = typer.Typer(help="Check, publish and compare SOPs.", no_args_is_help=True)


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="SOP documents.")],
    as_json: Annotated[bool, typer.Option("--json", help="The problems as JSON.")] = False,
) -> None:
    """Check documents; every problem is named with its path and line."""
    from service.sops.checking import checked
    from sop.document import content_hash
    from sop.problems import SopError

    bad = 0
    for file in files:
        try:
            sop = checked(read_document(file))
        except SopError as error:
            bad += 1
            if as_json:
                problems = [
                    {"path": p.path, "line": p.line, "message": p.message, "hint": p.hint} for p in error.problems
                ]
                print(json.dumps({"file": str(file), "valid": False, "problems": problems}, ensure_ascii=False))
            else:
                for line in str(error).splitlines():
                    output.print(f"{file}: {line}", markup=False, highlight=False)
            continue
        if as_json:
            document = {"file": str(file), "valid": True, "name": sop.name, "hash": content_hash(sop)}
            print(json.dumps(document, ensure_ascii=False))
        else:
            told = f"{file}: {sop.name}, {len(sop.steps)} steps, {content_hash(sop)[:12]}"
            output.print(told, markup=False, highlight=False)
    if bad:
        raise Failure(f"{bad} of {len(files)} documents have problems")


@app.command()
def publish(
    document: Annotated[str, typer.Argument(metavar="FILE|NAME", help="An SOP document, or the name of a draft.")],
    since: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Score calls that begin then or later; default: now.")
    ] = None,
    rescore: Annotated[bool, typer.Option(help="Score past calls too: all, or those since --from.")] = False,
) -> None:
    """Publish a document as the next version of its SOP."""
    from service.people.viewer import OPERATOR
    from service.sops import publishing, rescoring

    moment = _moment(since) if since else None
    with open_database(settings()) as database:
        text, source = named_document(database, document)
        with sop_failures(source), database.transaction() as session:
            start: publishing.Start = moment or ("ever" if rescore else "now")
            version, is_new = publishing.publish(session, text, OPERATOR, start)
            told = "published" if is_new else "already published"
            job = rescoring.start(session, OPERATOR, version, moment) if rescore else None
        output.print(f"{told} {version.name} v{version.number} ({version.content_hash[:12]})", markup=False)
        if job is not None:
            _rescore(database, job.run.id)


@app.command()
def retire(version: Annotated[str, typer.Argument(metavar="NAME@N", help="A published version.")]) -> None:
    """Let a version score no more calls; what it scored stays."""
    from service.people.viewer import OPERATOR
    from service.sops import publishing

    with open_database(settings()) as database, sop_failures(version), database.transaction() as session:
        retired = publishing.retire(session, OPERATOR, version)
        output.print(f"retired {retired.name} v{retired.number}", markup=False)


@app.command()
def schema() -> None:
    """The JSON Schema of the document, for editors."""
    from sop.document import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))


@app.command()
def templates(name: Annotated[str | None, typer.Argument(help="Print this one.")] = None) -> None:
    """Documents to start one's own from; they score nothing until they are published."""
    from service.sops.versions import templates as shipped_templates
    from sop.document import parse

    documents = shipped_templates()
    if name is None:
        for known, text in documents.items():
            sop = parse(text)
            output.print(f"{known}: {sop.title.en} · {sop.title.zh}, {len(sop.steps)} steps", markup=False)
    elif name in documents:
        print(documents[name], end="")
    else:
        raise Failure(f"no template {name!r}; there are: {', '.join(documents) or 'none'}")


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON line a version.")] = False) -> None:
    """All versions and drafts."""
    from rich.table import Table

    from service.people.viewer import OPERATOR
    from service.sops.versions import list_versions

    with open_database(settings()) as database, database.transaction() as session:
        rows = [
            {
                "name": v.name,
                "version": v.number or None,
                "state": v.state,
                "hash": v.content_hash,
                "published_at": v.published_at.isoformat() if v.published_at else None,
                "effective_from": v.effective_from.isoformat() if v.effective_from else None,
            }
            for v in list_versions(session, OPERATOR)
        ]
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    table = Table("name", "version", "state", "hash", "published", "scores calls from")
    for row in rows:
        table.add_row(*(str(value or "") for value in {**row, "hash": str(row["hash"])[:12]}.values()))
    output.print(table)


def named_document(database: Database, reference: str) -> tuple[str, str]:
    """The text of a file, of ``NAME@3``, of the draft of ``NAME`` or else its current version; and what to call it."""
    from service.people.viewer import OPERATOR
    from service.sops.versions import UnknownSop, find_version

    path = Path(reference)
    if path.is_file() or path.suffix in (".yaml", ".yml"):
        return read_document(path), reference
    with database.transaction() as session:
        try:
            for wanted in (reference,) if "@" in reference else (f"{reference}@draft", reference):
                with contextlib.suppress(UnknownSop):
                    return find_version(session, OPERATOR, wanted).document, wanted
            return find_version(session, OPERATOR, reference).document, reference
        except UnknownSop as error:
            raise Failure(f"{reference}: no such file, and {error}") from error


@contextlib.contextmanager
def sop_failures(source: str) -> Iterator[None]:
    """Turns what is wrong with an SOP or a version into lines that begin with ``source``."""
    from service.sops.publishing import PublishingError
    from service.sops.versions import NotAllowed, UnknownSop
    from sop.problems import SopError

    try:
        yield
    except SopError as error:
        raise Failure("\n".join(f"{source}: {line}" for line in str(error).splitlines())) from error
    except (NotAllowed, PublishingError, UnknownSop) as error:
        raise Failure(str(error)) from error


def _moment(text: str) -> datetime:
    """A date or time; one without a zone is of this machine's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Failure(f"--from: {text!r} is no date; write 2026-01-31 or 2026-01-31T08:00+08:00") from error
    return moment if moment.tzinfo else moment.astimezone()


def _rescore(database: Database, run_id: uuid.UUID) -> None:
    """Score past calls here, page by page; a worker that takes the queued job too does other pages."""
    from service.sops import rescoring

    with one_bar("scoring past calls") as show:
        while True:
            with database.transaction() as session:
                told = rescoring.get(session, run_id)
            assert told is not None
            if told.run.has_ended:
                break
            show(told.run.fraction)
            rescoring.run(database, settings(), run_id)
    if told.run.state != "done":
        raise Failure(f"re-scoring {told.run.state}: {told.run.state_reason or 'somebody asked for its end'}")
    output.print(f"{told.scored} calls scored, {told.skipped} had a card of it or are for another", markup=False)


def read_document(file: Path) -> str:
    """The text of an SOP file, or a failure that says why there is none."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Failure(f"{file}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{file}: not UTF-8 text") from error

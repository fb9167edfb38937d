"""Commands that bring records in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import Failure, errors, one_bar, open_database, output, settings

if TYPE_CHECKING:
    from models.database import Database
    from service.records.importing import ImportReport, RowResult
    from service.records.mapping_document import FieldMapping
    from service.records.nouns import NounName

app = typer.Typer(help="Bring records of the CRM in.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE.csv", help="CSV with a header line.")]
Mapping = Annotated[
    str | None,
    typer.Option("--mapping", metavar="FILE.yaml|NAME", help="What the file's columns and values mean."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]
Partial = Annotated[bool, typer.Option("--partial", help="Columns may be missing: what is known stays as it is.")]
AsJson = Annotated[bool, typer.Option("--json", help="The whole report as JSON, every row of it.")]
Shown = Annotated[int, typer.Option("--show", min=0, help="How many changed rows are listed.")]


@app.command()
def opportunities(
    file: File,
    mapping: Mapping = None,
    dry_run: DryRun = False,
    partial: Partial = False,
    as_json: AsJson = False,
    show: Shown = 20,
) -> None:
    """Add or update opportunities; bad rows are reported with their line and left out."""
    _import("opportunities", file, mapping, dry_run, partial, as_json, show)


@app.command()
def accounts(
    file: File,
    mapping: Mapping = None,
    dry_run: DryRun = False,
    partial: Partial = False,
    as_json: AsJson = False,
    show: Shown = 20,
) -> None:
    """Add or update accounts."""
    _import("accounts", file, mapping, dry_run, partial, as_json, show)


@app.command()
def contacts(
    file: File,
    mapping: Mapping = None,
    dry_run: DryRun = False,
    partial: Partial = False,
    as_json: AsJson = False,
    show: Shown = 20,
) -> None:
    """Add or update contacts and their part in the decision."""
    _import("contacts", file, mapping, dry_run, partial, as_json, show)


@app.command()
def leads(
    file: File,
    mapping: Mapping = None,
    dry_run: DryRun = False,
    partial: Partial = False,
    as_json: AsJson = False,
    show: Shown = 20,
) -> None:
    """Add or update leads; new ones are graded and given out by the pool's rules."""
    _import("leads", file, mapping, dry_run, partial, as_json, show)


def _import(
    noun: NounName, file: Path, mapping: str | None, dry_run: bool, partial: bool, as_json: bool, show: int
) -> None:
    from service.people.viewer import OPERATOR
    from service.records.bulk import RecordsChanged
    from service.records.importing import import_file
    from service.records.reasons import ImportFileError

    try:
        content = file.read_bytes()
    except OSError as error:
        raise Failure(f"{file}: can't be read ({error.strerror})") from error
    with open_database(settings()) as database:
        meaning = _mapping(database, noun, mapping)
        try:
            with one_bar(file.name) as tell, database.transaction() as session:
                report = import_file(
                    session,
                    OPERATOR,
                    content,
                    str(file),
                    meaning,
                    is_dry=dry_run,
                    is_partial=partial,
                    progress=tell,
                )
        except (ImportFileError, RecordsChanged) as error:
            raise Failure(str(error)) from error
    if as_json:
        print(json.dumps(report_document(report), ensure_ascii=False))
    else:
        _tell(file, report, show)
    if report.bad:
        raise Failure(f"{file}: {len(report.bad)} rows left out")


def _mapping(database: Database, noun: NounName, mapping: str | None) -> FieldMapping:
    from service.records.configurations import UnknownConfiguration, stored
    from service.records.mapping_document import FieldMapping, parse
    from sop.problems import SopError

    if mapping is None:
        return FieldMapping(noun)
    source = Path(mapping)
    try:
        if source.suffix in (".yaml", ".yml"):
            text = source.read_text(encoding="utf-8")
        else:
            with database.transaction() as session:
                text = stored(session, "mapping", mapping)
        meaning = parse(text)
    except OSError as error:
        raise Failure(f"{mapping}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{mapping}: not UTF-8 text; save it as UTF-8") from error
    except UnknownConfiguration as error:
        raise Failure(f"--mapping: {error}") from error
    except SopError as error:
        raise Failure("\n".join(f"{mapping}: {problem}" for problem in error.problems)) from error
    if meaning.noun != noun:
        raise Failure(f"{mapping}: noun: this mapping is of {meaning.noun}, not of {noun}")
    return meaning


def _tell(file: Path, report: ImportReport, show: int) -> None:
    for bad in report.bad:
        errors.print(f"{file}: line {bad.line}: {bad.reason}", markup=False, highlight=False)
    for line in report.guessed:
        told = f"{file}: line {line}: read in another encoding than the rest of the file; check its text"
        errors.print(told, markup=False, highlight=False)
    changed = [result for result in report.results if result.state in ("added", "updated")]
    if report.is_dry:
        for result in changed[:show]:
            output.print(_sentence(result), markup=False, highlight=False)
        if len(changed) > show:
            output.print(f"… and {len(changed) - show} more (--show N lists more, --json all)", highlight=False)
    told = f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, {len(report.bad)} left out"
    output.print(f"would be {told}; nothing was written" if report.is_dry else told, highlight=False)


def _sentence(result: RowResult) -> str:
    changes = ", ".join(f"{change.field}: {_shown(change.old)} → {_shown(change.new)}" for change in result.changes)
    told = "new" if result.state == "added" else changes or "its account or contact"
    return f"line {result.line}: {result.id}: {told}"


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    return ", ".join(map(str, value)) or "–" if isinstance(value, list) else str(value)


def report_document(report: ImportReport) -> dict[str, Any]:
    """The report as plain JSON values; unchanged rows are counted and not listed."""
    return {
        "noun": report.noun,
        "dry_run": report.is_dry,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "bad": len(report.bad),
        "other_encoding": list(report.guessed),
        "rows": [row_document(result) for result in report.results if result.state != "unchanged"],
    }


def row_document(result: RowResult) -> dict[str, Any]:
    """One row of a report as plain JSON values."""
    document: dict[str, Any] = {"line": result.line, "id": result.id, "state": result.state}
    if result.reason:
        document["reason"] = result.reason
    if result.changes:
        document["changes"] = [{"field": each.field, "old": each.old, "new": each.new} for each in result.changes]
    return document

"""Commands on SOPs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from service.cli.console import Failure, not_yet, open_database, output, settings

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
def publish(file: Annotated[Path, typer.Argument(help="An SOP document.")]) -> None:
    """Publish a document as the next version of its SOP."""
    from service.people.viewer import OPERATOR
    from service.sops import versions
    from sop.problems import SopError

    document = read_document(file)
    with open_database(settings()) as database, database.transaction() as session:
        try:
            version, is_new = versions.publish(session, document, OPERATOR)
        except SopError as error:
            raise Failure("\n".join(f"{file}: {line}" for line in str(error).splitlines())) from error
        told = "published" if is_new else "already published"
        output.print(f"{told} {version.name} v{version.number} ({version.content_hash[:12]})", markup=False)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON line a version.")] = False) -> None:
    """All published versions."""
    from rich.table import Table

    from service.sops.versions import list_versions

    with open_database(settings()) as database, database.transaction() as session:
        rows = [
            {
                "name": v.name,
                "version": v.number,
                "state": v.state,
                "hash": v.content_hash,
                "published_at": v.published_at.isoformat() if v.published_at else None,
            }
            for v in list_versions(session)
        ]
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    table = Table("name", "version", "state", "hash", "published")
    for row in rows:
        table.add_row(*(str(value or "") for value in {**row, "hash": str(row["hash"])[:12]}.values()))
    output.print(table)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def diff() -> None:
    """Compare two versions in words (not yet)."""
    raise not_yet("clearcall sop diff")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def backtest() -> None:
    """Run a draft over all stored calls (not yet)."""
    raise not_yet("clearcall sop backtest")


def read_document(file: Path) -> str:
    """The text of an SOP file, or a failure that says why there is none."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Failure(f"{file}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{file}: not UTF-8 text") from error

"""Commands that bring records in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.console import Failure, errors, open_database, output, settings

app = typer.Typer(help="Bring records of the CRM in.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keeps ``opportunities`` a subcommand while it is the only one."""


@app.command()
def opportunities(file: Annotated[Path, typer.Argument(help="CSV with a header line.")]) -> None:
    """Add or update opportunities; bad rows are reported with their line and left out."""
    from service.opportunities.importing import import_opportunities
    from service.records.decoding import ImportFileError, decode

    try:
        text = decode(file.read_bytes(), str(file)).text
    except OSError as error:
        raise Failure(f"{file}: can't be read ({error.strerror})") from error
    except ImportFileError as error:
        raise Failure(str(error)) from error
    with open_database(settings()) as database, database.transaction() as session:
        try:
            report = import_opportunities(session, text, str(file))
        except ImportFileError as error:
            raise Failure(str(error)) from error
    for row in report.bad:
        errors.print(f"{file}: line {row.line}: {row.reason}", markup=False, highlight=False)
    told = f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, {len(report.bad)} left out"
    output.print(told, highlight=False)
    if report.bad:
        raise Failure(f"{file}: {len(report.bad)} rows left out")

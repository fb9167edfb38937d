"""The command line. Each group of commands has its module; heavy libraries load only when a command needs them."""

from __future__ import annotations

import sys

import typer

from service.cli import (
    calls,
    days,
    deals,
    evaluation,
    imports,
    leads,
    links,
    people,
    pipelines,
    reviews,
    roles,
    serving,
    sop_trials,
    sops,
    training,
    transcripts,
)
from service.cli.console import Failure, errors

# What Typer makes of Ctrl-C: 128 and the number of SIGINT, as shells tell it.
_INTERRUPTED = 130

app = typer.Typer(
    name="clearcall",
    help="Opens the black box of sales calls: transcripts, key events and scores one can hear.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command("demo")(serving.demo)
app.command("serve")(serving.serve)
app.command("worker")(serving.worker)
app.command("process")(calls.process)
app.command("transcribe")(transcripts.transcribe)
app.command("analyze")(transcripts.analyze)
app.command("search")(calls.search)
roles.app.command("review")(reviews.review)
app.add_typer(roles.app, name="calls")
sops.app.command("diff")(sop_trials.diff)
sops.app.command("backtest")(sop_trials.backtest)
app.add_typer(sops.app, name="sop")
app.add_typer(evaluation.app, name="evaluate")
app.add_typer(training.app, name="nlp")
app.add_typer(imports.app, name="import")
app.add_typer(pipelines.app, name="pipelines")
app.add_typer(deals.app, name="deals")
app.add_typer(leads.app, name="leads")
app.command("points")(leads.points)
app.add_typer(people.app, name="users")
app.add_typer(links.app, name="link")
app.command("day")(days.day)


def main() -> None:
    """The ``clearcall`` command: a mistake is one line on standard error, never a traceback."""
    try:
        app()
    except Failure as failure:
        errors.print(f"clearcall: {failure}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(failure.exit_code)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            errors.print("clearcall: stopped; run the same command again to go on", markup=False, highlight=False)
        raise

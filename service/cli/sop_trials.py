"""Commands that compare texts of an SOP: in words, call by call, and over all stored calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from service.cli.console import Failure, engine_failures, one_bar, open_database, output, settings
from service.cli.sops import named_document, sop_failures

if TYPE_CHECKING:
    from models.database import Database
    from service.sops.backtest_report import BacktestReport
    from sop.procedure import Language, Sop

_REFERENCE = "FILE|NAME|NAME@N"
_MOST_LINES = 20


def diff(
    old: Annotated[str, typer.Argument(metavar=_REFERENCE, help="An SOP document or version.")],
    new: Annotated[str, typer.Argument(metavar=_REFERENCE, help="What to compare with it.")],
    calls: Annotated[bool, typer.Option("--calls", help="Also which stored calls score otherwise, and why.")] = False,
    language: Annotated[str, typer.Option(help="Language of the words: zh or en.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document, in both languages.")] = False,
) -> None:
    """Say in words what one text of an SOP changes against another."""
    from service.people.viewer import OPERATOR
    from service.sops.call_differences import call_differences
    from sop.comparison import differences, explain_card_difference, in_words

    words = _language(language)
    with open_database(settings()) as database:
        before, after = (_parsed(database, reference) for reference in (old, new))
        found = differences(before, after)
        moved = []
        if calls:
            with one_bar("scoring calls") as show:
                moved = call_differences(
                    database, OPERATOR, before, after, lambda done, total: show(done / max(total, 1))
                )
    titles = {step.id: step.title for sop in (before, after) for step in sop.steps}
    events = {event: title for sop in (before, after) for event, title in sop.own_titles.items()}
    if as_json:
        document = {
            "differences": [difference.to_json() for difference in found],
            **(
                {"calls": [{"call_id": str(call.call_id), **call.card.to_json(titles, events)} for call in moved]}
                if calls
                else {}
            ),
        }
        print(json.dumps(document, ensure_ascii=False))
        return
    for line in in_words(found, words) or ("no difference" if words == "en" else "没有差别",):
        output.print(line, markup=False, highlight=False)
    for call in moved:
        told = explain_card_difference(call.card, words, titles, events)
        output.print(f"{call.call_id}: {told}", markup=False, highlight=False)


def backtest(
    draft: Annotated[str, typer.Argument(metavar="FILE|NAME", help="A document, or the name of a draft.")],
    against: Annotated[
        str | None, typer.Option(metavar=_REFERENCE, help="Compare with this; default: the version in force.")
    ] = None,
    tag: Annotated[
        bool, typer.Option("--tag", help="Tag calls again, from their text, for events they were not tagged for.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The whole report as JSON.")] = False,
) -> None:
    """Try a document on all stored calls; nothing is published by it."""
    from nlp.tagging.tagger import HEAD_PATH, load_tagger
    from service.people.viewer import OPERATOR
    from service.sops.backtest import backtest as run

    config = settings()
    with open_database(config) as database, engine_failures():
        new = _parsed(database, draft)
        old = _parsed(database, against) if against else _in_force(database, new.name)
        tagger = load_tagger(config.head or HEAD_PATH, cautious=config.cautious) if tag else None
        with one_bar("scoring calls") as show:
            report = run(database, OPERATOR, new, old, lambda done, total: show(done / max(total, 1)), tagger=tagger)
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        _print(report)


def _language(text: str) -> Language:
    if text not in ("zh", "en"):
        raise Failure(f"--language: {text!r} is neither zh nor en", 2)
    chosen: Literal["zh", "en"] = "zh" if text == "zh" else "en"
    return chosen


def _parsed(database: Database, reference: str) -> Sop:
    from service.sops.checking import checked

    text, source = named_document(database, reference)
    with sop_failures(source):
        return checked(text)


def _in_force(database: Database, name: str) -> Sop | None:
    from service.sops.versions import UnknownSop, current_version, parsed

    with database.transaction() as session:
        try:
            return parsed(current_version(session, name).document)
        except UnknownSop:
            return None


def _print(report: BacktestReport) -> None:
    """The report in a few lines and tables."""
    from rich.table import Table

    output.print(
        f"{report.calls} calls in {report.runtime_s:.1f} s: {report.changed} changed, {report.unchanged} unchanged,"
        f" {report.unscored} without a score; {report.left_out} in other languages left out",
        highlight=False,
    )
    if report.before is not None:
        output.print(
            f"mean score {_shown(report.before.mean)} → {_shown(report.after.mean)}, shift {_shown(report.mean_shift)}"
            f" (median {_shown(report.median_shift)}); points that can't be told"
            f" {_percent(report.unknown_before)} → {_percent(report.unknown_after)}",
            highlight=False,
        )
    for event, calls in report.unheard.items():
        output.print(f"{event}: {calls} calls were never tagged for it; --tag does so", markup=False, highlight=False)
    if report.flips:
        table = Table("step", "from", "to", "calls", "for example")
        for step in report.steps:
            for flip in step.flips:
                example = flip.examples[0].call_id if flip.examples else ""
                table.add_row(step.step, flip.before or "–", flip.after or "–", str(flip.calls), example)
        output.print(table)
    for title, groups in (("rep", report.reps), ("team", report.teams), ("opportunity", report.opportunities)):
        shifted = [group for group in groups if group.shift][:_MOST_LINES]
        if shifted:
            table = Table(title, "calls", "before", "after", "shift")
            for group in shifted:
                table.add_row(
                    group.name, str(group.calls), *(f"{v:g}" for v in (group.before, group.after, group.shift))
                )
            output.print(table)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"

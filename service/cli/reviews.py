"""Reviews at the command line: a person's word on one event, the figures of all, and reviewed calls for training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import Failure, errors, open_database, output, settings
from service.cli.roles import call_id_of

if TYPE_CHECKING:
    from nlp.evaluation.quality import Estimate
    from service.reviews.quality import QualityCard, QualityRow
    from service.reviews.verdicts import Verdict

_VERDICTS: dict[str, Verdict] = {
    "confirm": "confirmed",
    "reject": "rejected",
    "missed": "missed",
    "withdraw": "withdrawn",
}


def review(
    call: Annotated[str, typer.Argument(help="Id of the call: the last part of its page's address.")],
    turn: Annotated[int, typer.Argument(min=0, help="The turn, counted from 0 as in the JSON of the call.")],
    event: Annotated[str, typer.Argument(help="The key event, such as price_objection.")],
    verdict: Annotated[
        str, typer.Argument(help="confirm, reject, missed (it is there and was not heard) or withdraw.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="What counts now and what counted before, as JSON.")] = False,
) -> None:
    """Confirm or reject a key event, add one that was missed, or take back what was said of it."""
    from service.people.viewer import OPERATOR
    from service.reviews.verdicts import ReviewError, Wish, review_event

    wanted = _VERDICTS.get(verdict)
    if wanted is None:
        raise Failure(f"{verdict}: not a verdict; say {', '.join(_VERDICTS)}", 2)
    call_id = call_id_of(call)
    try:
        with open_database(settings()) as database, database.transaction() as session:
            done = review_event(session, OPERATOR, call_id, Wish(turn, event, wanted))
    except ReviewError as error:
        raise Failure(f"{call}: {error}") from error
    if done is None:
        raise Failure(f"{call}: no such call")
    if as_json:
        said = {"turn": done.turn, "event": done.event, "verdict": done.verdict, "before": done.before}
        print(json.dumps({"call_id": str(call_id), **said}))
    else:
        line = f"turn {done.turn}, {done.event}: {done.verdict} (before: {done.before})"
        output.print(line, markup=False, highlight=False)


def report_reviews(as_json: bool, export: Path | None) -> None:
    """Print the quality card of all calls, and write the reviewed ones to ``export``."""
    from service.people.viewer import OPERATOR
    from service.reviews.export import reviewed_calls
    from service.reviews.quality import quality_card

    with open_database(settings()) as database, database.transaction() as session:
        if export is not None:
            lines = [json.dumps(line, ensure_ascii=False) for line in reviewed_calls(session, OPERATOR)]
            _write(export, lines)
            errors.print(f"{len(lines)} reviewed calls written to {export}", markup=False, highlight=False)
        card = quality_card(session, OPERATOR)
    if as_json:
        print(json.dumps(card.to_json(), ensure_ascii=False))
    else:
        _print_card(card)


def _write(path: Path, lines: list[str]) -> None:
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise Failure(f"{path}: can't be written ({error.strerror})") from error


def _print_card(card: QualityCard) -> None:
    if not card.reviews:
        told = "no reviews yet: judge key events on the pages of calls, or a sample on the page /quality"
        output.print(told, markup=False, highlight=False)
        return
    lines = [
        f"{'event':<20}{'language':<10}{'hits':>5}{'others':>8}  {'precision':<20}{'recall':<20}{'unknown':>8}",
        *(_line(row) for row in card.rows),
        "* from turns that people chose to judge, not from a sample",
    ]
    output.print("\n".join(lines), markup=False, highlight=False)


def _line(row: QualityRow) -> str:
    figures = row.figures
    unknown = figures.population.unknown_share
    hits = figures.reviewed.get("present", 0)
    others = figures.reviewed.get("doubtful", 0) + figures.reviewed.get("absent", 0)
    precision = _shown(figures.precision) + ("*" if figures.basis == "chosen" else "")
    told = "-" if unknown is None else f"{unknown:.0%}"
    counts = f"{figures.event:<20}{figures.language:<10}{hits:>5}{others:>8}"
    return f"{counts}  {precision:<20}{_shown(figures.recall):<20}{told:>8}"


def _shown(estimate: Estimate | None) -> str:
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]" if estimate else "-"

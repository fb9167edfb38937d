"""A review printed for people."""

from __future__ import annotations

from rich.table import Table

from asr.transcript import Transcript
from service.cli.console import output
from service.clock import clock
from service.pipeline import Review
from sop.explanation import explain_card, explain_step, titles_of

_MARKS = {
    "met": "[green]✓[/]",
    "missed": "[red]✗[/]",
    "unknown": "[yellow]?[/]",
    "not_applicable": "[dim]–[/]",
}


def print_review(transcript: Transcript, review: Review) -> None:
    """Key events in order of time, then the scorecard with its reasons."""
    table = Table("at", "who", "key event", "quote", "sure", title="Key events", title_justify="left")
    for event in review.tagging.present:
        e = event.evidence
        table.add_row(clock(e.start_ms), e.speaker, event.event, e.quote, f"{e.confidence:.0%}")
    output.print(table)
    language, card = transcript.language, review.scorecard
    steps = Table("", "why", title=f"Scorecard: {card.sop_name}", title_justify="left")
    for step in card.steps:
        steps.add_row(_MARKS[step.outcome], explain_step(step, language, titles_of(card)))
    output.print(steps)
    output.print(explain_card(card, language), markup=False, highlight=False)

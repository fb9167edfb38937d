"""A review printed for people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rich.table import Table

from asr.transcript import Transcript
from service.cli.console import output
from service.clock import clock
from service.pipeline import Review
from sop.explanation import explain_card, explain_step, titles_of
from sop.procedure import Wording

_MARKS = {
    "met": "[green]✓[/]",
    "missed": "[red]✗[/]",
    "unknown": "[yellow]?[/]",
    "not_applicable": "[dim]–[/]",
}


def print_review(
    transcript: Transcript, review: Review, own_titles: Mapping[str, Wording] = MappingProxyType({})
) -> None:
    """Key events in order of time, then the scorecard with its reasons; events of one's own go by their titles."""
    table = Table("at", "who", "key event", "quote", "in particular", "sure", title="Key events", title_justify="left")
    for event in review.tagging.present:
        e = event.evidence
        told = "\n".join(f"{slot.name}: {slot.text if slot.value is None else slot.value}" for slot in event.slots)
        table.add_row(clock(e.start_ms), e.speaker, event.event, e.quote, told, f"{e.confidence:.0%}")
    output.print(table)
    language, card = transcript.language, review.scorecard
    steps = Table("", "why", title=f"Scorecard: {card.sop_name}", title_justify="left")
    for step in card.steps:
        steps.add_row(_MARKS[step.outcome], explain_step(step, language, titles_of(card), own_titles))
    output.print(steps)
    output.print(explain_card(card, language, own_titles), markup=False, highlight=False)

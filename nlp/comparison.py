"""Encoders and heads side by side, and how the tagger gains from more calls: all cross-validated by call.

Every row is trained on the same folds with one network and the thresholds of :mod:`nlp.training`, so that rows can be
compared with each other; the shipped head averages several networks and is a little better than its row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlp.annotations import AnnotatedCall
from nlp.encoder import Encoder
from nlp.evaluation import EvaluationReport, evaluate_held_out
from nlp.head import HeadOptions
from nlp.training import TrainingOptions
from sop.events import EVENTS

HEADS: Mapping[str, HeadOptions] = {
    "logistic": HeadOptions(kind="linear", seeds=(1,)),
    "sequence": HeadOptions(seeds=(1,)),
}
"""``logistic`` is a linear view of five neighbouring turns and of the words; ``sequence`` adds two convolutions."""
_TIMED_TURNS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One encoder with one head. ``encoder_ms`` is the time of the encoder for a turn, in milliseconds on one core."""

    encoder: str
    head: str
    training_calls: int
    macro_f1: Mapping[str, float]
    weakest: tuple[str, float]
    encoder_ms: float

    def to_json(self) -> dict[str, Any]:
        return {
            "encoder": self.encoder,
            "head": self.head,
            "training_calls": self.training_calls,
            "macro_f1": {language: round(value, 4) for language, value in self.macro_f1.items()},
            "weakest": {"event": self.weakest[0], "f1": round(self.weakest[1], 4)},
            "encoder_ms": round(self.encoder_ms, 1),
        }


def compare(
    tested: Sequence[AnnotatedCall],
    extra: Sequence[AnnotatedCall],
    encoders: Mapping[str, Encoder],
    heads: Mapping[str, HeadOptions] = HEADS,
    progress: Callable[[str], None] = lambda _: None,
    processes: int = 1,
) -> list[Row]:
    """Each encoder with each head, cross-validated on ``tested``; ``extra`` calls are only learned from."""
    rows = []
    for encoder_name, encoder in encoders.items():
        milliseconds = _encoder_ms(encoder, tested)
        for head_name, options in heads.items():

            def say(message: str, name: str = f"{encoder_name}, {head_name}") -> None:
                progress(f"{name}: {message}")

            report = evaluate_held_out(tested, encoder, extra, TrainingOptions(head=options), 4, say, processes)
            rows.append(_row(encoder_name, head_name, len(tested) + len(extra), report, milliseconds))
    return rows


def learning_curve(
    tested: Sequence[AnnotatedCall],
    extra: Sequence[AnnotatedCall],
    encoder: Encoder,
    shares: Sequence[float] = (0.0, 0.25, 0.5, 1.0),
    progress: Callable[[str], None] = lambda _: None,
    processes: int = 1,
    options: HeadOptions = HEADS["sequence"],
) -> list[Row]:
    """The sequence head with growing shares of the ``extra`` calls, every author's share the same."""
    rows = []
    for share in shares:
        own = [call for number, call in enumerate(extra) if _is_taken(number, share)]
        report = evaluate_held_out(tested, encoder, own, TrainingOptions(head=options), 4, progress, processes)
        rows.append(_row(encoder.name, "sequence", len(tested) + len(own), report, 0.0))
    return rows


def _is_taken(number: int, share: float) -> bool:
    """Whether call ``number`` is among the share: evenly spread over the list."""
    return int((number + 1) * share) > int(number * share)


def _encoder_ms(encoder: Encoder, calls: Sequence[AnnotatedCall]) -> float:
    texts = [turn.text for call in calls for turn in call.turns][:_TIMED_TURNS]
    encoder.encode(texts[:1])
    started = time.perf_counter()
    encoder.encode(texts)
    return (time.perf_counter() - started) * 1000 / max(len(texts), 1)


def _row(encoder: str, head: str, count: int, report: EvaluationReport, milliseconds: float) -> Row:
    macro: dict[str, float] = {score.language: score.macro_f1 or 0.0 for score in report.languages}
    events = [
        (f"{score.language} {event}", counts.f1 or 0.0)
        for score in report.languages
        for event, counts in zip(EVENTS, score.events, strict=True)
        if counts.gold
    ]
    return Row(encoder, head, count, macro, min(events, key=lambda item: item[1]), milliseconds)

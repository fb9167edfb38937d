"""Encoders and heads side by side, cross-validated by call.

Every row is trained on the same folds with one network and the thresholds of :mod:`nlp.training.head`, so that rows can
be compared with each other; the shipped head averages several networks and is a little better than its row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nlp.corpus.annotations import AnnotatedCall
from nlp.corpus.folds import split_by_call
from nlp.encoders.encoder import Encoder, JoinedEncoder, RememberingEncoder, TransformersEncoder
from nlp.encoders.layers import LayeredEncoder, LowerLayers, UpperLayers
from nlp.evaluation.measurement import FOLD_SEED, FOLDS, Prediction, evaluate_held_out, predictions, score_calls
from nlp.evaluation.scores import LanguageScore
from nlp.tagging.head import HeadOptions, deterministic
from nlp.tagging.tagger import HeadTagger
from nlp.training.finetuning import FinetuningOptions, finetuned
from nlp.training.head import TrainingOptions, train
from sop.events import EVENTS

HEADS: Mapping[str, HeadOptions] = {
    "logistic": HeadOptions(kind="linear", seeds=(1,)),
    "sequence": HeadOptions(seeds=(1,)),
}
"""``logistic`` is a linear view of five neighbouring turns and of the words; ``sequence`` adds two convolutions."""
_TIMED_TURNS = 100

Progress = Callable[[str, float], None]
"""Told what is done and how much of it, 0-1."""


@dataclass(frozen=True, slots=True)
class Row:
    """One encoder with one head. ``encoder_ms`` is the time of the encoder for a turn, in milliseconds on one core;
    ``folds`` of the :data:`nlp.evaluation.measurement.FOLDS` were measured, and their calls alone count.
    """

    encoder: str
    head: str
    training_calls: int
    macro_f1: Mapping[str, float]
    weakest: tuple[str, float]
    encoder_ms: float
    folds: int = FOLDS

    def to_json(self) -> dict[str, Any]:
        return {
            "encoder": self.encoder,
            "head": self.head,
            "training_calls": self.training_calls,
            "macro_f1": {language: round(value, 4) for language, value in self.macro_f1.items()},
            "weakest": {"event": self.weakest[0], "f1": round(self.weakest[1], 4)},
            "encoder_ms": round(self.encoder_ms, 1),
            "folds": self.folds,
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
            rows.append(table_row(encoder_name, head_name, len(tested) + len(extra), report.languages, milliseconds))
    return rows


def compare_finetuned(
    tested: Sequence[AnnotatedCall],
    extra: Sequence[AnnotatedCall],
    base: TransformersEncoder,
    beside: Encoder | None = None,
    folds: int = FOLDS,
    options: FinetuningOptions | None = None,
    folder: Path | None = None,
    progress: Progress = lambda _, __: None,
    head: HeadOptions = HEADS["sequence"],
) -> list[Row]:
    """The sequence head over ``base`` before and after fine-tuning; no encoder learns from the fold it is asked about.

    Args:
        tested: the calls that are asked about.
        extra: calls that are only learned from; each fold leaves out its share of them too.
        base: the encoder to be tuned.
        beside: another encoder: it gets a row of its own, and one together with the tuned one.
        folds: how many of the :data:`nlp.evaluation.measurement.FOLDS` are measured; each takes as long.
        options: how it is tuned.
        folder: where tuning is saved as it goes on, see :func:`nlp.training.finetuning.finetuned`.
        progress: told what is done and how much of it, 0-1.
        head: the head over each encoder.
    """
    chosen = options or FinetuningOptions()
    lower = LowerLayers(base, chosen.layers, chosen.max_tokens)
    costs = _encoder_ms(base, tested), _encoder_ms(beside, tested) if beside else 0.0
    untuned = RememberingEncoder(LayeredEncoder(lower, UpperLayers(lower), base.name))
    known = RememberingEncoder(beside) if beside else None
    asked: list[AnnotatedCall] = []
    found: dict[str, tuple[float, list[Prediction]]] = {}
    for number, (seen, own) in enumerate(islice(_parted(tested, extra), folds), start=1):
        say = _within(f"fold {number} of {folds}", progress)
        tuned = RememberingEncoder(finetuned(seen, lower, chosen, folder, say))
        asked += own
        for name, milliseconds, predicted in _answers(seen, own, _candidates(untuned, tuned, known, costs), head, say):
            found.setdefault(name, (milliseconds, []))[1].extend(predicted)
    return [
        table_row(name, "sequence", len(tested) + len(extra), score_calls(asked, predicted), milliseconds, folds)
        for name, (milliseconds, predicted) in found.items()
    ]


def _within(stage: str, progress: Progress) -> Progress:
    """What is told inside a stage, with the name of the stage before it."""
    return lambda what, done: progress(f"{stage}, {what}", done)


def _answers(
    seen: Sequence[AnnotatedCall],
    own: Sequence[AnnotatedCall],
    candidates: Sequence[tuple[Encoder, float]],
    head: HeadOptions,
    say: Progress,
) -> Iterator[tuple[str, float, list[Prediction]]]:
    """What each candidate says of a fold's ``own`` calls after it learned from those it has ``seen``."""
    for place, (encoder, milliseconds) in enumerate(candidates):
        say(f"head over {encoder.name}", place / len(candidates))
        # Misheard copies would have to go through the layers below too, which take most of the time.
        tagger = HeadTagger(encoder, train(seen, encoder, TrainingOptions(copies=0, head=head)))
        yield encoder.name, milliseconds, predictions(tagger, own)


def _parted(
    tested: Sequence[AnnotatedCall], extra: Sequence[AnnotatedCall]
) -> Iterator[tuple[list[AnnotatedCall], list[AnnotatedCall]]]:
    """What is learned from and what is asked about in each fold, parted as :func:`evaluate_held_out` does."""
    everything = [*tested, *extra]
    for part in split_by_call(everything, FOLDS, FOLD_SEED):
        unseen = {everything[i].digest for i in part}
        seen = [call for call in everything if call.digest not in unseen]
        yield seen, [tested[i] for i in part if i < len(tested)]


def _candidates(
    untuned: Encoder, tuned: Encoder, beside: Encoder | None, costs: tuple[float, float]
) -> list[tuple[Encoder, float]]:
    """What is set side by side, with the time of a turn; tuning does not change it."""
    alone = [(untuned, costs[0]), (tuned, costs[0])]
    if beside is None:
        return alone
    return [(beside, costs[1]), *alone, *((JoinedEncoder([beside, one]), sum(costs)) for one, _ in alone)]


def _encoder_ms(encoder: Encoder, calls: Sequence[AnnotatedCall]) -> float:
    """Of one core for a turn, on however many it works."""
    texts = [turn.text for call in calls for turn in call.turns][:_TIMED_TURNS]
    encoder.encode(texts[:1])
    with deterministic(0):
        started = time.process_time()
        encoder.encode(texts)
    return (time.process_time() - started) * 1000 / max(len(texts), 1)


def table_row(
    encoder: str, head: str, count: int, scores: Sequence[LanguageScore], milliseconds: float, folds: int = FOLDS
) -> Row:
    """The row of figures that are at hand; ``count`` calls were learned from."""
    macro: dict[str, float] = {score.language: score.macro_f1 or 0.0 for score in scores}
    events = [
        (f"{score.language} {event}", counts.f1 or 0.0)
        for score in scores
        for event, counts in zip(EVENTS, score.events, strict=True)
        if counts.gold
    ]
    return Row(encoder, head, count, macro, min(events, key=lambda item: item[1]), milliseconds, folds)

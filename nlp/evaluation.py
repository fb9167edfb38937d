"""How well key events are found: precision, recall and F1 per event and language, on calls not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import starmap
from multiprocessing import get_context
from statistics import fmean
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from asr.transcript import LANGUAGES, Language
from nlp.annotations import AnnotatedCall, CorpusError
from nlp.calibration import expected_calibration_error
from nlp.encoder import Encoder, RememberingEncoder
from nlp.features import CallFeatures
from nlp.tagger import HeadTagger
from nlp.training import TrainingOptions, features_of, labels_of, split_by_call, train
from sop.events import EVENTS

Method = Literal["direct", "held_out"]
FOLDS = 4
FOLD_SEED = 7


@dataclass(frozen=True, slots=True)
class EventScore:
    """Counts of turns for one event. A figure is None where nothing was there to count."""

    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def precision(self) -> float | None:
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float | None:
        return _share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float | None:
        """None for an event that is neither in the gold nor predicted; 0 if only one of the two."""
        wrong = self.false_positives + self.false_negatives
        return _share(2 * self.true_positives, 2 * self.true_positives + wrong)

    @property
    def gold(self) -> int:
        return self.true_positives + self.false_negatives

    def to_json(self) -> dict[str, Any]:
        return {
            "precision": _rounded(self.precision),
            "recall": _rounded(self.recall),
            "f1": _rounded(self.f1),
            "gold": self.gold,
            "predicted": self.true_positives + self.false_positives,
        }


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a tagger makes of one call: ``scores`` are calibrated probabilities, ``believed`` what it calls present,
    ``allowed`` what the speakers can show; ``sure`` and ``doubted`` are its cautious reading. All are (turns, events).
    """

    scores: NDArray[np.float64]
    allowed: NDArray[np.bool_]
    believed: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    doubted: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether the probabilities mean what they say, and what a cautious reading gives.

    ``calibration_error`` is the expected calibration error over all events, ``event_errors`` of each; ``precision``
    and ``recall`` are of what a cautious reading calls present, ``doubted_turns`` the share of turns in which it leaves
    an event in doubt. None where nothing was there to count.
    """

    calibration_error: float
    event_errors: tuple[float, ...]
    precision: float | None
    recall: float | None
    doubted_turns: float

    def to_json(self) -> dict[str, Any]:
        return {
            "expected_calibration_error": round(self.calibration_error, 4),
            "by_event": {event: round(e, 4) for event, e in zip(EVENTS, self.event_errors, strict=True)},
            "cautious": {
                "precision": _rounded(self.precision),
                "recall": _rounded(self.recall),
                "doubted_turns": round(self.doubted_turns, 4),
            },
        }


@dataclass(frozen=True, slots=True)
class LanguageScore:
    """Scores of all calls of one language; ``events`` in the order of :data:`sop.events.EVENTS`."""

    language: Language
    calls: int
    turns: int
    events: tuple[EventScore, ...]
    trust: Trust

    @property
    def macro_f1(self) -> float | None:
        """Mean F1 over the events that are in the gold or were predicted.

        An event without gold counts 0 once it is predicted, and is left out otherwise; None when
        that leaves none.
        """
        told = [score.f1 for score in self.events if score.f1 is not None]
        return fmean(told) if told else None

    def to_json(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "turns": self.turns,
            "macro_f1": _rounded(self.macro_f1),
            "events": {event: s.to_json() for event, s in zip(EVENTS, self.events, strict=True)},
            "trust": self.trust.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Fold:
    """Scores on one part of the calls, by language."""

    calls: tuple[str, ...]
    languages: tuple[LanguageScore, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "calls": list(self.calls),
            "macro_f1": {score.language: _rounded(score.macro_f1) for score in self.languages},
        }


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What was measured, and how.

    ``method`` is "direct" when the tagger was asked about calls it was not trained on, "held_out"
    when it knew some of them, so that heads were trained anew, each without one quarter of the
    calls, and asked about that quarter. ``languages`` count all calls together.
    """

    method: Method
    languages: tuple[LanguageScore, ...]
    folds: tuple[Fold, ...] = ()

    @property
    def held_out(self) -> bool:
        return self.method == "held_out"

    def mean_macro_f1(self, language: Language) -> float | None:
        """Mean of the folds' macro F1 when held out, else the macro F1."""
        parts = [fold.languages for fold in self.folds] or [self.languages]
        found = [s.macro_f1 for part in parts for s in part if s.language == language]
        told = [value for value in found if value is not None]
        return fmean(told) if told else None

    def to_json(self) -> dict[str, Any]:
        """The document of ``clearcall evaluate tagger --json``."""
        return {
            "method": self.method,
            "languages": {
                score.language: {
                    **score.to_json(),
                    "mean_macro_f1": _rounded(self.mean_macro_f1(score.language)),
                }
                for score in self.languages
            },
            "folds": [fold.to_json() for fold in self.folds],
        }

    def to_text(self) -> str:
        """A table per language for a terminal."""
        return "\n".join([_METHODS[self.method], *(self._table(score) for score in self.languages)])

    def _table(self, score: LanguageScore) -> str:
        lines = [
            f"\n{score.language}: {score.calls} calls, {score.turns} turns",
            f"{'event':<20}{'precision':>10}{'recall':>8}{'F1':>7}{'gold':>6}",
        ]
        for event, counts in zip(EVENTS, score.events, strict=True):
            shown = _shown(counts.precision), _shown(counts.recall), _shown(counts.f1)
            lines.append(f"{event:<20}{shown[0]:>10}{shown[1]:>8}{shown[2]:>7}{counts.gold:>6}")
        lines.append(f"{'macro':<20}{'':>10}{'':>8}{_shown(score.macro_f1):>7}")
        trust = score.trust
        lines.append(
            f"expected calibration error {trust.calibration_error:.3f} (worst event {max(trust.event_errors):.3f}); "
            f"read cautiously: precision {_shown(trust.precision)}, recall {_shown(trust.recall)}, "
            f"doubt in {trust.doubted_turns:.1%} of turns"
        )
        if self.folds:
            each = [s.macro_f1 for fold in self.folds for s in fold.languages if s.language == score.language]
            mean = _shown(self.mean_macro_f1(score.language))
            lines.append(f"macro F1 by fold: {', '.join(_shown(value) for value in each)}; mean {mean}")
        return "\n".join(lines)


_METHODS: dict[Method, str] = {
    "direct": "Measured directly: none of these calls was in the tagger's training data.",
    "held_out": (
        "Measured held-out: the tagger was trained on some of these calls, so heads were trained anew,\n"
        "each without a quarter of the calls (split by call), and asked about that quarter."
    ),
}


def evaluate_corpus(
    calls: Sequence[AnnotatedCall],
    tagger: HeadTagger,
    training_calls: Sequence[AnnotatedCall] = (),
    progress: Callable[[str], None] = lambda _: None,
    processes: int = 1,
) -> EvaluationReport:
    """The honest figures for ``calls``: direct when the tagger has seen none of them, else held out.

    ``training_calls`` is the shipped corpus; held-out heads learn from its calls too, so that the
    report on one language's file is of heads that were trained like the shipped one.
    """
    if not any(call.digest in tagger.head.trained_on for call in calls):
        return evaluate(tagger, calls)
    known = {call.digest for call in calls}
    extra = [call for call in training_calls if call.digest not in known]
    return evaluate_held_out(calls, tagger.encoder, extra, progress=progress, processes=processes)


def evaluate(tagger: HeadTagger, calls: Sequence[AnnotatedCall]) -> EvaluationReport:
    """The tagger as it is on ``calls``, whether or not it has seen them."""
    return EvaluationReport("direct", score_calls(calls, predictions(tagger, calls)))


def evaluate_held_out(
    calls: Sequence[AnnotatedCall],
    encoder: Encoder,
    extra: Sequence[AnnotatedCall] = (),
    options: TrainingOptions | None = None,
    folds: int = FOLDS,
    progress: Callable[[str], None] = lambda _: None,
    processes: int = 1,
) -> EvaluationReport:
    """Cross-validation split by call: each quarter is tagged by a head trained, calibrated and given its
    thresholds on the rest alone.

    ``extra`` calls are only ever learned from; each fold leaves out its share of them too, so that
    every head learns from the same share of the whole as of ``calls``. ``processes`` folds are worked on at a time.

    Raises:
        CorpusError: fewer than two calls for each fold.
    """
    everything = [*calls, *extra]
    if len(everything) < 2 * folds:
        raise CorpusError(
            f"{len(everything)} calls are too few to hold some out; give at least {2 * folds}, "
            "or calls that the tagger was not trained on"
        )
    remembering = RememberingEncoder(encoder)
    _encode_all(everything, remembering, progress)
    parts = split_by_call(everything, folds, FOLD_SEED)
    tested = [[i for i in part if i < len(calls)] for part in parts]
    known = remembering.known()
    tasks: list[_Task] = []
    for part, own in zip(parts, tested, strict=True):
        unseen = {everything[i].digest for i in part}
        seen = [call for call in everything if call.digest not in unseen]
        tasks.append((seen, [calls[i] for i in own], known, options))
    found: dict[int, Prediction] = {}
    reports: dict[int, Fold] = {}
    for number, predicted in _worked_on(tasks, processes):
        own = tested[number]
        found.update(zip(own, predicted, strict=True))
        chosen = [calls[i] for i in own]
        reports[number] = Fold(tuple(call.call_id for call in chosen), score_calls(chosen, predicted))
        progress(f"{len(reports)} of {len(parts)} folds measured")
    languages = score_calls(calls, [found[i] for i in range(len(calls))])
    return EvaluationReport("held_out", languages, tuple(reports[number] for number in sorted(reports)))


_Task = tuple[Sequence[AnnotatedCall], Sequence[AnnotatedCall], Encoder, TrainingOptions | None]


def _worked_on(tasks: Sequence[_Task], processes: int) -> Iterator[tuple[int, list[Prediction]]]:
    """The number and the predictions of each task, as they are done."""
    if processes <= 1 or len(tasks) == 1:
        yield from enumerate(starmap(_fold, tasks))
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        asked = {pool.submit(_fold, *task): number for number, task in enumerate(tasks)}
        for done in as_completed(asked):
            yield asked[done], done.result()


def _fold(
    seen: Sequence[AnnotatedCall],
    tested: Sequence[AnnotatedCall],
    encoder: Encoder,
    options: TrainingOptions | None,
) -> list[Prediction]:
    torch.set_num_threads(1)
    return predictions(HeadTagger(encoder, train(seen, encoder, options)), tested)


def _encode_all(calls: Sequence[AnnotatedCall], encoder: RememberingEncoder, progress: Callable[[str], None]) -> None:
    """Encode once what every fold needs: by far the longest step, so it says how far it is."""
    for number, call in enumerate(calls, start=1):
        encoder.encode([turn.text for turn in call.turns])
        if number % 6 == 0 or number == len(calls):
            progress(f"{number} of {len(calls)} calls encoded")


def predictions(tagger: HeadTagger, calls: Iterable[AnnotatedCall]) -> list[Prediction]:
    """What the tagger makes of each call."""
    return [_prediction(tagger, features_of(call, tagger.encoder, tagger.scaling)) for call in calls]


def _prediction(tagger: HeadTagger, features: CallFeatures) -> Prediction:
    scores = tagger.scores(features)
    thresholds, _ = replace(tagger, cautious=False).bounds
    sure_from, doubt_from = replace(tagger, cautious=True).bounds
    sure = features.allowed & (scores >= sure_from)
    return Prediction(
        scores=scores,
        allowed=features.allowed,
        believed=features.allowed & (scores >= thresholds),
        sure=sure,
        doubted=features.allowed & (scores >= doubt_from) & ~sure,
    )


def score_calls(calls: Sequence[AnnotatedCall], predicted: Sequence[Prediction]) -> tuple[LanguageScore, ...]:
    """Scores per language that occurs; ``predicted`` in order of the calls."""
    scores = []
    for language in LANGUAGES:
        own = [i for i, call in enumerate(calls) if call.language == language]
        if not own:
            continue
        gold = np.concatenate([labels_of(calls[i]) for i in own]) > 0
        said = np.concatenate([predicted[i].believed for i in own])
        events = tuple(_event_score(gold[:, column], said[:, column]) for column in range(len(EVENTS)))
        scores.append(LanguageScore(language, len(own), len(gold), events, _trust(gold, [predicted[i] for i in own])))
    return tuple(scores)


def _trust(gold: NDArray[np.bool_], predicted: Sequence[Prediction]) -> Trust:
    scores = np.concatenate([one.scores for one in predicted])
    allowed = np.concatenate([one.allowed for one in predicted])
    sure = np.concatenate([one.sure for one in predicted])
    doubted = np.concatenate([one.doubted for one in predicted])
    labels = gold.astype(np.float32)
    by_event = [
        expected_calibration_error(scores[allowed[:, column], column], labels[allowed[:, column], column])
        for column in range(len(EVENTS))
    ]
    counted = _event_score(gold.ravel(), sure.ravel())
    return Trust(
        calibration_error=expected_calibration_error(scores[allowed], labels[allowed]),
        event_errors=tuple(by_event),
        precision=counted.precision,
        recall=counted.recall,
        doubted_turns=float(doubted.any(axis=1).mean()) if len(doubted) else 0.0,
    )


def _event_score(gold: NDArray[np.bool_], said: NDArray[np.bool_]) -> EventScore:
    return EventScore(int((gold & said).sum()), int((~gold & said).sum()), int((gold & ~said).sum()))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

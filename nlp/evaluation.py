"""How well key events are found: precision, recall and F1 per event and language, on calls not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from asr.transcript import LANGUAGES, Language
from nlp.annotations import AnnotatedCall, CorpusError
from nlp.encoder import Encoder, RememberingEncoder
from nlp.features import SpokenTurn
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
class LanguageScore:
    """Scores of all calls of one language; ``events`` in the order of :data:`sop.events.EVENTS`."""

    language: Language
    calls: int
    turns: int
    events: tuple[EventScore, ...]

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
) -> EvaluationReport:
    """The honest figures for ``calls``: direct when the tagger has seen none of them, else held out.

    ``training_calls`` is the shipped corpus; held-out heads learn from its calls too, so that the
    report on one language's file is of heads that were trained like the shipped one.
    """
    if not any(call.digest in tagger.head.trained_on for call in calls):
        return evaluate(tagger, calls)
    known = {call.digest for call in calls}
    extra = [call for call in training_calls if call.digest not in known]
    return evaluate_held_out(calls, tagger.encoder, extra, progress=progress)


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
) -> EvaluationReport:
    """Cross-validation split by call: each quarter is tagged by a head trained, calibrated and given its
    thresholds on the rest alone.

    ``extra`` calls are only ever learned from; each fold leaves out its share of them too, so that
    every head learns from the same share of the whole as of ``calls``.

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
    found: dict[int, NDArray[np.bool_]] = {}
    reports = []
    for number, part in enumerate(parts, start=1):
        unseen = {everything[i].digest for i in part}
        head = train([call for call in everything if call.digest not in unseen], remembering, options)
        tested = [i for i in part if i < len(calls)]
        own = predictions(HeadTagger(remembering, head), [calls[i] for i in tested])
        found.update(zip(tested, own, strict=True))
        reports.append(Fold(tuple(calls[i].call_id for i in tested), score_calls([calls[i] for i in tested], own)))
        progress(f"fold {number} of {len(parts)} measured")
    return EvaluationReport("held_out", score_calls(calls, [found[i] for i in range(len(calls))]), tuple(reports))


def _encode_all(calls: Sequence[AnnotatedCall], encoder: RememberingEncoder, progress: Callable[[str], None]) -> None:
    """Encode once what every fold needs: by far the longest step, so it says how far it is."""
    for number, call in enumerate(calls, start=1):
        encoder.encode([turn.text for turn in call.turns])
        if number % 6 == 0 or number == len(calls):
            progress(f"{number} of {len(calls)} calls encoded")


def predictions(tagger: HeadTagger, calls: Iterable[AnnotatedCall]) -> list[NDArray[np.bool_]]:
    """For each call (turns, events): what the tagger believes."""
    scaling = tagger.head.centre, tagger.head.scale
    return [
        tagger.present(
            [SpokenTurn(turn.speaker, turn.text) for turn in call.turns],
            features_of(call, tagger.encoder, scaling),
        )
        for call in calls
    ]


def score_calls(calls: Sequence[AnnotatedCall], predicted: Sequence[NDArray[np.bool_]]) -> tuple[LanguageScore, ...]:
    """Scores per language that occurs; ``predicted`` is (turns, events) for each call."""
    scores = []
    for language in LANGUAGES:
        own = [i for i, call in enumerate(calls) if call.language == language]
        if not own:
            continue
        gold = np.concatenate([labels_of(calls[i]) for i in own]) > 0
        said = np.concatenate([predicted[i] for i in own])
        events = tuple(_event_score(gold[:, column], said[:, column]) for column in range(len(EVENTS)))
        scores.append(LanguageScore(language, len(own), len(gold), events))
    return tuple(scores)


def _event_score(gold: NDArray[np.bool_], said: NDArray[np.bool_]) -> EventScore:
    return EventScore(int((gold & said).sum()), int((~gold & said).sum()), int((gold & ~said).sum()))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

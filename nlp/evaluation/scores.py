"""What an evaluation of the tagger says: figures and calibration per event and language."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from asr.transcript import Language
from nlp.probability.calibration import Bin
from sop.events import EVENTS

Method = Literal["direct", "held_out"]


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
class Trust:
    """Whether the probabilities mean what they say, and what a cautious reading gives.

    ``calibration_error`` is the expected calibration error over all events, ``event_errors`` of each, and ``bins``
    what each is made of; ``precision`` and ``recall`` are of what a cautious reading calls present, ``doubted_turns``
    the share of turns in which it leaves an event in doubt. None where nothing was there to count.
    """

    calibration_error: float
    event_errors: tuple[float, ...]
    bins: tuple[tuple[Bin, ...], ...]
    precision: float | None
    recall: float | None
    doubted_turns: float

    def to_json(self) -> dict[str, Any]:
        return {
            "expected_calibration_error": round(self.calibration_error, 4),
            "by_event": {event: round(e, 4) for event, e in zip(EVENTS, self.event_errors, strict=True)},
            "reliability": {
                event: [one.to_json() for one in bins] for event, bins in zip(EVENTS, self.bins, strict=True)
            },
            "cautious": {
                "precision": _rounded(self.precision),
                "recall": _rounded(self.recall),
                "doubted_turns": round(self.doubted_turns, 4),
            },
        }


@dataclass(frozen=True, slots=True)
class OwnEventScore:
    """An event of a company's own in the calls of one language.

    ``counts`` is None where none of these calls' turns is labelled with it: that they were annotated without it is
    likelier than that it was never said, so nothing can be told but the turns in which it was ``heard``.
    ``left_out`` turns hold one of the event's own examples word for word, and count in neither.
    """

    event: str
    counts: EventScore | None
    heard: int
    left_out: int

    def to_json(self) -> dict[str, Any]:
        counts = self.counts or EventScore(0, self.heard, 0)
        figures = (
            counts.to_json() if self.counts else {**counts.to_json(), "precision": None, "recall": None, "f1": None}
        )
        return {**figures, "has_gold": self.counts is not None, "left_out": self.left_out}

    def to_line(self) -> str:
        """A row of the table for a terminal."""
        if self.counts is None:
            line = f"{self.event:<20}{'no gold':>25}{'':>6} (heard in {self.heard} turns)"
        else:
            shown = _shown(self.counts.precision), _shown(self.counts.recall), _shown(self.counts.f1)
            line = f"{self.event:<20}{shown[0]:>10}{shown[1]:>8}{shown[2]:>7}{self.counts.gold:>6}"
        return f"{line} ({self.left_out} turns hold its examples and are left out)" if self.left_out else line


@dataclass(frozen=True, slots=True)
class LanguageScore:
    """Scores of all calls of one language; ``events`` in the order of :data:`sop.events.EVENTS`, ``own_events`` in
    that of the procedure."""

    language: Language
    calls: int
    turns: int
    events: tuple[EventScore, ...]
    trust: Trust
    own_events: tuple[OwnEventScore, ...] = ()

    @property
    def macro_f1(self) -> float | None:
        """Mean F1 over the events that are in the gold or were predicted.

        An event without gold counts 0 once it is predicted, and is left out otherwise; None when
        that leaves none.
        """
        told = [score.f1 for score in self.events if score.f1 is not None]
        return fmean(told) if told else None

    @property
    def own_macro_f1(self) -> float | None:
        """Mean F1 over the events of one's own that have gold; None when none has."""
        told = [score.counts.f1 or 0.0 for score in self.own_events if score.counts is not None]
        return fmean(told) if told else None

    def to_json(self) -> dict[str, Any]:
        document = {
            "calls": self.calls,
            "turns": self.turns,
            "macro_f1": _rounded(self.macro_f1),
            "events": {event: s.to_json() for event, s in zip(EVENTS, self.events, strict=True)},
            "trust": self.trust.to_json(),
        }
        if self.own_events:
            document["own_macro_f1"] = _rounded(self.own_macro_f1)
            document["own_events"] = {score.event: score.to_json() for score in self.own_events}
        return document


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
    calls, and asked about that quarter. ``languages`` count all calls together. ``taught_calls`` are
    those that the encoder has learned from, which no head trained anew can help: they flatter.
    """

    method: Method
    languages: tuple[LanguageScore, ...]
    folds: tuple[Fold, ...] = ()
    taught_calls: int = 0

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
            "taught_calls": self.taught_calls,
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
        return "\n".join([_METHODS[self.method], *self._warning(), *(self._table(score) for score in self.languages)])

    def _warning(self) -> list[str]:
        if not self.taught_calls:
            return []
        return [f"The encoder has learned from {self.taught_calls} of these calls: on those the figures flatter."]

    def _table(self, score: LanguageScore) -> str:
        lines = [
            f"\n{score.language}: {score.calls} calls, {score.turns} turns",
            f"{'event':<20}{'precision':>10}{'recall':>8}{'F1':>7}{'gold':>6}",
        ]
        for event, counts in zip(EVENTS, score.events, strict=True):
            shown = _shown(counts.precision), _shown(counts.recall), _shown(counts.f1)
            lines.append(f"{event:<20}{shown[0]:>10}{shown[1]:>8}{shown[2]:>7}{counts.gold:>6}")
        lines.append(f"{'macro':<20}{'':>10}{'':>8}{_shown(score.macro_f1):>7}")
        if score.own_events:
            lines.extend(own.to_line() for own in score.own_events)
            lines.append(f"{'macro of own':<20}{'':>10}{'':>8}{_shown(score.own_macro_f1):>7}")
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


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

"""A stored scorecard as the lines a person reads: titles, outcomes, points, reasons and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from service.calls.views import EventMark, ScorecardView, StepView
from service.sops.own_events import readable
from sop.explanation import explain_reason
from sop.labels import DIMENSION_LABELS, MEASURE_LABELS
from sop.procedure import Language, Sop, Wording
from sop.reasons import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A stretch of the call that a line of the scorecard can play. ``confidence`` is in [0, 1].

    ``verdict`` is what a person says of the key event it is evidence of; the score does not know it.
    """

    turn: int
    start_ms: int
    end_ms: int
    speaker: str
    quote: str
    confidence: float | None
    verdict: Literal["confirmed", "rejected"] | None = None


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One of several criteria of a step; ``why`` is a sentence."""

    title: str
    outcome: str
    why: str
    evidence: tuple[EvidenceLine, ...]


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One measure of a dimension: its share in [0, 1], surely ``low``, at most ``high``; ``why`` is a sentence."""

    title: str
    outcome: str
    low: float
    high: float
    why: str
    evidence: tuple[EvidenceLine, ...]


@dataclass(frozen=True, slots=True)
class DimensionLine:
    """One dimension of a step, shown as a bar; of several ``measures`` each has its reason and evidence."""

    name: str
    title: str
    outcome: str
    low: float
    high: float
    why: str
    measures: tuple[MeasureLine, ...]


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step as it is shown; ``why`` is a sentence.

    A step of several criteria shows its evidence under each; of one, under itself. ``dimensions`` are empty where
    points covered are all that counts.
    """

    title: str
    outcome: str
    points: float
    max_points: float
    why: str
    evidence: tuple[EvidenceLine, ...]
    criteria: tuple[CriterionLine, ...] = ()
    dimensions: tuple[DimensionLine, ...] = ()

    @property
    def shown(self) -> str:
        """The outcome, with a miss that earned part of its points told apart: "partly"."""
        return "partly" if self.outcome == "missed" and self.points > 0 else self.outcome


@dataclass(frozen=True, slots=True)
class Scoresheet:
    """A scorecard as it is shown; ``why`` says why there is no score, and is empty when there is one."""

    title: str
    number: int
    score: float | None
    low: float | None
    high: float | None
    why: str
    lines: tuple[StepLine, ...]
    recording_hash: str
    sop_hash: str
    weights_hash: str


def scoresheet(card: ScorecardView, language: str, events: Iterable[EventMark] = ()) -> Scoresheet:
    """``card`` in words of ``language`` ("zh" or "en"), its evidence with what people say of ``events``."""
    to = cast(Language, language)
    # Written for another version of Clearcall, its steps and events go by their ids.
    sop = readable(card.document)
    names = _Names({step.id: step.title for step in sop.steps}, sop.own_titles) if sop else _Names({}, {})
    said = _Verdicts(sop, events)
    return Scoresheet(
        title=sop.title.to(to) if sop else card.sop_name,
        number=card.sop_number,
        score=card.score,
        low=card.low,
        high=card.high,
        why=_sentence(card.reason, to, names),
        lines=tuple(_line(step, to, names, said) for step in card.steps),
        recording_hash=card.recording_hash,
        sop_hash=card.sop_hash,
        weights_hash=card.weights_hash,
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """Titles by id: of the SOP's steps, and of the events of its own."""

    steps: Mapping[str, Wording]
    events: Mapping[str, Wording]


class _Verdicts:
    """What people say of the moments that a step of the SOP took for evidence."""

    def __init__(self, sop: Sop | None, events: Iterable[EventMark]) -> None:
        self._asked = {
            step.id: {event for part in step.criteria for event in (*part.any_of, *part.answers)}
            for step in (sop.steps if sop else ())
        }
        self._said = [event for event in events if event.verdict in ("confirmed", "rejected")]

    def of(self, step: str, item: Mapping[str, Any]) -> Literal["confirmed", "rejected"] | None:
        """What was said of the moment; one rejected event of those that the step asks for decides."""
        place = item["turn"], item["start_ms"], item["end_ms"]
        found = {
            event.verdict
            for event in self._said
            if (event.turn, event.start_ms, event.end_ms) == place and event.event in self._asked.get(step, ())
        }
        return "rejected" if "rejected" in found else "confirmed" if found else None


def _line(step: StepView, language: Language, names: _Names, said: _Verdicts) -> StepLine:
    return StepLine(
        title=step.title.get(language, step.step),
        outcome=step.outcome,
        points=step.points,
        max_points=step.max_points,
        why=_sentence(step.reason, language, names),
        evidence=tuple(_evidence(item, said.of(step.step, item)) for item in step.evidence),
        criteria=tuple(_criterion(item, language, names, step.step, said) for item in step.criteria)
        if len(step.criteria) > 1 and step.outcome != "not_applicable"
        else (),
        dimensions=tuple(_dimension(item, language, names) for item in step.dimensions),
    )


def _dimension(item: Mapping[str, Any], language: Language, names: _Names) -> DimensionLine:
    return DimensionLine(
        name=item["name"],
        title=_label(DIMENSION_LABELS, item["name"], language),
        outcome=item["outcome"],
        low=item["low"],
        high=item["high"],
        why=_sentence(item["reason"], language, names),
        measures=tuple(_measure(part, language, names) for part in item["measures"]),
    )


def _measure(item: Mapping[str, Any], language: Language, names: _Names) -> MeasureLine:
    return MeasureLine(
        title=_label(MEASURE_LABELS, item["measure"], language),
        outcome=item["outcome"],
        low=item["low"],
        high=item["high"],
        why=_sentence(item["reason"], language, names),
        evidence=tuple(_evidence(evidence, None) for evidence in item["evidence"]),
    )


def _label(labels: Mapping[str, Wording], name: str, language: Language) -> str:
    title = labels[name].to(language) if name in labels else name
    return f"{title[:1].upper()}{title[1:]}"


def _criterion(item: Mapping[str, Any], language: Language, names: _Names, step: str, said: _Verdicts) -> CriterionLine:
    return CriterionLine(
        title=item["title"].get(language, item["criterion_id"]),
        outcome=item["outcome"],
        why=_sentence(item["reason"], language, names),
        evidence=tuple(_evidence(evidence, said.of(step, evidence)) for evidence in item["evidence"]),
    )


def _evidence(item: Mapping[str, Any], verdict: Literal["confirmed", "rejected"] | None) -> EvidenceLine:
    return EvidenceLine(
        turn=item["turn"],
        start_ms=item["start_ms"],
        end_ms=item["end_ms"],
        speaker=item["speaker"],
        quote=item["quote"],
        confidence=item.get("confidence"),
        verdict=verdict,
    )


def _sentence(reason: Mapping[str, Any] | None, language: Language, names: _Names) -> str:
    if reason is None:
        return ""
    params = {k: tuple(v) if isinstance(v, list) else v for k, v in reason.get("params", {}).items()}
    try:
        words = explain_reason(Reason(ReasonCode(reason["code"]), params), language, names.steps, names.events)
    except (KeyError, ValueError):
        # Written by another version of Clearcall: its code is better than nothing.
        return str(reason.get("code", ""))
    return f"{words[:1].upper()}{words[1:]}{'。' if language == 'zh' else '.'}"

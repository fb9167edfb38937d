"""A stored scorecard as the lines a person reads: titles, outcomes, points, reasons and evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from service.calls.views import ScorecardView, StepView
from service.sops.versions import parsed
from sop.document import SopError
from sop.explanation import explain_reason
from sop.procedure import Language, Sop, Wording
from sop.reasons import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A stretch of the call that a line of the scorecard can play. ``confidence`` is in [0, 1]."""

    turn: int
    start_ms: int
    end_ms: int
    speaker: str
    quote: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One of several criteria of a step; ``why`` is a sentence."""

    title: str
    outcome: str
    why: str
    evidence: tuple[EvidenceLine, ...]


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step as it is shown; ``why`` is a sentence.

    A step of several criteria shows its evidence under each; of one, under itself.
    """

    title: str
    outcome: str
    points: float
    max_points: float
    why: str
    evidence: tuple[EvidenceLine, ...]
    criteria: tuple[CriterionLine, ...] = ()

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


def scoresheet(card: ScorecardView, language: str) -> Scoresheet:
    """``card`` in words of ``language`` ("zh" or "en")."""
    to = cast(Language, language)
    sop = _readable(card.document)
    titles = {step.id: step.title for step in sop.steps} if sop else {}
    return Scoresheet(
        title=sop.title.to(to) if sop else card.sop_name,
        number=card.sop_number,
        score=card.score,
        low=card.low,
        high=card.high,
        why=_sentence(card.reason, to, titles),
        lines=tuple(_line(step, to, titles) for step in card.steps),
        recording_hash=card.recording_hash,
        sop_hash=card.sop_hash,
        weights_hash=card.weights_hash,
    )


def _readable(document: str) -> Sop | None:
    """The SOP, or None when it was written for another version of Clearcall: its steps go by their ids."""
    try:
        return parsed(document)
    except SopError:
        return None


def _line(step: StepView, language: Language, titles: Mapping[str, Wording]) -> StepLine:
    return StepLine(
        title=step.title.get(language, step.step),
        outcome=step.outcome,
        points=step.points,
        max_points=step.max_points,
        why=_sentence(step.reason, language, titles),
        evidence=tuple(_evidence(item) for item in step.evidence),
        criteria=tuple(_criterion(item, language, titles) for item in step.criteria)
        if len(step.criteria) > 1 and step.outcome != "not_applicable"
        else (),
    )


def _criterion(item: Mapping[str, Any], language: Language, titles: Mapping[str, Wording]) -> CriterionLine:
    return CriterionLine(
        title=item["title"].get(language, item["criterion_id"]),
        outcome=item["outcome"],
        why=_sentence(item["reason"], language, titles),
        evidence=tuple(_evidence(evidence) for evidence in item["evidence"]),
    )


def _evidence(item: Mapping[str, Any]) -> EvidenceLine:
    return EvidenceLine(
        turn=item["turn"],
        start_ms=item["start_ms"],
        end_ms=item["end_ms"],
        speaker=item["speaker"],
        quote=item["quote"],
        confidence=item.get("confidence"),
    )


def _sentence(reason: Mapping[str, Any] | None, language: Language, titles: Mapping[str, Wording]) -> str:
    if reason is None:
        return ""
    params = {k: tuple(v) if isinstance(v, list) else v for k, v in reason.get("params", {}).items()}
    try:
        words = explain_reason(Reason(ReasonCode(reason["code"]), params), language, titles)
    except (KeyError, ValueError):
        # Written by another version of Clearcall: its code is better than nothing.
        return str(reason.get("code", ""))
    return f"{words[:1].upper()}{words[1:]}{'。' if language == 'zh' else '.'}"

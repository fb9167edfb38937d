"""A scorecard in words: one sentence for a step, one line for a card, in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping

from sop.dimension_results import DimensionResult, MeasureResult
from sop.labels import (
    DIMENSION_LABELS,
    DIRECTION_LABELS,
    EVENT_LABELS,
    FACT_LABELS,
    LANGUAGE_LABELS,
    MEASURE_LABELS,
    OUTCOME_LABELS,
    SPEAKER_LABELS,
)
from sop.procedure import Language, Wording
from sop.reasons import TEMPLATES, Reason, Value
from sop.scorecard import Scorecard, StepResult

_JOINTS: Mapping[Language, str] = {"zh": "或", "en": " or "}
_LABELS: Mapping[str, Mapping[str, Wording]] = {
    "speaker": SPEAKER_LABELS,
    "language": LANGUAGE_LABELS,
    "languages": LANGUAGE_LABELS,
    "direction": DIRECTION_LABELS,
    "directions": DIRECTION_LABELS,
    "fact": FACT_LABELS,
}


def explain_reason(
    reason: Reason,
    language: Language,
    titles: Mapping[str, Wording] | None = None,
    events: Mapping[str, Wording] | None = None,
) -> str:
    """The sentence of a reason, without full stop.

    ``titles`` by id serve reasons that name another step, ``events`` are the titles of events of one's own.
    """
    labels = {**_LABELS, "step": titles or {}, "events": {**EVENT_LABELS, **(events or {})}}
    words = {key: _words(value, labels.get(key, {}), language) for key, value in reason.params.items()}
    return TEMPLATES[reason.code].to(language).format_map(words)


def explain_step(
    result: StepResult,
    language: Language,
    titles: Mapping[str, Wording] | None = None,
    events: Mapping[str, Wording] | None = None,
) -> str:
    """One sentence, such as ``Discovery: heard needs discovery 1×, 2× expected (7.5 of 15 points).``"""
    title, why = result.title.to(language), explain_reason(result.reason, language, titles, events)
    lacking = [part.title.to(language) for part in result.criteria if part.outcome == "missed"]
    if len(result.criteria) > 1 and lacking and result.outcome == "missed":
        why += f"，缺：{'、'.join(lacking)}" if language == "zh" else f", lacking: {', '.join(lacking)}"
    shares = [explain_share(part, language) for part in result.dimensions if part.outcome != "not_applicable"]
    if len(shares) > 1:
        why += f"；{'，'.join(shares)}" if language == "zh" else f"; {', '.join(shares)}"
    if result.outcome in ("unknown", "not_applicable"):
        worth = OUTCOME_LABELS[result.outcome].to(language)
    elif language == "zh":
        worth = f"{result.points:g}/{result.max_points:g} 分"
    else:
        worth = f"{result.points:g} of {result.max_points:g} points"
    return f"{title}：{why}（{worth}）。" if language == "zh" else f"{title}: {why} ({worth})."


def explain_share(result: DimensionResult, language: Language) -> str:
    """A dimension and its share, such as ``skill 83 %`` or ``沟通技巧 83%``; a range where it can't be told exactly."""
    label, percents = DIMENSION_LABELS[result.name].to(language), [_percent(result.low), _percent(result.high)]
    shown = percents[0] if result.low == result.high else "–".join(percents)
    return f"{label} {shown}%" if language == "zh" else f"{label} {shown} %"


def explain_measure(result: MeasureResult, language: Language, events: Mapping[str, Wording] | None = None) -> str:
    """One sentence without full stop, such as ``courtesy: no courteous wording``."""
    label, why = MEASURE_LABELS[result.measure].to(language), explain_reason(result.reason, language, None, events)
    return f"{label}：{why}" if language == "zh" else f"{label}: {why}"


def explain_card(card: Scorecard, language: Language, events: Mapping[str, Wording] | None = None) -> str:
    """Such as ``82.5 of 100 (between 75 and 90)``, why it is 0, or why there is no score.

    ``events`` are the titles of events of one's own.
    """
    why = "" if card.reason is None else explain_reason(card.reason, language, titles_of(card), events)
    if card.score is None:
        return f"没有分数：{why}" if language == "zh" else f"no score: {why}"
    if why:
        return f"{card.score:g} 分：{why}" if language == "zh" else f"{card.score:g} of 100: {why}"
    exact = card.low == card.high
    if language == "zh":
        return f"{card.score:g} 分" + ("" if exact else f"（{card.low:g} 到 {card.high:g} 之间）")
    return f"{card.score:g} of 100" + ("" if exact else f" (between {card.low:g} and {card.high:g})")


def titles_of(card: Scorecard) -> dict[str, Wording]:
    """The titles of a card's steps by id, for :func:`explain_step`."""
    return {step.step_id: step.title for step in card.steps}


def _percent(share: float) -> str:
    return f"{round(100 * share)}"


def _words(value: Value, labels: Mapping[str, Wording], language: Language) -> str:
    if isinstance(value, tuple):
        return _JOINTS[language].join(_words(item, labels, language) for item in value)
    if isinstance(value, float):
        return f"{value:g}"
    label = labels.get(str(value))
    return str(value) if label is None else label.to(language)

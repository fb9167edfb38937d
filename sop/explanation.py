"""A scorecard in words: one sentence for a step, one line for a card, in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping

from sop.labels import EVENT_LABELS, LANGUAGE_LABELS, OUTCOME_LABELS, SPEAKER_LABELS
from sop.procedure import Language, Wording
from sop.reasons import TEMPLATES, Reason, Value
from sop.scorecard import Scorecard, StepResult

_JOINTS: Mapping[Language, str] = {"zh": "或", "en": " or "}
_LABELS: Mapping[str, Mapping[str, Wording]] = {
    "speaker": SPEAKER_LABELS,
    "language": LANGUAGE_LABELS,
    "languages": LANGUAGE_LABELS,
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
    if result.outcome in ("unknown", "not_applicable"):
        worth = OUTCOME_LABELS[result.outcome].to(language)
    elif language == "zh":
        worth = f"{result.points:g}/{result.max_points:g} 分"
    else:
        worth = f"{result.points:g} of {result.max_points:g} points"
    return f"{title}：{why}（{worth}）。" if language == "zh" else f"{title}: {why} ({worth})."


def explain_card(card: Scorecard, language: Language) -> str:
    """Such as ``82.5 of 100 (between 75 and 90)``, or why there is no score."""
    if card.score is None:
        why = "" if card.reason is None else explain_reason(card.reason, language)
        return f"没有分数：{why}" if language == "zh" else f"no score: {why}"
    exact = card.low == card.high
    if language == "zh":
        return f"{card.score:g} 分" + ("" if exact else f"（{card.low:g} 到 {card.high:g} 之间）")
    return f"{card.score:g} of 100" + ("" if exact else f" (between {card.low:g} and {card.high:g})")


def titles_of(card: Scorecard) -> dict[str, Wording]:
    """The titles of a card's steps by id, for :func:`explain_step`."""
    return {step.step_id: step.title for step in card.steps}


def _words(value: Value, labels: Mapping[str, Wording], language: Language) -> str:
    if isinstance(value, tuple):
        return _JOINTS[language].join(_words(item, labels, language) for item in value)
    if isinstance(value, float):
        return f"{value:g}"
    label = labels.get(str(value))
    return str(value) if label is None else label.to(language)

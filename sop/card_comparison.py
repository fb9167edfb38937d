"""Two scorecards of one call compared: by how much the score moved, and because of which steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sop.explanation import explain_reason
from sop.labels import OUTCOME_LABELS
from sop.procedure import LANGUAGES, Language, Wording
from sop.reasons import Reason
from sop.scorecard import Scorecard, StepResult


@dataclass(frozen=True, slots=True)
class StepDifference:
    """A step that came out otherwise; None where that card has no such step."""

    step_id: str
    title: Wording
    before: StepResult | None
    after: StepResult | None

    @property
    def weight(self) -> float:
        """By how many points the step moved, earned and asked for together: what the score hangs on."""
        earned, asked = (_moved(self.before, self.after, *keys) for keys in (("points",), ("max_points",)))
        return abs(earned) + abs(asked)


@dataclass(frozen=True, slots=True)
class CardDifference:
    """How a call's score moved, and the steps that came out otherwise, those that weigh most first.

    ``reason`` is why the second card has no score, or is 0.
    """

    before: float | None
    after: float | None
    steps: tuple[StepDifference, ...]
    reason: Reason | None = None

    def to_json(
        self, titles: Mapping[str, Wording] | None = None, events: Mapping[str, Wording] | None = None
    ) -> dict[str, Any]:
        """Scores, steps and the sentence in both languages."""
        return {
            "before": self.before,
            "after": self.after,
            "text": {language: explain_card_difference(self, language, titles, events) for language in LANGUAGES},
            "steps": [
                {
                    "step": step.step_id,
                    "title": {"zh": step.title.zh, "en": step.title.en},
                    "before": step.before.to_json() if step.before else None,
                    "after": step.after.to_json() if step.after else None,
                }
                for step in self.steps
            ],
        }


def card_differences(old: Scorecard, new: Scorecard) -> CardDifference:
    """What differs between two cards of the same call; no steps if and only if every step came out the same."""
    before, after = ({step.step_id: step for step in card.steps} for card in (old, new))
    found = [
        StepDifference(name, (after.get(name) or before[name]).title, before.get(name), after.get(name))
        for name in dict.fromkeys([*after, *before])
        if _result(before.get(name)) != _result(after.get(name))
    ]
    found.sort(key=lambda step: -step.weight)
    return CardDifference(old.score, new.score, tuple(found), new.reason)


def explain_card_difference(
    difference: CardDifference,
    language: Language,
    titles: Mapping[str, Wording] | None = None,
    events: Mapping[str, Wording] | None = None,
) -> str:
    """Such as ``82 → 74, because Price objection: met → missed, 15 → 0 points (price objection not heard)``."""
    chinese = language == "zh"
    none = "无分数" if chinese else "no score"
    scores = [none if score is None else f"{score:g}" for score in (difference.before, difference.after)]
    head = f"{scores[0]} → {scores[1]}"
    whys = [_why(step, language, titles, events) for step in difference.steps]
    if difference.reason is not None:
        whys.insert(0, explain_reason(difference.reason, language, titles, events))
    if not whys:
        return head
    return f"{head}，因为{'；'.join(whys)}" if chinese else f"{head}, because {'; '.join(whys)}"


def _why(
    step: StepDifference,
    language: Language,
    titles: Mapping[str, Wording] | None,
    events: Mapping[str, Wording] | None,
) -> str:
    chinese, title = language == "zh", step.title.to(language)
    if step.after is None:
        gone = "不再要求" if chinese else "no longer asked for"
        return f"{title}：{gone}" if chinese else f"{title}: {gone}"
    reason = explain_reason(step.after.reason, language, titles, events)
    outcome = OUTCOME_LABELS[step.after.outcome].to(language)
    new = "新步骤，" if chinese else "new, "
    change = f"{new}{outcome}" if step.before is None else _change(step.before, step.after, language)
    return f"{title}：{change}（{reason}）" if chinese else f"{title}: {change} ({reason})"


def _change(before: StepResult, after: StepResult, language: Language) -> str:
    parts = []
    if before.outcome != after.outcome:
        was, now = (OUTCOME_LABELS[step.outcome].to(language) for step in (before, after))
        parts.append(f"{was} → {now}")
    if (before.points, before.max_points) != (after.points, after.max_points):
        points = f"{before.points:g}/{before.max_points:g} → {after.points:g}/{after.max_points:g}"
        parts.append(f"{points} 分" if language == "zh" else f"{points} points")
    return ("，" if language == "zh" else ", ").join(parts) or OUTCOME_LABELS[after.outcome].to(language)


def _result(step: StepResult | None) -> tuple[object, ...] | None:
    if step is None:
        return None
    counts = step.outcome, step.required, step.points, step.unknown_points, step.max_points
    return counts if step.outcome != "not_applicable" else (step.outcome,)


def _moved(before: StepResult | None, after: StepResult | None, key: str) -> float:
    old, new = (getattr(step, key) if step and step.outcome != "not_applicable" else 0.0 for step in (before, after))
    return float(new - old)

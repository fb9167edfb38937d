"""The metrics of a call as they are shown: names, definitions, values with their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from service.web.formats import Formats
from service.web.translation import Translator

Unit = Literal["share", "time", "per_minute", "pace", "count"]

UNITS: Mapping[str, Unit] = {
    "talk_ratio": "share",
    "longest_monologue_ms": "time",
    "longest_customer_story_ms": "time",
    "patience_ms": "time",
    "interactivity": "per_minute",
    "turn_switches": "count",
    "rep_questions": "count",
    "question_rate": "per_minute",
    "rep_speech_rate": "pace",
    "customer_speech_rate": "pace",
    "rep_fillers_per_min": "per_minute",
    "overlaps": "count",
    "overlap_ms": "time",
    "silence_ms": "time",
    "longest_silence_ms": "time",
}
"""The metrics that are shown, in their order; ``nlp.metrics.call`` defines them."""

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the metrics panel; ``share`` is the rep's part in [0, 1] where the metric is one."""

    name: str
    definition: str
    value: str
    share: float | None


def measures(
    metrics: Mapping[str, float], call_language: str | None, t: Translator, formats: Formats
) -> tuple[Measure, ...]:
    """The metrics that are told of this call; its language decides whether pace counts words or characters."""
    return tuple(
        Measure(
            name=t(f"metric.{name}.name"),
            definition=t(f"metric.{name}.definition"),
            value=_value(unit, metrics[name], call_language, t, formats),
            share=metrics[name] if unit == "share" else None,
        )
        for name, unit in UNITS.items()
        if name in metrics
    )


def _value(unit: Unit, value: float, call_language: str | None, t: Translator, formats: Formats) -> str:
    match unit:
        case "share":
            return formats.percent(value)
        case "time" if value < _MINUTE_MS:
            return t("unit.seconds", value=formats.number(value / 1000, 1))
        case "time":
            return formats.clock(round(value))
        case "per_minute":
            return t("unit.per_minute", value=formats.number(value, 1))
        case "pace":
            spoken = "characters" if call_language == "zh" else "words"
            return t(f"unit.{spoken}", value=formats.number(value))
        case "count":
            return formats.number(value)

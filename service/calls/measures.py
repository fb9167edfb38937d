"""The metrics of a call as they are shown: names, definitions, values with their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.web.formats import Formats
from service.web.translation import Translator


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the metrics panel; ``share`` is the rep's part in [0, 1] where the metric is one."""

    name: str
    definition: str
    value: str
    share: float | None


_SHARES = frozenset({"talk_ratio"})
_SUFFIXES = ("_ratio", "_share")


def measures(metrics: Mapping[str, float], t: Translator, formats: Formats) -> tuple[Measure, ...]:
    """The metrics that this version knows by name, in the catalogue's order."""
    prefix, suffix = "metric.", ".name"
    known = [key[len(prefix) : -len(suffix)] for key in t.texts if key.startswith(prefix) and key.endswith(suffix)]
    return tuple(
        Measure(
            name=t(f"metric.{name}.name"),
            definition=t(f"metric.{name}.definition"),
            value=_value(name, metrics[name], t, formats),
            share=metrics[name] if name in _SHARES else None,
        )
        for name in known
        if name in metrics
    )


def _value(name: str, value: float, t: Translator, formats: Formats) -> str:
    """By the unit in the metric's name: milliseconds, a fraction, a rate, or a plain number."""
    if name.endswith("_ms"):
        if value < 60_000:
            return t("unit.seconds", value=formats.number(value / 1000, 1))
        return formats.clock(round(value))
    if name.endswith(_SUFFIXES):
        return formats.percent(value)
    if name.endswith("_per_minute"):
        return t("unit.per_minute", value=formats.number(value, 1))
    return formats.number(value, 1)

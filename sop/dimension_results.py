"""What a scorecard says of a step's dimensions: frozen values and their JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sop.dimensions import DIMENSIONS, DimensionName
from sop.events import Evidence
from sop.json_reading import error_at, evidence, field_in, list_in, number_in, number_or_none, reason_in, rounded
from sop.outcomes import Outcome, outcome_in
from sop.reasons import Reason


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """One measure of a dimension: a share in [0, 1], surely ``low``, at most ``high`` (4 digits).

    The outcome is met where the share is 1, unknown where it can't be told exactly, otherwise missed, however little is
    missing. ``evidence`` are the moments that cost something, or, where nothing did, those that count; five at most.
    """

    measure: str
    outcome: Outcome
    low: float
    high: float
    confidence: float | None
    reason: Reason
    evidence: tuple[Evidence, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The object in a dimension's ``measures``."""
        return {
            "measure": self.measure,
            "outcome": self.outcome,
            "low": self.low,
            "high": self.high,
            "confidence": rounded(self.confidence),
            "reason": self.reason.to_json(),
            "evidence": [item.to_json() for item in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class DimensionResult:
    """One dimension of a step: the mean of its measures that can be told, and its ``weight`` beside the others.

    Points covered have no measures of their own: they are the step's criteria. Where not applicable the dimension
    counts nowhere.
    """

    name: DimensionName
    weight: float
    outcome: Outcome
    low: float
    high: float
    confidence: float | None
    reason: Reason
    measures: tuple[MeasureResult, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The object in a step's ``dimensions``."""
        return {
            "name": self.name,
            "weight": self.weight,
            "outcome": self.outcome,
            "low": self.low,
            "high": self.high,
            "confidence": rounded(self.confidence),
            "reason": self.reason.to_json(),
            "measures": [measure.to_json() for measure in self.measures],
        }

    @classmethod
    def from_json(cls, document: Any, where: str = "dimension") -> DimensionResult:
        """Read what :meth:`to_json` wrote; unknown keys are ignored.

        Raises:
            SopError: a field is missing or of the wrong type.
        """
        name = field_in(document, "name", str, where)
        if name not in DIMENSIONS:
            raise error_at(f"{where}.name", f"unknown dimension {name!r}")
        return cls(
            name=cast(DimensionName, name),
            weight=number_in(document, "weight", where),
            outcome=outcome_in(document, where),
            low=number_in(document, "low", where),
            high=number_in(document, "high", where),
            confidence=number_or_none(document, "confidence", where),
            reason=reason_in(document, where),
            measures=list_in(document, "measures", where, _measure),
        )


def _measure(document: Any, where: str) -> MeasureResult:
    return MeasureResult(
        measure=field_in(document, "measure", str, where),
        outcome=outcome_in(document, where),
        low=number_in(document, "low", where),
        high=number_in(document, "high", where),
        confidence=number_or_none(document, "confidence", where),
        reason=reason_in(document, where),
        evidence=list_in(document, "evidence", where, evidence),
    )

"""How performance points are given, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sop.deals.periods import PeriodKind

Share = Literal["evidence", "equal", "last"]
SHARES: tuple[Share, ...] = ("evidence", "equal", "last")


@dataclass(frozen=True, slots=True)
class StagePoints:
    """What it gives that a deal has verifiably reached ``stage``, of any pipeline or of ``pipeline`` only."""

    stage: str
    points: float
    pipeline: str | None = None


@dataclass(frozen=True, slots=True)
class Checks:
    """What makes the conversion of a lead suspicious; 0 switches a check off.

    It was converted within ``converted_within_minutes`` of coming to its rep; no call before it lasted
    ``shortest_call_s``; the same rep lost a lead of that number less than ``recycled_within_days`` earlier; its deal
    claims ``stages_beyond`` stages more than calls could verify.
    """

    converted_within_minutes: int = 10
    shortest_call_s: int = 20
    recycled_within_days: int = 90
    stages_beyond: int = 1


@dataclass(frozen=True, slots=True)
class PointsRules:
    """Points of a stage times the factor of the grade of the lead that the deal was made from.

    A stage that is not listed gives ``other_stage``; a deal that came from no graded lead has the factor
    ``ungraded``. Points of a stage are shared between the reps whose calls carry its evidence: ``evidence`` by how
    many pieces of it, ``equal`` in equal parts, ``last`` all to the rep of the last call.
    """

    period: PeriodKind = "month"
    utc_offset_minutes: int = 0
    stages: tuple[StagePoints, ...] = ()
    other_stage: float = 0.0
    grades: tuple[tuple[str, float], ...] = (("A", 1.0), ("B", 1.0), ("C", 1.0), ("D", 1.0))
    ungraded: float = 1.0
    share: Share = "evidence"
    checks: Checks = field(default_factory=Checks)

    def worth(self, stage: str, pipeline: str, grade: str | None) -> float:
        """The points of a stage, for all reps together; what is said of the pipeline itself comes first."""
        own = [each.points for each in self.stages if each.stage == stage and each.pipeline == pipeline]
        general = [each.points for each in self.stages if each.stage == stage and each.pipeline is None]
        factor = dict(self.grades).get(grade or "", self.ungraded)
        return next(iter((*own, *general)), self.other_stage) * factor

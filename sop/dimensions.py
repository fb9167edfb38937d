"""The four dimensions a step is judged in, and what each is measured by; formulas in ``docs/dimensions.md``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

DimensionName = Literal["points", "skill", "attitude", "reaction"]
DIMENSIONS: tuple[DimensionName, ...] = get_args(DimensionName)
"""In the order in which they are shown: 要点完成, 沟通技巧, 沟通态度, 客户反馈."""

MEASURES: Mapping[DimensionName, tuple[str, ...]] = {
    "points": ("criteria",),
    "skill": ("open_questions", "listening", "monologue", "answering", "interruptions", "pace"),
    "attitude": ("courtesy", "wording", "empathy", "patience", "interruptions"),
    "reaction": ("approval", "objections", "questions", "engagement"),
}
"""What each dimension can be measured by; interrupting is a matter of skill and of attitude."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of a step: its ``weight`` (> 0) beside the step's others, and the ``measures`` it is the mean of.

    ``measures`` are some of :data:`MEASURES` of its name, at least one, in that order.
    """

    name: DimensionName
    weight: float
    measures: tuple[str, ...]

    @classmethod
    def whole(cls, name: DimensionName, weight: float = 1.0) -> Dimension:
        """The dimension with all its measures."""
        return cls(name, weight, MEASURES[name])

"""The way of a deal from the first word to the order: stages, and what must hold to leave each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sop.deals.conditions import Condition
from sop.procedure import Wording

StageKind = Literal["open", "won", "lost"]
STAGE_KINDS: tuple[StageKind, ...] = ("open", "won", "lost")


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a deal.

    ``probability`` in [0, 1] is the chance that a deal which truly is here gets won. ``criteria`` must hold to leave
    for the next stage; ``participants`` are the functions ("account", "solution", "delivery") that must have taken
    part by then, ``approval`` the kind of leave that must have been given.
    """

    id: str
    title: Wording
    probability: float = 0.0
    criteria: tuple[Condition, ...] = ()
    participants: tuple[str, ...] = ()
    approval: str | None = None
    kind: StageKind = "open"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Stages in their order: the open ones first, then those of deals that have ended.

    A rep may promise a discount of up to ``discount_limit`` (a fraction in [0, 1]) without an approved one; None where
    the pipeline does not ask for that.
    """

    id: str
    title: Wording
    stages: tuple[Stage, ...]
    discount_limit: float | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(stage.id for stage in self.stages)

    @property
    def open_stages(self) -> tuple[Stage, ...]:
        return tuple(stage for stage in self.stages if stage.kind == "open")

    def index(self, stage_id: str) -> int:
        """The place of a stage, from 0.

        Raises:
            KeyError: the pipeline has no such stage.
        """
        for place, stage in enumerate(self.stages):
            if stage.id == stage_id:
                return place
        raise KeyError(stage_id)

    def stage(self, stage_id: str) -> Stage | None:
        """The stage of that id, or None."""
        return next((stage for stage in self.stages if stage.id == stage_id), None)

    def outcome(self, stage_id: str) -> StageKind:
        """How a deal in this stage stands; one in a stage that the pipeline no longer has is open."""
        stage = self.stage(stage_id)
        return "open" if stage is None else stage.kind

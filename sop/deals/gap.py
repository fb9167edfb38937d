"""The truth gap: the stage that the CRM claims against the furthest one that calls verify.

A stage is verified when the gates of all open stages before it are met. Beyond the last open stage lies the order:
that is where a won deal claims to be, and what a deal reaches whose gates are all met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sop.deals.facts import DealFacts
from sop.deals.gates import GateResult, Verdict, gate
from sop.deals.guards import conditions_to_leave
from sop.deals.pipeline import Pipeline, Stage

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Gap:
    """What is claimed and what is verified, as ids of stages of the pipeline.

    ``stages`` is by how many stages the claim goes beyond what is verified, never negative; ``unsure`` is how many of
    these could still turn out to be right (up to ``possible``, where everything unknown is taken as met). ``gates``
    are those of the open stages, in order. ``at_risk`` is the amount times the fall in the chance of winning from the
    claimed to the verified stage, in [0, amount]; None where the deal has no amount.
    """

    claimed: str
    verified: str
    possible: str
    stages: int
    unsure: int
    gates: tuple[GateResult, ...]
    at_risk: Decimal | None
    amount: Decimal | None

    @property
    def open_gates(self) -> tuple[GateResult, ...]:
        """The gates that the claim has passed and the calls have not, in order; none where there is no gap."""
        if not self.stages:
            return ()
        ids = [result.stage.id for result in self.gates]
        end = ids.index(self.claimed) if self.claimed in ids else len(ids)
        return tuple(result for result in self.gates[:end] if result.outcome != "met")

    @property
    def missing(self) -> tuple[Verdict, ...]:
        """The conditions of the open gates that are not met or unknown."""
        found = (verdict for result in self.open_gates for verdict in result.verdicts)
        return tuple(verdict for verdict in found if verdict.outcome != "met")


def truth_gap(pipeline: Pipeline, facts: DealFacts, now: datetime) -> Gap:
    """The deal's gap. A lost deal claims nothing and has none, nor has one in a stage that the pipeline lacks.

    Args:
        pipeline: that of the deal.
        facts: what is known of it.
        now: the moment to judge at; what came later is for the caller to leave out (:meth:`DealFacts.as_of`).
    """
    stages = pipeline.open_stages
    beside = conditions_to_leave(pipeline, facts)
    gates = tuple(gate(stage, facts, now, beside.get(stage.id, ())) for stage in stages)
    verified = _reached([result.outcome == "met" for result in gates])
    possible = _reached([result.outcome != "not_met" for result in gates])
    claimed = _claimed(pipeline, stages, facts)
    ahead = 0 if claimed is None else max(0, claimed - verified)
    return Gap(
        claimed=facts.stage,
        verified=_id_at(pipeline, stages, verified),
        possible=_id_at(pipeline, stages, possible),
        stages=ahead,
        unsure=0 if claimed is None else max(0, min(claimed, possible) - verified),
        gates=gates,
        at_risk=_at_risk(facts.amount, stages, claimed, verified),
        amount=facts.amount,
    )


def _reached(is_open: Sequence[bool]) -> int:
    """How many gates from the first on are open: the place of the stage that is reached."""
    return next((place for place, opened in enumerate(is_open) if not opened), len(is_open))


def _claimed(pipeline: Pipeline, stages: Sequence[Stage], facts: DealFacts) -> int | None:
    kind = pipeline.outcome(facts.stage)
    if facts.outcome == "lost" or kind == "lost":
        return None
    if facts.outcome == "won" or kind == "won":
        return len(stages)
    return next((place for place, stage in enumerate(stages) if stage.id == facts.stage), None)


def _id_at(pipeline: Pipeline, stages: Sequence[Stage], place: int) -> str:
    """The open stage at ``place``; beyond the last one the stage of won deals, or the last one where there is none."""
    if place < len(stages):
        return stages[place].id
    won = [stage.id for stage in pipeline.stages if stage.kind == "won"]
    return won[0] if won else stages[-1].id if stages else ""


def _at_risk(amount: Decimal | None, stages: Sequence[Stage], claimed: int | None, verified: int) -> Decimal | None:
    if amount is None:
        return None
    if claimed is None or claimed <= verified or amount <= 0:
        return Decimal(0)
    fall = _chance(stages, claimed) - _chance(stages, verified)
    return (amount * min(max(fall, Decimal(0)), Decimal(1))).quantize(_CENT)


def _chance(stages: Sequence[Stage], place: int) -> Decimal:
    return Decimal(str(stages[place].probability)) if place < len(stages) else Decimal(1)

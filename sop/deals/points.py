"""Performance points: what reps earn by calls that verify a deal's stages. What is only claimed earns nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sop.deals.facts import DealFacts, EventFact
from sop.deals.gap import truth_gap
from sop.deals.gates import GateResult
from sop.deals.periods import Period
from sop.deals.pipeline import Pipeline, Stage
from sop.deals.points_rules import PointsRules


@dataclass(frozen=True, slots=True)
class Reached:
    """A stage was first verified ``at`` a moment; ``evidence``, in order of time, is what opened its gate."""

    stage: Stage
    at: datetime
    evidence: tuple[EventFact, ...]


@dataclass(frozen=True, slots=True)
class Earned:
    """Points of one rep (a user's id) for one stage of one deal, with the evidence of their own calls.

    ``share`` in (0, 1] is their part of the stage's points.
    """

    rep: str
    deal: str
    stage: str
    at: datetime
    points: float
    share: float
    grade: str | None
    evidence: tuple[EventFact, ...]


def reached(pipeline: Pipeline, facts: DealFacts, until: datetime) -> tuple[Reached, ...]:
    """Every stage beyond the first that calls had verified by ``until``, each with the moment it first was.

    A stage that was verified once stays so here, however old its evidence gets. The order itself is reached once the
    deal is won and calls have opened every gate.
    """
    found: list[Reached] = []
    for at in _moments(facts, until):
        if len(found) == len(pipeline.open_stages):
            break
        gates = truth_gap(pipeline, facts.as_of(at), at).gates
        opened = next((place for place, gate in enumerate(gates) if gate.outcome != "met"), len(gates))
        for place in range(len(found) + 1, opened + 1):
            stage = _stage_at(pipeline, place)
            if stage is None:
                break
            found.append(Reached(stage, at, _evidence(gates[place - 1])))
    return tuple(stage for stage in (_counted(each, facts, until) for each in found) if stage is not None)


def _moments(facts: DealFacts, until: datetime) -> list[datetime]:
    """The moments at which something came to be known of the deal."""
    known = [call.at for call in facts.calls]
    known += [approval.at for approval in facts.approvals]
    known += [action.at for action in facts.actions]
    return sorted({at for at in known if at < until})


def _stage_at(pipeline: Pipeline, place: int) -> Stage | None:
    stages = pipeline.open_stages
    if place < len(stages):
        return stages[place]
    return next((stage for stage in pipeline.stages if stage.kind == "won"), None) if place == len(stages) else None


def _evidence(gate: GateResult) -> tuple[EventFact, ...]:
    told = {event: None for verdict in gate.verdicts for event in verdict.evidence}
    return tuple(sorted(told, key=lambda event: event.order))


def _counted(stage: Reached, facts: DealFacts, until: datetime) -> Reached | None:
    """An order is none before the deal is won."""
    if stage.stage.kind == "open":
        return stage
    if facts.outcome != "won":
        return None
    at = max(stage.at, facts.counted_from(until))
    return Reached(stage.stage, at, stage.evidence) if at < until else None


def earned(
    rules: PointsRules,
    pipeline: Pipeline,
    facts: DealFacts,
    grade: str | None,
    period: Period,
) -> tuple[Earned, ...]:
    """What reps earned with a deal in a period; ``grade`` is that of the lead it was made from.

    A stage whose gate asks for nothing that is heard in calls earns nothing: there is nothing to play.
    """
    in_time = (each for each in reached(pipeline, facts, period.end) if each.at in period)
    return tuple(line for each in in_time for line in _shared(rules, pipeline, facts, grade, each))


def _shared(
    rules: PointsRules, pipeline: Pipeline, facts: DealFacts, grade: str | None, stage: Reached
) -> tuple[Earned, ...]:
    points = rules.worth(stage.stage.id, pipeline.id, grade)
    shares = _shares(rules, facts, stage.evidence)
    if not points:
        return ()
    whose = {call.id: call.rep for call in facts.calls}
    return tuple(
        Earned(
            rep=rep,
            deal=facts.id,
            stage=stage.stage.id,
            at=stage.at,
            points=round(points * share, 2),
            share=share,
            grade=grade,
            evidence=tuple(event for event in stage.evidence if whose.get(event.call) == rep),
        )
        for rep, share in shares.items()
    )


def _shares(rules: PointsRules, facts: DealFacts, evidence: Sequence[EventFact]) -> dict[str, float]:
    """The part of each rep, in order of their first piece of evidence; calls without a rep count for nobody."""
    whose = {call.id: call.rep for call in facts.calls}
    reps = [rep for rep in (whose.get(event.call) for event in evidence) if rep is not None]
    if not reps:
        return {}
    if rules.share == "last":
        return {reps[-1]: 1.0}
    pieces = Counter(reps)
    if rules.share == "equal":
        return {rep: 1 / len(pieces) for rep in pieces}
    return {rep: count / len(reps) for rep, count in pieces.items()}

"""Where a deal went against its pipeline: what happened, when, and the words that prove it.

Only what was surely said counts. ``docs/truth-gap.md`` defines each kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import Literal, get_args

from sop.deals.conditions import Approved, TookPart, leaves
from sop.deals.facts import DealFacts, EventFact, StageMove
from sop.deals.gates import gate
from sop.deals.guards import conditions_to_leave
from sop.deals.judgement import day
from sop.deals.meetings import judge_took_part
from sop.deals.pipeline import Pipeline, Stage
from sop.deals.price_promises import PricePromise, moment, price_promises
from sop.deals.reasons import Code, Reason, Value

Kind = Literal[
    "skipped_stage", "discount_without_approval", "promise_before_delivery", "back_and_forth", "close_date_passed"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
DISCOUNT = "discount"
DELIVERY = "delivery"
PROMISES = ("closing", "next_step")
"""Events in which a rep binds delivery when they name a date; so does an event of one's own called ``promise`` or
``..._promise``, with or without one."""

_DELIVERING = re.compile(
    r"交付|交货|发货|到货|供货|安装|进场|上线|部署|实施|开通|验收"
    r"|\b(?:deliver(?:y|ed)?|install(?:ed|ing|ation)?|fitted|deploy(?:ed|ment)?|roll(?:ed)?[ -]?out|ship(?:ped|ping)?"
    r"|go(?:es)?[ -]live|up and running|implement(?:ed|ation)?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that went against the pipeline.

    ``key`` stays the same when a call is transcribed or analyzed again, so that an answer stays with its violation.
    """

    kind: Kind
    key: str
    at: datetime
    reason: Reason
    evidence: tuple[EventFact, ...] = ()


def violations(pipeline: Pipeline, facts: DealFacts, now: datetime) -> tuple[Violation, ...]:
    """All violations, oldest first."""
    found = [
        *_skipped(pipeline, facts, now),
        *_discounts(pipeline, facts),
        *_promises(pipeline, facts),
        *_back_and_forth(pipeline, facts),
        *_close_passed(facts, now),
    ]
    return tuple(sorted(found, key=lambda violation: violation.at))


def discount_limit(pipeline: Pipeline) -> float | None:
    """The largest discount (a fraction) that needs no approval; None where the pipeline asks for no such approval.

    It asks for it by ``approvals: {discount: ...}``, or, for any discount at all, where a stage needs that approval.
    """
    if pipeline.discount_limit is not None:
        return pipeline.discount_limit
    asked = any(
        stage.approval == DISCOUNT
        or any(isinstance(leaf, Approved) and leaf.kind == DISCOUNT for leaf in leaves(stage.criteria))
        for stage in pipeline.stages
    )
    return 0.0 if asked else None


def needs_delivery(pipeline: Pipeline) -> bool:
    """Whether delivery must take part in a stage of the pipeline."""
    return any(
        DELIVERY in stage.participants
        or any(isinstance(leaf, TookPart) and leaf.function == DELIVERY for leaf in leaves(stage.criteria))
        for stage in pipeline.stages
    )


def _skipped(pipeline: Pipeline, facts: DealFacts, now: datetime) -> Iterator[Violation]:
    """Stages jumped over, unless their gate has conditions and none is known not to be met: perhaps nothing was left
    out."""
    stages, beside = pipeline.open_stages, conditions_to_leave(pipeline, facts)
    for origin, target in pairwise(_way(pipeline, facts.moves)):
        for place in range(origin[0] + 1, min(target[0], len(stages))):
            skipped = stages[place]
            passed = gate(skipped, facts, now, beside.get(skipped.id, ()))
            if passed.verdicts and passed.outcome != "not_met":
                continue
            at = target[1].at
            told: dict[str, Value] = {"origin": origin[1].stage, "target": target[1].stage, "stage": skipped.id}
            key = f"skipped_stage:{skipped.id}:{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            yield Violation("skipped_stage", key, at, Reason(Code.SKIPPED, {**told, "day": day(at)}))


def _discounts(pipeline: Pipeline, facts: DealFacts) -> Iterator[Violation]:
    """One violation a call, told by its largest discount; all that was promised in it is evidence."""
    limit = discount_limit(pipeline)
    if limit is None:
        return
    amount = None if facts.amount is None else float(facts.amount)
    granted = [each.at for each in facts.approvals if each.kind == DISCOUNT and each.state == "approved"]
    wrong = [
        promise
        for promise in price_promises(facts.events, amount)
        if _is_over(promise, limit) and not any(at <= promise.at for at in granted)
    ]
    for call, group in groupby(wrong, key=lambda promise: promise.event.call):
        promised = list(group)
        largest = max(promised, key=lambda promise: promise.cut or 0.0)
        evidence = {event: None for each in promised for event in (each.earlier, each.event) if event is not None}
        reason = _discount_reason(largest, min(granted, default=None))
        yield Violation(
            "discount_without_approval", f"discount_without_approval:{call}", promised[0].at, reason, tuple(evidence)
        )


def _is_over(promise: PricePromise, limit: float) -> bool:
    """Of a sum off a price that is not known nobody can tell how much it is, only that it is a discount."""
    return limit == 0 if promise.cut is None else promise.cut > limit


def _discount_reason(promise: PricePromise, granted: datetime | None) -> Reason:
    told: dict[str, Value] = {"day": day(promise.event.at)}
    if granted is not None:
        told["granted"] = day(granted)
    if promise.before is not None:
        return Reason(Code.FALLING_PRICE, {**told, "before": promise.before, "after": promise.told})
    return Reason(Code.DISCOUNT, {**told, "cut": promise.told})


def _promises(pipeline: Pipeline, facts: DealFacts) -> Iterator[Violation]:
    if not needs_delivery(pipeline):
        return
    promised = sorted((event for event in facts.events if _binds_delivery(event)), key=lambda event: event.order)
    early = [event for event in promised if _is_before_delivery(event, facts)]
    for call, group in groupby(early, key=lambda event: event.call):
        events = tuple(group)
        when = next((slot.text for event in events if (slot := event.slot("when")) is not None), "")
        told: dict[str, Value] = {"day": day(events[0].at), "when": when or events[0].quote}
        yield Violation(
            "promise_before_delivery",
            f"promise_before_delivery:{call}",
            moment(events[0]),
            Reason(Code.PROMISED, told),
            events,
        )


def _is_before_delivery(event: EventFact, facts: DealFacts) -> bool:
    """Whether nobody of delivery can have taken part by then; a call nobody heard may have been theirs."""
    return judge_took_part(TookPart(DELIVERY), facts.as_of(moment(event))).outcome == "not_met"


def _binds_delivery(event: EventFact) -> bool:
    if event.speaker != "rep" or event.doubtful:
        return False
    if event.event == "promise" or event.event.endswith("_promise"):
        return True
    return event.event in PROMISES and event.slot("when") is not None and _DELIVERING.search(event.quote) is not None


def _back_and_forth(pipeline: Pipeline, facts: DealFacts) -> Iterator[Violation]:
    """Stages entered again from an earlier one."""
    way = [step for step in _way(pipeline, facts.moves) if step[0] < len(pipeline.open_stages)]
    entered: dict[str, int] = {}
    for place, (index, move) in enumerate(way):
        entered[move.stage] = entered.get(move.stage, 0) + 1
        if entered[move.stage] > 1 and way[place - 1][0] < index:
            told: dict[str, Value] = {"stage": move.stage, "count": entered[move.stage], "day": day(move.at)}
            key = f"back_and_forth:{move.stage}:{entered[move.stage]}"
            yield Violation("back_and_forth", key, move.at, Reason(Code.BACK_AND_FORTH, told))


def _close_passed(facts: DealFacts, now: datetime) -> Iterator[Violation]:
    expected = facts.expected_close
    if facts.outcome != "open" or expected is None or expected >= now.date():
        return
    told: dict[str, Value] = {"day": expected.isoformat(), "days": (now.date() - expected).days}
    at = datetime.combine(expected + timedelta(days=1), time(), now.tzinfo)
    key = f"close_date_passed:{expected.isoformat()}"
    yield Violation("close_date_passed", key, at, Reason(Code.CLOSE_PASSED, told))


def _way(pipeline: Pipeline, moves: Sequence[StageMove]) -> list[tuple[int, StageMove]]:
    """The deal's way through open stages to the order, as (place, move), without moves to where it already was.

    Moves at one moment are taken in the pipeline's order. A lost deal's end is no step of the way.
    """
    places = {stage.id: place for place, stage in enumerate(_reachable(pipeline))}
    steps = sorted(
        ((places[move.stage], move) for move in moves if move.stage in places),
        key=lambda step: (step[1].at, step[0]),
    )
    return [next(group) for _, group in groupby(steps, key=lambda step: step[0])]


def _reachable(pipeline: Pipeline) -> tuple[Stage, ...]:
    return (*pipeline.open_stages, *(stage for stage in pipeline.stages if stage.kind == "won"))

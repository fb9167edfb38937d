"""What counts as going against the pipeline, and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sop.deals.conditions import Approved, FieldFilled, Heard
from sop.deals.facts import Approval, DealFacts, EventFact, StageMove
from sop.deals.pipeline import Pipeline
from sop.deals.violations import Violation, violations
from sop.deals.wording import explain_violation
from tests.sop.deals.made_deals import NOW, call, days_ago, deal, event, pipeline, slot

NEED = Heard(("customer_need",))
LINE = pipeline((), (NEED,), (), (), discount_limit=0.0)


def found(facts: DealFacts, line: Pipeline = LINE) -> list[Violation]:
    """The deal's violations."""
    return list(violations(line, facts, NOW))


def kinds(facts: DealFacts, line: Pipeline = LINE) -> list[str]:
    """Their kinds."""
    return [violation.kind for violation in found(facts, line)]


def quote(name: str, amount: float, turn: int = 0, ago: float = 1.0, **more: Any) -> EventFact:
    """The rep names a price."""
    slots = (slot("amount", amount), slot("currency", more.pop("currency", "GBP")))
    return event(name, "price_discussion", turn, ago, speaker="rep", slots=slots, **more)


def moves(*stages: str) -> tuple[StageMove, ...]:
    """The deal entered these stages, one every five days, the last yesterday."""
    return tuple(StageMove(stage, days_ago(1 + 5 * (len(stages) - 1 - i))) for i, stage in enumerate(stages))


def test_a_skipped_stage() -> None:
    """A jump over a stage is one unless what the stage asks for is proven; its key does not depend on evidence."""
    jumped = deal("third", moves=moves("first", "third"))
    (violation,) = found(jumped)
    assert (violation.kind, violation.key) == ("skipped_stage", "skipped_stage:second:2026-11-12T12:00:00Z")
    assert explain_violation(violation, LINE, "en") == (
        "Stage skipped: moved from First to Third on 12 Nov 2026 past Second, whose gate is not verified"
    )
    proven = replace(jumped, calls=(call("k1"),), events=(event("k1", "customer_need"),))
    assert kinds(proven) == []
    assert kinds(deal("third", moves=moves("first", "second", "third"))) == []
    waiting = replace(jumped, calls=(call("k1", heard=False, duration_ms=0),))
    assert kinds(waiting) == [], "what was not listened to accuses nobody"
    assert kinds(deal("third", moves=moves("third"))) == []
    assert kinds(deal("lost", outcome="lost", moves=moves("first", "lost"))) == []


def test_a_stage_without_conditions_can_be_skipped_too() -> None:
    """Nothing proves that it took place."""
    won = deal("won", outcome="won", moves=moves("first", "second", "won"))
    assert [violation.reason.params["stage"] for violation in found(won)] == ["third", "fourth"]


@pytest.mark.parametrize("reverse", [False, True])
def test_moves_of_one_moment_are_a_way(reverse: bool) -> None:
    """A CRM that reports several moves with one time has skipped nothing."""
    at_once = [StageMove(stage, days_ago(2)) for stage in ("first", "second", "third")]
    assert kinds(deal("third", moves=tuple(reversed(at_once) if reverse else at_once))) == []


def test_a_discount_without_approval() -> None:
    """A discount that the rep says needs an approval by then; one that comes later is told and does not help."""
    said = event("k1", "objection_handling", 3, ago=5, slots=(slot("discount", 0.1),))
    facts = deal(calls=(call("k1", 5),), events=(said,))
    (violation,) = found(facts)
    assert (violation.kind, violation.key, violation.evidence) == (
        "discount_without_approval",
        "discount_without_approval:k1",
        (said,),
    )
    assert "10 % off promised in the call of 8 Nov 2026" in explain_violation(violation, LINE, "en")
    for ago, outcome in ((6, []), (4, ["discount_without_approval"])):
        granted = replace(facts, approvals=(Approval("discount", "approved", days_ago(ago)),))
        assert kinds(granted) == outcome
    late = replace(facts, approvals=(Approval("discount", "approved", days_ago(4)),))
    assert explain_violation(found(late)[0], LINE, "zh").endswith("2026年11月9日才批准")
    asked = replace(facts, approvals=(Approval("discount", "requested", days_ago(9)),))
    assert kinds(asked) == ["discount_without_approval"]


def test_only_what_the_rep_surely_promised_counts() -> None:
    """Neither the customer's wish, nor words in doubt, nor other events."""
    slots = (slot("discount", 0.1),)
    for said in (
        event("k1", "price_objection", slots=slots),
        event("k1", "price_discussion", speaker="customer", slots=slots),
        event("k1", "objection_handling", slots=slots, doubtful=True),
        event("k1", "objection_handling", slots=(slot("discount", None, "a bit off"),)),
    ):
        assert kinds(deal(calls=(call("k1"),), events=(said,))) == [], said


@pytest.mark.parametrize(
    ("line", "count"),
    [
        (pipeline((), ()), 0),
        (pipeline((), (), discount_limit=0.0), 1),
        (pipeline((), (), discount_limit=0.1), 0),
        (pipeline((), (), discount_limit=0.099), 1),
        (pipeline((Approved("discount"),), ()), 1),
        (pipeline((Approved("contract"),), ()), 0),
    ],
)
def test_only_pipelines_that_ask_for_it(line: Pipeline, count: int) -> None:
    """Without a limit, and without a stage that needs the approval, a discount is the rep's to give."""
    said = event("k1", "closing", slots=(slot("discount", 0.1),))
    assert len(found(deal(calls=(call("k1"),), events=(said,)), line)) == count


def test_a_falling_price_is_a_discount() -> None:
    """From quote to quote, over calls and within one; one violation a call, told by its largest fall."""
    first, second, third = quote("k1", 71_000, ago=9), quote("k1", 67_000, 4, ago=9), quote("k2", 64_000, ago=2)
    facts = deal(calls=(call("k1", 9), call("k2", 2)), events=(third, first, second))
    told = found(facts)
    assert [violation.key for violation in told] == [
        "discount_without_approval:k1",
        "discount_without_approval:k2",
    ]
    assert told[1].evidence == (second, third)
    assert "the price fell from 67,000 to 64,000 in the call of 11 Nov 2026" in explain_violation(told[1], LINE, "en")


def test_another_price_is_no_discount() -> None:
    """A part payment, a smaller order, another currency, a higher price."""
    for other in (
        quote("k1", 149_000, 9),
        quote("k1", 40_000, 9),
        quote("k1", 250_000, 9, currency="USD"),
        quote("k1", 320_000, 9),
    ):
        facts = deal(calls=(call("k1"),), events=(quote("k1", 298_000), other))
        assert kinds(facts) == [], other


def test_a_sum_off_is_measured_by_the_price() -> None:
    """With a limit, a sum counts by its share of the last quote, or of the deal's amount where none was named."""
    line = pipeline((), (), discount_limit=0.05)
    for amount, expected in ((40, []), (60, ["discount_without_approval"])):
        said = event("k1", "closing", slots=(slot("amount_off", amount),))
        assert kinds(deal(calls=(call("k1"),), events=(said,)), line) == expected


def test_a_promise_before_delivery() -> None:
    """The rep dates a delivery in words before anybody from delivery took part, where the pipeline needs them."""
    needing = replace(LINE, stages=(replace(LINE.stages[0], participants=("delivery",)), *LINE.stages[1:]))
    team = (("u2", "Uma", "delivery"),)
    promise = event(
        "k1", "closing", 5, ago=4, quote="We install on Friday.", slots=(slot("when", "2026-11-20", "Friday"),)
    )
    facts = deal(calls=(call("k1", 4, rep="u1"),), events=(promise,), collaborators=team)
    (violation,) = found(facts, needing)
    assert (violation.kind, violation.key) == ("promise_before_delivery", "promise_before_delivery:k1")
    assert "delivery promised (Friday) in the call of 9 Nov 2026" in explain_violation(violation, needing, "en")
    assert kinds(facts, LINE) == []
    before = replace(facts, calls=(*facts.calls, call("k0", 6, rep="u2")))
    after = replace(facts, calls=(*facts.calls, call("k2", 2, rep="u2")))
    assert (kinds(before, needing), kinds(after, needing)) == ([], ["promise_before_delivery"])
    unseen = replace(facts, calls=(*facts.calls, call("k0", 6, heard=False, duration_ms=0)))
    later = replace(facts, calls=(*facts.calls, call("k0", 2, heard=False, duration_ms=0)))
    assert (kinds(unseen, needing), kinds(later, needing)) == ([], ["promise_before_delivery"])


@pytest.mark.parametrize(
    ("said", "is_promise"),
    [
        (event("k1", "next_step", speaker="rep", quote="周三进场安装。", slots=(slot("when", "2026-11-18"),)), True),
        (event("k1", "next_step", speaker="rep", quote="I'll call on Friday.", slots=(slot("when", "x"),)), False),
        (event("k1", "next_step", speaker="rep", quote="We'll install it soon.", slots=(slot("when"),)), False),
        (event("k1", "next_step", speaker="customer", quote="Install it Friday.", slots=(slot("when", "x"),)), False),
        (event("k1", "delivery_promise", speaker="rep", quote="No downtime at all."), True),
        (event("k1", "promise", speaker="rep", quote="No downtime.", doubtful=True), False),
    ],
)
def test_what_binds_delivery(said: EventFact, is_promise: bool) -> None:
    """A dated delivery by the rep, or an event of one's own called a promise; a call to come is none."""
    needing = replace(LINE, stages=(replace(LINE.stages[0], participants=("delivery",)), *LINE.stages[1:]))
    assert (
        kinds(deal(calls=(call("k1", rep="u1"),), events=(said,)), needing) == ["promise_before_delivery"]
    ) is is_promise


def test_back_and_forth() -> None:
    """A stage that a deal enters again from an earlier one; going back alone is honest."""
    assert kinds(deal("first", moves=moves("first", "second", "first"))) == []
    (violation,) = found(deal("second", moves=moves("first", "second", "first", "second")))
    assert (violation.kind, violation.key) == ("back_and_forth", "back_and_forth:second:2")
    assert explain_violation(violation, LINE, "en") == (
        "Stage moved back and forth: entered the stage Second 2 times, last on 12 Nov 2026"
    )


def test_the_close_date_has_passed() -> None:
    """The day itself still counts; a new date is a new violation; closed deals have none."""
    assert kinds(deal(expected_close=date(2026, 11, 13))) == []
    (violation,) = found(deal(expected_close=date(2026, 11, 6)))
    assert violation.key == "close_date_passed:2026-11-06"
    assert explain_violation(violation, LINE, "zh") == "预计成交日期已过：预计成交日期 2026年11月6日已过 7 天"
    assert kinds(deal("won", outcome="won", expected_close=date(2026, 11, 6))) == []


def test_violations_come_in_order_of_time() -> None:
    """The oldest first, whatever their kind."""
    facts = deal(
        "third",
        expected_close=date(2026, 11, 1),
        moves=moves("first", "third"),
        calls=(call("k1", 30),),
        events=(event("k1", "closing", ago=30, slots=(slot("discount", 0.3),)),),
        fields={"budget": ""},
    )
    assert FieldFilled("budget").id == "field-budget"
    assert kinds(facts) == ["discount_without_approval", "close_date_passed", "skipped_stage"]

"""What a deal claims, what its calls verify, and the money between."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sop.deals.conditions import Heard
from sop.deals.facts import StageMove
from sop.deals.gap import truth_gap
from sop.deals.guards import conditions_to_leave, guards_of
from sop.deals.wording import explain_gap
from sop.document import parse
from tests.sop.deals.made_deals import NOW, call, days_ago, deal, event, pipeline

NEED, STEP, PRICE = Heard(("customer_need",)), Heard(("next_step",)), Heard(("price_discussion",))
LINE = pipeline((STEP,), (NEED,), (PRICE,), ())


def test_the_first_closed_gate_holds() -> None:
    """Gates count from the first on: one that is met behind a closed one verifies nothing."""
    facts = deal("fourth", calls=(call("k1"),), events=(event("k1", "next_step"), event("k1", "price_discussion", 3)))
    gap = truth_gap(LINE, facts, NOW)
    assert (gap.claimed, gap.verified, gap.possible, gap.stages) == ("fourth", "second", "second", 2)
    assert [result.outcome for result in gap.gates] == ["met", "not_met", "met", "met"]
    assert [verdict.condition for verdict in gap.missing] == [NEED]
    assert gap.at_risk == Decimal("400.00")
    assert explain_gap(gap, LINE, "en", "GBP") == (
        "CRM says Fourth, the calls verify Second: 2 stages ahead, 400 GBP at risk"
    )
    assert explain_gap(gap, LINE, "zh", "GBP") == (
        "CRM 阶段为“第4步”，通话只能证实到“第2步”，超前 2 个阶段，有风险金额 400 GBP"
    )


def test_what_is_unknown_is_told_apart() -> None:
    """A call that nobody heard leaves open how much of the gap is real."""
    facts = deal("third", calls=(call("k1"), call("k2", heard=False)), events=(event("k1", "next_step"),))
    gap = truth_gap(LINE, facts, NOW)
    assert (gap.verified, gap.possible, gap.stages, gap.unsure) == ("second", "won", 1, 1)
    assert "possibly Won" in explain_gap(gap, LINE, "en")


def test_closed_deals() -> None:
    """A won deal claims to be beyond the last open stage, a lost one claims nothing."""
    won = truth_gap(LINE, deal("won", outcome="won"), NOW)
    assert (won.claimed, won.verified, won.stages, won.at_risk) == ("won", "first", 4, Decimal("900.00"))
    lost = truth_gap(LINE, deal("lost", outcome="lost"), NOW)
    assert (lost.stages, lost.at_risk, lost.missing) == (0, Decimal(0), ())


def test_calls_may_verify_more_than_the_crm_claims() -> None:
    """A deal ahead of its CRM stage has no gap and no money at risk."""
    said = tuple(
        event("k1", name, turn) for turn, name in enumerate(("next_step", "customer_need", "price_discussion"))
    )
    gap = truth_gap(LINE, deal("first", calls=(call("k1"),), events=said), NOW)
    assert (gap.verified, gap.stages, gap.at_risk) == ("won", 0, Decimal(0))
    assert explain_gap(gap, LINE, "en") == "CRM says First, the calls verify Won: no gap"


def test_a_stage_that_the_pipeline_lacks_claims_nothing() -> None:
    """A deal left in a stage that was taken out is not accused of anything."""
    gap = truth_gap(LINE, deal("elsewhere"), NOW)
    assert (gap.claimed, gap.stages, gap.at_risk) == ("elsewhere", 0, Decimal(0))


def test_falling_chances_put_nothing_at_risk() -> None:
    """Where an own pipeline gives the later stage the smaller chance, the money at risk is 0 and never negative."""
    stages = (LINE.stages[1], LINE.stages[0], *LINE.stages[4:])
    line = type(LINE)("odd", LINE.title, stages)
    gap = truth_gap(line, deal("first"), NOW)
    assert (gap.stages, gap.at_risk) == (1, Decimal("0.00"))


def test_gates_of_sops_hold_before_their_stage() -> None:
    """What an SOP wants heard before a stage is a condition to leave the one before it; case does not matter."""
    sop = parse(
        """
        name: made
        title: Made
        language: en
        steps:
          - {id: open, title: Opening, event: opening}
        gates:
          - {stage: Third, needs: [decision_process, customer_need], within_days: 30}
          - {stage: first, needs: [opening]}
          - {stage: elsewhere, needs: [opening]}
        """
    )
    facts = deal("third", guards=guards_of([sop, sop]))
    held = conditions_to_leave(LINE, facts)
    assert {stage: [each.id for each in found] for stage, found in held.items()} == {
        "second": ["heard-decision_process-within-30", "heard-customer_need-within-30"],
    }
    said = (event("k1", "next_step"), event("k1", "customer_need", 2), event("k1", "decision_process", 4))
    old = tuple(event("k0", each.event, each.turn, ago=60) for each in said)
    fresh = deal("third", guards=facts.guards, calls=(call("k1"),), events=said)
    stale = deal("third", guards=facts.guards, calls=(call("k0", 60),), events=old)
    assert truth_gap(LINE, fresh, NOW).verified == "third"
    assert truth_gap(LINE, stale, NOW).verified == "second"
    assert truth_gap(LINE, deal("third", calls=(call("k0", 60),), events=old), NOW).verified == "third"


def test_as_it_stood() -> None:
    """At an earlier moment the deal was in its stage of then, open, and without what came later."""
    moves = (StageMove("first", days_ago(60)), StageMove("third", days_ago(20)), StageMove("won", days_ago(2)))
    facts = deal(
        "won",
        outcome="won",
        moves=moves,
        closed_at=days_ago(2),
        calls=(call("k1", 30), call("k2", 3)),
        events=(event("k1", "next_step", ago=30), event("k2", "customer_need", ago=3)),
    )
    then = facts.as_of(days_ago(10))
    assert (then.stage, then.outcome, then.closed_at) == ("third", "open", None)
    assert [each.id for each in then.calls] == ["k1"]
    assert [each.event for each in then.events] == ["next_step"]
    assert facts.as_of(NOW) == facts
    assert facts.as_of(days_ago(2) - timedelta(seconds=1)).outcome == "open"

"""Each condition: what meets it, what only may, what does not, and why in words."""

from __future__ import annotations

from typing import Any

import pytest

from sop.deals.conditions import (
    ActionDone,
    AllOf,
    AnyOf,
    Approved,
    Condition,
    FieldFilled,
    Heard,
    SpokenTo,
    TookPart,
)
from sop.deals.facts import Action, Approval, ContactFact, DealFacts
from sop.deals.gates import Verdict, conditions_of, gate, judge
from sop.deals.pipeline import Stage
from sop.deals.wording import explain_verdict
from sop.procedure import Wording
from tests.sop.deals.made_deals import NOW, call, days_ago, deal, event, slot

NEED = Heard(("customer_need",), "customer")
DATED = Heard(("next_step",), slot="when")
ANN = ContactFact("c1", "Ann", "decision_maker")
BOB = ContactFact("c2", "Bob", "user")
EVA = ContactFact("c3", "Eva")


def told(condition: Condition, facts: DealFacts) -> tuple[str, str]:
    """The outcome and the English sentence."""
    verdict = judge(condition, facts, NOW)
    return verdict.outcome, explain_verdict(verdict, "en")


def with_events(*events: Any, **more: Any) -> DealFacts:
    """A deal with these events, and a call for each that they name."""
    calls = {each.call: call(each.call, (NOW - each.at).days) for each in events}
    return deal(calls=tuple(calls.values()), events=events, **more)


def test_heard_and_silence() -> None:
    """What was said meets; what nobody said in calls that were listened to does not."""
    assert told(NEED, with_events(event("k1", "customer_need"), event("k2", "customer_need", ago=30))) == (
        "met",
        "Customer need (by the customer): heard 2× in 2 calls, last on 12 Nov 2026",
    )
    silent = deal(calls=(call("k1"), call("k2"), call("k3")))
    assert told(Heard(("customer_need",)), silent) == (
        "not_met",
        "Customer need: nobody said one in 3 calls (18 min heard)",
    )
    assert told(NEED, deal())[1].endswith("no call yet")


def test_unheard_calls_and_doubt_are_unknown() -> None:
    """With a call that nobody listened to, or words that are perhaps there, absence can't be told."""
    waiting = deal(calls=(call("k1"), call("k2", heard=False)))
    assert told(NEED, waiting) == (
        "unknown",
        "Customer need (by the customer): not in the 1 call heard; 1 more are not heard",
    )
    perhaps = Heard(("decision_process",))
    doubtful = with_events(event("k1", "decision_process", ago=30, confidence=0.62, doubtful=True))
    assert told(perhaps, doubtful) == ("unknown", "Decision process: perhaps in the call of 14 Oct 2026, 62 % sure")
    low = with_events(event("k1", "decision_process", confidence=0.7))
    assert told(Heard(("decision_process",), min_confidence=0.8), low)[0] == "unknown"
    assert told(Heard(("decision_process",), min_confidence=0.7), low)[0] == "met"


def test_who_said_it() -> None:
    """Words of the other party do not count, those of an unknown voice only may."""
    step = Heard(("next_step",), "customer")
    assert told(step, with_events(event("k1", "next_step", speaker="rep"))) == (
        "not_met",
        "Next step (by the customer): heard, but never from the customer",
    )
    assert told(step, with_events(event("k1", "next_step", speaker="unknown")))[0] == "unknown"


def test_how_often() -> None:
    """Turns are counted, not events: the same turn twice is one."""
    twice = Heard(("customer_need", "competitor"), min_count=2)
    one_turn = with_events(event("k1", "customer_need", 3), event("k1", "competitor", 3))
    assert told(twice, one_turn)[0] == "not_met"
    assert told(twice, one_turn)[1].endswith("heard 1×, 2× needed")
    assert told(twice, with_events(event("k1", "customer_need", 3), event("k2", "competitor", 3)))[0] == "met"
    doubt = with_events(event("k1", "customer_need", 3), event("k1", "competitor", 5, doubtful=True, confidence=0.4))
    assert told(twice, doubt)[0] == "unknown"


def test_how_long_ago() -> None:
    """Days count back from now for open deals, from the close for closed ones; older calls do not matter."""
    recent = Heard(("customer_need",), within_days=30)
    old = with_events(event("k1", "customer_need", ago=40))
    assert told(recent, old) == (
        "not_met",
        "Customer need: last heard on 4 Oct 2026, more than 30 days ago",
    )
    closed = with_events(event("k1", "customer_need", ago=40), outcome="won", closed_at=days_ago(20))
    assert told(recent, closed)[0] == "met"
    assert told(recent, deal(calls=(call("k1", 40, heard=False),))) == (
        "not_met",
        "Customer need: no call in the last 30 days",
    )
    edge = with_events(event("k1", "customer_need", ago=30))
    assert told(recent, edge)[0] == "met"


def test_what_it_said_in_particular() -> None:
    """A slot must have a value: vague words are none; those a person marked were never read for slots."""
    dated = with_events(event("k1", "next_step", slots=(slot("when", "2026-11-20"),)))
    vague = with_events(event("k1", "next_step", slots=(slot("when", None, "in a few days"),)))
    marked = with_events(event("k1", "next_step", added=True))
    assert told(DATED, dated)[0] == "met"
    assert told(DATED, vague) == ("not_met", "Next step with date: heard, but never with a clear date")
    assert told(DATED, marked)[0] == "unknown"


def test_with_whom() -> None:
    """Where it matters who was spoken to, a contact of another part is no, one of an unknown part is doubt."""
    asked = Heard(("customer_need",), roles=("decision_maker",))
    said = event("k1", "customer_need")
    for contact, outcome in (("c1", "met"), ("c2", "not_met"), ("c3", "unknown"), (None, "unknown")):
        facts = deal(calls=(call("k1", contact=contact),), events=(said,), contacts=(ANN, BOB, EVA))
        assert told(asked, facts)[0] == outcome, contact
    others = deal(calls=(call("k1", contact="c2", heard=False),), contacts=(BOB,))
    assert told(asked, others)[0] == "not_met"


def test_fields_actions_and_approvals() -> None:
    """What the CRM holds is known: there or not, never unknown."""
    assert told(FieldFilled("budget"), deal(fields={"budget": "90k"})) == ("met", "Budget filled in: it says 90k")
    assert told(FieldFilled("budget"), deal(fields={"budget": " "}))[0] == "not_met"
    assert told(FieldFilled("amount"), deal())[0] == "met"
    assert told(FieldFilled("expected_close"), deal())[0] == "not_met"
    assert told(ActionDone("demo"), deal(actions=(Action("demo", days_ago(3)),)))[1] == "Demo done: done on 10 Nov 2026"
    assert told(ActionDone("trial"), deal(actions=(Action("demo", days_ago(3)),)))[0] == "not_met"
    asked = Approval("discount", "requested", days_ago(9))
    granted = Approval("discount", "approved", days_ago(8))
    refused = Approval("discount", "rejected", days_ago(2))
    assert told(Approved("discount"), deal(approvals=(asked,)))[1].endswith("asked for on 4 Nov 2026, not decided yet")
    assert told(Approved("discount"), deal(approvals=(asked, refused)))[1].endswith("refused on 11 Nov 2026")
    assert told(Approved("discount"), deal(approvals=(asked, granted, refused)))[0] == "met"
    assert told(Approved("bid"), deal(approvals=(granted,)))[1].endswith("never asked for")


def test_who_took_part() -> None:
    """A colleague takes part by a conversation, an action or a decision; a name on the team is not enough."""
    team = (("u2", "Uma", "delivery"),)
    named = deal(collaborators=team, calls=(call("k1", rep="u1"),))
    assert told(TookPart("delivery"), named) == (
        "not_met",
        "Delivery took part: Uma named on the team, but in none of 1 call",
    )
    spoke = deal(collaborators=team, calls=(call("k1", rep="u2", rep_name="Uma"),))
    assert told(TookPart("delivery"), spoke) == ("met", "Delivery took part: Uma, last on 12 Nov 2026")
    silent = deal(collaborators=team, calls=(call("k1", rep="u2", duration_ms=0),))
    assert told(TookPart("delivery"), silent)[0] == "not_met"
    waiting = deal(collaborators=team, calls=(call("k1", rep="u2", heard=False),))
    assert told(TookPart("delivery"), waiting)[0] == "unknown"
    visited = deal(collaborators=team, actions=(Action("site_visit", days_ago(2), "u2"),))
    assert told(TookPart("delivery"), visited)[0] == "met"
    asked = deal(collaborators=team, approvals=(Approval("bid", "requested", days_ago(2), "u2"),))
    assert told(TookPart("delivery"), asked)[0] == "not_met"
    hidden = deal(calls=(call("k1", heard=False),))
    assert told(TookPart("delivery"), hidden)[0] == "unknown"


def test_who_was_spoken_to() -> None:
    """A conversation with a contact of that part meets; who can't be told may have been one."""
    boss = SpokenTo("decision_maker", within_days=30)
    met = deal(calls=(call("k1", contact="c1"),), contacts=(ANN, BOB))
    assert told(boss, met) == ("met", "Spoken to the decision maker: Ann, last on 12 Nov 2026")
    long_ago = deal(calls=(call("k1", 40, contact="c1"),), contacts=(ANN,))
    assert told(boss, long_ago)[1].endswith("last spoken to Ann on 4 Oct 2026, more than 30 days ago")
    never = deal(calls=(call("k1", contact="c2"),), contacts=(ANN, BOB))
    assert told(boss, never) == ("not_met", "Spoken to the decision maker: Ann in none of 1 call")
    assert told(boss, deal(calls=(call("k1", contact="c2"),), contacts=(BOB,)))[0] == "not_met"
    assert told(boss, deal(calls=(call("k1", contact="c3"),), contacts=(EVA,)))[0] == "unknown"
    assert told(boss, deal(calls=(call("k1", contact="c1", heard=False),), contacts=(ANN,)))[0] == "unknown"
    assert told(boss, deal(calls=(call("k1", contact="c1", duration_ms=0),), contacts=(ANN,)))[0] == "not_met"


@pytest.mark.parametrize(
    ("parts", "any_of", "all_of"),
    [
        (("met", "met"), "met", "met"),
        (("met", "not_met"), "met", "not_met"),
        (("met", "unknown"), "met", "unknown"),
        (("unknown", "not_met"), "unknown", "not_met"),
        (("not_met", "not_met"), "not_met", "not_met"),
        (("unknown", "unknown"), "unknown", "unknown"),
    ],
)
def test_combinations(parts: tuple[str, ...], any_of: str, all_of: str) -> None:
    """One is enough for ``any``, ``all`` needs every one, and unknown stays unknown where it matters."""
    made: dict[str, Condition] = {"met": FieldFilled("amount"), "not_met": FieldFilled("budget"), "unknown": NEED}
    conditions = tuple(made[part] for part in parts)
    facts = deal(calls=(call("k1", heard=False),))
    assert judge(AnyOf(conditions), facts, NOW).outcome == any_of
    assert judge(AllOf(conditions), facts, NOW).outcome == all_of


def test_combinations_are_told_by_the_parts_that_decide() -> None:
    """An unmet ``all`` names what is lacking and not what is there."""
    both = AllOf((FieldFilled("amount"), FieldFilled("budget")))
    assert told(both, deal())[1] == "Amount filled in and budget filled in: budget filled in, not filled in"


def test_a_stage_asks_for_its_participants_and_approval_too() -> None:
    """They are conditions beside the criteria, each asked for once."""
    stage = Stage(
        "bid", Wording("投标", "Bid"), 0.5, (NEED, TookPart("solution")), ("solution", "delivery"), approval="bid"
    )
    assert [each.id for each in conditions_of(stage, (NEED, FieldFilled("budget")))] == [
        "heard-customer_need-by-customer",
        "took_part-solution",
        "took_part-delivery",
        "approval-bid",
        "field-budget",
    ]


def test_a_gate_without_conditions_is_open() -> None:
    """A stage that asks for nothing holds nobody back; with several conditions the worst decides."""
    empty = Stage("free", Wording("自由", "Free"))
    assert gate(empty, deal(), NOW).outcome == "met"
    waiting = deal(calls=(call("k1", heard=False),))
    assert gate(empty, waiting, NOW, (FieldFilled("amount"), NEED)).outcome == "unknown"
    assert gate(empty, waiting, NOW, (NEED, FieldFilled("budget"))).outcome == "not_met"


def test_evidence_is_in_order_of_time() -> None:
    """The quotes of a verdict come as they were said."""
    later, earlier = event("k2", "customer_need", ago=1), event("k1", "customer_need", 7, ago=9)
    verdict: Verdict = judge(NEED, with_events(later, earlier), NOW)
    assert verdict.evidence == (earlier, later)

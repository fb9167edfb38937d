"""Risks: each where it is shown, none where something was not heard, the gravest first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop.deals.facts import CallFact, ContactFact, DealFacts, EventFact, StageMove
from sop.deals.next_steps import next_steps
from sop.deals.risks import DatePush, DealHistory, Risk, risks
from sop.deals.statements import RISK_TITLES, SENTENCES, Statement
from sop.procedure import Wording
from tests.sop.deals.made_deals import NOW, call, days_ago, deal, event, slot

HISTORY = DealHistory(Wording("第一步", "First"))
ZHOU, HE = ContactFact("zhou", "Zhou"), ContactFact("he", "He", "decision_maker")


def with_zhou(name: str, ago: float, **more: Any) -> CallFact:
    """A call with Zhou."""
    return call(name, ago, contact="zhou", **more)


def found(facts: DealFacts, history: DealHistory = HISTORY) -> dict[str, Risk]:
    """The risks by kind; each kind is there once."""
    listed = risks(facts, next_steps(facts, NOW), history, NOW)
    by_kind = {risk.kind: risk for risk in listed}
    assert len(by_kind) == len(listed)
    return by_kind  # type: ignore[return-value]


def made(*events: EventFact, calls: tuple[CallFact, ...] = (with_zhou("k1", 1),), **more: Any) -> DealFacts:
    """A young deal with Zhou and the decision maker He."""
    given = {"created_at": days_ago(10), "contacts": (ZHOU, HE), "expected_close": date(2027, 1, 1)}
    return deal(calls=calls, events=events, **{**given, **more})


def test_three_weeks_without_a_call_are_silence() -> None:
    """Twenty days are not; six weeks are grave, and so is a passed close."""
    assert "gone_silent" not in found(made(calls=(with_zhou("k1", 20),)))
    assert found(made(calls=(with_zhou("k1", 21),)))["gone_silent"].severity == "medium"
    assert found(made(calls=(with_zhou("k1", 42),)))["gone_silent"].severity == "high"
    late = made(calls=(with_zhou("k1", 21),), expected_close=date(2026, 11, 6))
    assert found(late)["gone_silent"].severity == "high"
    assert found(late)["close_passed"].reason.wording.en == "the expected close, 2026-11-06, passed 7 days ago"


def test_a_deal_nobody_ever_called_is_silent_since_it_was_opened() -> None:
    """It says so."""
    assert found(made(calls=(), created_at=days_ago(30)))["gone_silent"].reason.code == "silent_never"


def test_a_call_that_nobody_heard_breaks_the_silence() -> None:
    """Somebody may have talked."""
    assert "gone_silent" not in found(made(calls=(with_zhou("k1", 60), call("k2", 2, heard=False))))


def test_silence_that_was_agreed_on_is_none() -> None:
    """A call agreed for a day to come is worth waiting for."""
    step = event("k1", "next_step", 5, 30, speaker="rep", slots=(slot("when", "2026-11-20"), slot("channel", "call")))
    assert "gone_silent" not in found(made(step, calls=(with_zhou("k1", 30),)))


def test_a_missed_step_is_a_risk_with_its_words() -> None:
    """Grave where it was the last that was agreed."""
    step = event("k1", "next_step", 5, 30, speaker="rep", slots=(slot("when", "2026-10-20"), slot("channel", "call")))
    risk = found(made(step, calls=(with_zhou("k1", 30),)))["missed_next_step"]
    assert (risk.severity, risk.evidence, risk.calls) == ("high", (step,), ("k1",))


PRICE = event("k1", "price_objection", 4)


@pytest.mark.parametrize(
    ("events", "severity"),
    [
        ((PRICE,), "medium"),
        ((PRICE, event("k1", "price_objection", 9)), "high"),
        ((PRICE, event("k1", "objection_handling", 7)), None),
        ((PRICE, event("k1", "objection_handling", 8)), "medium"),
        ((PRICE, event("k1", "objection_handling", 5, doubtful=True)), None),
        ((PRICE, event("k1", "customer_approval", 20)), None),
        ((PRICE, event("k2", "customer_approval", 20)), "medium"),
        ((replace(PRICE, doubtful=True),), None),
    ],
)
def test_a_price_objection_is_answered_soon_or_approved_later_in_its_call(
    events: tuple[EventFact, ...], severity: str | None
) -> None:
    """Not even perhaps; a call later is another matter."""
    risk = found(made(*events, calls=(with_zhou("k1", 1), with_zhou("k2", 1)))).get("price_objection")
    assert (risk.severity if risk else None) == severity


def test_a_price_objection_that_comes_back_was_not_settled() -> None:
    """Answered in both calls and still there; an approval after the last one settles it."""
    calls = (with_zhou("k1", 9), with_zhou("k2", 1))
    first = (event("k1", "price_objection", 4, 9), event("k1", "objection_handling", 5, 9))
    again = (event("k2", "price_objection", 4), event("k2", "objection_handling", 5))
    assert "price_objection" not in found(made(*first, calls=calls))
    risk = found(made(*first, *again, calls=calls))["price_objection"]
    assert (risk.severity, risk.reason.code, risk.evidence) == ("medium", "price_again", (first[0], again[0]))
    assert "price_objection" not in found(made(*first, *again, event("k2", "customer_approval", 8), calls=calls))


def test_a_competitor_is_named() -> None:
    """Low alone, medium with the price or in two calls, high with both."""
    frost = event("k1", "competitor", 3, slots=(slot("competitor", "Frostmere"),))
    risk = found(made(frost))["competitor"]
    assert (risk.severity, risk.reason.wording.en) == ("low", "competitor Frostmere came up in 1 call")
    with_price = event("k1", "price_objection", 3)
    assert found(made(frost, with_price))["competitor"].severity == "medium"
    again, calls = event("k2", "competitor", 8), (with_zhou("k1", 1), with_zhou("k2", 1))
    assert found(made(frost, again, with_price, calls=calls))["competitor"].severity == "high"
    assert found(made(again, calls=calls))["competitor"].reason.code == "competitor_unnamed"


def test_no_power_is_told_by_whom_was_spoken_to_and_what_was_said() -> None:
    """High where no call says who decides; none with the decision maker on a call, or with anything unheard."""
    assert found(made())["no_power"].severity == "high"
    said = event("k1", "decision_process", 3)
    assert found(made(said))["no_power"].reason.code == "power_not_spoken"
    owner = replace(said, slots=(slot("role", "owner", "our owner"),))
    assert found(made(owner))["no_power"].reason.wording.en.startswith("our owner decides by what was said")
    assert "no_power" not in found(made(replace(said, doubtful=True)))
    assert "no_power" not in found(made(calls=(with_zhou("k1", 1), call("k2", 1, contact="he"))))
    assert "no_power" not in found(made(calls=(with_zhou("k1", 1), call("k2", 1, heard=False))))
    assert "no_power" not in found(made(calls=()))


def test_one_person_only_is_a_thread_that_can_break() -> None:
    """From the second call on, unless somebody unknown or unheard was spoken to."""
    assert "single_threaded" not in found(made())
    two = (with_zhou("k1", 3), with_zhou("k2", 1))
    assert found(made(calls=two))["single_threaded"].reason.wording.zh == "2 通电话都只和Zhou一个人"
    for other in (call("k3", 1), call("k3", 1, heard=False), call("k3", 1, contact="he")):
        assert "single_threaded" not in found(made(calls=(*two, other)))


def test_a_stage_is_stuck_beyond_what_is_usual() -> None:
    """Thirty days and two weeks where no history tells it, else its own days and two weeks."""
    moved = made(moves=(StageMove("first", days_ago(40)),))
    assert "stage_stuck" not in found(moved)
    usual = replace(HISTORY, usual_days=20)
    assert found(moved, usual)["stage_stuck"].reason.wording.en == "40 days in “First”, where 20 are usual"
    assert "stage_stuck" in found(made(moves=(StageMove("first", days_ago(45)),)))


def test_a_date_that_is_put_off_is_a_risk() -> None:
    """Each time it moved later counts; moving it earlier does not."""
    first = DatePush(days_ago(9), date(2026, 11, 1), date(2026, 11, 20))
    second = DatePush(days_ago(2), date(2026, 11, 20), date(2027, 1, 1))
    risk = found(made(), replace(HISTORY, pushes=(first, second)))["pushed_date"]
    assert risk.reason.wording.en == "the expected close was put off 2 times, by 61 days, and is 2027-01-01 now"
    assert risk.severity == "medium"
    earlier = DatePush(days_ago(2), date(2027, 2, 1), date(2027, 1, 1))
    assert "pushed_date" not in found(made(), replace(HISTORY, pushes=(earlier,)))


def test_a_won_deal_has_none_and_a_lost_one_only_those_of_its_calls() -> None:
    """What the clock tells matters while a deal is open."""
    grave = made(PRICE, calls=(with_zhou("k1", 60), with_zhou("k2", 50)), expected_close=date(2026, 10, 1))
    assert {"gone_silent", "close_passed", "price_objection"} <= set(found(grave))
    assert found(replace(grave, outcome="won")) == {}
    lost = replace(grave, outcome="lost", closed_at=days_ago(0.5))
    assert set(found(lost)) == {"price_objection", "no_power", "single_threaded"}


def test_every_sentence_has_its_places_in_both_languages() -> None:
    """A statement with the values of one language can be said in the other."""
    for code, sentence in SENTENCES.items():
        names = {part.split("}")[0].split(":")[0] for part in sentence.en.split("{")[1:]}
        assert names == {part.split("}")[0].split(":")[0] for part in sentence.zh.split("{")[1:]}, code
        spoken = Statement(code, dict.fromkeys(names, 1)).wording
        assert "{" not in spoken.en + spoken.zh
    assert all(title.zh and title.en for title in RISK_TITLES.values())


kinds = st.sampled_from(
    ("price_objection", "objection_handling", "customer_approval", "competitor", "decision_process")
)
many = st.lists(
    st.builds(lambda kind, turn: event("k1", kind, turn), kinds, st.integers(0, 9)),
    max_size=8,
    unique_by=lambda each: (each.event, each.turn),
)


@given(many, st.randoms())
def test_order_means_nothing_and_the_gravest_come_first(events: list[EventFact], random: Any) -> None:
    """Shuffled events give the same risks, sorted by severity."""
    facts = made(*events)
    listed = risks(facts, (), HISTORY, NOW)
    mixed = list(events)
    random.shuffle(mixed)
    assert risks(replace(facts, events=tuple(mixed)), (), HISTORY, NOW) == listed
    order = ["high", "medium", "low"]
    assert [risk.severity for risk in listed] == sorted((risk.severity for risk in listed), key=order.index)

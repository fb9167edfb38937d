"""The decision chain: closeness, approval and price of each contact, and who was never spoken to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sop.deals.chain import Aspect, Link, decision_chain
from sop.deals.facts import CallFact, ContactFact, DealFacts, EventFact
from tests.sop.deals.made_deals import NOW, call, deal, event, slot

ZHOU, HE = ContactFact("zhou", "Zhou", "user"), ContactFact("he", "He", "decision_maker")


def with_zhou(name: str, ago: float, direction: str = "outbound", **more: Any) -> CallFact:
    """A call with Zhou."""
    return call(name, ago, contact="zhou", direction=direction, **more)


def made(*events: EventFact, calls: tuple[CallFact, ...]) -> DealFacts:
    """A deal with two contacts."""
    return deal(contacts=(ZHOU, HE), calls=calls, events=events)


def zhou(facts: DealFacts) -> Link:
    """Zhou in the chain."""
    return next(link for link in decision_chain(facts, NOW).links if link.contact == ZHOU)


def told(aspect: Aspect) -> tuple[str, str, str]:
    """Level, trend and the code of the reason."""
    return aspect.level, aspect.trend, aspect.reason.code


@pytest.mark.parametrize(
    ("calls", "level", "trend"),
    [
        ((with_zhou("k1", 80),), "low", "down"),
        ((with_zhou("k1", 40),), "low", "down"),
        ((with_zhou("k1", 2),), "medium", "up"),
        ((with_zhou("k1", 70), with_zhou("k2", 40)), "medium", "down"),
        ((with_zhou("k1", 40), with_zhou("k2", 2)), "high", "up"),
        ((with_zhou("k1", 20, "inbound"), with_zhou("k2", 17)), "high", "up"),
        ((with_zhou("k1", 120),), "none", "down"),
    ],
)
def test_closeness_is_how_often_how_lately_and_both_ways(calls: tuple[CallFact, ...], level: str, trend: str) -> None:
    """Points for each, against the same thirty days before."""
    assert told(zhou(made(calls=calls)).closeness)[:2] == (level, trend)


def test_who_has_never_been_spoken_to_is_told_where_all_calls_are_heard() -> None:
    """He has no call: never; with an unheard call, or one of an unknown person, that is unknown."""
    calls = (with_zhou("k1", 2),)
    chain = decision_chain(made(calls=calls), NOW)
    assert [contact.name for contact in chain.never_spoken] == ["He"]
    assert [link.contact.name for link in chain.links] == ["He", "Zhou"]
    for other in (call("k2", 1, heard=False), call("k2", 1)):
        chain = decision_chain(made(calls=(*calls, other)), NOW)
        assert chain.never_spoken == ()
        assert chain.links[0].spoken == "unknown"
        assert chain.links[0].closeness.level == "unknown"
        assert chain.untold_calls == 1


def test_a_recording_without_speech_is_no_conversation() -> None:
    """It neither brings anybody closer nor hides anything."""
    assert decision_chain(made(calls=(with_zhou("k1", 1, duration_ms=0),)), NOW).links[1].spoken == "never"


GOOD = event("k1", "customer_approval", 3)


@pytest.mark.parametrize(
    ("events", "level", "code"),
    [
        ((), "none", "approval_none"),
        ((GOOD,), "medium", "approval_counts"),
        ((GOOD, event("k1", "customer_approval", 5)), "high", "approval_counts"),
        ((GOOD, event("k1", "objection", 5)), "medium", "approval_last_word"),
        ((GOOD, event("k1", "objection", 1), event("k1", "price_objection", 2)), "low", "approval_counts"),
        ((replace(GOOD, doubtful=True),), "unknown", "doubtful"),
        ((replace(GOOD, speaker="rep"),), "unknown", "doubtful"),
    ],
)
def test_approval_is_set_against_objections(events: tuple[EventFact, ...], level: str, code: str) -> None:
    """Twice as many approvals, the last word among them, are high; doubtful ones leave it open."""
    found = told(zhou(made(*events, calls=(with_zhou("k1", 1),))).approval)
    assert (found[0], found[2]) == (level, code)


PRICE = event("k1", "price_objection", 4)


@pytest.mark.parametrize(
    ("events", "level", "code"),
    [
        ((), "unknown", "price_not_discussed"),
        ((event("k1", "price_discussion", 2, speaker="rep"),), "medium", "price_discussed"),
        ((PRICE,), "low", "price_open"),
        ((PRICE, event("k1", "price_objection", 8)), "none", "price_refused"),
        ((PRICE, event("k1", "objection_handling", 7)), "medium", "price_answered"),
        ((PRICE, event("k1", "objection_handling", 8)), "low", "price_open"),
        ((PRICE, event("k1", "objection_handling", 5, doubtful=True)), "unknown", "doubtful"),
        ((PRICE, event("k1", "customer_approval", 9)), "high", "price_accepted"),
        ((PRICE, event("k1", "customer_approval", 2)), "low", "price_open"),
    ],
)
def test_acceptance_of_the_price_goes_by_the_last_word(events: tuple[EventFact, ...], level: str, code: str) -> None:
    """Approved after it, answered, left open once, left open again and again."""
    found = told(zhou(made(*events, calls=(with_zhou("k1", 1),))).price)
    assert (found[0], found[2]) == (level, code)


def test_the_trend_is_against_the_calls_before() -> None:
    """A price refused first and accepted later goes up, the other way down."""
    calls = (with_zhou("k1", 9), with_zhou("k2", 1))
    no, yes = event("k1", "price_objection", 4, 9), event("k2", "price_discussion", 2, 1, speaker="rep")
    assert zhou(made(no, yes, event("k2", "customer_approval", 3, 1), calls=calls)).price.trend == "up"
    first = (event("k1", "price_discussion", 2, 9, speaker="rep"), event("k1", "customer_approval", 3, 9))
    assert zhou(made(*first, event("k2", "price_objection", 4, 1), calls=calls)).price.trend == "down"


def test_words_with_another_contact_are_not_theirs() -> None:
    """What He says tells nothing of Zhou."""
    facts = made(event("k2", "customer_approval", 3), calls=(with_zhou("k1", 1), call("k2", 1, contact="he")))
    assert zhou(facts).approval.level == "none"


def test_who_decides_is_told_by_what_was_said() -> None:
    """Each role once, with all the words that name it."""
    said = tuple(event("k1", "decision_process", turn, slots=(slot("role", "cfo"),)) for turn in (3, 7))
    chain = decision_chain(made(*said, calls=(with_zhou("k1", 1),)), NOW)
    assert [(decider.role, decider.evidence) for decider in chain.deciders] == [("cfo", said)]


events_of_calls = st.lists(
    st.builds(
        lambda name, kind, turn, doubtful: event(name, kind, turn, {"k1": 40, "k2": 5}[name], doubtful=doubtful),
        st.sampled_from(("k1", "k2")),
        st.sampled_from(
            ("customer_approval", "objection", "price_objection", "price_discussion", "objection_handling")
        ),
        st.integers(0, 9),
        st.booleans(),
    ),
    max_size=8,
    unique_by=lambda made: (made.call, made.turn, made.event),
)


@given(events_of_calls, st.booleans(), st.randoms())
def test_order_means_nothing_and_unheard_is_never_none(
    events: list[EventFact], with_unheard: bool, random: Any
) -> None:
    """Shuffled events give the same chain; with an unheard call nobody was never spoken to, and no level is none."""
    calls = [with_zhou("k1", 40), with_zhou("k2", 5)]
    if with_unheard:
        calls.append(call("k3", 1, heard=False))
    facts = made(*events, calls=tuple(calls))
    chain = decision_chain(facts, NOW)
    mixed = list(events)
    random.shuffle(mixed)
    assert decision_chain(replace(facts, events=tuple(mixed)), NOW) == chain
    if with_unheard:
        assert chain.never_spoken == ()
        for link in chain.links:
            assert link.approval.level != "none"
            assert link.closeness.level != "none"
            assert link.price.level != "none"

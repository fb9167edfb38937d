"""How long a gap holds while only time passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sop.deals.conditions import Heard
from sop.deals.facts import DealFacts
from sop.deals.gap import truth_gap
from sop.deals.pipeline import Pipeline
from sop.deals.validity import valid_until
from tests.sop.deals.made_deals import NOW, call, days_ago, deal, deals, event, pipeline, pipelines

_SECOND = timedelta(seconds=1)


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(pipelines, deals(), st.floats(0, 1), st.integers(0, 400))
def test_until_then_the_gap_is_the_same(line: Pipeline, facts: DealFacts, share: float, days: int) -> None:
    """At every moment up to the last valid one the gap is the one that was judged."""
    until = valid_until(line, facts, NOW)
    last = NOW + timedelta(days=days) if until is None else until
    for now in (last, NOW + share * (last - NOW)):
        assert truth_gap(line, facts, now) == truth_gap(line, facts, NOW)


def test_a_second_later_it_is_another() -> None:
    """Thirty days after the call, to the second, what was heard there no longer counts."""
    line = pipeline((Heard(("next_step",), within_days=30),), ())
    facts = deal("second", calls=(call("a", 10),), events=(event("a", "next_step", ago=10),))
    until = valid_until(line, facts, NOW)
    assert until == days_ago(10) + timedelta(days=30)
    assert truth_gap(line, facts, until).stages == 0
    assert truth_gap(line, facts, until + _SECOND).stages == 1


def test_what_counts_no_days_holds_for_ever() -> None:
    """Without days, and for a deal that is closed, time changes nothing."""
    facts = deal("second", calls=(call("a", 10),))
    assert valid_until(pipeline((Heard(("next_step",)),), ()), facts, NOW) is None
    closed = replace(facts, outcome="won", closed_at=days_ago(5))
    assert valid_until(pipeline((Heard(("next_step",), within_days=30),), ()), closed, NOW) is None


def test_a_close_that_is_still_to_come_ends_it() -> None:
    """Days of a deal that closes later are counted from now, and from its close on no more."""
    line = pipeline((Heard(("next_step",), within_days=30),), ())
    closing = deal("second", outcome="won", closed_at=NOW + timedelta(days=2), calls=(call("a", 10),))
    assert valid_until(line, closing, NOW) == NOW + timedelta(days=2)

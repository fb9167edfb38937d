"""Laws of the dimensions that hold for every call, whatever was observed in it."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sop.dimensions import DIMENSIONS, MEASURES, Dimension
from sop.events import Evidence, KeyEvent, Tagging
from sop.facts import CallFacts, TurnSpan
from sop.observations import KINDS, Observation
from sop.procedure import Criterion, Sop, Step, Wording
from sop.scorecard import Scorecard, StepResult
from sop.scoring import score

LAWS = settings(max_examples=60, deadline=None, derandomize=True)
TURNS = 12
TITLE = Wording("步骤", "Step")
EVENTS = ("needs_discovery", "objection", "price_objection", "objection_handling", "customer_approval")
BY_CUSTOMER = ("complaint", "silence", "customer_question", "reply", "disengaged")
SPANS = tuple(TurnSpan("rep" if i % 2 == 0 else "customer", i * 8000, i * 8000 + 7000) for i in range(TURNS))


@st.composite
def observations(
    draw: st.DrawFn, kind: str | None = None, value: float | None = None, sure: bool = False
) -> Observation:
    """One of any kind, in a turn of whom it is about."""
    kind = kind or draw(st.sampled_from(sorted(KINDS)))
    turns = [i for i in range(TURNS) if kind == "speech" or (SPANS[i].speaker == "customer") == (kind in BY_CUSTOMER)]
    turn = draw(st.sampled_from(turns))
    span = SPANS[turn]
    found = draw(st.sampled_from([0.0, 1.0, 5.0, 300.0, 1500.0, 4000.0, 90_000.0])) if value is None else value
    confidence = 0.9 if sure else draw(st.sampled_from([0.2, 0.9]))
    return Observation(kind, turn, span.start_ms, span.end_ms, span.speaker, kind, found, confidence)


@st.composite
def dimensions(draw: st.DrawFn) -> tuple[Dimension, ...]:
    """Some dimensions, with some of their measures."""
    names = draw(st.lists(st.sampled_from(DIMENSIONS), min_size=1, unique=True))
    return tuple(
        Dimension(
            name,
            draw(st.sampled_from([0.5, 1.0, 3.0])),
            tuple(draw(st.lists(st.sampled_from(MEASURES[name]), min_size=1, unique=True))),
        )
        for name in DIMENSIONS
        if name in names
    )


@st.composite
def calls(draw: st.DrawFn) -> tuple[Sop, Tagging, CallFacts]:
    """A procedure of one step with dimensions, and a call."""
    part = Criterion("step", TITLE, ("needs_discovery",), frozenset({"rep"}), min_count=draw(st.integers(1, 2)))
    sop = Sop("law", TITLE, ("zh", "en"), (Step("step", TITLE, (part,), 10.0, dimensions=draw(dimensions())),))
    heard = [draw(key_events()) for _ in range(draw(st.integers(0, 6)))]
    perhaps = [draw(key_events()) for _ in range(draw(st.integers(0, 3)))]
    seen = draw(st.none() | st.lists(observations(), max_size=30).map(tuple))
    facts = CallFacts(TURNS * 8000, draw(st.sampled_from(["zh", "en"])), SPANS, draw(st.integers(0, 5)) > 0)
    return sop, Tagging(tuple(heard), tuple(perhaps)), replace(facts, observations=seen)


@st.composite
def key_events(draw: st.DrawFn) -> KeyEvent:
    name = draw(st.sampled_from(EVENTS))
    by_rep = name in ("needs_discovery", "objection_handling")
    turn = draw(st.sampled_from([i for i in range(TURNS) if (SPANS[i].speaker == "rep") == by_rep]))
    span = SPANS[turn]
    return KeyEvent(name, Evidence(turn, span.start_ms, span.end_ms, span.speaker, name, 0.9))


def step_of(call: tuple[Sop, Tagging, CallFacts]) -> StepResult:
    return score(*call).steps[0]


@LAWS
@given(calls())
def test_shares_stay_in_range(call: tuple[Sop, Tagging, CallFacts]) -> None:
    """0 <= low <= high <= 1 everywhere, points stay within the step's worth, and the card can be stored."""
    card = score(*call)
    step = card.steps[0]
    for part in (*step.dimensions, *(m for d in step.dimensions for m in d.measures)):
        assert 0 <= part.low <= part.high <= 1
    assert 0 <= step.points <= step.points + step.unknown_points <= step.max_points
    assert Scorecard.from_json(card.to_json()) == card


@LAWS
@given(calls(), st.randoms(use_true_random=False))
def test_order_of_observations_changes_nothing(call: tuple[Sop, Tagging, CallFacts], shuffler: random.Random) -> None:
    """Any order, and any repetition, of the observations gives the same card."""
    sop, tagging, facts = call
    if facts.observations is None:
        return
    shuffled = [*facts.observations, *facts.observations]
    shuffler.shuffle(shuffled)
    assert score(sop, tagging, replace(facts, observations=tuple(shuffled))) == score(*call)


@LAWS
@given(calls())
def test_unknown_never_counts_as_missed(call: tuple[Sop, Tagging, CallFacts]) -> None:
    """Without observations a step can reach at least what it reaches with them, and a missed one stays missed."""
    sop, tagging, facts = call
    known, blind = step_of(call), step_of((sop, tagging, replace(facts, observations=None)))
    assert blind.outcome == known.outcome
    for seen, unseen in zip(known.dimensions, blind.dimensions, strict=True):
        if (
            seen.name in ("skill", "attitude")
            and seen.outcome != "not_applicable"
            and unseen.outcome != "not_applicable"
        ):
            measures = {m.measure: m for m in unseen.measures}
            untold = [m for m in seen.measures if measures[m.measure].reason.code.value == "not_measured"]
            assert all(measures[m.measure].high >= m.high for m in untold)
    if known.outcome == "missed" and known.points == 0:
        assert blind.points == blind.unknown_points == 0


@LAWS
@given(
    calls(),
    st.one_of(
        observations("courtesy", 1.0, sure=True),
        observations("empathy", 1.0, sure=True),
        observations("customer_question", 1.0, sure=True),
        observations("interruption", 0.0, sure=True),
    ),
)
def test_more_good_observations_never_lower(call: tuple[Sop, Tagging, CallFacts], more: Observation) -> None:
    """Another courtesy, acknowledgement, customer's question or patient turn lowers no share that was told."""
    sop, tagging, facts = call
    if facts.observations is None:
        return
    before, after = step_of(call), step_of((sop, tagging, replace(facts, observations=(*facts.observations, more))))
    for old, new in zip(before.dimensions, after.dimensions, strict=True):
        for was, now in zip(old.measures, new.measures, strict=True):
            told = was.outcome not in ("not_applicable", "unknown") and now.outcome != "not_applicable"
            assert not told or (now.low >= was.low and now.high >= was.high)


@LAWS
@given(calls())
def test_missed_steps_earn_nothing(call: tuple[Sop, Tagging, CallFacts]) -> None:
    """Where the event was surely not heard, no manner earns a point; where nothing was sure, none is sure."""
    step = step_of(call)
    sure = any(event.event == "needs_discovery" for event in call[1].present)
    assert sure or step.points == 0
    if step.outcome == "missed" and not sure:
        assert step.unknown_points == 0
        assert all(part.outcome == "not_applicable" for part in step.dimensions if part.name != "points")

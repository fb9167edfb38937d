"""Deals made for tests: short ways to write one down, and strategies for any."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from sop.deals.conditions import (
    DECISION_ROLES,
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
from sop.deals.facts import Action, Approval, CallFact, ContactFact, DealFacts, EventFact, StageMove
from sop.deals.pipeline import Pipeline, Stage
from sop.events import EVENT_SPEAKERS, Slot
from sop.procedure import Wording

NOW = datetime(2026, 11, 13, 12, tzinfo=UTC)
EVENTS = ("customer_need", "next_step", "price_discussion")
FUNCTIONS = ("account", "delivery")
STAGES = ("first", "second", "third")
_WORD = Wording("词", "word")


def days_ago(days: float) -> datetime:
    """The moment so many days before :data:`NOW`."""
    return NOW - timedelta(days=days)


def call(name: str, ago: float = 1.0, **more: Any) -> CallFact:
    """A call of six minutes that was listened to."""
    return CallFact(name, days_ago(ago), more.pop("duration_ms", 360_000), **more)


def event(name: str, event: str, turn: int = 0, ago: float = 1.0, **more: Any) -> EventFact:
    """A key event in the call ``name``, said by who can say it (the customer where both can)."""
    speakers = EVENT_SPEAKERS.get(event, frozenset({"rep"}))
    speaker = more.pop("speaker", "customer" if "customer" in speakers else "rep")
    quote, start = more.pop("quote", f"{event} in turn {turn}"), turn * 4_000
    return EventFact(name, days_ago(ago), event, speaker, turn, start, start + 3_000, quote, **more)


def slot(name: str, value: Any = None, text: str = "said") -> Slot:
    """A slot of that value; None is too vague to say."""
    return Slot(name, text, 0, len(text), value)


def deal(stage: str = "first", **more: Any) -> DealFacts:
    """An open deal of 1,000 GBP in that stage."""
    given = {"outcome": "open", "amount": Decimal(1000), "currency": "GBP", "created_at": days_ago(90)}
    return DealFacts(id="D-1", pipeline="made", stage=stage, **{**given, **more})


def pipeline(*gates: tuple[Condition, ...], **more: Any) -> Pipeline:
    """Open stages ``first``, ``second`` ... with these criteria and chances 0.1, 0.3, 0.5 ..., then won and lost."""
    names = ("first", "second", "third", "fourth", "fifth")
    stages = tuple(
        Stage(names[i], Wording(f"第{i + 1}步", names[i].title()), round(0.1 + 0.2 * i, 1), criteria)
        for i, criteria in enumerate(gates)
    )
    ends = (Stage("won", Wording("赢单", "Won"), 1.0, kind="won"), Stage("lost", Wording("输单", "Lost"), kind="lost"))
    return Pipeline("made", Wording("试", "Made"), (*stages, *ends), **more)


heard = st.builds(
    Heard,
    events=st.lists(st.sampled_from(EVENTS), min_size=1, max_size=2, unique=True).map(tuple),
    speaker=st.sampled_from((None, "rep", "customer")),
    min_count=st.integers(1, 3),
    min_confidence=st.sampled_from((0.0, 0.5, 0.8)),
    within_days=st.sampled_from((None, 5, 30)),
    slot=st.sampled_from((None, "when", "amount")),
    roles=st.lists(st.sampled_from(DECISION_ROLES[:2]), max_size=2, unique=True).map(tuple),
)
leaf: st.SearchStrategy[Condition] = st.one_of(
    heard,
    st.builds(FieldFilled, st.sampled_from(("amount", "budget"))),
    st.builds(ActionDone, st.sampled_from(("visit", "demo"))),
    st.builds(Approved, st.sampled_from(("discount", "bid"))),
    st.builds(TookPart, st.sampled_from(FUNCTIONS)),
    st.builds(SpokenTo, st.sampled_from(DECISION_ROLES[:2]), st.sampled_from((None, 5, 30))),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaf,
    lambda parts: st.one_of(
        st.builds(AnyOf, st.lists(parts, min_size=1, max_size=3, unique_by=lambda part: part.id).map(tuple)),
        st.builds(AllOf, st.lists(parts, min_size=1, max_size=3, unique_by=lambda part: part.id).map(tuple)),
    ),
    max_leaves=4,
)
gates = st.lists(conditions, max_size=2, unique_by=lambda each: each.id).map(tuple)
pipelines = st.tuples(gates, gates, gates).map(lambda found: pipeline(*found))

moments = st.sampled_from((0.5, 3.0, 5.0, 20.0, 60.0)).map(days_ago)
people = st.sampled_from((None, "u1", "u2"))
contacts = st.sampled_from(("c1", "c2", None))
slots = st.lists(st.builds(slot, st.sampled_from(("when", "amount")), st.sampled_from((None, 5))), max_size=2).map(
    tuple
)
calls = st.builds(
    CallFact,
    id=st.sampled_from(("k1", "k2", "k3")),
    at=moments,
    duration_ms=st.sampled_from((0, 60_000)),
    rep=people,
    rep_function=st.sampled_from((None, *FUNCTIONS)),
    contact=contacts,
    heard=st.booleans(),
)


@st.composite
def events_of(draw: st.DrawFn, found: CallFact) -> EventFact:
    """An event heard in that call."""
    return EventFact(
        found.id,
        found.at,
        draw(st.sampled_from(EVENTS)),
        draw(st.sampled_from(("rep", "customer", "unknown"))),
        turn := draw(st.integers(0, 3)),
        turn * 1000,
        turn * 1000 + 900,
        "words",
        draw(st.sampled_from((0.3, 0.7, 1.0))),
        draw(st.booleans()),
        draw(slots),
        draw(st.booleans()),
    )


@st.composite
def deals(draw: st.DrawFn) -> DealFacts:
    """Any deal of the made pipeline; only calls that were heard hold events."""
    found = draw(st.lists(calls, max_size=3, unique_by=lambda each: each.id))
    told = [
        each for one in found if one.heard and one.duration_ms for each in draw(st.lists(events_of(one), max_size=4))
    ]
    outcome = draw(st.sampled_from(("open", "open", "won", "lost")))
    return deal(
        draw(st.sampled_from(STAGES)) if outcome == "open" else outcome,
        outcome=outcome,
        amount=draw(st.sampled_from((None, Decimal(0), Decimal("999.99")))),
        closed_at=None if outcome == "open" else draw(moments),
        moves=tuple(draw(st.lists(st.builds(StageMove, st.sampled_from(STAGES), moments), max_size=3))),
        fields=draw(st.dictionaries(st.just("budget"), st.sampled_from(("", "9")))),
        approvals=tuple(draw(st.lists(approvals, max_size=2))),
        actions=tuple(draw(st.lists(actions, max_size=2))),
        collaborators=tuple(
            draw(st.lists(st.tuples(st.just("u2"), st.just("Uma"), st.sampled_from(FUNCTIONS)), max_size=1))
        ),
        contacts=tuple(draw(st.lists(people_spoken_to, max_size=2, unique_by=lambda each: each.id))),
        calls=tuple(found),
        events=tuple(told),
    )


approvals = st.builds(
    Approval,
    st.sampled_from(("discount", "bid")),
    st.sampled_from(("requested", "approved", "rejected")),
    moments,
    people,
)
actions = st.builds(Action, st.sampled_from(("visit", "demo")), moments, people)
people_spoken_to = st.builds(
    ContactFact, st.sampled_from(("c1", "c2")), st.just("Ann"), st.sampled_from((None, "unknown", *DECISION_ROLES[:2]))
)


@st.composite
def more_evidence(draw: st.DrawFn, facts: DealFacts) -> DealFacts:
    """The same deal with something more known of it."""
    kind = draw(st.sampled_from(("event", "call", "listened", "approval", "action", "contact", "field", "confirmed")))
    if kind == "event" and facts.calls:
        found = draw(st.sampled_from(facts.calls))
        return replace(facts, events=(*facts.events, draw(events_of(found))))
    if kind == "call":
        added = replace(draw(calls), id="k9")
        told = tuple(draw(st.lists(events_of(added), max_size=2))) if added.heard and added.duration_ms else ()
        return replace(facts, calls=(*facts.calls, added), events=(*facts.events, *told))
    if kind == "listened":
        return _listened(draw, facts)
    if kind == "approval":
        return replace(facts, approvals=(*facts.approvals, draw(approvals)))
    if kind == "action":
        return replace(facts, actions=(*facts.actions, draw(actions)))
    if kind == "contact" and not any(each.id == "c2" for each in facts.contacts):
        return replace(facts, contacts=(*facts.contacts, replace(draw(people_spoken_to), id="c2")))
    if kind == "field":
        return replace(facts, fields={**facts.fields, "budget": "9"})
    if kind == "confirmed" and facts.events:
        chosen = draw(st.sampled_from(facts.events))
        sure = replace(chosen, doubtful=False, confidence=1.0)
        return replace(facts, events=tuple(sure if each is chosen else each for each in facts.events))
    return facts


def _listened(draw: st.DrawFn, facts: DealFacts) -> DealFacts:
    """One call more was transcribed."""
    waiting = [each for each in facts.calls if not each.heard]
    if not waiting:
        return facts
    chosen = draw(st.sampled_from(waiting))
    known = replace(chosen, heard=True, duration_ms=60_000)
    told = tuple(draw(st.lists(events_of(known), max_size=3)))
    return replace(
        facts, calls=tuple(known if each is chosen else each for each in facts.calls), events=(*facts.events, *told)
    )

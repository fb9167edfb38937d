"""What a call that was tagged for one procedure says to another: silence proves nothing of what nobody listened for."""

from __future__ import annotations

import pytest

from sop.document import parse
from sop.events import Evidence, KeyEvent, Tagging
from sop.facts import CallFacts, TurnSpan
from sop.listening import listening
from sop.reasons import ReasonCode
from sop.trial import HEARD_ALL, Tally, Trial, TriedCall, card_of

PLAIN = """
name: demo
title: Demo
language: en
steps: [{id: opening, title: Opening, event: opening}]
"""
OWN = """
name: demo
title: Demo
language: en
events:
  - {id: hello, title: Hello, speaker: rep, examples: [Good morning, Hello there, Hi to you]}
  - {id: twice, title: Twice, rule: {event: hello}}
  - {id: objection, rule: {keywords: [no way]}}
steps:
  - {id: greeting, title: Greeting, event: hello}
  - {id: opening, title: Opening, event: opening}
"""
FACTS = CallFacts(60_000, "en", (TurnSpan("rep", 0, 2_000), TurnSpan("customer", 2_500, 4_000)))


def heard(*events: str) -> Tagging:
    """The rep's first turn shows these events."""
    return Tagging(tuple(KeyEvent(event, Evidence(0, 0, 2_000, "rep", "Good morning.", 0.9)) for event in events))


@pytest.mark.parametrize(
    ("tagged_for", "unheard", "stale"),
    [
        (OWN, set(), set()),
        (OWN.replace("title: Hello", "title: Says hello"), set(), set()),
        (None, {"hello", "twice", "objection"}, {"hello", "twice"}),
        (PLAIN, {"hello", "twice", "objection"}, {"hello", "twice"}),
        (OWN.replace("Hi to you", "Hi"), {"hello", "twice"}, {"hello", "twice"}),
        (OWN.replace("no way", "never"), {"objection"}, set()),
        (OWN.replace("id: twice, title: Twice", "id: other, title: Other"), {"twice"}, {"twice", "other"}),
    ],
)
def test_events_described_in_the_same_way_were_listened_for(
    tagged_for: str | None, unheard: set[str], stale: set[str]
) -> None:
    """Titles don't matter; examples and rules do, also those of events that a rule names."""
    found = listening(parse(OWN), parse(tagged_for) if tagged_for else None)
    assert (found.unheard, found.stale) == (unheard, stale)


def test_what_nobody_listened_for_is_unknown() -> None:
    """A step on such an event is unknown with that reason; one that was listened for is missed or met as ever."""
    sop = parse(OWN)
    unknown = card_of(sop, heard("opening"), FACTS, listening(sop, parse(PLAIN)))
    assert [step.outcome for step in unknown.steps] == ["unknown", "met"]
    assert unknown.steps[0].reason.code is ReasonCode.NOT_LISTENED_FOR
    assert [step.outcome for step in card_of(sop, heard("opening"), FACTS, HEARD_ALL).steps] == ["missed", "met"]


def test_findings_of_another_event_of_that_name_don_t_count() -> None:
    """What was found by other examples is neither met nor missed."""
    sop = parse(OWN)
    other = listening(sop, parse(OWN.replace("Hi to you", "Hi")))
    assert [step.outcome for step in card_of(sop, heard("hello", "opening"), FACTS, other).steps] == ["unknown", "met"]


def test_tallies_of_parts_add_up_to_that_of_the_whole() -> None:
    """However the calls are cut into pages, the sum is the same."""
    turns = (("rep", 0, 2_000), ("customer", 2_500, 4_000))
    event = ("opening", False, 0, 0, 2_000, "rep", "Good morning.", 0.9)
    calls = [
        TriedCall(
            str(number),
            60_000,
            "en",
            turns,  # type: ignore[arg-type]
            (event,) if number % 3 else (),  # type: ignore[arg-type]
            groups=(str(number % 2), "North", None),
            after=listening(parse(OWN), parse(PLAIN)) if number % 5 else HEARD_ALL,
        )
        for number in range(40)
    ]
    trial = Trial(parse(PLAIN), parse(OWN))
    whole, parts = trial.run(calls), Tally()
    for first in range(0, 40, 7):
        parts.add(trial.run(calls[first : first + 7]))
    assert parts == whole
    assert whole.calls == 40
    assert whole.changed + whole.unchanged + whole.unscored == 40
    assert all(len(flip.examples) == min(flip.calls, 10) for flip in whole.flips.values())

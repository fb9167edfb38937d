"""Drawing turns for review: reproducible, evenly over events, each with the chance it says."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.reviews.drawing import CallFrame, Heard, draw, populations

EVENTS = {"closing": frozenset({"rep"}), "competitor": frozenset({"rep", "customer"})}


def frame(number: int, speakers: str, heard: dict[tuple[str, int], Heard], language: str = "en") -> CallFrame:
    ids = [uuid.UUID(int=100 * number + part) for part in range(3)]
    return CallFrame(*ids, language, "team", speakers, EVENTS, heard)


@st.composite
def frames(draw_from: st.DrawFn) -> list[CallFrame]:
    made = []
    for number in range(draw_from(st.integers(1, 4))):
        speakers = draw_from(st.text("rcu", min_size=1, max_size=12))
        places = st.tuples(st.sampled_from(sorted(EVENTS)), st.integers(0, len(speakers) - 1))
        heard = draw_from(st.dictionaries(places, st.builds(Heard, st.booleans(), st.just(0.6)), max_size=6))
        made.append(frame(number, speakers, heard, draw_from(st.sampled_from(("zh", "en")))))
    return made


@given(frames(), st.integers(2, 60), st.integers(0, 2**31 - 1))
def test_a_sample_holds_what_it_says(calls: list[CallFrame], size: int, seed: int) -> None:
    """No turn twice for an event, no more than asked for, each able to show it, said what was said, and repeatable."""
    sample = draw(calls, size, seed)
    places = [(drawn.frame.call_id, drawn.turn, drawn.event) for drawn in sample.drawn]
    assert len(set(places)) == len(places) <= size
    for drawn in sample.drawn:
        assert drawn.frame.speakers[drawn.turn] in drawn.frame.letters(drawn.event)
        told = drawn.frame.heard.get((drawn.event, drawn.turn))
        assert drawn.said == ("absent" if told is None else "doubtful" if told.is_doubtful else "present")
        assert drawn.probability == (told.probability if told else None)
        assert 0 < drawn.chance <= 1
    assert draw(calls, size, seed) == sample


@given(frames(), st.integers(0, 2**31 - 1))
def test_a_sample_as_large_as_the_calls_is_a_census(calls: list[CallFrame], seed: int) -> None:
    """Enough turns asked for, every turn that can show an event is drawn, surely; asked again nothing is left."""
    everything = sum(len(call.speakers) for call in calls) * len(EVENTS) * 4
    sample = draw(calls, everything, seed)
    sizes = Counter[str]()
    for (event, _, _), size in populations(calls).items():
        sizes[event] += size.present + size.doubtful + size.absent
    assert Counter(drawn.event for drawn in sample.drawn) == +sizes
    assert all(drawn.chance == 1 for drawn in sample.drawn)
    judged: dict[uuid.UUID, set[tuple[str, int]]] = {}
    for drawn in sample.drawn:
        judged.setdefault(drawn.frame.transcript_id, set()).add((drawn.event, drawn.turn))
    assert draw(calls, everything, seed, judged=judged).drawn == ()


def test_each_turn_comes_as_often_as_its_chance() -> None:
    """Over 3000 seeds the share of samples that hold a turn is the chance the sample states for it."""
    heard = {("closing", 0): Heard(False, 0.9), ("closing", 2): Heard(True, 0.4), ("closing", 4): Heard(True, 0.5)}
    calls = [frame(1, "rcrcrcrc", heard), frame(2, "rrrr", {("closing", 1): Heard(False, 0.8)})]
    seen = Counter[tuple[uuid.UUID, int]]()
    chances: dict[str, float] = {}
    for seed in range(3_000):
        sample = draw(calls, 5, seed, "closing", "en")
        seen.update((drawn.frame.call_id, drawn.turn) for drawn in sample.drawn)
        chances = {stratum.said: stratum.chance for stratum in sample.strata}
    assert chances == pytest.approx(
        {"present": 1.0, "doubtful": 1 - (1 - 1 / 2) * (1 - 2 / 7), "absent": 2 / 7}, abs=0.5
    )
    for call in calls:
        for turn, letter in enumerate(call.speakers):
            told = call.heard.get(("closing", turn))
            said = "absent" if told is None else "doubtful" if told.is_doubtful else "present"
            expected = chances[said] if letter == "r" else 0
            assert seen[call.call_id, turn] / 3_000 == pytest.approx(expected, abs=0.04), (turn, said)


def test_events_and_languages_get_the_same_share() -> None:
    """Of hits as of others, each event and language gets as many as any other, give or take one."""
    heard = {(event, turn): Heard(False, 0.9) for event in EVENTS for turn in range(6)}
    calls = [frame(i, "r" * 30, heard, language) for i, language in enumerate(("zh", "en", "en"))]
    sample = draw(calls, 42, 7)
    for is_hit in (True, False):
        counts = Counter((d.event, d.frame.language) for d in sample.drawn if (d.said == "present") == is_hit)
        assert len(counts) == 4
        assert max(counts.values()) - min(counts.values()) <= 1
    assert len(sample.drawn) == 42


def test_a_sample_can_be_of_one_event_and_language() -> None:
    """Only that event in that language; an event that no SOP knows gives nothing."""
    calls = [frame(1, "rcrc", {}), frame(2, "rcrc", {}, "zh")]
    drawn = draw(calls, 10, 3, "closing", "zh").drawn
    assert {(d.event, d.frame.language) for d in drawn} == {("closing", "zh")}
    assert draw(calls, 10, 3, "sings").drawn == ()

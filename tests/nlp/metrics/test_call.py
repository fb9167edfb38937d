"""Laws and examples of the call metrics."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asr.transcript import Speaker, Transcript, Turn
from nlp.metrics.call import measure


def turn(speaker: Speaker, start_s: float, end_s: float, text: str = "hello there") -> Turn:
    channel = 0 if speaker == "rep" else 1
    return Turn(speaker, channel, round(start_s * 1000), round(end_s * 1000), text, 0.9)


def call(*turns: Turn, seconds: int = 60, **changes: Any) -> Transcript:
    return (
        Transcript(seconds * 1000, "en", 2, turns, **changes)
        if "channels" not in changes
        else Transcript(seconds * 1000, "en", changes["channels"], turns)
    )


TURNS = st.lists(
    st.builds(
        lambda speaker, start, length: turn(speaker, start, start + length),
        st.sampled_from(["rep", "customer", "unknown"]),
        st.floats(0, 80),
        st.floats(0, 30),
    ),
    max_size=12,
).map(lambda turns: sorted(turns, key=lambda t: t.start_ms))


@example([turn("rep", 0, 1), turn("customer", 0, 1), turn("rep", 62, 62)])
@given(TURNS)
def test_figures_stay_in_their_ranges(turns: list[Turn]) -> None:
    """Ratios lie in [0, 1], nothing is negative, and no stretch is longer than the call."""
    metrics = measure(call(*turns))
    assert metrics.talk_ratio is None or 0 <= metrics.talk_ratio <= 1
    for name, value in metrics.to_json().items():
        assert value is None or value >= 0, name
        assert value is None or not name.endswith("_ms") or value <= 60_000, name


@settings(deadline=None)
@given(TURNS)
def test_speech_and_silence_fill_the_call(turns: list[Turn]) -> None:
    """Silence is what no turn covers: with the time covered it makes the whole call."""
    covered = set[int]()
    for t in turns:
        covered.update(range(min(t.start_ms, 60_000), min(t.end_ms, 60_000)))
    metrics = measure(call(*turns))
    assert metrics.silence_ms == 60_000 - len(covered)
    assert (metrics.longest_silence_ms or 0) <= (metrics.silence_ms or 0)


@given(TURNS)
def test_swapping_the_parties_swaps_their_figures(turns: list[Turn]) -> None:
    """The talk ratios of both views sum to one and the monologues change places."""
    other: dict[Speaker, Speaker] = {"rep": "customer", "customer": "rep", "unknown": "unknown"}
    swapped = [turn(other[t.speaker], t.start_ms / 1000, t.end_ms / 1000) for t in turns]
    ours, theirs = measure(call(*turns)), measure(call(*swapped))
    assert ours.longest_monologue_ms == theirs.longest_customer_story_ms
    assert ours.overlap_ms == theirs.overlap_ms
    if ours.talk_ratio is not None and theirs.talk_ratio is not None:
        assert ours.talk_ratio + theirs.talk_ratio == pytest.approx(1)


def test_an_example_by_hand() -> None:
    """A short call whose every figure can be counted on paper."""
    metrics = measure(
        call(
            turn("rep", 0, 10, "Um, how many people are on your team? Great."),
            turn("customer", 12, 22, "Forty."),
            turn("rep", 23, 33, "Good."),
            turn("customer", 33.2, 33.6, "Mm-hmm."),
            turn("rep", 34, 44, "Our product counts hours."),
            turn("customer", 43, 46, "Ok."),
        )
    )
    assert metrics.talk_ratio == pytest.approx(30 / 43.4)
    assert metrics.longest_monologue_ms == 21_000
    assert metrics.longest_customer_story_ms == 10_000
    assert metrics.turn_switches == 5
    assert metrics.interactivity == pytest.approx(5)
    assert metrics.patience_ms == 700
    assert metrics.rep_questions == 1
    assert metrics.question_rate == pytest.approx(1)
    assert (metrics.overlaps, metrics.overlap_ms) == (1, 1_000)
    assert (metrics.silence_ms, metrics.longest_silence_ms) == (17_600, 14_000)
    assert metrics.rep_speech_rate == pytest.approx(14 * 2)
    assert metrics.rep_fillers_per_min == pytest.approx(2)


def test_what_cannot_be_told_is_none() -> None:
    """One silent channel, nobody known, or a single channel: no figure is made up."""
    alone = measure(call(turn("rep", 0, 30)))
    assert (alone.talk_ratio, alone.patience_ms, alone.overlaps) == (None, None, None)
    unknown = measure(call(turn("unknown", 0, 30), turn("rep", 30, 40)))
    assert (unknown.talk_ratio, unknown.rep_speech_rate, unknown.rep_questions) == (None, None, None)
    assert unknown.silence_ms == 20_000
    deaf = measure(call(turn("rep", 0, 30), turn("customer", 30, 40), notes=("empty_channel:1",)))
    assert (deaf.talk_ratio, deaf.silence_ms) == (None, None)
    mono = measure(call(turn("rep", 0, 30), turn("customer", 29, 40), channels=1))
    assert mono.overlaps is None
    assert mono.talk_ratio == pytest.approx(30 / 41)


def test_an_empty_call_is_silence() -> None:
    """Without turns only silence can be told; a call of no length has no rates."""
    metrics = measure(call())
    assert {k for k, v in metrics.to_json().items() if v is not None} == {"silence_ms", "longest_silence_ms"}
    assert measure(call(seconds=0)).silence_ms == 0

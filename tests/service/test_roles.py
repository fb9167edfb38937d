"""Who is the rep, as a person says it: parties, swaps and what is carried to another transcript."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.transcript import Speaker, Transcript, Turn
from service.calls.roles import (
    Party,
    RolesError,
    Wish,
    carried_rep,
    other_of,
    parties,
    rep_of,
    swap,
    wished_rep,
    with_rep,
)


def turn(speaker: Speaker, channel: int, start_ms: int, end_ms: int, voice: int | None = None) -> Turn:
    return Turn(speaker, channel, start_ms, end_ms, "x", 0.9, voice=voice)


def call(*turns: Turn, channels: int = 2) -> Transcript:
    return Transcript(60_000, "en", channels, turns, role_confidence=0.7 if channels == 1 else 1.0)


STEREO = call(turn("rep", 0, 0, 1_000), turn("customer", 1, 1_000, 2_000))
VOICES = call(turn("customer", 0, 0, 1_000, 0), turn("rep", 0, 1_000, 3_000, 1), channels=1)
UNKNOWN = call(turn("unknown", 0, 0, 1_000, 0), turn("unknown", 0, 1_000, 3_000, 1), channels=1)
THREE = call(
    turn("rep", 0, 0, 900, 0), turn("customer", 0, 1_000, 1_900, 1), turn("customer", 0, 2_000, 3_000, 2), channels=1
)
MONO = call(turn("unknown", 0, 0, 1_000), channels=1)
SILENT_REP = call(turn("customer", 1, 0, 1_000))


@st.composite
def two_party_calls(draw: st.DrawFn) -> Transcript:
    """Calls of two parties whose roles are known, on two channels or as two voices on one."""
    on_one = draw(st.booleans())
    rep = draw(st.integers(0, 1))
    who = draw(st.lists(st.integers(0, 1), min_size=2, max_size=12).filter(lambda ids: len(set(ids)) == 2))
    turns = [
        turn("rep" if i == rep else "customer", 0 if on_one else i, n * 1_000, n * 1_000 + 800, i if on_one else None)
        for n, i in enumerate(who)
    ]
    return call(*turns, channels=1 if on_one else 2)


@given(two_party_calls())
def test_a_swap_exchanges_all_turns_and_a_second_brings_them_back(transcript: Transcript) -> None:
    """Naming the other party is the swap of the transcript, and naming the first again is the machine's answer."""
    rep = rep_of(transcript)
    assert rep is not None
    swapped = with_rep(transcript, wished_rep(transcript, Wish(swapped=True)))
    assert swapped == transcript.with_roles_swapped()
    assert replace(with_rep(swapped, rep), role_confidence=transcript.role_confidence) == transcript


@given(two_party_calls())
def test_what_is_offered_as_a_swap_always_exchanges_the_roles(transcript: Transcript) -> None:
    """From the machine's answer and from a corrected one, the offered wish leads to the other party."""
    for named in (None, *parties(transcript)):
        offered = swap(transcript, named)
        assert offered is not None
        led_to = wished_rep(transcript, offered) or rep_of(transcript)
        assert led_to == other_of(transcript, named or rep_of(transcript) or Party(9))


@given(st.integers(0, 9), st.none() | st.integers(0, 9))
def test_a_party_is_read_as_it_was_written(channel: int, voice: int | None) -> None:
    """Text and value of a party are the same."""
    assert Party.parse(str(Party(channel, voice))) == Party(channel, voice)


@given(two_party_calls())
def test_a_correction_is_carried_to_the_same_people(transcript: Transcript) -> None:
    """However the voices of another transcription are numbered and called, the rep stays the one who was named."""
    for rep in parties(transcript):
        renumbered = replace(
            transcript,
            turns=tuple(
                replace(t, speaker="unknown", voice=None if t.voice is None else 1 - t.voice) for t in transcript.turns
            ),
        )
        expected = rep if rep.voice is None else Party(rep.channel, 1 - rep.voice)
        assert carried_rep(with_rep(transcript, rep), renumbered) == expected


def test_a_rep_on_a_channel_is_found_among_voices_by_time() -> None:
    """A word given on a two-channel reading finds the voice that speaks at the rep's times."""
    assert carried_rep(STEREO, VOICES) == Party(0, 0)
    assert carried_rep(STEREO, MONO) is None
    late = call(turn("unknown", 0, 50_000, 51_000, 0), turn("unknown", 0, 52_000, 53_000, 1), channels=1)
    assert carried_rep(STEREO, late) is None


@pytest.mark.parametrize(
    ("transcript", "rep"),
    [(STEREO, Party(0)), (VOICES, Party(0, 1)), (UNKNOWN, None), (MONO, None), (SILENT_REP, Party(0))],
)
def test_the_rep_is_known_or_not(transcript: Transcript, rep: Party | None) -> None:
    """Of known roles the rep is one party, also one who says nothing; of unknown ones there is none."""
    assert rep_of(transcript) == rep


def test_a_voice_named_rep_leaves_the_others_customers() -> None:
    """With three voices one is the rep and both others are customers, with certainty."""
    named = with_rep(THREE, wished_rep(THREE, Wish(rep_voice=2)))
    assert [t.speaker for t in named.turns] == ["customer", "customer", "rep"]
    assert named.role_confidence == 1.0


@pytest.mark.parametrize(
    ("transcript", "wish", "message"),
    [
        (THREE, Wish(swapped=True), "name the rep's voice instead"),
        (UNKNOWN, Wish(swapped=True), "name the rep's voice instead"),
        (MONO, Wish(swapped=True), "only one voice is told apart"),
        (call(), Wish(swapped=True), "nobody speaks in this call"),
        (VOICES, Wish(rep_voice=2), "rep_voice: no voice 2; the voices of this call are 0, 1"),
        (STEREO, Wish(rep_voice=0), "rep_voice: no voice 0; no voices were told apart in this call"),
    ],
)
def test_a_wish_that_does_not_fit_is_refused_with_what_can_be_asked(
    transcript: Transcript, wish: Wish, message: str
) -> None:
    """Each refusal is one line that says why."""
    with pytest.raises(RolesError, match=message):
        wished_rep(transcript, wish)
    assert swap(transcript, None) is None or transcript in (VOICES, STEREO)

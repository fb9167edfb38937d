"""The measure of diarization, on a call whose answer is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyannote.metrics", reason="pip install pyannote.metrics")

from asr.regions import Region
from asr.transcript import OTHER_PARTY, Speaker, Transcript, Turn, Word
from benchmarks.diarization import Score, compare, mixed
from benchmarks.gold import GoldCall, GoldChannel, Said

REP = [(0, 4_000, "would you like that"), (9_000, 12_000, "fine thanks a lot")]
CUSTOMER = [(5_000, 8_000, "yes i would like"), (11_000, 14_000, "well goodbye now then")]


def channel(speaker: str, turns: list[tuple[int, int, str]]) -> GoldChannel:
    said = tuple(Said(text, Region(start, end), Region(start, end)) for start, end, text in turns)
    return GoldChannel(speaker, np.full(15 * 16_000, 0.1, dtype=np.float32), said, -20.0)


@pytest.fixture
def call() -> GoldCall:
    """Two turns of each party; the last two overlap for a second."""
    return GoldCall(Path("a.wav"), "en", (channel("rep", REP), channel("customer", CUSTOMER)))


@pytest.fixture
def heard() -> Transcript:
    """The same call without a fault."""
    turns = [turn("rep", 0, *spoken) for spoken in REP] + [turn("customer", 1, *spoken) for spoken in CUSTOMER]
    return Transcript(15_000, "en", 1, tuple(sorted(turns, key=lambda t: t.start_ms)), role_confidence=0.9)


def turn(speaker: Speaker, voice: int, start_ms: int, end_ms: int, text: str) -> Turn:
    texts = text.split()
    step = (end_ms - start_ms) // len(texts)
    words = tuple(Word(word, start_ms + i * step, start_ms + (i + 1) * step, 0.9) for i, word in enumerate(texts))
    return Turn(speaker, 0, start_ms, end_ms, text, 0.9, words, voice=voice)


def test_a_faultless_transcript_has_no_errors(call: GoldCall, heard: Transcript) -> None:
    """All words right, also where both speak at once, and no diarization error."""
    score = compare(call, heard)
    assert (score.words, score.right, score.unclear) == (16, 16, 0)
    assert score.written.rate == pytest.approx(0.0)
    assert (score.voices, score.sure) == (2, 0.9)


def test_swapped_roles_are_wrong_words_but_no_confusion(call: GoldCall, heard: Transcript) -> None:
    """Who is the rep is judged by the words; which voices are one by the error rate."""
    turns = tuple(replace(t, speaker=OTHER_PARTY[t.speaker]) for t in heard.turns)
    score = compare(call, replace(heard, turns=turns))
    assert score.right == 0
    assert score.written.rate == pytest.approx(0.0)


def test_one_voice_for_all_is_confusion(call: GoldCall, heard: Transcript) -> None:
    """The shorter party's time is confused, its words wrong."""
    turns = tuple(replace(t, speaker="rep", voice=0) for t in heard.turns)
    score = compare(call, replace(heard, turns=turns))
    assert (score.right, score.words) == (8, 16)
    assert score.written.confusion > 3.0


def test_unknown_speakers_are_never_right(call: GoldCall, heard: Transcript) -> None:
    """Not to know earns nothing."""
    turns = tuple(replace(t, speaker="unknown") for t in heard.turns)
    assert compare(call, replace(heard, turns=turns)).right == 0


def test_words_that_both_may_have_said_are_left_out(call: GoldCall, heard: Transcript) -> None:
    """Where both speak and the text tells nothing, nothing is judged."""
    odd = Turn("rep", 0, 11_200, 11_600, "mumble", 0.9, (Word("mumble", 11_200, 11_600, 0.9),), voice=0)
    score = compare(call, replace(heard, turns=(*heard.turns, odd)))
    assert (score.words, score.unclear) == (16, 1)


def test_scores_add_up(call: GoldCall, heard: Transcript) -> None:
    """Sums of words and seconds, the least of the rest; one line each."""
    one: Score = compare(call, heard)
    both = one.plus(replace(one, voices=1, sure=0.6))
    assert (both.words, both.voices, both.sure) == (32, 1, 0.6)
    assert both.written.total == pytest.approx(2 * one.written.total)
    assert len(both.to_text().splitlines()) == 1
    assert mixed(call) == pytest.approx(np.full(15 * 16_000, 0.1), abs=1e-6)

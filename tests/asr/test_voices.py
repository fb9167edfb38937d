"""Windows of a channel and the voices of its words."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.clustering import Vectors
from asr.levels import Mono
from asr.regions import Region
from asr.transcript import Word
from asr.voices import VoiceOptions, VoiceTrack, voices_of_words, windows
from tests.fakes_asr import FakeEmbedder
from tests.sounds_asr import bursts_at

DIM = 64


@st.composite
def region_lists(draw: st.DrawFn) -> list[Region]:
    """Sorted regions that do not overlap."""
    at, found = 0, []
    for pause, length in draw(st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 9_000)), max_size=6)):
        found.append(Region(at + pause, at + pause + length))
        at += pause + length
    return found


@given(region_lists())
def test_windows_cover_speech_and_nothing_else(regions: list[Region]) -> None:
    """From near the start of a long enough region to its end, windows touch; none leaves its region or is over long."""
    options = VoiceOptions()
    found = windows(regions, options)
    assert found == sorted(found)
    for region in regions:
        own = [w for w in found if region.start_ms <= w.start_ms and w.end_ms <= region.end_ms]
        if region.duration_ms < options.least_ms:
            continue
        assert own[0].start_ms <= region.start_ms + options.hop_ms // 2
        assert own[-1].end_ms == region.end_ms
        assert all(b.start_ms <= a.end_ms for a, b in pairwise(own))
        assert all(options.least_ms <= w.duration_ms <= options.window_ms for w in own)
    assert all(any(r.start_ms <= w.start_ms and w.end_ms <= r.end_ms for r in regions) for w in found)


def speech(voices: list[int], seconds: int = 4) -> tuple[list[Word], list[Region], Vectors]:
    """A turn of each voice in turn, a word every 400 ms, half a second of pause between turns; windows and vectors."""
    rng = np.random.default_rng(0)
    words, regions, owners = [], [], []
    at = 0
    for voice in voices:
        regions.append(Region(at, at + seconds * 1_000))
        owners.append(voice)
        count = seconds * 1_000 // 400
        for i in range(count):
            words.append(Word("so." if i == count - 1 else "so", at + i * 400, at + i * 400 + 380, 0.9))
        at += seconds * 1_000 + 500
    heard = windows(regions, VoiceOptions())
    whose = [owners[i] for w in heard for i, r in enumerate(regions) if r.start_ms <= w.start_ms < r.end_ms]
    return words, heard, vectors_of(whose, rng)


def vectors_of(whose: list[int], rng: np.random.Generator) -> Vectors:
    """Noisy unit vectors, each voice around an axis of its own."""
    rows = 0.5 * rng.normal(size=(len(whose), DIM)) / np.sqrt(DIM)
    rows[np.arange(len(whose)), whose] += 1.0
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_every_word_gets_the_voice_that_says_it() -> None:
    """Turns by turns; voices are numbered in order of their first words."""
    words, heard, vectors = speech([1, 0, 1, 0, 1])
    assert voices_of_words(words, heard, vectors) == [0] * 10 + [1] * 10 + [0] * 10 + [1] * 10 + [0] * 10


def test_a_single_odd_window_does_not_break_a_sentence() -> None:
    """Inside running speech one window that leans a little to the other voice is noise."""
    words, heard, vectors = speech([0, 1, 0, 1])
    odd = vectors.copy()
    odd[1] = 0.49 * vectors[1] + 0.51 * vectors[-1]
    odd[1] /= np.linalg.norm(odd[1])
    assert voices_of_words(words, heard, odd)[:10] == [0] * 10


def test_one_voice_is_one_voice() -> None:
    """A monologue is not split, nor are words without any vector."""
    words, heard, vectors = speech([0] * 6)
    assert set(voices_of_words(words, heard, vectors)) == {0}
    assert voices_of_words(words, [], vectors[:0]) == [0] * len(words)
    assert voices_of_words([], heard, vectors) == []


def test_music_without_words_is_no_voice() -> None:
    """Windows in which nothing is said do not take the place of a party."""
    words, heard, vectors = speech([0, 1, 0, 1])
    music = [Region(100_000 + i * 1_000, 101_500 + i * 1_000) for i in range(40)]
    sound = vectors_of([5] * 40, np.random.default_rng(1))
    with_music = voices_of_words(words, heard + music, np.concatenate([vectors, sound]))
    assert with_music == voices_of_words(words, heard, vectors)


def test_voices_are_counted_when_not_given() -> None:
    """Three parties are found without being told of."""
    words, heard, vectors = speech([0, 1, 2, 0, 1, 2])
    assert len(set(voices_of_words(words, heard, vectors, None))) == 3
    assert len(set(voices_of_words(words, heard, vectors, 2))) == 2


@given(
    st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 2_000), st.sampled_from(["a", "b."])), max_size=30),
    st.integers(0, 40),
    st.sampled_from([None, 1, 2, 3]),
)
def test_any_words_get_voices_in_order(spans: list[tuple[int, int, str]], count: int, voices: int | None) -> None:
    """One voice a word, numbered without gaps in order of appearance, no more than asked for."""
    words = [Word(text, start, start + length, 0.5) for start, length, text in sorted(spans)]
    heard = [Region(i * 1_000, i * 1_000 + 1_500) for i in range(count)]
    vectors = np.random.default_rng(count).normal(size=(count, 8)).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    found = voices_of_words(words, heard, vectors, voices)
    assert len(found) == len(words)
    assert list(dict.fromkeys(found)) == list(range(len(set(found))))
    assert voices is None or len(set(found)) <= max(voices, 1)


def test_blocks_make_one_track() -> None:
    """Voices are told over the whole call, wherever its blocks are cut."""
    low, high = bursts_at([(0, 3_000)], 4, hz=300), bursts_at([(0, 3_000)], 4, hz=440)
    track = VoiceTrack(FakeEmbedder(), VoiceOptions())
    for number, sound in enumerate([low, high, low]):
        begin = number * 4_000
        track.hear([Region(begin, begin + 3_000)], sound, begin, lambda: None)
    words = [Word("so", at, at + 900, 0.9) for at in (0, 1_000, 4_000, 5_000, 8_000)]
    assert track.words_by_voice(words, 2) == {0: (words[0], words[1], words[4]), 1: (words[2], words[3])}


def test_what_the_check_raises_stops_the_work() -> None:
    """A call that is cancelled is not heard to its end."""
    asked: list[int] = []

    class Counting(FakeEmbedder):
        def embed(self, clips: list[Mono]) -> Vectors:  # type: ignore[override]
            asked.append(len(clips))
            return super().embed(clips)

    def stop() -> None:
        if asked:
            raise InterruptedError

    track = VoiceTrack(Counting(), VoiceOptions())
    with pytest.raises(InterruptedError):
        track.hear([Region(0, 120_000)], np.zeros(120 * 16_000, dtype=np.float32), 0, stop)
    assert len(asked) == 1

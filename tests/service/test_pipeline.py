"""From a recording to its transcript and its review, on stand-ins."""

from dataclasses import replace
from pathlib import Path

import pytest

from asr.transcript import Speaker, Transcript, Turn
from fakes import FakeEngines, FakeRespeller, write_wav
from service import pipeline
from service.settings import Settings
from sounds_asr import Samples, bursts_at


@pytest.fixture
def two_voices() -> Samples:
    """Two voices in turn, each twice for two seconds."""
    low = bursts_at([(0, 2_000), (5_000, 7_000)], 10)
    return low + bursts_at([(2_600, 4_400), (7_600, 9_600)], 10, hz=440)


def transcript_of(tmp_path: Path, sound: Samples, engines: FakeEngines, channels: int = 1) -> Transcript:
    path = write_wav(tmp_path / "call.wav", sound.reshape(1, -1).repeat(channels, axis=0), 16_000)
    return pipeline.transcribe(path, engines, Settings(home=tmp_path)).transcript


@pytest.mark.parametrize(("channels", "notes"), [(1, ()), (2, ("identical_channels",))])
def test_a_mono_recording_has_roles(tmp_path: Path, two_voices: Samples, channels: int, notes: tuple[str, ...]) -> None:
    """Voices are told apart and given their roles, also in fake stereo; how sure that is stays beside them."""
    transcript = transcript_of(tmp_path, two_voices, FakeEngines(), channels)
    assert {(t.voice, t.speaker) for t in transcript.turns} == {(0, "rep"), (1, "customer")}
    assert transcript.role_confidence == 0.9
    assert transcript.notes == notes


def test_the_number_of_voices_is_a_setting(tmp_path: Path, two_voices: Samples) -> None:
    """Told that there is one, none are sought."""
    path = write_wav(tmp_path / "call.wav", two_voices.reshape(1, -1), 16_000)
    heard = pipeline.transcribe(path, FakeEngines(), Settings(home=tmp_path, speakers=1))
    assert {turn.voice for turn in heard.transcript.turns} == {0}


def test_without_voice_weights_speakers_are_unknown(tmp_path: Path, two_voices: Samples) -> None:
    """The words are there all the same, and the transcript says why nobody is named."""
    engines = FakeEngines()
    engines.embedder = None
    transcript = transcript_of(tmp_path, two_voices, engines)
    assert {turn.speaker for turn in transcript.turns} == {"unknown"}
    assert transcript.notes == ("voices_untold",)
    assert sum(len(turn.words) for turn in transcript.turns) == 4


@pytest.mark.parametrize(("names", "text"), [((), "一。一。一。一。"), (("丁",), "一。丁。一。一。")])
def test_mandarin_is_spelt_anew(tmp_path: Path, two_voices: Samples, names: tuple[str, ...], text: str) -> None:
    """What was heard goes through the respeller where there is one, with the names that are to stay."""
    engines = FakeEngines()
    engines.respeller = FakeRespeller()
    path = write_wav(tmp_path / "call.wav", two_voices.reshape(1, -1), 16_000)
    heard = pipeline.transcribe(path, engines, Settings(home=tmp_path), language="zh", vocabulary={"zh": names})
    assert "".join(turn.text for turn in heard.transcript.turns) == text


@pytest.mark.parametrize(
    ("speaker", "confidence", "known"), [("rep", 1.0, True), ("rep", 0.55, False), ("unknown", 1.0, False)]
)
def test_guessed_roles_are_not_scored_as_known(speaker: Speaker, confidence: float, known: bool) -> None:
    """What depends on who speaks is unknown where the roles are hardly more than a guess."""
    transcript = Transcript(5_000, "en", 1, (Turn(speaker, 0, 0, 4_000, "Hi, it's Kim.", 0.9),))
    assert pipeline.facts(replace(transcript, role_confidence=confidence)).roles_known is known

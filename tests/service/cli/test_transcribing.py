"""One recording to a transcript in every form, by Whisper or a server, with names that may be said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from asr.guards import Removed
from asr.recording import Transcription
from commands import RATE_HZ, SPEECH, Run
from fakes import silence, tone, write_wav
from fakes_remote import refused, speech_server
from fakes_web import mono
from service.sops.versions import shipped


def test_transcribe_prints_the_documented_json(clearcall: Run, tmp_path: Path, speech: NDArray[np.float32]) -> None:
    """Turns with speaker, channel, times, text, confidence and words; times in order and inside the call."""
    file = write_wav(tmp_path / "a.wav", speech, RATE_HZ)
    code, lines, _ = clearcall("transcribe", str(file), "--format", "json")
    document = json.loads(lines[0])
    assert code == 0
    assert set(document) >= {"duration_ms", "language", "channels", "turns"}
    assert (document["language"], document["channels"], document["duration_ms"]) == ("zh", 2, 12_000)
    for turn in document["turns"]:
        assert set(turn) == {"speaker", "channel", "start_ms", "end_ms", "text", "confidence", "words"}
        assert turn["speaker"] == ("rep", "customer")[turn["channel"]]
        assert 0 <= turn["start_ms"] < turn["end_ms"] <= 12_000
        assert all(set(word) == {"text", "start_ms", "end_ms", "confidence"} for word in turn["words"])


@pytest.mark.parametrize("form", ["txt", "vtt", "srt", "rttm"])
def test_transcribe_has_other_forms(clearcall: Run, tmp_path: Path, form: str) -> None:
    """A silent recording gives an empty document of each form, and says so on standard error."""
    file = write_wav(tmp_path / "a.wav", silence(2.0))
    code, lines, errors = clearcall("transcribe", str(file), "--format", form)
    assert code == 0
    assert lines in ([], ["WEBVTT"], ["WEBVTT", ""])
    assert "no speech" in errors


def test_transcribe_asks_the_server(clearcall: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--engine openai --model NAME` sends the speech there, with the key, and prints what comes back or why not."""
    with speech_server(lambda asked: {"text": "Hello there.", "language": "english"}) as server:
        monkeypatch.setenv("CLEARCALL_REMOTE_URL", server.url)
        monkeypatch.setenv("CLEARCALL_REMOTE_KEY", "sk-secret")
        code, lines, errors = clearcall(
            "transcribe", SPEECH, "--engine", "openai", "--model", "big", "--format", "json"
        )
        assert code == 0, errors
        assert {turn["text"] for turn in json.loads(lines[0])["turns"]} >= {"Hello there."}
        assert {asked.fields["model"] for asked in server.asked} == {"big"}
        assert server.asked[0].headers["authorization"] == "Bearer sk-secret"
        server.say = lambda asked: refused(401, "bad key sk-secret")
        code, lines, errors = clearcall("transcribe", SPEECH, "--engine", "openai")
    assert (code, lines) == (1, [])
    reason = "refuses the key (401 Unauthorized: bad key …); check the key"
    assert errors.strip().splitlines()[-1] == f"clearcall: {server.url}/audio/transcriptions: {reason}"


@pytest.mark.parametrize("speakers", ["0", "9", "two", "-1"])
def test_a_wrong_number_of_speakers_is_explained(clearcall: Run, speakers: str) -> None:
    """The option takes a number within reach, or auto."""
    code, _, errors = clearcall("transcribe", SPEECH, f"--speakers={speakers}")
    assert code == 2
    assert f"--speakers: '{speakers}' is neither auto nor a number from 1 to 8" in errors


def test_a_missing_address_is_one_line(clearcall: Run, tmp_path: Path) -> None:
    """The command names the setting to set."""
    code, _, errors = clearcall("transcribe", str(write_wav(tmp_path / "a.wav", tone(2.0))), "--engine", "openai")
    assert code == 1
    assert "clearcall: CLEARCALL_REMOTE_URL: missing; engine 'openai' needs the address of a server" in errors


def test_what_was_not_believed_is_printed_on_request(
    clearcall: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--removed adds it to the JSON with its reason; the other forms have no place for it."""
    file = str(write_wav(tmp_path / "a.wav", tone(1.0)))
    heard = Transcription(mono(("rep", "customer") * 2, 0.72), (Removed(0, 0, 900, "Thanks", "subtitle"),))
    monkeypatch.setattr("service.pipeline.transcribe", lambda *_, **__: heard)
    plain = json.loads(clearcall("transcribe", file, "--format", "json")[1][0])
    full = json.loads(clearcall("transcribe", file, "--format", "json", "--removed")[1][0])
    removed = full.pop("removed")
    assert full == plain
    assert removed == [{"channel": 0, "start_ms": 0, "end_ms": 900, "text": "Thanks", "reason": "subtitle"}]
    code, _, errors = clearcall("transcribe", file, "--removed")
    assert code == 2
    assert errors.strip() == "clearcall: --removed: only --format json has a place for what was not believed"
    told = [turn["speaker"] for turn in plain["turns"]]
    swapped = json.loads(clearcall("analyze", file, "--swap-roles", "--json")[1][0])
    assert [turn["speaker"] for turn in swapped["turns"]] == told[1:] + told[:1]


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        ("北灯冷链，蓝霜, Frostmere,", ("北灯冷链", "蓝霜", "Frostmere"), ("北灯冷链", "蓝霜", "Frostmere")),
        ("SOP.yaml", (), ("Northlamp", "Frostmere")),
    ],
)
def test_names_come_from_a_list_or_an_sop(
    clearcall: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: str,
    zh: tuple[str, ...],
    en: tuple[str, ...],
) -> None:
    """A list counts in every language, an SOP in its own; transcribe, analyze and evaluate pass them on."""
    words = "  hotwords: [Northlamp]\n  competitors: [Frostmere]"
    document = shipped()["en-b2b"].replace("  hotwords: []\n  competitors: []", words)
    (tmp_path / "SOP.yaml").write_text(document, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    file = write_wav(tmp_path / "a.wav", tone(1.0))
    gold = {"language": "en", "channels": ["rep", "customer"], "turns": [{"speaker": "rep", "text": "Hi."}]}
    file.with_suffix(".json").write_text(json.dumps(gold))
    told: list[dict[str, tuple[str, ...]]] = []

    def heard(*_: object, vocabulary: dict[str, tuple[str, ...]], **__: object) -> Transcription:
        told.append(vocabulary)
        return Transcription(mono(("rep", "customer") * 2, 0.72))

    monkeypatch.setattr("service.pipeline.transcribe", heard)
    assert clearcall("transcribe", str(file), "--vocabulary", given)[0] == 0
    assert clearcall("evaluate", "asr", str(tmp_path), "--vocabulary", given, "--json")[0] == 0
    if given == "SOP.yaml":
        assert clearcall("analyze", str(file), "--sop", given, "--json")[0] == 0
    assert clearcall("transcribe", str(file))[0] == 0
    assert told.pop() == {}
    assert [(names.get("zh", ()), names["en"]) for names in told] == [(zh, en)] * (3 if given == "SOP.yaml" else 2)


def test_a_missing_vocabulary_is_one_line(clearcall: Run) -> None:
    """An SOP file that is not there is no list of names."""
    code, _, errors = clearcall("transcribe", "a.wav", "--vocabulary", "gone.yaml")
    assert code == 1
    assert errors.strip() == "clearcall: gone.yaml: can't be read (No such file or directory)"

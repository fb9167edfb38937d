"""The command line: results on standard output, one clear line for a mistake, and a batch that goes on."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import structlog
from numpy.typing import NDArray
from sqlalchemy import select

from asr.audio import decode
from asr.guards import Removed
from asr.recording import Transcription
from fakes import silence, tone, write_wav
from fakes_remote import closed_url, refused, speech_server
from fakes_web import add_call, add_transcribed, mono
from models.calls import Recording
from models.database import Database
from models.scores import Analysis
from service import cli
from service import settings as settings_module
from service.jobs import worker as worker_module
from service.settings import Settings
from service.sops.versions import shipped

DEMO = Path(__file__).parents[2] / "service" / "demo" / "data"
RATE_HZ = 16_000

Run = Callable[..., tuple[int, list[str], str]]


@pytest.fixture(scope="session")
def weights(server_home: Path) -> Path:
    """Where the weights are joined, once for all tests."""
    folder = server_home / "weights"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def clearcall(
    database: Database,
    tmp_path: Path,
    weights: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Runs a command in a home of its own; gives exit code, lines of output, and errors."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "weights").symlink_to(weights)
    monkeypatch.setenv("CLEARCALL_HOME", str(home))
    monkeypatch.setenv("CLEARCALL_DATABASE_URL", database.conninfo)
    settings_module.settings.cache_clear()

    def run(*arguments: str) -> tuple[int, list[str], str]:
        monkeypatch.setattr(sys, "argv", ["clearcall", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err

    yield run
    settings_module.settings.cache_clear()
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def speech() -> NDArray[np.float32]:
    """Twenty seconds of a Chinese call, both channels, 16 kHz."""
    samples: NDArray[np.float32] = decode(DEMO / "audio" / "zh-demo-001.ogg").samples[:, : 20 * RATE_HZ]
    return samples


def write_video_without_sound(path: Path) -> None:
    """A second of black film."""
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def ringback(seconds: float) -> NDArray[np.float32]:
    """China's ring-back tone: 450 Hz, one second of five."""
    sound = tone(seconds, 2, RATE_HZ, 450.0)
    on = (np.arange(sound.shape[1]) / RATE_HZ) % 5 < 1
    return (sound * on).astype(np.float32)


@pytest.mark.timeout(600)
def test_bad_recordings_each_get_a_clear_state(clearcall: Run, tmp_path: Path, speech: NDArray[np.float32]) -> None:
    """Every kind of bad file ends in its own state and reason, and the good ones between them are scored."""
    folder = tmp_path / "last night"
    folder.mkdir()
    good = write_wav(folder / "客户 回访 1.wav", speech, RATE_HZ)
    shutil.copy(good, folder / "same again.wav")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("Dear Sir, this is no sound.")
    write_video_without_sound(folder / "film.mp4")
    write_wav(folder / "short.wav", tone(0.2))
    write_wav(folder / "silence.wav", silence(5.0))
    write_wav(folder / "ringing.wav", ringback(20.0), RATE_HZ)
    write_wav(folder / "equal.wav", np.stack([speech[0], speech[0]]), RATE_HZ)
    write_wav(folder / "one party.wav", np.stack([speech[0], np.zeros_like(speech[0])]), RATE_HZ)
    whole = (DEMO / "audio" / "en-demo-001.ogg").read_bytes()
    (folder / "cut off.ogg").write_bytes(whole[: len(whole) // 5])

    code, lines, errors = clearcall("process", str(folder), "--json")
    results = {Path(item["file"]).name: item for item in map(json.loads, lines)}
    told = {name: (item["state"], item["reason"]) for name, item in results.items()}

    assert code == 1
    assert errors.strip().endswith("clearcall: 4 of 11 recordings failed")
    assert len(results) == 11
    assert told["empty.wav"] == ("failed", "empty file")
    assert told["text.wav"][0] == "failed"
    assert told["text.wav"][1].startswith("not an audio file (")
    assert told["film.mp4"] == ("failed", "no audio stream")
    assert told["short.wav"] == ("failed", "too short (0.2 s)")
    assert told["silence.wav"] == ("no_speech", "no_speech")
    assert told["ringing.wav"] == ("no_speech", "no_speech")
    for name in ("客户 回访 1.wav", "same again.wav", "equal.wav", "one party.wav", "cut off.ogg"):
        assert told[name] == ("scored", None), name
    again = [item["duplicate_of"] for item in results.values() if item["duplicate_of"]]
    assert again == ["duplicate of 客户 回访 1.wav"] or again == ["duplicate of same again.wav"]
    assert results["客户 回访 1.wav"]["call_id"] == results["same again.wav"]["call_id"]
    assert results["客户 回访 1.wav"]["language"] == "zh"


def test_a_missing_file_does_not_stop_the_batch(clearcall: Run, tmp_path: Path) -> None:
    """A path that does not exist fails with its reason, the other file is processed."""
    write_wav(tmp_path / "silence.wav", silence(2.0))
    code, lines, _ = clearcall("process", str(tmp_path / "gone.wav"), str(tmp_path / "silence.wav"), "--json")
    first, second = map(json.loads, lines)
    assert code == 1
    assert (first["state"], first["reason"]) == ("failed", "can't be read (No such file or directory)")
    assert second["state"] == "no_speech"


def test_transcribe_prints_the_documented_json(clearcall: Run, tmp_path: Path, speech: NDArray[np.float32]) -> None:
    """Turns with speaker, channel, times, text, confidence and words; times in order and inside the call."""
    file = write_wav(tmp_path / "a.wav", speech, RATE_HZ)
    code, lines, _ = clearcall("transcribe", str(file), "--format", "json")
    document = json.loads(lines[0])
    assert code == 0
    assert set(document) >= {"duration_ms", "language", "channels", "turns"}
    assert (document["language"], document["channels"], document["duration_ms"]) == ("zh", 2, 20_000)
    for turn in document["turns"]:
        assert set(turn) == {"speaker", "channel", "start_ms", "end_ms", "text", "confidence", "words"}
        assert turn["speaker"] == ("rep", "customer")[turn["channel"]]
        assert 0 <= turn["start_ms"] < turn["end_ms"] <= 20_000
        assert all(set(word) == {"text", "start_ms", "end_ms", "confidence"} for word in turn["words"])


@pytest.mark.parametrize("form", ["txt", "vtt", "srt", "rttm"])
def test_transcribe_has_other_forms(clearcall: Run, tmp_path: Path, form: str) -> None:
    """A silent recording gives an empty document of each form, and says so on standard error."""
    file = write_wav(tmp_path / "a.wav", silence(2.0))
    code, lines, errors = clearcall("transcribe", str(file), "--format", form)
    assert code == 0
    assert lines in ([], ["WEBVTT"], ["WEBVTT", ""])
    assert "no speech" in errors


def test_analyze_needs_no_database(clearcall: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transcript as JSON gives events, metrics and a scorecard, without any database in reach."""
    monkeypatch.setenv("CLEARCALL_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    settings_module.settings.cache_clear()
    call = json.loads((DEMO / "calls.jsonl").read_text(encoding="utf-8").splitlines()[1])
    turns = [(turn["speaker"], turn["text"]) for turn in call["turns"]]
    document = {
        "duration_ms": len(turns) * 6000,
        "language": "zh",
        "channels": 2,
        "turns": [
            {
                "speaker": speaker,
                "channel": int(speaker == "customer"),
                "start_ms": i * 6000,
                "end_ms": i * 6000 + 5000,
                "text": said,
                "confidence": 0.9,
                "words": [],
            }
            for i, (speaker, said) in enumerate(turns)
        ],
    }
    file = tmp_path / "t.json"
    file.write_text(json.dumps(document, ensure_ascii=False))
    code, lines, _ = clearcall("analyze", str(file), "--started-at", "2026-10-22T14:20:00+08:00", "--json")
    answer = json.loads(lines[0])
    assert code == 0
    heard = {event["event"] for event in answer["events"]}
    assert {"opening", "price_objection", "objection_handling", "next_step"} <= heard
    for event in answer["events"]:
        assert set(event) == {"event", "turn", "start_ms", "end_ms", "speaker", "quote", "confidence", "slots"}
        assert event["quote"] in turns[event["turn"]][1]
        for slot in event["slots"]:
            assert turns[event["turn"]][1][slot["start"] : slot["end"]] == slot["text"]
    slots = {(slot["name"], slot["value"]) for event in answer["events"] for slot in event["slots"]}
    assert ("amount", 320_000) in slots
    assert any(name == "when" and str(value).startswith("2026-10-23") for name, value in slots)
    for number in answer["numbers"]:
        assert set(number) == {"turn", "text", "value", "unit", "start_ms", "end_ms"}
        assert number["text"] in turns[number["turn"]][1]
    told = {(number["text"], number["value"]) for number in answer["numbers"]}
    assert {("三十二万", 320_000), ("二十九万八", 298_000)} <= told
    assert 0.4 < answer["metrics"]["talk_ratio"] < 0.6
    assert 0 <= answer["scorecard"]["low"] <= answer["scorecard"]["high"] <= 100


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["transcribe", "gone.wav"], 1, "clearcall: gone.wav: can't be opened (No such file or directory)"),
        (["analyze", "t.json", "--started-at", "noon"], 2, "--started-at: 'noon' is not a time like 2026-10-12T10:05"),
        (["analyze", "gone.json"], 1, "clearcall: gone.json: can't be read (No such file or directory)"),
        (["search", "--event", "price_objecton"], 2, "did you mean 'price_objection'?"),
        (
            ["sop", "diff", "a", "b"],
            1,
            "a: no such file, and no SOP named 'a' is published; published are: en-b2b, zh-",
        ),
        (["sop", "backtest", "x.yaml"], 1, "x.yaml: can't be read (No such file or directory)"),
        (["sop", "validate", "gone.yaml"], 1, "clearcall: gone.yaml: can't be read (No such file or directory)"),
        (["process", ".", "--sop", "nope"], 1, "--sop: no SOP named 'nope' is published; published are: en-b2b, zh-"),
        (["worker", "--queues", "dishes"], 2, "--queues: no queue 'dishes'; the queues are transcribe, analyze"),
        (["import", "opportunities", "gone.csv"], 1, "clearcall: gone.csv: can't be read"),
        (["users", "token", "nobody@example.com"], 1, "clearcall: email: no user 'nobody@example.com'"),
        (["evaluate", "tagger", "gone.jsonl"], 1, "clearcall: gone.jsonl: can't be read"),
        (["evaluate", "asr", "gone"], 1, "gone"),
    ],
)
def test_a_mistake_is_one_line(
    clearcall: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, message: str
) -> None:
    """The exit code is not zero, and the last line names the argument and the reason, without a traceback."""
    write_wav(tmp_path / "a.wav", silence(2.0))
    monkeypatch.chdir(tmp_path)
    got, _, errors = clearcall(*arguments)
    assert got == code
    assert message in errors
    assert "Traceback" not in errors


def test_people_and_tokens_from_the_command_line(clearcall: Run) -> None:
    """A user can be added and listed, and a token is printed once, alone."""
    options = ["--name", "Ana", "--email", "ana@example.com", "--role", "rep", "--team", "North"]
    assert clearcall("users", "add", *options, "--password", "correct horse")[0] == 0
    _, lines, _ = clearcall("users", "list", "--json")
    assert json.loads(lines[0]) == {"name": "Ana", "email": "ana@example.com", "role": "rep", "team": "North"}
    code, lines, _ = clearcall("users", "token", "ana@example.com")
    assert code == 0
    assert lines[0].startswith("cc_")


def test_an_sop_is_published_once(clearcall: Run, tmp_path: Path) -> None:
    """Publishing the same content again is the same version; a change is the next one."""
    import service.sops.versions as versions

    document = versions.shipped()["zh-telesales"]
    file = tmp_path / "mine.yaml"
    file.write_text(document + "\n# a comment\n")
    assert clearcall("sop", "publish", str(file))[1][0].startswith("already published zh-telesales v1")
    file.write_text(document.replace("points: 10", "points: 12", 1))
    assert clearcall("sop", "publish", str(file))[1][0].startswith("published zh-telesales v2")


def test_evaluate_tagger_measures_new_calls_directly(clearcall: Run, tmp_path: Path) -> None:
    """On calls the head never saw, precision, recall and F1 of all 13 events are told by language."""
    lines = (DEMO / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    corpus = tmp_path / "new.jsonl"
    corpus.write_text("\n".join([lines[1], lines[-1]]), encoding="utf-8")
    code, printed, _ = clearcall("evaluate", "tagger", str(corpus), "--json")
    report = json.loads(printed[0])
    assert code == 0
    assert report["method"] == "direct"
    assert set(report["languages"]) == {"zh", "en"}
    for result in report["languages"].values():
        assert 0.4 < result["macro_f1"] <= 1
        assert len(result["events"]) == 13
        assert set(result["events"]["opening"]) == {"precision", "recall", "f1", "gold", "predicted"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no calls"),
        ('{"call_id": "a"', "line 1"),
        ('{"call_id": "a", "language": "fr", "turns": []}', "language"),
    ],
)
def test_a_wrong_corpus_is_one_line(clearcall: Run, tmp_path: Path, content: str, message: str) -> None:
    """The file, the line and the field are named."""
    corpus = tmp_path / "bad.jsonl"
    corpus.write_text(content)
    code, _, errors = clearcall("evaluate", "tagger", str(corpus))
    assert code == 1
    assert "bad.jsonl" in errors
    assert message in errors


def test_tokens_are_listed_and_revoked(clearcall: Run) -> None:
    """A token is listed by name until it is revoked by name; a name that is not there is a mistake."""
    options = ["--name", "Ana", "--email", "ana@example.com", "--role", "admin", "--password", "correct horse"]
    clearcall("users", "add", *options)
    clearcall("users", "token", "ana@example.com", "--name", "crm [sync]")
    assert any("crm [sync]" in line for line in clearcall("users", "tokens", "ana@example.com")[1])
    listed = json.loads(clearcall("users", "tokens", "ana@example.com", "--json")[1][0])
    assert (listed["name"], listed["last_used_at"]) == ("crm [sync]", None)
    revoke = ("users", "revoke", "ana@example.com", "--name", "crm [sync]")
    assert clearcall(*revoke)[:2] == (0, ["revoked 1 token 'crm [sync]' of ana@example.com"])
    assert clearcall("users", "tokens", "ana@example.com", "--json")[1] == []
    code, _, errors = clearcall(*revoke)
    assert code == 1
    assert "no token 'crm [sync]'" in errors


def test_people_are_deactivated_and_come_back(clearcall: Run) -> None:
    """Who is deactivated is not listed and gets no token, until activated again."""
    options = ["--name", "Ana", "--email", "ana@example.com", "--role", "admin", "--password", "correct horse"]
    clearcall("users", "add", *options)
    assert clearcall("users", "deactivate", "Ana@example.com")[:2] == (0, ["deactivated ana@example.com"])
    assert clearcall("users", "list", "--json")[1] == []
    assert clearcall("users", "token", "ana@example.com")[0] == 1
    assert clearcall("users", "activate", "ana@example.com")[0] == 0
    assert len(clearcall("users", "list", "--json")[1]) == 1


def test_a_password_is_asked_for_twice(
    clearcall: Run, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new password is prompted for and confirmed; a short one is one line on standard error."""
    from service.people.sessions import sign_in

    options = ["--name", "Ana", "--email", "ana@example.com", "--role", "admin", "--password", "correct horse"]
    clearcall("users", "add", *options)
    answers = iter(["battery staple", "battery stable", "battery staple", "battery staple"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    assert clearcall("users", "password", "ana@example.com")[0] == 0
    assert list(answers) == []
    with database.transaction() as session:
        assert sign_in(session, settings, "ana@example.com", "battery staple", "1.2.3.4")
    code, _, errors = clearcall("users", "password", "ana@example.com", "--password", "short")
    assert code == 1
    assert errors.strip() == "clearcall: password: at least 8 characters are needed"


def test_ctrl_c_says_how_to_go_on(clearcall: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping a command is one line without a traceback, and the exit code shells know."""

    def stopped() -> dict[str, str]:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.sops.publishing.shipped", stopped)
    code, _, errors = clearcall("sop", "list")
    assert code == 130
    assert errors.strip() == "clearcall: stopped; run the same command again to go on"


def test_a_wrong_option_is_explained(clearcall: Run) -> None:
    """A mistake in the options themselves exits with 2 and names the option."""
    code, _, errors = clearcall("users", "list", "--jason")
    assert code == 2
    assert "No such option: --jason" in errors


SPEECH = str(Path(__file__).parents[1] / "asr" / "data" / "en-call.ogg")


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


def test_process_says_that_it_waits_and_keeps_the_recordings(
    clearcall: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the server stays away, the command ends with one line and the recordings stay in the queue."""
    monkeypatch.setattr(worker_module, "PATIENCE_S", 0.0)
    monkeypatch.setenv("CLEARCALL_ENGINE", "openai")
    monkeypatch.setenv("CLEARCALL_REMOTE_URL", closed_url())
    code, _, errors = clearcall("process", SPEECH, str(write_wav(tmp_path / "silent.wav", silence(2.0))))
    assert code == 1
    told = errors.strip().splitlines()[-1]
    assert told.startswith("clearcall: http://127.0.0.1:")
    assert "can't be reached" in told
    assert told.endswith("wait in the queue for the next run")
    with database.transaction() as session:
        found = set(session.scalars(select(Recording.state)))
    assert "failed" not in found
    assert "queued" in found


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


def test_roles_are_swapped_by_one_command(clearcall: Run, database: Database) -> None:
    """The call is analyzed with the other rep and the command says so; --undo brings the machine's answer back."""
    settings = settings_module.settings()
    call_id = str(add_transcribed(database, settings, "m", mono(("rep", "customer") * 2, 0.72)).call_id)

    def roles(*options: str) -> tuple[object, list[str]]:
        code, lines, errors = clearcall("calls", "swap-roles", call_id, *options, "--json")
        assert code == 0, errors
        with database.transaction() as session:
            metrics = session.scalars(select(Analysis.rep_party).order_by(Analysis.counted_at.desc()))
            return json.loads(lines[-1])["roles"], list(metrics)[:1]

    assert roles() == ("swapped", ["0.1"])
    assert roles() == ("swapped", ["0.1"])
    assert roles("--undo") == ("as_told", [""])
    assert roles("--rep-voice", "1") == ("confirmed", ["0.0"])
    assert clearcall("calls", "swap-roles", call_id)[1] == ["m.wav: roles as a person says; no score"]
    assert "Take the rep of a call for the customer" in clearcall("calls", "swap-roles", "--help")[1][3]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["x"], 1, "clearcall: x: not the id of a call; it is the last part of the address of its page"),
        (["00000000-0000-4000-8000-000000000000"], 1, "00000000-0000-4000-8000-000000000000: no such call"),
        (["{call}", "--rep-voice", "3"], 1, "{call}: there is no voice 3 in this call; its voices are 1, 2"),
        (["{call}", "--rep-voice", "1", "--undo"], 2, "--undo, --rep-voice: one of them, not both"),
    ],
)
def test_roles_that_cannot_be_are_one_line(
    clearcall: Run, database: Database, arguments: list[str], code: int, message: str
) -> None:
    """A wrong id or voice is named, with what to do."""
    done = add_transcribed(database, settings_module.settings(), "m", mono(("unknown",) * 4, 0.5))
    got, _, errors = clearcall("calls", "swap-roles", *(part.format(call=done.call_id) for part in arguments))
    assert (got, errors.strip().removeprefix("clearcall: ")) == (
        code,
        message.format(call=done.call_id).removeprefix("clearcall: "),
    )


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


def test_a_wrong_channel_of_the_rep_is_one_line(clearcall: Run, tmp_path: Path) -> None:
    """There are two channels, 0 and 1."""
    write_wav(tmp_path / "a.wav", silence(2.0))
    code, _, errors = clearcall("process", str(tmp_path / "a.wav"), "--rep-channel", "2")
    assert code == 2
    assert "--rep-channel" in errors


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


def test_events_are_reviewed_and_measured_by_commands(clearcall: Run, database: Database, tmp_path: Path) -> None:
    """A verdict is given and taken back, the figures are printed, and reviewed calls are written as a corpus."""
    events = [["opening"], [], ["closing"]]
    texts = ["Good morning, this is Tom.", "Yes?", "Do you want to sign today?"]
    call_id = str(add_call(database, settings_module.settings(), "a", texts, events=events))

    def review(*arguments: str) -> tuple[int, list[str], str]:
        return clearcall("calls", "review", call_id, *arguments)

    assert clearcall("evaluate", "tagger", "--reviews")[1][0].startswith("no reviews yet: ")
    assert review("2", "closing", "reject")[1] == ["turn 2, closing: rejected (before: withdrawn)"]
    assert json.loads(review("2", "closing", "withdraw", "--json")[1][0])["before"] == "rejected"
    assert review("0", "opening", "confirm")[0] == 0
    corpus = tmp_path / "reviewed.jsonl"
    code, lines, errors = clearcall("evaluate", "tagger", "--reviews", "--json", "--export", str(corpus))
    assert (code, errors.splitlines()[-1]) == (0, f"1 reviewed calls written to {corpus}")
    opening = next(row for row in json.loads(lines[0])["events"] if row["event"] == "opening")
    assert (opening["precision"]["value"], opening["precision_basis"], opening["recall"]) == (1, "chosen", None)
    assert [turn["reviewed"] for turn in json.loads(corpus.read_text())["turns"]] == [["opening"], [], []]
    table = "\n".join(clearcall("evaluate", "tagger", "--reviews")[1])
    assert "1.00 [0.21, 1.00]*" in table


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["calls", "review", "{call}", "0", "opening", "perhaps"], "perhaps: not a verdict; say confirm, reject, "),
        (["calls", "review", "{call}", "9", "opening", "reject"], "{call}: turn: there is no turn 9 in this call; "),
        (["calls", "review", "x", "0", "opening", "reject"], "x: not the id of a call; "),
        (["evaluate", "tagger"], "give either CORPUS or --reviews"),
        (["evaluate", "tagger", "x.jsonl", "--reviews"], "give either CORPUS or --reviews"),
        (["evaluate", "tagger", "x.jsonl", "--export", "y"], "--export: only with --reviews"),
        (["evaluate", "tagger", "--reviews", "--export", "/nowhere/y"], "/nowhere/y: can't be written (No such file"),
    ],
)
def test_reviews_that_cannot_be_are_one_line(
    clearcall: Run, database: Database, arguments: list[str], message: str
) -> None:
    """What is wrong is named, with what to do."""
    call_id = add_call(database, settings_module.settings(), "a", ["Good morning, this is Tom."])
    code, _, errors = clearcall(*(part.format(call=call_id) for part in arguments))
    assert code != 0
    assert errors.startswith(f"clearcall: {message.format(call=call_id)}")


def test_a_version_lives_its_life_at_the_command_line(clearcall: Run, database: Database, tmp_path: Path) -> None:
    """Compared in words and by calls, tried, published with past calls scored anew, and retired."""
    texts = ["Good morning, this is Tom from Northlamp.", "Yes.", "How do you measure it today?", "By hand."]
    events = [["opening"], [], ["needs_discovery"], ["customer_need"]]
    add_call(database, settings_module.settings(), "a", texts, events=events)
    file = tmp_path / "draft.yaml"
    text = shipped()["en-b2b"]
    file.write_text(text.replace("shorter_than_s: 30", "shorter_than_s: 10"), encoding="utf-8")
    assert "shorter_than_s: 30" in text
    code, lines, errors = clearcall("sop", "diff", "en-b2b", str(file))
    assert (code, lines) == (0, ["the SOP: calls under 10 s are not scored (before: 30)"]), errors
    code, lines, _ = clearcall("sop", "diff", "en-b2b@1", str(file), "--language", "zh", "--calls")
    assert lines[0] == "流程：短于 10 秒的通话不评分（原为 30）"
    assert len(lines) == 2
    document = json.loads(clearcall("sop", "diff", "en-b2b@1", str(file), "--calls", "--json")[1][0])
    assert document["calls"][0]["before"] is None
    code, lines, errors = clearcall("sop", "backtest", str(file), "--json")
    assert code == 0, errors
    report = json.loads(lines[0])
    assert (report["calls"], report["changed"]) == (1, 1)
    assert clearcall("sop", "backtest", str(file), "--against", str(file))[1][0].startswith("1 calls in ")
    code, lines, errors = clearcall("sop", "publish", str(file), "--rescore")
    assert lines[0].startswith("published en-b2b v2 ("), errors
    assert lines[1] == "1 calls scored, 0 had a card of it or are for another"
    versions = [json.loads(line) for line in clearcall("sop", "list", "--json")[1]]
    assert [(v["name"], v["version"]) for v in versions] == [("en-b2b", 2), ("en-b2b", 1), ("zh-telesales", 1)]
    assert clearcall("sop", "retire", "en-b2b@2")[1] == ["retired en-b2b v2"]
    assert clearcall("sop", "publish", str(file), "--from", "soon")[2].startswith(
        "clearcall: --from: 'soon' is no date"
    )
    assert json.loads("\n".join(clearcall("sop", "schema")[1]))["$schema"]
    names = [line.partition(":")[0] for line in clearcall("sop", "templates")[1]]
    assert all(clearcall("sop", "templates", name)[0] == 0 for name in names[:1])
    assert clearcall("sop", "templates", "nope")[2].startswith("clearcall: no template 'nope'; there are: ")

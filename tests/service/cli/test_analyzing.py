"""A transcript to events, metrics and a score; how well events are heard; and people's word on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from commands import DEMO, Run
from fakes_web import add_call, add_transcribed, mono
from models.database import Database
from models.scores import Analysis
from service import settings as settings_module


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


def test_evaluate_tagger_measures_new_calls_directly(clearcall: Run, tmp_path: Path) -> None:
    """On calls the head never saw, precision, recall and F1 of all 13 events are told by language."""
    corpus = tmp_path / "new.jsonl"
    corpus.write_text((DEMO / "calls.jsonl").read_text(encoding="utf-8"), encoding="utf-8")
    code, printed, _ = clearcall("evaluate", "tagger", str(corpus), "--json")
    report = json.loads(printed[0])
    assert code == 0
    assert report["method"] == "direct"
    assert set(report["languages"]) == {"zh", "en"}
    for result in report["languages"].values():
        assert 0.6 < result["macro_f1"] <= 1
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

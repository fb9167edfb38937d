"""What a company brings itself: events of its own, measured; and reviews, learned from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commands import Run
from fakes_web import add_call
from models.database import Database
from nlp.corpus.annotations import AnnotatedCall, read_calls
from nlp.corpus.shipped import shipped_corpus
from nlp.tagging.trained_head import read_head
from service import settings as settings_module

SOP = """name: tiny
title: Tiny
language: en
events:
  - id: liability
    title: Liability
    speaker: customer
    rule: {keywords: [liability]}
  - id: escrow
    title: Escrow
    rule: {keywords: [escrow]}
steps:
  - {id: opening, title: Opening, event: opening}
"""


def corpus_line(*turns: tuple[str, str, list[str]]) -> str:
    """One annotated call that no tagger has seen."""
    spoken = [{"speaker": speaker, "text": text, "events": events} for speaker, text, events in turns]
    return json.dumps({"call_id": "own-1", "language": "en", "turns": spoken}) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """An SOP with two events of its own, and a call in which one of them was labelled."""
    sop, corpus = tmp_path / "own.yaml", tmp_path / "own.jsonl"
    sop.write_text(SOP)
    corpus.write_text(
        corpus_line(
            ("rep", "Hi, this is Ann from Paylark, is now a good time?", ["opening"]),
            ("customer", "What about the liability?", ["liability"]),
            ("customer", "And who pays for damages?", ["liability"]),
        )
    )
    return str(sop), str(corpus)


def test_events_of_an_sop_are_measured_besides(clearcall: Run, files: tuple[str, str]) -> None:
    """Each has its row; one that nobody labelled is told as no gold, and the thirteen are as without the SOP."""
    sop, corpus = files
    code, lines, _ = clearcall("evaluate", "tagger", corpus, "--sop", sop, "--json")
    told: dict[str, Any] = json.loads(lines[0])["languages"]["en"]
    assert code == 0
    assert len(told["events"]) == 13
    assert {name: told["own_events"]["liability"][name] for name in ("precision", "recall", "gold")} == {
        "precision": 1.0,
        "recall": 0.5,
        "gold": 2,
    }
    assert told["own_events"]["escrow"]["has_gold"] is False
    assert told["own_macro_f1"] == pytest.approx(2 / 3, abs=1e-3)
    table = " ".join(" ".join(clearcall("evaluate", "tagger", corpus, "--sop", sop)[1]).split())
    assert "escrow no gold (heard in 0 turns)" in table


def test_what_cannot_be_measured_or_learned_is_one_line(clearcall: Run, files: tuple[str, str], tmp_path: Path) -> None:
    """An unknown label, an SOP without events, options that do not go together, a file that is none."""
    _, corpus = files
    plain = tmp_path / "plain.yaml"
    plain.write_text(
        "name: tiny\ntitle: Tiny\nlanguage: en\nsteps:\n  - {id: opening, title: Opening, event: opening}\n"
    )
    for arguments, message in (
        (["evaluate", "tagger", corpus], "unknown event 'liability'"),
        (["evaluate", "tagger", corpus, "--sop", str(plain)], f"--sop {plain}: has no events of its own"),
        (["evaluate", "tagger", "--reviews", "--sop", str(plain)], "--sop: only with CORPUS"),
        (["nlp", "train", "--reviews", corpus], "--reviews: needs --output FILE"),
        (["nlp", "train", "--reviews", "/none.jsonl", "--output", "x"], "/none.jsonl: can't be read"),
    ):
        code, _, errors = clearcall(*arguments)
        assert code != 0
        assert message in " ".join(errors.split()), arguments


def test_reviews_become_a_head_of_ones_own(
    clearcall: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people judged is written, learned from beside the corpus, and used once the settings name the file."""
    texts = ["Good morning, this is Tom.", "Our zorbulator keeps jamming.", "Do you want to sign today?"]
    call_id = str(add_call(database, settings_module.settings(), "a", texts, events=[["opening"], [], ["closing"]]))
    clearcall("calls", "review", call_id, "1", "customer_need", "missed")
    clearcall("calls", "review", call_id, "2", "closing", "reject")
    reviewed, head = tmp_path / "reviewed.jsonl", tmp_path / "own.safetensors"
    assert clearcall("evaluate", "tagger", "--reviews", "--export", str(reviewed))[0] == 0
    (call,) = read_calls(reviewed.read_text(encoding="utf-8"))
    assert [(turn.events, turn.reviewed) for turn in call.turns] == [
        (("opening",), ()),
        (("customer_need",), ("customer_need",)),
        ((), ("closing",)),
    ]

    def few() -> list[AnnotatedCall]:
        calls = shipped_corpus("*-dev.jsonl")
        return [*calls[:4], *calls[-4:]]

    monkeypatch.setattr("nlp.training.head.shipped_corpus", few)
    code, _, errors = clearcall("nlp", "train", "--reviews", str(reviewed), "--output", str(head))
    assert (code, errors.splitlines()[0]) == (0, "1 further calls, 2 events judged in them")
    assert read_head(head).trained_on == {call.digest, *(known.digest for known in few())}
    monkeypatch.setenv("CLEARCALL_HEAD", str(head))
    settings_module.settings.cache_clear()
    transcript = tmp_path / "t.json"
    turn = {"speaker": "rep", "channel": 0, "start_ms": 0, "end_ms": 2000, "text": texts[0], "confidence": 0.9}
    transcript.write_text(json.dumps({"duration_ms": 2000, "language": "en", "channels": 2, "turns": [turn]}))
    assert clearcall("analyze", str(transcript), "--json")[0] == 0
    head.unlink()
    settings_module.settings.cache_clear()
    monkeypatch.setenv("CLEARCALL_HEAD", str(tmp_path / "gone.safetensors"))
    code, _, errors = clearcall("analyze", str(transcript), "--json")
    assert (code, "gone.safetensors: cannot be read" in errors) == (1, True)

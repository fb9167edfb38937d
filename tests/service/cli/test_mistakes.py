"""Mistakes at the command line: one clear line, an exit code, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import Run
from fakes import silence, write_wav


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

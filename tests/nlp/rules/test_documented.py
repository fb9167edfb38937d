"""The examples of docs/rules.md keep what they promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from asr.transcript import Speaker, Transcript, Turn
from nlp.encoders.encoder import UniversalSentenceEncoder
from nlp.rules.call import RuleCall
from nlp.rules.hits import hits, problems
from tests.sop.written_rules import written

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
BLOCKS = [block for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S) if not block.startswith("events:")]
PROMISE = re.compile(r"^# (finds|not): (?:(rep|customer): )?(.*)$", re.M)


@pytest.fixture(scope="module")
def encoder() -> UniversalSentenceEncoder:
    return UniversalSentenceEncoder()


@pytest.mark.parametrize("block", BLOCKS)
def test_an_example_finds_what_it_says(block: str, encoder: UniversalSentenceEncoder) -> None:
    """Each example is valid in both languages, finds the turns under 'finds' and none of those under 'not'."""
    rule = written(block)
    assert problems(rule) == ()
    for verdict, speaker, text in PROMISE.findall(block):
        who: Speaker = "rep" if speaker == "rep" else "customer"
        turn = Turn(who, 0, 0, 4_000, text, 0.9)
        transcript = Transcript(4_000, "zh" if re.search(r"[\u4e00-\u9fff]", text) else "en", 1, (turn,))
        found = hits(rule, RuleCall(transcript, encoder.encode))
        assert bool(found) == (verdict == "finds"), text


def test_every_condition_has_an_example() -> None:
    """The page shows each key of a rule at least once."""
    from sop.rules import RULE_KEYS

    shown = "\n".join(BLOCKS)
    assert [key for key in RULE_KEYS if not re.search(rf"\b{key}:", shown)] == []

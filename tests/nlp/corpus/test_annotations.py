"""Reading of annotated calls."""

import json
from pathlib import Path

import pytest

from nlp.corpus.annotations import CorpusError, read_calls

CORPUS = Path(__file__).parents[3] / "nlp" / "corpus"
TURN = {"speaker": "rep", "text": "Hi", "events": ["opening"]}
CALL = {"call_id": "a", "language": "en", "turns": [TURN]}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_shipped_corpus_is_read_whole(language: str) -> None:
    """Each shipped file holds 36 calls of its language."""
    calls = read_calls((CORPUS / f"{language}-dev.jsonl").read_text(encoding="utf-8"))
    assert len(calls) == 36
    assert {call.language for call in calls} == {language}


def test_blank_lines_and_a_byte_order_mark_are_no_calls() -> None:
    """Editors add both; neither is a mistake."""
    assert [call.call_id for call in read_calls("\ufeff\n" + json.dumps(CALL) + "\n\n")] == ["a"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"language": "fr"}, "c.jsonl, line 2: language: 'fr' is not one of zh, en"),
        ({"turns": []}, "c.jsonl, line 2: turns: empty"),
        ({"turns": "x"}, "c.jsonl, line 2: turns: expected a list, got a string"),
        ({"turns": [{**TURN, "speaker": "agent"}]}, "turns[0].speaker: 'agent' is not one of"),
        ({"turns": [{**TURN, "events": ["price_objecton"]}]}, "did you mean 'price_objection'?"),
        ({"turns": [TURN, {"speaker": "rep", "events": []}]}, "line 2: turns[1].text: missing"),
        ({"turns": [TURN, 3]}, "turns[1]: expected an object, got int"),
        ({"call_id": "first"}, "line 2: call_id: 'first' was already used on line 1"),
    ],
)
def test_a_mistake_is_named_with_its_line_field_and_remedy(change: dict[str, object], message: str) -> None:
    """One line tells where to look and what to do."""
    text = json.dumps({**CALL, "call_id": "first"}) + "\n" + json.dumps({**CALL, **change})
    with pytest.raises(CorpusError) as caught:
        read_calls(text, "c.jsonl")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "message"), [("", "no calls"), ("{", "line 1: not JSON"), ("[]", "as a JSON object")])
def test_what_is_no_corpus_is_refused(text: str, message: str) -> None:
    """An empty file, broken JSON and a list are told apart."""
    with pytest.raises(CorpusError, match=message):
        read_calls(text)


def test_a_renamed_copy_has_the_same_digest() -> None:
    """The digest is of what was said, so a copy under another id is recognised as known."""
    one, other = read_calls(json.dumps(CALL) + "\n" + json.dumps({**CALL, "call_id": "b"}))
    assert one.digest == other.digest
    (changed,) = read_calls(json.dumps({**CALL, "turns": [{**TURN, "text": "Ho"}]}))
    assert changed.digest != one.digest


def test_events_of_ones_own_are_labels_where_they_are_named() -> None:
    """Both keys hold them; unnamed they are mistakes in ``events``, and passed over where an export put them."""
    turns = [{**TURN, "events": ["opening", "pilot"]}, {**TURN, "events": [], "own_events": ["pilot", "gone"]}]
    line = json.dumps({**CALL, "turns": turns})
    (call,) = read_calls(line, own_events=["pilot"])
    assert [(turn.events, turn.own_events) for turn in call.turns] == [(("opening",), ("pilot",)), ((), ("pilot",))]
    with pytest.raises(CorpusError, match="unknown event 'pilot'"):
        read_calls(line)
    with pytest.raises(CorpusError, match=r"'pilto'; did you mean 'pilot'\?"):
        read_calls(json.dumps({**CALL, "turns": [{**TURN, "events": ["pilto"]}]}), own_events=["pilot"])
    (exported,) = read_calls(json.dumps({**CALL, "turns": turns[1:]}))
    assert exported.turns[0].own_events == ()


def test_of_a_reviewed_turn_only_what_was_judged_is_known() -> None:
    """Without the mask a turn is known whole; an empty mask knows nothing; another procedure's events are passed by."""
    masks = [{}, {"reviewed": []}, {"reviewed": ["closing", "pilot"]}]
    (call,) = read_calls(json.dumps({**CALL, "turns": [{**TURN, **mask} for mask in masks]}))
    assert [turn.reviewed for turn in call.turns] == [None, (), ("closing",)]
    assert [turn.is_known("opening") for turn in call.turns] == [True, False, False]
    assert [turn.is_known("closing") for turn in call.turns] == [True, False, True]
    assert call.is_reviewed
    assert not read_calls(json.dumps(CALL))[0].is_reviewed
    with pytest.raises(CorpusError, match=r"turns\[0\]\.reviewed: expected a list, got a string"):
        read_calls(json.dumps({**CALL, "turns": [{**TURN, "reviewed": "closing"}]}))

"""How errors are counted."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.evaluation import (
    Errors,
    EvaluationError,
    Gold,
    bootstrap_interval,
    compare,
    count_errors,
    evaluate,
    read_gold,
    tokens,
)
from asr.transcript import Speaker, Transcript, Turn
from tests.sounds_asr import tone, write_wav

GOLD = Gold("c", "en", ("rep", "customer"), (("rep", "hello this is dan"), ("customer", "hi dan")))


def transcript(*turns: tuple[Speaker, int, str], channels: int = 2) -> Transcript:
    """A heard call of ten seconds."""
    return Transcript(10_000, "en", channels, tuple(Turn(s, c, 0, 100, text, 0.9) for s, c, text in turns))


def test_english_is_compared_after_the_whisper_normalizer() -> None:
    """Contractions, spelling, case, punctuation and numbers do not count."""
    assert count_errors("[noise] it's twenty two colours", "It is 22 colors!", "en") == Errors(0, 4)


def test_spellings_of_one_word_do_not_count() -> None:
    """Gold is written alright and okay, Whisper writes all right and OK; "all" and "right" apart are two words."""
    assert count_errors("alright, okay then", "All right. OK, then.", "en") == Errors(0, 3)
    assert count_errors("that's all, right?", "That's all. Right?", "en").edits == 0
    assert count_errors("alright", "right", "en").edits == 1


def test_numbers_are_the_same_however_they_are_written() -> None:
    """A zip code said digit by digit and a number and a half are compared by what they are."""
    assert count_errors("it's seven oh two three", "It's 7, 0, 2, 3.", "en").edits == 0
    assert count_errors("ten and a half percent", "10 and a half percent", "en").edits == 0
    assert count_errors("two vans, four hours", "2 vans, 4 hours", "en").edits == 0
    assert tokens("4.5, 3 each", "en") == ["4.5", "3", "each"]
    assert tokens("in 2 or 3, 4.5 each", "en") == ["in", "2", "or", "3", "4.5", "each"]


def test_mandarin_is_compared_by_character() -> None:
    """Traditional characters, punctuation, width and the form of numbers do not count."""
    assert count_errors("一共一千八百块，可以吗？", "一共1,800塊可以嗎", "zh") == Errors(0, 10)
    assert count_errors("十二个人，两百块", "12個人200塊", "zh").edits == 0
    assert tokens("我们的CRM", "zh") == list("我们的crm")


@pytest.mark.parametrize(
    ("heard", "edits"), [("a b c", 0), ("a c", 1), ("a x c", 1), ("a b c d", 1), ("", 3), ("x y z", 3)]
)
def test_edits_are_counted(heard: str, edits: int) -> None:
    """Substitutions, deletions and insertions cost one each."""
    assert count_errors("a b c", heard, "en") == Errors(edits, 3)


def test_invented_words_count_against_silence() -> None:
    """Words where nothing is said are all errors."""
    assert count_errors("", "thank you", "en") == Errors(2, 0)


def test_channels_are_scored_apart() -> None:
    """A missing word is counted on its channel."""
    result = compare(GOLD, transcript(("rep", 0, "hello this is"), ("customer", 1, "hi dan")))
    assert result.channels == (Errors(1, 4), Errors(0, 2))
    assert result.roles_right


def test_swapped_roles_are_noticed() -> None:
    """The rep's words under the customer's name are wrong roles, whatever their channel."""
    assert not compare(GOLD, transcript(("customer", 0, "hello this is dan"), ("rep", 1, "hi dan"))).roles_right
    assert not compare(GOLD, transcript()).roles_right


def test_mono_is_scored_as_a_whole() -> None:
    """One channel is compared with everything said."""
    result = compare(GOLD, transcript(("unknown", 0, "hello this is dan hi dan"), channels=1))
    assert result.channels == (Errors(0, 6),)


@given(st.lists(st.builds(Errors, st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=12))
def test_the_interval_is_ordered_and_repeatable(calls: list[Errors]) -> None:
    """Low is not above high, the rates lie within those of the calls, and the seed is fixed."""
    low, high = bootstrap_interval(calls)
    assert min(c.rate for c in calls) - 1e-9 <= low <= high <= max(c.rate for c in calls) + 1e-9
    assert bootstrap_interval(calls) == (low, high)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two recordings with gold and one without."""
    for name in ("a", "b", "c"):
        write_wav(tmp_path / f"{name}.wav", [tone(0.5)] * 2)
    turns = [
        {"start": 1.0, "end": 2.0, "speaker": "customer", "text": "hi dan"},
        {"start": 0.0, "end": 1.0, "speaker": "rep", "text": "hello this is dan"},
        {"hold_music": [2.0, 3.0]},
    ]
    for name in ("a", "b"):
        document = {"call_id": name, "language": "en", "channels": ["rep", "customer"], "turns": turns}
        (tmp_path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


def test_a_folder_is_evaluated_and_failures_count(folder: Path) -> None:
    """Recordings with gold are transcribed, one that fails is reported and wholly missed."""

    def transcribe(path: Path) -> Transcript:
        if path.stem == "b":
            raise ValueError("b.wav: broken")
        return transcript(("rep", 0, "hello this is dan"), ("customer", 1, "hi ann"))

    seen: list[float] = []
    report = evaluate(folder, transcribe, seen.append)
    document = report.to_json()
    assert [c["call_id"] for c in document["calls"]] == ["a", "b"]
    assert document["languages"]["en"]["measure"] == "WER"
    assert (document["languages"]["en"]["edits"], document["languages"]["en"]["reference"]) == (7, 12)
    assert document["roles_right"] == 1
    assert document["failed"] == [{"file": "b.wav", "reason": "b.wav: broken"}]
    assert seen == [0.5, 1.0]
    json.dumps(document)


@pytest.mark.parametrize("text", ["{", "{}", '{"language": "fr", "channels": [], "turns": []}', '{"turns": [3]}'])
def test_bad_gold_is_named(folder: Path, text: str) -> None:
    """Gold that can't be read gives one line with its file."""
    (folder / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"a\.json: "):
        read_gold(folder / "a.json")


def test_a_folder_without_gold_is_refused(tmp_path: Path) -> None:
    """Nothing to compare is an error, not a perfect score."""
    with pytest.raises(EvaluationError, match="no recording with gold"):
        evaluate(tmp_path, lambda path: transcript())

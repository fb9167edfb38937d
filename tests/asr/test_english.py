"""What Whisper writes for "no"."""

import pytest

from asr.english import written
from asr.transcript import Word


def spoken(text: str) -> list[Word]:
    """Words of 200 ms, spaced as Whisper spaces them."""
    return [Word(f" {one}", 200 * at, 200 * at + 200, 0.8) for at, one in enumerate(text.split())]


def text_of(words: tuple[Word, ...]) -> str:
    """The words as one string."""
    return "".join(word.text for word in words).strip()


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("Oh, number. Well, I won't keep you.", "Oh, no. Well, I won't keep you."),
        ("I don't think so number. Can I ask?", "I don't think so no. Can I ask?"),
        ("Then, number. Well, wait.", "Then, no. Well, wait."),
    ],
)
def test_a_no_is_no_number(heard: str, meant: str) -> None:
    """Where only an answer can stand, the abbreviation that Whisper spells out is the word no."""
    assert text_of(written(spoken(heard))) == meant


@pytest.mark.parametrize(
    "said",
    [
        "Give me a real number. Please.",
        "Name, address, number. That's all.",
        "Number. It is 4015.",
        "So number three, then.",
    ],
)
def test_numbers_stay(said: str) -> None:
    """What is asked for, listed or counted is left alone."""
    assert text_of(written(spoken(said))) == said


def test_times_and_confidence_stay() -> None:
    """Only the text changes."""
    heard = spoken("Oh, number.")
    assert [(w.start_ms, w.end_ms, w.confidence) for w in written(heard)] == [
        (w.start_ms, w.end_ms, w.confidence) for w in heard
    ]
    assert written([]) == ()

"""Sentences of a turn."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text.sentences import sentences

SPEECH = st.text(alphabet="价格预算異議 太贵了abcAB12，。！？?!. …\n", max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("好的。价格太贵了！您看呢？", ["好的。", "价格太贵了！", "您看呢？"]),
        ("Mr. Smith said 3.5 percent. Right?", ["Mr. Smith said 3.5 percent.", "Right?"]),
        ("哦……那个再说", ["哦……那个再说"]),
        ("no marks at all", ["no marks at all"]),
        ("。。。", []),
        ("", []),
    ],
)
def test_sentences_end_at_their_marks(text: str, expected: list[str]) -> None:
    """Abbreviations, decimal points and dots of hesitation end no sentence."""
    assert [sentence.text for sentence in sentences(text)] == expected


@given(SPEECH)
def test_sentences_are_ordered_pieces_of_the_text_and_lose_no_letter(text: str) -> None:
    """Each sentence is the slice it claims to be, none overlap, and all letters are in one of them."""
    found = sentences(text)
    assert all(text[s.start : s.end] == s.text for s in found)
    assert all(left.end <= right.start for left, right in pairwise(found))
    letters = sum(char.isalnum() for char in text)
    assert sum(char.isalnum() for s in found for char in s.text) == letters

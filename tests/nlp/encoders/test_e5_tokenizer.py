"""The tokenizer of our own cuts texts as that of the library does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.corpus.shipped import shipped_corpus
from nlp.encoders.e5_tokenizer import UnigramTokenizer, built_tokenizer
from nlp.encoders.e5_weights import PackedWeights, default_weights, read_weights
from nlp.misheard.calls import misheard

ODD = [
    "",
    "  x",
    "a  b\tc\n\u200bd ～ＡＢＣ①ﬁ½…“x”",
    "真的吗？😀 RMB ￥３００",
    "e\u0301 ☃☃ᚠᚡ 𠮷𠮷a",
    "\ufeff\xad한국어 กำ",
]
PIECES = ["<s>", "</s>", "<pad>", "<unk>", "▁", "a", "b", "ab", "ba", "▁a", "aba", "bab"]
SCORES = [0.0, 0.0, 0.0, 0.0, -3.0, -2.0, -2.5, -3.5, -3.4, -3.2, -5.0, -4.9]
SPECIAL = (0, 1, 2, 3)
REPLACED = {"\t": " ", "\u200b": ""}


@pytest.fixture(scope="module")
def packed() -> PackedWeights:
    return read_weights(default_weights())


def test_the_pieces_are_those_of_the_library(packed: PackedWeights) -> None:
    """Turns of both languages, as said and as misheard, and odd characters are cut alike, short or cut off."""
    own = UnigramTokenizer(packed.pieces, packed.scores, packed.special, packed.replaced)
    library = built_tokenizer(packed.pieces, packed.scores, packed.special, packed.replaced)
    library.enable_truncation(32)
    calls = shipped_corpus("*-dev.jsonl")[::4]
    turns = [turn.text for call in calls for heard in (call, misheard(call)) for turn in heard.turns]
    assert len(turns) > 500
    for text in [*turns, *ODD]:
        assert own.encode("query: " + text, 32) == library.encode("query: " + text).ids


@given(st.text(alphabet="ab x☃\t\u200bＡ～é", max_size=30))
def test_any_text_is_cut_as_the_library_cuts_it(text: str) -> None:
    """Ties, unknown characters in a row, lost ones and spaces are no exception."""
    own = UnigramTokenizer(PIECES, SCORES, SPECIAL, REPLACED)
    library = built_tokenizer(PIECES, SCORES, SPECIAL, REPLACED)
    assert own.encode("a" + text, 100) == library.encode("a" + text).ids


@given(st.text(alphabet="ab", min_size=1, max_size=12))
def test_the_pieces_are_the_likeliest(text: str) -> None:
    """No other way to cut the text into pieces has a higher sum of log probabilities."""
    own = UnigramTokenizer(PIECES, SCORES, SPECIAL, REPLACED)
    found = own.encode(text, 100)[1:-1]
    assert "".join(PIECES[number] for number in found) == "▁" + text
    best = [0.0]
    marked = "▁" + text
    for end in range(1, len(marked) + 1):
        ways = [
            best[start] + SCORES[PIECES.index(marked[start:end])] for start in range(end) if marked[start:end] in PIECES
        ]
        best.append(max(ways, default=-np.inf))
    assert sum(SCORES[number] for number in found) == pytest.approx(best[-1])

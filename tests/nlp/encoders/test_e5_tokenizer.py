"""The tokenizer that is built from the packed file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.encoders.e5_tokenizer import built_tokenizer
from nlp.encoders.e5_weights import default_weights, read_weights

PIECES = ["<s>", "</s>", "<pad>", "<unk>", "▁", "a", "b", "ab", "ba", "▁a", "aba", "bab"]
SCORES = [0.0, 0.0, 0.0, 0.0, -3.0, -2.0, -2.5, -3.5, -3.4, -3.2, -5.0, -4.9]
SPECIAL = (0, 1, 2, 3)
REPLACED = {"\t": " ", "\u200b": ""}


@given(st.text(alphabet="ab", min_size=1, max_size=12))
def test_the_pieces_are_the_likeliest(text: str) -> None:
    """No other way to cut the text into pieces has a higher sum of log probabilities."""
    found = built_tokenizer(PIECES, SCORES, SPECIAL, REPLACED).encode(text).ids[1:-1]
    marked = "▁" + text
    assert "".join(PIECES[number] for number in found) == marked
    best = [0.0]
    for end in range(1, len(marked) + 1):
        ways = [
            best[start] + SCORES[PIECES.index(marked[start:end])] for start in range(end) if marked[start:end] in PIECES
        ]
        best.append(max(ways, default=float("-inf")))
    assert sum(SCORES[number] for number in found) == pytest.approx(best[-1])


def test_texts_are_normalized_by_the_table_of_the_file() -> None:
    """Tabs are spaces, what has no width is lost, full-width letters are plain ones, spaces in a row are one."""
    built = built_tokenizer(PIECES, SCORES, SPECIAL, REPLACED)
    assert built.encode("a\tb").ids == built.encode("a  b").ids == built.encode("ａ b").ids
    assert built.encode("a\u200bb").ids == built.encode("ab").ids


def test_the_pieces_are_those_of_the_wheel() -> None:
    """Both languages come apart into pieces between <s> and </s>; nothing of an ordinary sentence is unknown."""
    packed = read_weights(default_weights())
    built = built_tokenizer(packed.pieces, packed.scores, packed.special, packed.replaced)
    bos, eos, _, unknown = packed.special
    for text in ("query: 太贵了，超出我们预算了。", "query: That's too expensive for us."):
        numbers = built.encode(text).ids
        assert (numbers[0], numbers[-1]) == (bos, eos)
        assert unknown not in numbers
        assert "".join(packed.pieces[number] for number in numbers[1:-1]).startswith("▁query")

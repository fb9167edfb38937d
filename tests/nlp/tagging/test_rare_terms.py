"""Words that hardly any call says, and the turns that share them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp.tagging.rare_terms import TERMS, call_counts, sharing, terms, together

NOTHING_COMMON = np.zeros(TERMS, dtype=np.bool_)


def test_turns_share_a_name_however_it_is_written() -> None:
    """Case, width and a possessive make no other name; another name is another term."""
    turns = [terms(text, "en") for text in ("My accountant pushes Paylark", "ＰＡＹＬＡＲＫ's solid", "We use paper")]
    assert sharing(turns, NOTHING_COMMON).tolist() == [
        [False, True, False],
        [True, False, False],
        [False, False, False],
    ]


def test_chinese_turns_share_two_characters_in_a_row() -> None:
    """A name of two characters is one term, in Traditional characters too; a single character is none."""
    turns = [terms(text, "zh") for text in ("我們用滿帆", "满帆贵", "帆布鞋")]
    assert sharing(turns, NOTHING_COMMON)[0].tolist() == [False, True, False]
    assert not len(terms("嗯。", "zh"))


def test_what_other_calls_say_is_no_name() -> None:
    """Turns that share nothing but common terms share nothing."""
    turns = [terms("the price is high", "en"), terms("what price", "en")]
    assert sharing(turns, NOTHING_COMMON)[0, 1]
    assert not sharing(turns, call_counts([turns]) > 0).any()


def test_a_call_counts_once_however_often_it_says_a_term() -> None:
    """Counts are of calls."""
    said = terms("price", "en")
    assert call_counts([[said, said], [said], [terms("quote", "en")]])[said].tolist() == [2]


@given(st.lists(st.text("价格满帆 ab", max_size=12), max_size=6))
def test_sharing_is_mutual(texts: list[str]) -> None:
    """Who shares a term with a turn, with that the turn shares one; no turn shares with itself."""
    turns = [terms(text, "zh") for text in texts]
    shared = sharing(turns, NOTHING_COMMON)
    assert shared.shape == (len(texts), len(texts))
    assert (shared == shared.T).all()
    assert not shared.diagonal().any()
    assert set(together(turns).tolist()) == {term for own in turns for term in own.tolist()}

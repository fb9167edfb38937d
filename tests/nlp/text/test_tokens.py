"""Tokens, search terms and spoken units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text.folding import fold
from nlp.text.tokens import count_spoken_units, query_terms, search_terms, tokens

SPEECH = st.text(alphabet="价格预算異議 太贵了abcAB12，。！？?!. …\n", max_size=60)


@pytest.mark.parametrize("word", ["价格", "预算", "异议", "價格"])
def test_two_character_words_are_findable(word: str) -> None:
    """However jieba cuts the sentence, a word of two characters is among its terms."""
    spoken = f"那个{fold(word)}我们再看看，主要还是有{word}上的问题"
    assert set(query_terms(word)) <= set(search_terms(spoken, "zh"))


@given(st.text(alphabet="价格预算异议太贵了的", min_size=1, max_size=6), SPEECH, SPEECH)
def test_a_chinese_query_finds_every_text_that_contains_it(query: str, before: str, after: str) -> None:
    """The terms of a query of two or more characters are a subset of the terms of any text around it."""
    if len(query) > 1:
        assert set(query_terms(query)) <= set(search_terms(f"{before}{query}{after}", "zh"))


def test_mixed_words_are_split_by_script() -> None:
    """A Latin name glued to Chinese characters is a term of its own."""
    assert {"crm", "系统"} <= set(search_terms("我们的CRM系统", "zh"))
    assert tokens("That's 3 CRMs, OK?", "en") == ["that's", "3", "crms", "ok"]


@pytest.mark.parametrize(("text", "language", "units"), [("价格是30万，OK吗", "zh", 7), ("it's a deal", "en", 3)])
def test_spoken_units_are_characters_or_words(text: str, language: str, units: int) -> None:
    """Mandarin is counted by character, numbers and Latin words as one each; English by word."""
    assert count_spoken_units(text, language) == units  # type: ignore[arg-type]

"""Folding and punctuation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.mandarin import folded, is_question, written
from asr.transcript import Word


def spoken(*texts: str, pauses: dict[int, int] | None = None) -> list[Word]:
    """Words of 200 ms, with the given pauses (ms) after some of them."""
    at, words = 0, []
    for i, text in enumerate(texts):
        words.append(Word(text, at, at + 200, 0.8))
        at += 200 + (pauses or {}).get(i, 0)
    return words


def text_of(words: tuple[Word, ...]) -> str:
    """The words as one string."""
    return "".join(word.text for word in words)


def test_traditional_is_folded() -> None:
    """Whatever mixture of characters comes, Simplified goes out, character by character."""
    assert folded("這個報價單是給您公司的嗎") == "这个报价单是给您公司的吗"


def test_pauses_become_commas_and_the_end_a_full_stop() -> None:
    """Text without any punctuation is punctuated by its pauses."""
    assert text_of(written(spoken("您好", "我是", "小周", pauses={0: 500}))) == "您好，我是小周。"


def test_long_pauses_end_a_sentence() -> None:
    """A pause of a second inside a turn parts two sentences, each with its own mark."""
    assert text_of(written(spoken("多少", "钱", "我", "看看", pauses={1: 1_000}))) == "多少钱？我看看。"


def test_what_whisper_wrote_is_kept_in_full_width() -> None:
    """Its commas and question marks stay, those between digits stay narrow."""
    assert text_of(written(spoken("可以,", "几点?"))) == "可以，几点？"
    assert text_of(written(spoken("一共", "1,800", "块"))) == "一共1,800块。"


def test_a_space_between_phrases_is_a_comma() -> None:
    """Whisper parts Mandarin phrases by spaces where it writes no punctuation."""
    assert text_of(written(spoken("林总", " 我", "想", "了解"))) == "林总，我想了解。"


@pytest.mark.parametrize(
    ("utterance", "asks"),
    [
        ("您方便吗", True),
        ("你们怎么收费", True),
        ("这个多少钱", True),
        ("那我们还是不是签", True),
        ("没什么问题", False),
        ("我明天过去", False),
        ("好的", False),
        ("不管多少钱都可以", False),
        ("", False),
    ],
)
def test_questions_are_told_by_their_words(utterance: str, asks: bool) -> None:
    """Particles and question words make a question, set phrases do not."""
    assert is_question(utterance) is asks


@given(
    st.lists(st.tuples(st.sampled_from(["這", "个,", "吗", " 好", "CRM", "12"]), st.integers(0, 3_000)), max_size=20)
)
def test_times_and_order_stay(spoken_words: list[tuple[str, int]]) -> None:
    """Folding and punctuating change texts only, and the turn always ends with a mark."""
    words: list[Word] = []
    at = 0
    for text, pause in spoken_words:
        words.append(Word(text, at, at + 150, 0.5))
        at += 150 + pause
    out = written(words)
    assert [(w.start_ms, w.end_ms, w.confidence) for w in out] == [(w.start_ms, w.end_ms, w.confidence) for w in words]
    assert not out or out[-1].text[-1] in "。？！"

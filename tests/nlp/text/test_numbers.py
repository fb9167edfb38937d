"""Numbers in a turn: where they are, what they are worth, and what is left alone."""

from __future__ import annotations

from itertools import pairwise

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.transcript import Language, Transcript, Turn, Word
from nlp.text.numbers import find_numbers, spoken_numbers


def found(text: str, language: Language) -> list[tuple[str, str, str | None]]:
    """Text, normalized value and unit of the numbers in a text."""
    return [(n.text, n.normalized, n.unit) for n in find_numbers(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("这个三十万一年可以吗", [("三十万", "300000", None)]),
        ("两千五一个月，两年四万八", [("两千五", "2500", None), ("四万八", "48000", None)]),
        ("大概3.5万左右", [("3.5万", "35000", None)]),
        ("一共一千二百块钱", [("一千二百块钱", "1200", "cny")]),
        (
            "三块五一斤，三块五毛，五毛也行",
            [("三块五", "3.5", "cny"), ("三块五毛", "3.5", "cny"), ("五毛", "0.5", "cny")],
        ),
        ("￥12,500，5000美元", [("￥12,500", "12500", "cny"), ("5000美元", "5000", "usd")]),
        (
            "给您打八折，八五折，打9.5折",
            [("打八折", "0.8", "discount"), ("八五折", "0.85", "discount"), ("9.5折", "0.95", "discount")],
        ),
        ("百分之二十，三个点", [("百分之二十", "20", "percent"), ("三个点", "3", "percent")]),
        ("手机一三八零零一三八零零零", [("一三八零零一三八零零零", "13800138000", "digits")]),
        ("打138 0013 8000", [("138 0013 8000", "13800138000", "digits")]),
        ("二十一天里有十五个人", [("二十一", "21", None), ("十五", "15", None)]),
    ],
)
def test_chinese_numbers(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    """Amounts, currencies, discounts, shares and phone numbers; 一 before a measure word is no digit."""
    assert found(text, "zh") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it is twelve thousand five hundred dollars", [("twelve thousand five hundred dollars", "12500", "usd")]),
        ("about 12.5k a year", [("12.5k", "12500", None)]),
        ("$1.2 million, £300", [("$1.2 million", "1200000", "usd"), ("£300", "300", "gbp")]),
        ("a five dollar fee and fifty cents", [("five dollar", "5", "usd"), ("fifty cents", "0.5", "usd")]),
        ("fifteen percent or 20 % off", [("fifteen percent", "15", "percent"), ("20 %", "20", "percent")]),
        ("one point five percent", [("one point five percent", "1.5", "percent")]),
        ("ten to fifteen thousand", [("fifteen thousand", "15000", None)]),
        ("call 415-555-0132", [("415-555-0132", "4155550132", "digits")]),
        ("oh one three eight five five", [("oh one three eight five five", "013855", "digits")]),
        ("twenty-five seats for half a million", [("twenty-five", "25", None), ("half a million", "500000", None)]),
    ],
)
def test_english_numbers(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    """Amounts in words and digits with their unit."""
    assert found(text, "en") == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "下午三点半开会，明天三点见，三点五十也行"),
        ("zh", "二零二五年三月五号，2026年，第十五个"),
        ("zh", "几万块钱，三十多万，一千来块，两三千"),
        ("zh", "十分感谢，千万别，万一不行，一个一个来，两位"),
        ("zh", "B2B的CRM 4.0系统"),
        ("en", "at 3:30 pm on March 5th, 2026"),
        ("en", "nineteen ninety nine, five or six, one of them"),
        ("en", "Q4, B2B, 24/7, 5m tall, thirty eight lakhs, forty odd"),
        ("en", "a couple hundred dollars"),
    ],
)
def test_what_is_no_amount_or_not_certain_is_left_alone(language: Language, text: str) -> None:
    """Times, dates, ordinals, estimates, idioms, small counts and names are no numbers."""
    assert found(text, language) == []


@given(st.integers(10, 10**9).filter(lambda n: n % 10_000), st.sampled_from(["要{}块钱", "就是{}元，好吗"]))
def test_a_price_in_chinese_is_found_whole(number: int, sentence: str) -> None:
    """Law: a price written in characters into a sentence is found with its value in yuan."""
    (price,) = find_numbers(sentence.format(cn2an.an2cn(number)), "zh")
    assert (price.value, price.unit) == (number, "cny")


PIECES = st.lists(
    st.sampled_from(
        [
            "三十万",
            "八折",
            "点",
            "一个",
            "，",
            " ",
            "12,500",
            "块",
            "半",
            "half a million",
            "dollars",
            "$",
            "three",
            "138 0013 8000",
            "%",
        ]
    )
)


@given(PIECES, st.sampled_from(["zh", "en"]))
def test_numbers_are_stretches_of_the_text(pieces: list[str], language: Language) -> None:
    """Law: every number is where it says, in order, and none lies in another."""
    text = "".join(pieces)
    numbers = find_numbers(text, language)
    assert all(text[n.start : n.end] == n.text == n.text.strip() for n in numbers)
    assert all(a.end <= b.start for a, b in pairwise(numbers))
    assert all(n.normalized for n in numbers)


def test_numbers_are_told_with_turn_and_time() -> None:
    """Each number has its turn, and the time of its own words; whole values are whole in JSON, digits a string."""
    words = tuple(Word(text, 1000 + 100 * i, 1100 + 100 * i, 0.9) for i, text in enumerate("一年三十万，打八五折"))
    turns = (
        Turn("rep", 0, 0, 900, "您好。", 0.9),
        Turn("rep", 0, 1000, 2000, "一年三十万，打八五折", 0.9, words),
        Turn("customer", 1, 3000, 4000, "我电话零一零八八八八", 0.9),
    )
    told = [number.to_json() for number in spoken_numbers(Transcript(5000, "zh", 2, turns))]
    assert told == [
        {"turn": 1, "text": "三十万", "value": 300000, "unit": None, "start_ms": 1200, "end_ms": 1500},
        {"turn": 1, "text": "打八五折", "value": 0.85, "unit": "discount", "start_ms": 1600, "end_ms": 2000},
        {"turn": 2, "text": "零一零八八八八", "value": "0108888", "unit": "digits", "start_ms": 3000, "end_ms": 4000},
    ]

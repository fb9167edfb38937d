"""Numerals are read as what they are worth, and only when that is certain."""

from __future__ import annotations

from decimal import Decimal

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text.numerals import EN_TEENS, EN_TENS, EN_UNITS, chinese_value, digit_string, english_value

SMALL = {value: word for words in (EN_UNITS, EN_TEENS, EN_TENS) for word, value in words.items()}
WHOLES = st.integers(0, 12).flatmap(lambda digits: st.integers(0, 10**digits))


def spelled(number: int) -> str:
    """A whole number in English words, as they are spoken in Britain."""
    if number == 0:
        return "zero"
    words = []
    for size, name in ((10**9, " billion"), (10**6, " million"), (1000, " thousand"), (1, "")):
        group, number = divmod(number, size)
        if group:
            joined = "and " if words and size == 1 and group < 100 else ""
            words.append(f"{joined}{spelled_group(group)}{name}")
    return " ".join(words)


def spelled_group(number: int) -> str:
    """A number from 1 to 999."""
    hundreds, rest = divmod(number, 100)
    tens = SMALL.get(rest) or (f"{SMALL[rest // 10 * 10]}-{SMALL[rest % 10]}" if rest else "")
    return " and ".join(part for part in (f"{SMALL[hundreds]} hundred" if hundreds else "", tens) if part)


@given(WHOLES)
def test_chinese_numerals_are_read_back(number: int) -> None:
    """Law: a whole number written in Chinese is that number again."""
    assert chinese_value(cn2an.an2cn(number)) == number


@given(WHOLES.filter(lambda number: number < 10**12))
def test_english_words_are_read_back(number: int) -> None:
    """Law: a whole number spelled in English is that number again."""
    assert english_value(spelled(number)) == number


@given(st.integers(1, 9), st.sampled_from(["百", "千", "万", "亿"]), st.integers(1, 9))
def test_a_last_digit_goes_on_with_the_next_unit(first: int, unit: str, last: int) -> None:
    """Law: 两千五 is what 两千五百 is."""
    digits, below = "零一二三四五六七八九", {"百": "十", "千": "百", "万": "千", "亿": "千万"}
    short = f"{digits[first]}{unit}{digits[last]}"
    assert chinese_value(short) == chinese_value(short + below[unit])


@given(st.text(alphabet="零一二两三十百千万亿点5,.", max_size=8))
def test_any_run_of_numerals_is_read_or_refused(text: str) -> None:
    """Law: nothing raises, and what is read is not negative."""
    value = chinese_value(text)
    assert value is None or value >= 0


@given(
    st.lists(st.sampled_from(["one", "twenty", "nineteen", "hundred", "a", "and", "half", "million", "point", "oh"]))
)
def test_any_run_of_english_words_is_read_or_refused(words: list[str]) -> None:
    """Law: nothing raises, and what is read is not negative."""
    value = english_value(" ".join(words))
    assert value is None or value >= 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三十万", "300000"),
        ("一万二", "12000"),
        ("十五万八", "158000"),
        ("一亿三千万", "130000000"),
        ("一百零五", "105"),
        ("3.5万", "35000"),
        ("2万5", "25000"),
        ("3万500", "30500"),
        ("12,500", "12500"),
        ("三点五", "3.5"),
        ("十二点零五", "12.05"),
        ("一点二万", "12000"),
    ],
)
def test_chinese_amounts(text: str, value: str) -> None:
    """Units, short forms, digits among characters, and the decimal point."""
    assert chinese_value(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["两三千", "七八百", "千万", "万一", "百", "一二", "一千二三", "三点五十", "3.5万2", ""]
)
def test_uncertain_chinese_is_refused(text: str) -> None:
    """Estimates, idioms and halves of clock times are no numbers."""
    assert chinese_value(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("twelve thousand five hundred", "12500"),
        ("Fifteen hundred", "1500"),
        ("a hundred and fifty", "150"),
        ("two hundred and fifty thousand", "250000"),
        ("half a million", "500000"),
        ("two and a half million", "2500000"),
        ("one point five million", "1500000"),
        ("zero point oh five", "0.05"),
        ("12.5k", "12500"),
        ("1.2 million", "1200000"),
        ("eighty grand", "80000"),
    ],
)
def test_english_amounts(text: str, value: str) -> None:
    """Groups, scales, halves and decimals."""
    assert english_value(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["nineteen ninety nine", "twenty twenty", "one two", "hundred", "five or six", "", "and"]
)
def test_uncertain_english_is_refused(text: str) -> None:
    """A year, a price or a list: what could be several things is none."""
    assert english_value(text) is None


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("一三八零零一三八零零零", "13800138000"),
        ("幺三八零", "1380"),
        ("oh one three eight double five", "013855"),
        ("one two three", None),
        ("十三八零", None),
        ("double", None),
    ],
)
def test_digits_said_one_by_one(text: str, digits: str | None) -> None:
    """Four or more digits are a string, with the zeros before them."""
    assert digit_string(text) == digits

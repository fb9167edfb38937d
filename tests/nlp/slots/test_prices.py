"""Amounts, currencies and discounts: what a number in talk of prices is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.transcript import Language
from nlp.slots.prices import find_prices

Told = list[tuple[str, str, str | int | float | None]]

CHINESE: list[tuple[str, Told]] = [
    ("一共三十二万", [("amount", "三十二万", 320000)]),
    ("三十万块", [("amount", "三十万块", 300000), ("currency", "块", "CNY")]),
    ("两千六百八十元", [("amount", "两千六百八十元", 2680), ("currency", "元", "CNY")]),
    ("一年一千八", [("amount", "一千八", 1800)]),
    ("¥3200一年", [("amount", "¥3200", 3200), ("currency", "¥", "CNY")]),
    ("五百美元", [("amount", "五百美元", 500), ("currency", "美元", "USD")]),
    ("3.5万", [("amount", "3.5万", 35000)]),
    ("八千二跟九千三两个版本", [("amount", "八千二", 8200), ("amount", "九千三", 9300)]),
    ("彩色三毛", [("amount", "三毛", 0.3), ("currency", "毛", "CNY")]),
    ("三块五一个", [("amount", "三块五", 3.5), ("currency", "块", "CNY")]),
    ("四千五港币", [("amount", "四千五港币", 4500), ("currency", "港币", "HKD")]),
    ("打八折", [("discount", "打八折", 0.2)]),
    ("九五折", [("discount", "九五折", 0.05)]),
    ("给您85折", [("discount", "85折", 0.15)]),
    ("优惠百分之二十", [("discount", "百分之二十", 0.2)]),
    ("降10%", [("discount", "10%", 0.1)]),
    ("再让两个点", [("discount", "两个点", 0.02)]),
    ("半价给您", [("discount", "半价", 0.5)]),
    ("打个对折", [("discount", "对折", 0.5)]),
    ("便宜两千", [("amount_off", "两千", 2000)]),
    ("再给您让五千", [("amount_off", "五千", 5000)]),
    ("加盟费减一万", [("amount_off", "一万", 10000)]),
    ("立减三百块", [("amount_off", "三百块", 300), ("currency", "块", "CNY")]),
    ("保底给您降到八千", [("amount", "八千", 8000)]),
    ("优惠价一千八", [("amount", "一千八", 1800)]),
    ("原价两万九千八，现在一万六千八", [("amount", "两万九千八", 29800), ("amount", "一万六千八", 16800)]),
    ("收百分之十五的服务费", []),
    ("十个以上打九折", [("discount", "打九折", 0.1)]),
    ("五十个并发用户，软件三十八万", [("amount", "三十八万", 380000)]),
    ("十二个人", []),
    ("三十天账期", []),
    ("保底三万张", []),
    ("费率千分之三点八", []),
    ("大概几万块", []),
    ("按去年的价打八折，一万四千四", [("discount", "打八折", 0.2), ("amount", "一万四千四", 14400)]),
]

ENGLISH: list[tuple[str, Told]] = [
    ("it's twelve thousand five hundred", [("amount", "twelve thousand five hundred", 12500)]),
    ("twenty-five hundred", [("amount", "twenty-five hundred", 2500)]),
    ("six bucks a head", [("amount", "six bucks", 6), ("currency", "bucks", "USD")]),
    ("$1,200 a month", [("amount", "$1,200", 1200), ("currency", "$", "USD")]),
    ("three hundred quid", [("amount", "three hundred quid", 300), ("currency", "quid", "GBP")]),
    ("£45 each", [("amount", "£45", 45), ("currency", "£", "GBP")]),
    ("ninety euros", [("amount", "ninety euros", 90), ("currency", "euros", "EUR")]),
    ("about 45k", [("amount", "45k", 45000)]),
    ("five grand", [("amount", "five grand", 5000)]),
    ("half a million dollars", [("amount", "half a million dollars", 500000), ("currency", "dollars", "USD")]),
    ("Fourteen pence a word", [("amount", "Fourteen pence", 0.14), ("currency", "pence", "GBP")]),
    ("four twenty a month", [("amount", "four twenty", 420)]),
    ("a doc fee of two ninety nine", [("amount", "two ninety nine", 299)]),
    ("fourteen thousand nine fifty", [("amount", "fourteen thousand nine fifty", 14950)]),
    ("I'm at forty five nine", [("amount", "forty five nine", None)]),
    ("seventeen fifty maybe", [("amount", "seventeen fifty", None)]),
    ("twenty percent off", [("discount", "twenty percent", 0.2)]),
    ("a 15% discount", [("discount", "15%", 0.15)]),
    ("ten percent cheaper", [("discount", "ten percent", 0.1)]),
    ("half price in June", [("discount", "half price", 0.5)]),
    ("you'd save five per cent", [("discount", "five per cent", 0.05)]),
    ("twenty percent down", []),
    ("a management fee of ten percent", []),
    ("knock off nine hundred", [("amount_off", "nine hundred", 900)]),
    ("take twelve hundred off", [("amount_off", "twelve hundred", 1200)]),
    ("three thousand less", [("amount_off", "three thousand", 3000)]),
    ("$500 off", [("amount_off", "$500", 500), ("currency", "$", "USD")]),
    ("seventy four, fixed for thirty six months", [("amount", "seventy four", 74)]),
    ("for forty people", []),
    ("thirty one users at fifty eight", [("amount", "fifty eight", 58)]),
    ("a twenty five year term", []),
    ("about four percent from today", []),
    ("make it sixty four", [("amount", "sixty four", 64)]),
    ("back in twenty twenty four pages", []),
]


@pytest.mark.parametrize(("text", "told"), CHINESE)
def test_chinese_prices(text: str, told: Told) -> None:
    """Sums, currencies and what is taken off are told apart, and counts of things are none of them."""
    assert [(slot.name, slot.text, slot.value) for slot in find_prices(text, "zh")] == told


@pytest.mark.parametrize(("text", "told"), ENGLISH)
def test_english_prices(text: str, told: Told) -> None:
    """Sums, currencies and what is taken off are told apart, and counts of things are none of them."""
    assert [(slot.name, slot.text, slot.value) for slot in find_prices(text, "en")] == told


def test_outside_talk_of_prices_a_sum_needs_its_unit() -> None:
    """Where a turn may speak of anything, a bare number is no amount."""
    assert find_prices("make it sixty four", "en", bare=False) == ()
    assert [slot.value for slot in find_prices("it's sixty four pounds", "en", bare=False)] == [64, "GBP"]
    assert [slot.value for slot in find_prices("一共三十二万", "zh", bare=False)] == [320000]


@given(
    st.lists(st.sampled_from([text for text, _ in CHINESE + ENGLISH]), min_size=1, max_size=4),
    st.sampled_from(["，", " ", ", ", "。", ""]),
    st.sampled_from(["zh", "en"]),
)
def test_offsets(texts: list[str], glue: str, language: Language) -> None:
    """Every slot is cut from the text, discounts are fractions, and a currency lies inside its amount."""
    text = glue.join(texts)
    slots = find_prices(text, language)
    for slot in slots:
        assert text[slot.start : slot.end] == slot.text
        assert slot.text
        if slot.name == "discount":
            assert isinstance(slot.value, int | float)
            assert 0 < slot.value <= 1
        if slot.name == "currency":
            assert any(
                other.name.startswith("amount") and other.start <= slot.start and slot.end <= other.end
                for other in slots
            )


@given(st.text(max_size=60), st.sampled_from(["zh", "en"]))
def test_any_text_is_read(text: str, language: Language) -> None:
    """No text makes it fail, and offsets hold for any of them."""
    assert all(text[slot.start : slot.end] == slot.text for slot in find_prices(text, language))

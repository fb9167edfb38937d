"""What a turn says about money: amounts, their currency, what is taken off. Pure.

Numbers are read by :mod:`nlp.text.numbers`; here it is told what they are. ``amount`` is a sum, ``amount_off`` a sum by
which a price falls ("knock off nine hundred", 便宜两千), ``discount`` the fraction taken off, in (0, 1]: 八折 and "20%
off" are both 0.2. A percentage without a word for less beside it ("twenty percent down") is no discount. Each
``currency`` lies inside the amount it belongs to and is an ISO 4217 code; an amount without one was said without
one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from asr.transcript import Language
from nlp.text.numbers import Number, find_numbers
from nlp.text.numerals import EN_TEENS, EN_TENS, EN_UNITS, english_value
from sop.events import Slot

_CURRENCIES = {"cny": "CNY", "usd": "USD", "eur": "EUR", "gbp": "GBP", "hkd": "HKD"}
_SYMBOLS = re.compile(
    r"人民币|[¥￥]|块钱?|元钱?|毛钱?|美[元金]|港[币元]|欧元?|英镑|[$€£]"
    r"|\b(?:dollars?|bucks?|usd|cents?|euros?|eur|pounds?|quid|gbp|pence)\b",
    re.I,
)
_THINGS: dict[Language, re.Pattern[str]] = {
    "zh": re.compile(
        r"\s*[个人天年月台套次位家平米里吨斤份号楼时期版通倍级度岁条只件辆箱张支部间层项种方周届批车头亩盒袋瓶字秒吋寸座户店门节课页路线类组多几强折升桶%％公]"
    ),
    "en": re.compile(
        r"[\s-]*(?:%|(?:(?!plus\b|less\b|is\b|was\b|as\b|this\b|yes\b|its\b|has\b|bucks\b|towards\b|always\b|besides\b|us\b)[a-z]+s\b)"
        r"|(?:people|user|seat|month|week|day|year|hour|minute|person|page|point|inch|foot|feet|mile|gig|percent|of\s+(?:us|them)|odd"
        r"|k?wh|something|or\s+so\s+(?:people|users)|am|pm|o['’]?clock|and\s+a\s+half\s+(?:years?|months?))\b)",
        re.I,
    ),
}
_LESS_BEFORE: dict[Language, re.Pattern[str]] = {
    "zh": re.compile(
        r"(?:便宜|优惠|立减|减免|减|降|让利|让|省|抹掉?|抵扣?|返现?|返还)(?:您|你|了|个|掉|下来|大概|差不多|最多|至少|再)*\s*$"
    ),
    "en": re.compile(
        r"\b(?:knock(?:ing|ed)?|take|taking|took|sav(?:e|es|ing)|waiv(?:e|ing|ed)|discount\s+of|credit\s+of|rebate\s+of"
        r"|(?:drop|reduc|lower|cut|com)(?:e|es|ed|ing|ped|ping)?(?:\s+(?:it|that|the\s+price|down))?\s+by)"
        r"(?:\s+(?:off|you|me|us|about|another|an\s+extra|up\s+to|around|roughly|say|maybe|like))*\s*$",
        re.I,
    ),
}
_LESS_AFTER: dict[Language, re.Pattern[str]] = {
    "zh": re.compile(r"的?(?:优惠|折扣|让利|立减|返现|减免)|(?:给[您你])?免[了掉]|不要了"),
    "en": re.compile(r"[\s-]*(?:off|cheaper|less|discount|credit|rebate|lower|reduction|saving)\b", re.I),
}
_SHARE_OFF: dict[Language, re.Pattern[str]] = {
    "zh": re.compile(r"优惠|折扣|便宜|降|减|让|返|下浮|少收|省"),
    "en": re.compile(
        r"\b(?:off|discount|cheaper|less|knock|reduc\w+|lower|sav(?:e|es|ing|ings)|rebate|credit|drop|cut)\b", re.I
    ),
}
_HALVES: dict[Language, re.Pattern[str]] = {
    "zh": re.compile(r"半价|对折|减半"),
    "en": re.compile(r"\bhalf[\s-](?:off|price)\b", re.I),
}
_SMALL = "|".join([*EN_UNITS, *EN_TEENS, *EN_TENS])
_RUN = re.compile(
    rf"\b(?:(?:{_SMALL})[\s-]+(?:thousand[\s-]+)?)+(?:{_SMALL})\b(?![\s-]+(?:{_SMALL}|hundred|thousand|grand|k|million)\b)",
    re.I,
)
_CLOCK_AFTER = re.compile(
    r"\s+(?:in\s+the|tomorrow|tonight|sharp|on\s+(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b", re.I
)
_HUGE = 1000
"""A bare number that another amount of the turn is so many times as large as is none."""
_NEAR = 14
"""Characters around a percentage in which a word for less makes it a discount."""
_CLAUSE = re.compile(r"[，。；！？!?;]|[,.](?!\d)")


def find_prices(text: str, language: Language, *, bare: bool = True) -> tuple[Slot, ...]:
    """Amounts, currencies and discounts of a turn, in the order they were said.

    Args:
        text: the turn's.
        language: that of the call.
        bare: whether a number without currency or scale, and without a thing that is counted, is an amount:
            where the talk is of prices, it is.
    """
    numbers = find_numbers(text, language)
    found = [slot for number in numbers for slot in _slots(text, language, number, bare)]
    if language == "en" and bare:
        found.extend(_as_spoken(text, numbers))
    found = _likely(found)
    for match in _HALVES[language].finditer(text):
        found.append(Slot("discount", match.group(), match.start(), match.end(), 0.5))
    return tuple(sorted(found, key=lambda slot: (slot.start, -slot.end)))


def _likely(found: Sequence[Slot]) -> list[Slot]:
    """Without bare numbers beside which another amount is huge: they count things, or left out their 万."""
    sums = [float(slot.value) for slot in found if slot.name == "amount" and isinstance(slot.value, int | float)]
    told = {(other.start, other.end) for other in found if other.name == "currency"}

    def is_likely(slot: Slot) -> bool:
        if slot.name != "amount" or not isinstance(slot.value, int | float):
            return True
        has_currency = any(slot.start <= start and end <= slot.end for start, end in told)
        return has_currency or slot.value * _HUGE > max(sums)

    return [slot for slot in found if is_likely(slot)]


def _as_spoken(text: str, numbers: Sequence[Number]) -> Iterator[Slot]:
    """Prices without their hundreds: "four twenty" is 420; "forty five nine" may be 45.9 or 45900 and has no value."""
    for match in _RUN.finditer(text):
        start, end = match.span()
        taken = any(start < number.end and number.start < end for number in numbers)
        if taken or _THINGS["en"].match(text, end) or _CLOCK_AFTER.match(text, end):
            continue
        words = re.split(r"[\s-]+", match.group().lower())
        yield Slot("amount", match.group(), start, end, _hundreds(words))


def _hundreds(words: Sequence[str]) -> int | None:
    if words[0] in EN_UNITS and "thousand" not in words:
        rest = english_value(" ".join(words[1:]))
        if rest is not None and 10 <= rest < 100:
            return EN_UNITS[words[0]] * 100 + int(rest)
    if words.count("thousand") == 1:
        at = words.index("thousand")
        thousands, rest_of = (
            english_value(" ".join(words[:at])),
            _hundreds(words[at + 1 :]) if words[at + 1 :] else None,
        )
        if thousands is not None and rest_of is not None:
            return int(thousands) * 1000 + rest_of
    return None


def _slots(text: str, language: Language, number: Number, bare: bool) -> Iterator[Slot]:
    if isinstance(number.value, str):
        return
    if number.unit in ("discount", "percent"):
        off = 1 - number.value if number.unit == "discount" else number.value / 100
        if number.unit == "discount" or (0 < off <= 1 and _is_off(text, language, number)):
            yield Slot("discount", number.text, number.start, number.end, _scalar(off))
    elif number.unit in _CURRENCIES or (_may_be_money(text, language, number, bare)):
        name = "amount_off" if _is_less(text, language, number) else "amount"
        yield Slot(name, number.text, number.start, number.end, _scalar(number.value))
        symbol = _SYMBOLS.search(number.text) if number.unit else None
        if symbol and number.unit in _CURRENCIES:
            start = number.start + symbol.start()
            yield Slot("currency", symbol.group(), start, number.start + symbol.end(), _CURRENCIES[number.unit])


def _may_be_money(text: str, language: Language, number: Number, bare: bool) -> bool:
    scaled = bool(re.search(r"[万亿kK]|thousand|grand|million|hundred", number.text))
    if re.search(r"[百千万]分之$|[第#]$", text[: number.start]):
        return False
    return (bare or scaled) and _THINGS[language].match(text, number.end) is None


def _is_less(text: str, language: Language, number: Number) -> bool:
    return bool(_LESS_BEFORE[language].search(text[: number.start]) or _LESS_AFTER[language].match(text, number.end))


def _is_off(text: str, language: Language, number: Number) -> bool:
    """Whether a word for less stands near a percentage, in its own clause."""
    before = _CLAUSE.split(text[max(number.start - _NEAR, 0) : number.start])[-1]
    after = _CLAUSE.split(text[number.end : number.end + _NEAR])[0]
    return _SHARE_OFF[language].search(f"{before} {after}") is not None


def _scalar(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)

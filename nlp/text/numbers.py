"""Amounts, shares and numbers in what was said, normalised beside the words: 三十万 → 300000. Pure.

What a stretch means (money, a share, a date, a time) is decided by :mod:`nlp.text.entities`, what it is worth by
:mod:`nlp.text.numerals`. Dates, times, ordinals and small counts (一个, "two") are no numbers here, and nothing that
is not certain (几万, 三十多万).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from asr.transcript import Language, Transcript
from nlp.text.entities import Found, entity_spans
from nlp.text.evidence import spoken_at
from nlp.text.numerals import (
    ABBREVIATIONS,
    EN_SCALES,
    EN_TEENS,
    EN_TENS,
    EN_UNITS,
    EN_ZEROS,
    WRITTEN,
    ZH_DIGITS,
    ZH_LARGE_UNITS,
    ZH_SMALL_UNITS,
    chinese_value,
    digit_string,
    english_value,
)
from nlp.text.sentences import Sentence

Unit = Literal["cny", "usd", "eur", "gbp", "hkd", "percent", "discount", "digits"]
"""Currencies; ``percent``; ``discount``, the share of the price that is paid (八折: 0.8); ``digits``, one by one."""

LEAST_COUNT = 10
"""Smaller whole numbers without a unit are words like any other."""

_ZH_DIGIT = "".join(ZH_DIGITS)
_ZH_UNIT = "".join([*ZH_SMALL_UNITS, *ZH_LARGE_UNITS])
_EN_WORD = "|".join([*EN_UNITS, *EN_TEENS, *EN_TENS, *EN_SCALES, *EN_ZEROS, "hundred", "double", "triple"])
_LATIN_BEFORE, _LATIN_AFTER = r"(?<![A-Za-z0-9.:/])", r"(?![A-Za-z0-9:/]|[.,]\d)"
_PHONE = re.compile(
    rf"{_LATIN_BEFORE}(?:\+?\d{{1,4}}[ -])?(?:1\d{{10}}|0\d{{6,}}|\d{{3,4}}(?:[ -]\d{{4}}){{1,2}}){_LATIN_AFTER}"
)
_NUMERALS: dict[Language, re.Pattern[str]] = {
    "zh": re.compile(
        rf"(?:{_LATIN_BEFORE}{WRITTEN}(?:[kK](?![A-Za-z]))?(?![A-Za-z0-9:/])"
        rf"|[{_ZH_DIGIT}{_ZH_UNIT}]|(?<=[{_ZH_DIGIT}{_ZH_UNIT}])点(?=[{_ZH_DIGIT}]))+"
    ),
    "en": re.compile(
        rf"{_LATIN_BEFORE}{WRITTEN}(?:\s?(?:{'|'.join([*ABBREVIATIONS, *EN_SCALES])})\b)?{_LATIN_AFTER}"
        rf"|\b(?:half\s+)?(?:a\s+(?=hundred|{'|'.join(EN_SCALES)}))?(?:{_EN_WORD})\b"
        rf"(?:[\s-]+(?:and\s+a\s+half|and\s+(?=(?:{_EN_WORD})\b)|point\s+)?(?:(?:{_EN_WORD})\b)?(?<![\s-]))*"
        r"|\bhalf\s+a(?=\s+per\s?cent)",
        re.I,
    ),
}
_APPROXIMATE = re.compile(r"[多来几余]")
_GOES_ON = re.compile(
    r"[点年月日号到至多来几余]|\s(?:(?:point|odd|something|lakhs?|crores?)\b|(?:to|or)\s+(?:\d|a\b|(?:{words})\b))".replace(
        "{words}", _EN_WORD
    ),
    re.I,
)
_YEAR = re.compile(r"19\d\d|20[1-4]\d")
_BARE_LETTERS = re.compile(r"\d\s?(?:m|bn)", re.I)
_MEASURES = "个年月天周次位台人份套家斤"
_JIAO = re.compile(rf"([一二三四五六七八九\d])(?:毛|(?=$|[^\u4e00-\u9fff\d]|[吧呢啊的了嘛哦]|一[{_MEASURES}]))")
_CURRENCIES: tuple[tuple[Unit, str], ...] = (
    ("usd", r"美|\$|dollar|buck|usd|cent"),
    ("eur", r"欧|€|eur"),
    ("gbp", r"英镑|£|pound|quid|gbp|pence"),
    ("hkd", r"港"),
    ("cny", r"块|元|毛|人民币|[¥￥]"),
)
_HUNDREDTHS = re.compile(r"(?<!per )\bcents?\b|\bpence\b", re.I)


@dataclass(frozen=True, slots=True)
class Number:
    """``text[start:end]`` of a turn and what it is worth: a string of digits where ``unit`` is "digits"."""

    start: int
    end: int
    text: str
    value: Decimal | str
    unit: Unit | None = None

    @property
    def normalized(self) -> str:
        """The value in plain digits, without a fraction that is zero."""
        return self.value if isinstance(self.value, str) else _plain(self.value)


@dataclass(frozen=True, slots=True)
class SpokenNumber:
    """A number with its turn, counted from 0, and when it was said."""

    turn: int
    number: Number
    start_ms: int
    end_ms: int

    def to_json(self) -> dict[str, Any]:
        """An item of ``numbers`` in ``clearcall analyze --json``; digits stay a string."""
        value = self.number.value
        whole = isinstance(value, Decimal) and value == value.to_integral_value()
        return {
            "turn": self.turn,
            "text": self.number.text,
            "value": value if isinstance(value, str) else int(value) if whole else float(value),
            "unit": self.number.unit,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
        }


def spoken_numbers(transcript: Transcript) -> tuple[SpokenNumber, ...]:
    """The numbers of all turns, in order."""
    found = []
    for position, turn in enumerate(transcript.turns):
        for number in find_numbers(turn.text, transcript.language):
            start_ms, end_ms = spoken_at(turn, Sentence(number.start, number.end, number.text))
            found.append(SpokenNumber(position, number, start_ms, end_ms))
    return tuple(found)


def find_numbers(text: str, language: Language) -> tuple[Number, ...]:
    """The numbers of a turn, in order, none inside another."""
    entities = entity_spans(text, language)
    found: list[Number] = []
    taken = 0
    phones = [match.span() for match in _PHONE.finditer(text)]
    for start, end in _numerals(text, language, phones):
        if start < taken:
            continue
        if (start, end) in phones:
            number: Number | None = _digits(text, start, end)
        else:
            number = _number(text, language, start, end, [e for e in entities if e[1] < end and e[2] > start])
        if number:
            found.append(number)
            taken = number.end
    return tuple(found)


def _numerals(text: str, language: Language, phones: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    others = [(match.start(), _end(text, *match.span())) for match in _NUMERALS[language].finditer(text)]
    free = [(a, b) for a, b in others if not any(a < end and b > start for start, end in phones)]
    return iter(sorted([*phones, *free]))


def _end(text: str, start: int, end: int) -> int:
    """Where a numeral ends: in 三十万一年 and 两千五一个月 the 一 belongs to what follows."""
    counts = text[end - 1] in "一两" and text[end : end + 1] and text[end] in _MEASURES
    return end - 1 if counts and end - start > 1 and text[end - 2] not in "十点零〇" else end


def _digits(text: str, start: int, end: int) -> Number:
    return Number(start, end, text[start:end], re.sub(r"[ -]", "", text[start:end]), "digits")


def _number(text: str, language: Language, start: int, end: int, entities: list[Found]) -> Number | None:
    """What the numeral at a place is, by the entities that it is part of."""
    numeral = text[start:end]
    if digits := digit_string(numeral):
        return None if text[end : end + 1] == "年" else Number(start, end, numeral, digits, "digits")
    if language == "zh" and text[end : end + 1] == "折":
        entities = [*entities, ("PERCENT", start, end + 1)]
    meant = max((e for e in entities if e[0] in ("MONEY", "PERCENT")), key=lambda e: e[2] - e[1], default=None)
    dated = any(e[0] in ("DATE", "TIME") and e[1] <= start for e in entities)
    if meant is None and (dated or _is_part(text, start, end)):
        return None
    value = _value(numeral, language)
    if meant is None:
        return Number(start, end, numeral, value) if value is not None and _counts(numeral, value) else None
    label, first, last = meant
    first = start if text[first:start].strip().lower() == "a" else min(first, start)
    last = max(last, end)
    last -= len(text[first:last]) - len(text[first:last].rstrip())
    if _APPROXIMATE.search(text[first:start] + text[end:last] + text[max(start - 1, 0) : start]):
        return None
    if label == "PERCENT":
        return _share(text, numeral, value, first, last)
    return None if value is None else _money(text, value, first, last)


def _counts(numeral: str, value: Decimal) -> bool:
    """Whether a numeral without a unit tells an amount: no small count, no year, no "5m" of whatever."""
    odd = _YEAR.fullmatch(numeral) or _BARE_LETTERS.search(numeral)
    return not odd and (value >= LEAST_COUNT or value % 1 > 0)


def _value(numeral: str, language: Language) -> Decimal | None:
    return english_value(numeral) if language == "en" or numeral[-1] in "kK" else chinese_value(numeral)


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether the numeral is part of an ordinal, a clock time, a date, an estimate or 十分."""
    before = text[max(start - 1, 0) : start]
    if text[start:end] == "十" and text[end : end + 1] in {"分", "足", "全"}:
        return True
    return bool(_GOES_ON.match(text, end)) or before in {"第", "几", "数", "点", "#"}


def _share(text: str, numeral: str, value: Decimal | None, first: int, last: int) -> Number | None:
    """百分之二十 is 20 percent; 八折 and 85折 are a discount to 0.8 and 0.85 of the price."""
    while text[first] in ",， ":
        first += 1
    shown = text[first:last]
    if not shown.endswith("折"):
        return None if value is None else Number(first, last, shown, value, "percent")
    if value is None and len(numeral) == 2 and all(c in ZH_DIGITS for c in numeral):
        value = Decimal(ZH_DIGITS[numeral[0]] * 10 + ZH_DIGITS[numeral[1]])
    if value is None or not 0 < value < 100:
        return None
    return Number(first, last, shown, value / (10 if value < 10 else 100), "discount")


def _money(text: str, value: Decimal, first: int, last: int) -> Number:
    shown = text[first:last]
    unit = next((unit for unit, words in _CURRENCIES if re.search(words, shown, re.I)), None)
    if _HUNDREDTHS.search(shown):
        value /= 100
    elif re.search("毛钱?$", shown):
        value /= 10
    elif shown.endswith("块") and (jiao := _JIAO.match(text, last)):
        # 三块五 and 三块五毛: tenths after the yuan.
        value += Decimal(ZH_DIGITS.get(jiao[1]) or int(jiao[1])) / 10
        last = jiao.end()
    return Number(first, last, text[first:last], value, unit)


def _plain(value: Decimal) -> str:
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written

"""Amounts of money, percentages, dates, times and names in a text, by pattern. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asr.transcript import Language
from nlp.text.folding import fold

Found = tuple[str, int, int]
"""Label, start, end in characters."""

_ZH_NUMBER = r"(?:\d[\d,.]*|[零〇一二两三四五六七八九十百千万亿半几]+(?:点[零一二三四五六七八九]+)?)"
_EN_UNIT = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand"
    r"|million|grand|half|a|couple|few)"
)
_EN_NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?\s?(?:k|m|thousand|million|grand)?|{_EN_UNIT}(?:[\s-]+(?:and\s+)?{_EN_UNIT})*)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)

_PATTERNS: dict[Language, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "zh": (
        ("MONEY", re.compile(rf"[¥￥$€£]\s?{_ZH_NUMBER}\s?[万亿千kK]?")),
        (
            "MONEY",
            re.compile(rf"{_ZH_NUMBER}\s?[多来几]?\s?(?:块钱?|元钱?|万元|毛钱?|美元|美金|欧元|英镑|港币|人民币)"),
        ),
        (
            "PERCENT",
            re.compile(
                rf"\d[\d.]*\s?[%％]|百分之{_ZH_NUMBER}|{_ZH_NUMBER}个点|(?:打|[,，])?[一二三四五六七八九]{{1,2}}折"
            ),
        ),
        (
            "DATE",
            re.compile(
                rf"(?:大前|前|昨|今|明|后|大后)天|(?:上+|这|本|下+)?(?:个)?(?:周|星期|礼拜)[一二三四五六日天末]"
                rf"|(?:上+|这|本|下+)(?:个)?(?:周|星期|礼拜|月|季度)|(?:月|年|周)[底初中末]|[今明去后前]年"
                rf"|{_ZH_NUMBER}月(?:{_ZH_NUMBER}[号日])?|{_ZH_NUMBER}[号日](?![码线楼])|春节|国庆|五一|双十一"
            ),
        ),
        (
            "TIME",
            re.compile(
                rf"(?:凌晨|早上|上午|中午|下午|傍晚|晚上)(?:{_ZH_NUMBER}点(?:半|钟|{_ZH_NUMBER}分|一刻)?)?"
                rf"|{_ZH_NUMBER}点(?:半|钟|{_ZH_NUMBER}分|一刻)"
            ),
        ),
    ),
    "en": (
        ("MONEY", re.compile(r"[$€£¥]\s?\d[\d,]*(?:\.\d+)?\s?(?:k|m|bn|thousand|million|grand)?\b", re.I)),
        (
            "MONEY",
            re.compile(rf"\b{_EN_NUMBER}\s+(?:dollars?|bucks|euros?|pounds?|quid|cents?|pence|usd|gbp|eur)\b", re.I),
        ),
        ("MONEY", re.compile(rf"\b{_EN_NUMBER}\s?(?:grand)\b|\b\d+(?:\.\d+)?k\b", re.I)),
        ("PERCENT", re.compile(rf"\b\d[\d.]*\s?%|\b{_EN_NUMBER}\s?per\s?cent\b", re.I)),
        (
            "DATE",
            re.compile(
                rf"\b(?:(?:next|this|last|on|by)\s+)?{_WEEKDAY}\b|\b(?:today|tomorrow|yesterday)\b"
                rf"|\b(?:next|this|last|end of(?: the)?)\s+(?:week|month|quarter|year)\b"
                rf"|\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th)(?:\s+of\s+{_MONTH})?\b"
                rf"|\b(?!may\b|mar\b){_MONTH}\b|\bq[1-4]\b",
                re.I,
            ),
        ),
        (
            "TIME",
            re.compile(
                rf"\b\d{{1,2}}(?::\d{{2}})?\s?(?:am|pm|a\.m\.|p\.m\.|o['’]?clock)|\b\d{{1,2}}:\d{{2}}\b"
                rf"|\b{_EN_UNIT}\s+(?:thirty\s+)?(?:am|pm|o['’]?clock)\b"
                r"|\b(?:this|tomorrow|in the)\s+(?:morning|afternoon|evening)\b|\b(?:noon|midday)\b",
                re.I,
            ),
        ),
    ),
}


def entity_spans(text: str, language: Language) -> list[Found]:
    """MONEY, PERCENT, DATE and TIME by pattern, in order of start; they may overlap."""
    found = [
        (label, match.start(), match.end())
        for label, pattern in _PATTERNS[language]
        for match in pattern.finditer(text)
    ]
    return sorted(found, key=lambda item: (item[1], -item[2]))


def name_spans(text: str, names: Sequence[str]) -> list[tuple[int, int]]:
    """Where any of the names is said, in characters of ``text``; widths, case and script may differ.

    A name of Latin letters is found as whole words only.
    """
    folded, places = _folded_with_places(text)
    found = []
    for name in names:
        wanted = fold(name.strip())
        if not wanted:
            continue
        for match in re.finditer(rf"(?<![a-z0-9]){re.escape(wanted)}(?![a-z0-9])", folded):
            found.append((places[match.start()], places[match.end() - 1] + 1))
    return sorted(found)


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place in ``text`` that it came from."""
    folded = [(part, place) for place, char in enumerate(text) for part in fold(char)]
    return "".join(part for part, _ in folded), [place for _, place in folded]

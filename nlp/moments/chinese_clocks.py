"""Times of the day in Mandarin: clocks and parts of the day."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.moments.chinese_words import DIGIT, number
from nlp.moments.pieces import Clock, PartOfDay, Piece

_PART_OF_DAY: dict[str, PartOfDay] = {
    "凌晨": "night", "半夜": "night", "清晨": "morning", "清早": "morning", "一早": "morning", "大早": "morning",
    "早上": "morning", "早晨": "morning", "上午": "morning", "早": "morning", "中午": "noon", "晌午": "noon",
    "前晌": "morning", "后晌": "afternoon",
    "午后": "afternoon", "下午": "afternoon", "傍晚": "evening", "晚上": "evening", "晚": "evening", "夜里": "evening",
}  # fmt: skip
_HOUR = r"\d{1,2}|二?十[一二三四五六七八九]?|[零一二两三四五六七八九]"
_MINUTE = rf"半|[一三]刻钟?|整|(?:\d{{1,2}}|[{DIGIT}]{{2,3}})分?|[{DIGIT}\d]分"
_PARTS_LISTED = "凌晨|早上|上午|中午|下午|傍晚|晚上"
_TIME = rf"(?P<h>{_HOUR})(?:点钟|点|[::](?=[0-5]\d))(?P<m>[0-5]\d(?!\d)分?|{_MINUTE})?"
_CLOCK = re.compile(
    rf"(?:(?<![\d{DIGIT}.几第:])|(?<=[周期拜][一二三四五六日天])){_TIME}(?!\d|[多几]|(?![一两][个号天起定块])[{DIGIT}])"
    rf"(?:[到至~-]+(?P<p2>{_PARTS_LISTED})?{_TIME.replace('<h>', '<h2>').replace('<m>', '<m2>')})?"
    r"(?:钟)?(?:左右)?(?:之前|以前|前|之后|以后|后)?"
)
_PART = re.compile(
    rf"({'|'.join(part for part in _PART_OF_DAY if len(part) > 1)}|(?<=[今明昨后])[早晚](?![会餐饭上]))"
    rf"(?!好|茶|饭|餐|课|班)"
)


def clock_pieces(text: str) -> Iterator[Piece]:
    """Times by the clock, and stretches from one to another."""
    for match in _CLOCK.finditer(text):
        first = _clock(match["h"], match["m"])
        if first is None or (match["h"] in ("一", "1") and not match["m"] and not _surely_one(text, match)):
            continue
        until = _clock(match["h2"], match["m2"]) if match["h2"] else None
        if until and match["p2"]:
            until = Clock(until.hour, until.minute, _PART_OF_DAY[match["p2"]])
        yield Piece(match.start(), match.end(), "clock", clock=first, until=until)


def _surely_one(text: str, match: re.Match[str]) -> bool:
    """Whether 一点 is one o'clock and not "a little"."""
    return bool(
        re.search(r"(?:午|[天晨日一二三四五六]|早上|晚上|[今明昨][早晚])$", text[: match.start()])
    ) or match.group().endswith(("钟", "前", "后"))


def part_pieces(text: str) -> Iterator[Piece]:
    """Mornings, afternoons, evenings."""
    for match in _PART.finditer(text):
        yield Piece(match.start(), match.end(), "part", part=_PART_OF_DAY[match[1]])


def _clock(hour: str, minute: str | None) -> Clock | None:
    value = number(hour)
    if value is None or value > 24:
        return None
    named = {"半": 30, "一刻": 15, "三刻": 45, "整": 0}
    minutes = (
        0 if not minute else named.get(minute) if minute in named else number(minute.rstrip("分").lstrip("零〇") or "0")
    )
    return Clock(value, minutes) if minutes is not None and minutes < 60 else None

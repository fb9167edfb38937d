"""Times and parts of the day in English, and what days are told by too. Pure; see :mod:`nlp.moments.moment`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.moments.english_words import FOLLOWS, SMALL, WEEKDAY, small_number
from nlp.moments.pieces import Clock, PartOfDay, Piece

_H = rf"(?P<h>1[0-2]|0?[1-9]|{SMALL})"
_M = (
    r"(?P<m>[0-5]\d|(?:o|oh)\s+five|five|ten|fifteen|twenty(?:[\s-]five)?|thirty(?:[\s-]five)?"
    r"|forty(?:[\s-]five)?|fifty(?:[\s-]five)?)"
)
_AMPM = r"(?P<ampm>a\.?m\b\.?|p\.?m\b\.?)"
_AT = r"(?:at|around|about|by|before|after|till|until|from|between|say|make\s+it|for|to|come)"
_NOT_TIME = (
    r"(?!\s*(?:%|per\b|percent|hundred|thousand|grand|dollars?|pounds?|quid|bucks?|a\s+(?:month|week"
    r"|head|year|day)\b|each\b|k\b|people|million|lakhs?|weeks?|days?|months?|minutes?|hours?|years?))"
)
_CLOCKS = tuple(
    (re.compile(pattern, re.I), bare)
    for pattern, bare in (
        (rf"(?<![\d:.$£€])(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?!\d)(?:\s*{_AMPM})?", False),
        (rf"(?<![\d:.$£€\w]){_H}(?:[\s.:]+{_M})?\s*{_AMPM}", False),
        (rf"\b{_H}(?:\s+{_M})?\s*o['’]?\s?clock\b(?P<ampm>)", False),
        (
            rf"(?<!before )\b(?P<relation>half|quarter|five|ten|twenty|twenty[\s-]five)\s+(?P<to>past|to|after|of"
            rf"|til)\s+{_H}\b(?P<m>)(?P<ampm>)(?![\s-](?:{SMALL}|hundred|thousand|percent)\b)",
            False,
        ),
        (rf"\bhalf\s+(?P<h>{SMALL})\b(?P<half>)(?P<m>)(?P<ampm>){FOLLOWS}", False),
        (rf"(?<![\d.$£€\w]){_H}[\s.-]+{_M}\b(?P<ampm>){_NOT_TIME}", True),
        (
            rf"(?<![\d.$£€\w-])(?<!the ){_H}\b(?P<m>)(?P<ampm>)(?P<ish>[\s-]?ish\b)?(?!\s+of\b|['’.]\d"
            rf"|[\s-](?:{SMALL})\b){_NOT_TIME}",
            True,
        ),
    )
)
_RANGE = re.compile(
    rf"\s*(?:-|to|and|till|until"
    rf"|or)\s*{_H.replace('<h>', '<h2>')}(?::(?P<m2>[0-5]\d))?\b(?:\s*(?P<ampm2>[ap]\.?m\b\.?))?{_NOT_TIME}{FOLLOWS}",
    re.I,
)
_FOLLOWS = re.compile(FOLLOWS, re.I)
_AFTER_DAY = re.compile(rf"(?:{WEEKDAY}|tomorrow|tonight|today|th|st|nd|rd)\s+(?:{_AT})\s+$", re.I)
_CUE = re.compile(rf"\b{_AT}\s+$", re.I)


def clock_pieces(text: str) -> Iterator[Piece]:
    """Times of the clock and ranges of them, in the order of their forms; they may overlap."""
    for pattern, bare in _CLOCKS:
        for match in pattern.finditer(text):
            clock = _clock(match)
            if clock is None:
                continue
            cue = _CUE.search(text[: match.start()]) or match.groupdict().get("ish")
            if bare and not _may_be_time(text, match, bool(cue)):
                continue
            alone = bare and not cue and not (match["m"] and _opens(text, match))
            until, end = _until(text, match.end(), bool(cue))
            yield Piece(match.start(), end, "clock", clock=clock, until=until, bare=alone)
    for match in re.finditer(r"\b(?:noon|midday|twelve\s+noon)\b", text, re.I):
        yield Piece(match.start(), match.end(), "clock", clock=Clock(12))


def _may_be_time(text: str, match: re.Match[str], has_cue: bool) -> bool:
    """Whether what stands around a bare number lets it be a time: a "one" without a cue is none."""
    if not has_cue and match.group().lower() == "one":
        return False
    return _FOLLOWS.match(text, match.end()) is not None or _AFTER_DAY.search(text[: match.start()]) is not None


def _opens(text: str, match: re.Match[str]) -> bool:
    """Whether a time of hour and minutes stands as a clause of its own: "Seven thirty works"."""
    return not text[: match.start()].strip() or text[: match.start()].rstrip()[-1] in ".,?!;"


def _until(text: str, at: int, said_as_time: bool) -> tuple[Clock | None, int]:
    match = _RANGE.match(text, at)
    if match is None or not (said_as_time or match["ampm2"]) or re.match(r"\s*or\b", match.group()):
        return None, at
    hour = small_number(match["h2"])
    if hour is None:
        return None, at
    return Clock(hour, int(match["m2"] or 0), _ampm(match["ampm2"])), match.end()


def _clock(match: re.Match[str]) -> Clock | None:
    groups = match.groupdict()
    hour = small_number(groups["h"])
    if hour is None or hour > 23:
        return None
    part = _ampm(groups.get("ampm"))
    if "half" in groups:
        return Clock(hour, 30, part)
    if groups.get("relation"):
        return _related(hour, groups["relation"], groups["to"], part)
    minute = _minutes(groups.get("m"))
    return None if minute is None else Clock(hour, minute, part)


def _minutes(text: str | None) -> int | None:
    return small_number(re.sub(r"^oh?\s+", "", text, flags=re.I)) if text else 0


def _related(hour: int, relation: str, to: str, part: PartOfDay | None) -> Clock | None:
    named = {"half": 30, "quarter": 15}
    minutes = named.get(relation.lower()) or small_number(relation)
    if minutes is None:
        return None
    if to.lower() in ("past", "after"):
        return Clock(hour, minutes, part)
    return Clock(hour, -minutes, part)


def _ampm(text: str | None) -> PartOfDay | None:
    return None if not text else "am" if text.lower().startswith("a") else "pm"


_PART_WORDS: tuple[tuple[str, PartOfDay], ...] = (
    (
        r"(?<!good )(?<!my )(?<!your )(?<!every )\b(?:(?:early\s+|(?:first\s+thing\s+)?in\s+the\s+)?morning)\b",
        "morning",
    ),
    (r"\bfirst\s+thing\b", "morning"),
    (r"\b(?:at\s+|after\s+the\s+)?(?:lunchtime|lunch\s+time)\b|\bat\s+lunch\b", "noon"),
    (r"(?<!good )\b(?:(?:in|during)\s+the\s+)?afternoon\b", "afternoon"),
    (r"(?<!good )\b(?:in\s+the\s+)?evening\b|\b(?:at\s+)?dinner\s?time\b", "evening"),
    (r"(?<!last )(?<=day )night\b|\bat\s+night\b", "evening"),
)
_PARTS = tuple((re.compile(pattern, re.I), part) for pattern, part in _PART_WORDS)


def part_pieces(text: str) -> Iterator[Piece]:
    """Mornings, afternoons, evenings."""
    for pattern, part in _PARTS:
        for match in pattern.finditer(text):
            yield Piece(match.start(), match.end(), "part", part=part)

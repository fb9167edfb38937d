"""Reads one numeral, spoken or written, as a number: Chinese, English words and digits. Pure.

Only what is certain is read: "nineteen ninety nine" may be a year or a price, 两三千 is two or three thousand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

ZH_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "幺": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
ZH_SMALL_UNITS = {"十": 10, "百": 100, "千": 1000}
ZH_LARGE_UNITS = {"亿": 10**8, "万": 10**4}
EN_UNITS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
}  # fmt: skip
EN_TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
EN_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
EN_SCALES = {"thousand": 10**3, "grand": 10**3, "million": 10**6, "billion": 10**9}
EN_ZEROS = ("zero", "oh")
ABBREVIATIONS = {"k": 10**3, "m": 10**6, "bn": 10**9}
WRITTEN = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
"""Digits with or without commas between thousands."""

LEAST_DIGITS = 4
"""Fewer digits in a row may be two numbers (三五天: three to five days)."""

_ZEROS = "零〇"
_ZH_STEP = re.compile(rf"([零〇]*)({WRITTEN}|[一二两三四五六七八九])?([千百十])?")
_ZH_FRACTION = re.compile(r"([零〇一二三四五六七八九]+)([百千万亿]?)")
_EN_TOKEN = re.compile(rf"{WRITTEN}|[a-z]+")


def digit_string(text: str) -> str | None:
    """The digits of a number said digit by digit, as a phone number is; None when it is something else."""
    if all(c in ZH_DIGITS for c in text) and len(text) >= LEAST_DIGITS:
        return "".join(str(ZH_DIGITS[c]) for c in text)
    tokens = _EN_TOKEN.findall(text.lower())
    digits, times = "", 1
    for token in tokens:
        if token in ("double", "triple"):
            times = 2 if token == "double" else 3
            continue
        if token not in EN_UNITS and token not in EN_ZEROS:
            return None
        digits += str(EN_UNITS.get(token, 0)) * times
        times = 1
    return digits if len(digits) >= LEAST_DIGITS and times == 1 else None


def chinese_value(text: str) -> Decimal | None:
    """三十万 is 300000, 两千五 2500, 一万二 12000, 3.5万 35000, 三点五 3.5; None when it is not certain."""
    whole, point, fraction = text.partition("点")
    if not point:
        return _large(text, "亿")
    match = _ZH_FRACTION.fullmatch(fraction)
    base = _large(whole, "亿")
    if match is None or base is None:
        return None
    digits = "".join(str(ZH_DIGITS[c]) for c in match[1])
    unit = {**ZH_SMALL_UNITS, **ZH_LARGE_UNITS}.get(match[2], 1)
    return (base + Decimal(f"0.{digits}")) * unit


def _large(text: str, unit: str) -> Decimal | None:
    """What stands before and after the last 亿, then 万."""
    smaller = "万" if unit == "亿" else ""
    head, mark, tail = text.rpartition(unit)
    if not mark:
        return _large(text, smaller) if smaller else _small(text)
    size = ZH_LARGE_UNITS[unit]
    many = _large(head, unit)
    rest = _rest(tail, size)
    if many is None or rest is None or (rest and many % 1):
        return None
    return many * size + rest


def _rest(tail: str, size: int) -> Decimal | None:
    """The part after a large unit: 一万二 goes on with thousands, 一万零二 does not."""
    if len(tail) == 1 and tail not in _ZEROS:
        digit = _digit(tail)
        return None if digit is None else digit * (size // 10)
    rest = _large(tail.lstrip(_ZEROS), "万") if tail.strip(_ZEROS) else None if tail else Decimal(0)
    return rest if rest is not None and rest < size else None


def _small(text: str) -> Decimal | None:
    """Below 万: digits with falling units, and one digit at the end that goes on with the next unit."""
    if text in ("零", "〇"):
        return Decimal(0)
    total, last, at = Decimal(0), 10_000, 0
    while at < len(text):
        step = _ZH_STEP.match(text, at)
        if step is None or step.end() == at:
            return None
        zeros, digit, unit = step.groups()
        at = step.end()
        if unit is None:
            part = _last(digit, zeros, total, last) if at == len(text) else None
        else:
            part, last = _with_unit(digit, unit, total, last)
        if part is None:
            return None
        total += part
    return total if text else None


def _with_unit(digit: str | None, unit: str, total: Decimal, last: int) -> tuple[Decimal | None, int]:
    size = ZH_SMALL_UNITS[unit]
    if digit is None and unit != "十":
        return None, last
    many = Decimal(1) if digit is None else _digit(digit)
    fits = many is not None and size < last and (many < 10 or not total)
    return (many * size if fits and many is not None else None), size


def _last(digit: str | None, zeros: str, total: Decimal, last: int) -> Decimal | None:
    many = None if digit is None else _digit(digit)
    if many is None or (total and many % 1) or (zeros and not total):
        return None
    if total and not zeros and len(digit or "") == 1:
        return many * (last // 10)
    return many if not total or many < last else None


def _digit(text: str) -> Decimal | None:
    if text in ZH_DIGITS:
        return Decimal(ZH_DIGITS[text])
    return Decimal(text.replace(",", "")) if re.fullmatch(WRITTEN, text) else None


def english_value(text: str) -> Decimal | None:
    """ "twelve thousand five hundred" is 12500, "half a million" 500000, "12.5k" 12500; None when not certain."""
    written = re.fullmatch(rf"({WRITTEN})\s?([a-z]*)", text.lower())
    if written:
        scale = {**EN_SCALES, **ABBREVIATIONS, "": 1}.get(written[2])
        return Decimal(written[1].replace(",", "")) * scale if scale else None
    tokens: list[str] = _EN_TOKEN.findall(text.lower())
    scale = EN_SCALES.get(tokens[-1], 1) if tokens else 1
    head = tokens[:-1] if scale > 1 else tokens
    if head[:2] == ["half", "a"] and len(head) == 2:
        return Decimal("0.5") * scale
    if head[-3:] == ["and", "a", "half"]:
        base = _whole(head[:-3])
        return None if base is None else (base + Decimal("0.5")) * scale
    if "point" in head:
        decimal = _decimal(head)
        return None if decimal is None else decimal * scale
    whole = _whole(tokens)
    return None if whole is None else Decimal(whole)


def _decimal(tokens: Sequence[str]) -> Decimal | None:
    at = list(tokens).index("point")
    digits = [str(EN_UNITS.get(token, 0)) for token in tokens[at + 1 :] if token in EN_UNITS or token in EN_ZEROS]
    base = 0 if list(tokens[:at]) in [["zero"], ["oh"]] else _whole(tokens[:at])
    if base is None or not digits or len(digits) != len(tokens) - at - 1:
        return None
    return Decimal(f"{base}.{''.join(digits)}")


def _whole(tokens: Sequence[str]) -> int | None:
    """Groups below a thousand with falling scales, which must be all there is."""
    if list(tokens) == ["zero"]:
        return 0
    total, at, ceiling = 0, 0, 10**15
    while at < len(tokens):
        if total and tokens[at] == "and":
            at += 1
        group, at = _group(tokens, at)
        scale = EN_SCALES.get(tokens[at]) if at < len(tokens) else None
        size = scale or 1
        if not group or group * size >= ceiling or (scale is None and at < len(tokens)):
            return None
        total, ceiling, at = total + group * size, size, at + (scale is not None)
    return total or None


def _group(tokens: Sequence[str], at: int) -> tuple[int, int]:
    """The value of a group and where it ends; 0 when there is none. "fifteen hundred" is one."""
    if tokens[at : at + 1] == ["a"] and at + 1 < len(tokens):
        small, after = 1, at + 1
    else:
        small, after = _below_hundred(tokens, at)
    if not small or after >= len(tokens) or tokens[after] != "hundred" or (small >= 10 and small % 10 == 0):
        return small, after
    after += 1
    rest, end = _below_hundred(tokens, after + (tokens[after : after + 1] == ["and"]))
    return (small * 100 + rest, end) if rest else (small * 100, after)


def _below_hundred(tokens: Sequence[str], at: int) -> tuple[int, int]:
    word = tokens[at] if at < len(tokens) else ""
    if word in EN_TENS:
        unit = EN_UNITS.get(tokens[at + 1], 0) if at + 1 < len(tokens) else 0
        return EN_TENS[word] + unit, at + 1 + (unit > 0)
    small = EN_UNITS.get(word) or EN_TEENS.get(word) or 0
    return small, at + (small > 0)

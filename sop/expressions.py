"""Regular expressions that may stand in a document: valid, and cheap on any text.

Backtracking takes exponential time only where a repeated group can match the same text in several ways (Kirrage,
Rathnayake and Thielecke, "Static Analysis for Regular Expression Denial-of-Service Attacks", NSS 2013). So a group that
varies, by a repetition or an alternative inside, may not be repeated, which refuses some harmless expressions too.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import regex

MAX_COUNT = 100
"""The largest number in braces; a repetition without a bound is reckoned as so many too."""
MAX_WAYS = 100_000
"""Each repetition multiplies the ways to match by its count: two without a bound leave room for one of up to ten."""

_SET = r"\[\^?\]?(?:\\.|[^\]\\])*\]"
_PIECE = re.compile(
    rf"(?P<escape>\\(?:[pP]\{{[^}}]*\}}|.))|(?P<set>{_SET})|(?P<open>\((?:\?(?::|=|!|<=|<!|P?<\w+>))?)|(?P<close>\))"
    r"|(?P<bar>\|)|(?P<repeat>(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})[?+]?)|(?P<other>.)",
    re.DOTALL,
)
_IN_SETS = re.compile(r"(?<!\\)(?:\[|--|&&|~~|\|\|)")


class Complaint(NamedTuple):
    """What is wrong with an expression, and what to do about it."""

    message: str
    hint: str


class _Group:
    def __init__(self) -> None:
        self.varies = False


def complaint_about(pattern: str) -> Complaint | None:
    """Why ``pattern`` may not be used; None if it may."""
    return _costly(pattern) or _invalid(pattern)


def _invalid(pattern: str) -> Complaint | None:
    try:
        compiled = regex.compile(pattern)
    except regex.error as error:
        at = "" if error.pos is None else f" at character {error.pos + 1}"
        return Complaint(f"not a regular expression: {error.msg}{at}", "put a backslash before a sign meant as itself")
    if compiled.search(""):
        return Complaint("the expression also finds an empty text", "use '+' instead of '*', or remove a '?' or '|'")
    return None


def _costly(pattern: str) -> Complaint | None:
    groups, last, ways = [_Group()], None, 1
    for piece in _PIECE.finditer(pattern):
        kind, text = piece.lastgroup, piece.group()
        refused = _refused(kind, text, pattern[piece.end() : piece.end() + 1])
        if refused:
            return refused
        if kind == "repeat":
            most = _most(text)
            if most > MAX_COUNT and most != _UNBOUNDED:
                return Complaint(f"{text} repeats more than {MAX_COUNT} times", "use '+' or a smaller number")
            if most > 1 and last is not None and last.varies:
                return Complaint("a repeated group holds a repetition or an alternative", _REPEAT_HINT)
            ways *= max(1, min(most, MAX_COUNT))
            groups[-1].varies = True
        elif kind == "bar":
            groups[-1].varies = True
        last = _nested(groups, kind)
    if ways > MAX_WAYS:
        return Complaint(
            "too many or too wide repetitions", "write '.{0,10}' for '.*', or split it into two expressions"
        )
    return None


_UNBOUNDED = 1_000_000
_REPEAT_HINT = "repeat one character or set such as [ab]+, or write the group out"


def _refused(kind: str | None, text: str, following: str) -> Complaint | None:
    if kind == "open" and text == "(" and following == "?":
        return Complaint(
            "this kind of group is not allowed", "use (...), (?:...), (?=...), (?!...), (?<=...) or (?<!...)"
        )
    if kind == "escape" and text[1] in "123456789gk":
        return Complaint(f"a reference back ({text}) is not allowed", "write out what it repeats")
    if kind == "set" and _IN_SETS.search(text[1:-1]):
        return Complaint("'[', '--', '&&', '~~' or '||' inside [...]", "put a backslash before each sign")
    return None


def _most(repeat: str) -> int:
    if repeat[0] in "*+":
        return _UNBOUNDED
    if repeat[0] == "?":
        return 1
    numbers = repeat[1 : repeat.index("}")].split(",")
    return int(numbers[-1]) if numbers[-1] else _UNBOUNDED


def _nested(groups: list[_Group], kind: str | None) -> _Group | None:
    """Follow brackets; the group that has just been closed."""
    if kind == "open":
        groups.append(_Group())
    elif kind == "close" and len(groups) > 1:
        closed = groups.pop()
        groups[-1].varies |= closed.varies
        return closed
    return None

"""Token patterns as a document writes them: which attributes and operators there are, by structure only.

They are those of spaCy's Matcher that need no trained pipeline: parts of speech, lemmas and dependencies are not known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sop.conditions import Comparison, Token, TokenPattern
from sop.expressions import Complaint, complaint_about

if TYPE_CHECKING:
    from sop.fields import Section

TEXTS = ("ORTH", "TEXT", "LOWER", "SHAPE", "ENT_TYPE")
FLAGS = (
    "IS_ALPHA",
    "IS_ASCII",
    "IS_DIGIT",
    "IS_LOWER",
    "IS_UPPER",
    "IS_TITLE",
    "IS_PUNCT",
    "IS_SPACE",
    "IS_STOP",
    "IS_SENT_START",
    "LIKE_NUM",
    "LIKE_URL",
    "LIKE_EMAIL",
)
TOKEN_KEYS = (*TEXTS, *FLAGS, "LENGTH", "OP")
LIST_TESTS = ("IN", "NOT_IN")
NUMBER_TESTS = ("==", "!=", ">=", "<=", ">", "<")
OPERATOR = re.compile(r"[!?+*]|\{\d{1,2}(,\d{0,2})?\}|\{,\d{1,2}\}")
MAX_TOKENS = 20
MAX_LENGTH = 100

_FUZZY = ("FUZZY", *(f"FUZZY{number}" for number in range(1, 10)))
TEXT_TESTS = (*LIST_TESTS, "REGEX", *_FUZZY)
_MAY_BE_ABSENT = re.compile(r"[!?*]|\{0.*|\{,.*")


def token_pattern(section: Section, key: str) -> TokenPattern | None:
    """The pattern under ``key``: a list of tokens."""
    parts = section.sections(key, TOKEN_KEYS)
    tokens = tuple(_token(part) for part in parts)
    if not tokens:
        return None
    if len(tokens) > MAX_TOKENS:
        section.note(key, f"{len(tokens)} tokens, at most {MAX_TOKENS} are matched", "shorten the pattern")
    if all(_may_be_absent(token) for token in tokens):
        section.note(key, "also finds nothing at all", "leave 'OP' out for at least one token")
    return TokenPattern(tokens, section.at(key), section.line(key))


def _may_be_absent(token: Token) -> bool:
    operator = dict(token).get("OP")
    return isinstance(operator, str) and _MAY_BE_ABSENT.fullmatch(operator) is not None


def _token(section: Section) -> Token:
    attributes: list[tuple[str, str | int | bool | Comparison]] = []
    for key in TOKEN_KEYS:
        value = _attribute(section, key) if key in section else None
        if value is not None:
            attributes.append((key, value))
    return tuple(attributes)


def _attribute(section: Section, key: str) -> str | int | bool | Comparison | None:
    if key == "OP":
        return _operator(section)
    if key in FLAGS:
        return section.flag(key)
    if section.is_mapping(key):
        return _comparison(section, key)
    if key == "LENGTH":
        return section.whole(key, 1, MAX_LENGTH)
    return section.text(key)


def _operator(section: Section) -> str | None:
    value = section.text("OP")
    if value is not None and not OPERATOR.fullmatch(value):
        section.note("OP", f"unknown operator {value!r}", "use '!', '?', '+', '*', '{n}' or '{n,m}'")
        return None
    return value


def _comparison(section: Section, key: str) -> Comparison | None:
    tests = NUMBER_TESTS if key == "LENGTH" else TEXT_TESTS
    part = section.section(key, tests)
    given = [test for test in tests if part is not None and test in part]
    if part is None or not given:
        section.note(key, "no comparison", f"give one of: {', '.join(tests)}")
        return None
    for other in given[1:]:
        part.note(other, f"cannot stand beside {given[0]!r}", "keep one")
    operand = _operand(part, key, given[0])
    return None if operand is None else Comparison(given[0], operand)


def _operand(part: Section, key: str, test: str) -> str | int | tuple[str, ...] | None:
    if key == "LENGTH":
        return part.whole(test, 1, MAX_LENGTH)
    if test in LIST_TESTS:
        return part.texts(test) or None
    value = part.text(test)
    complaint = _complaint(value) if value is not None and test == "REGEX" else None
    if complaint:
        part.note(test, complaint.message, complaint.hint)
        return None
    return value


def _complaint(pattern: str) -> Complaint | None:
    """As for any expression, but spaCy matches by Python's own ``re``, which knows less."""
    complaint = complaint_about(pattern)
    if complaint is None:
        try:
            re.compile(pattern)
        except re.error as error:
            return Complaint(f"not a regular expression for a token: {error}", "use one without \\p{...}")
    return complaint

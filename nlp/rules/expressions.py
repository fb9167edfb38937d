"""Regular expressions and token patterns of a rule, made ready for folded text, and what they find."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import regex

from asr.transcript import Language
from nlp.rules.text import Folded, folded
from sop.conditions import Comparison, Expression, Token, TokenPattern

if TYPE_CHECKING:
    from spacy.matcher import Matcher
    from spacy.tokens import Doc

TIMEOUT_S = 2.0
"""Far more than any allowed expression needs on a turn; only a safeguard, since the same call must score the same."""


class RuleError(ValueError):
    """A rule that cannot be applied; the message names its place in the document, the reason and what to do."""


def expression_spans(expression: Expression, text: Folded) -> list[tuple[int, int]]:
    """What the expression finds, in the original text, without what ``unless`` overlaps.

    Raises:
        RuleError: the expression is not valid, or too slow on this text.
    """
    found = _found(expression, expression.find, text.text)
    unwanted = _found(expression, expression.unless, text.text) if expression.unless and found else []
    return [
        text.original(start, end)
        for start, end in found
        if not any(low < end and start < high for low, high in unwanted)
    ]


def pattern_spans(ready: Matcher, doc: Doc) -> list[tuple[int, int]]:
    """What the pattern matches in ``doc``, in characters of it; longer ones first."""
    spans = [doc[start:end] for _, start, end in ready(doc)]
    found = [(span.start_char, span.end_char) for span in spans if span.text.strip()]
    return sorted(found, key=lambda span: (span[0] - span[1], span[0]))


@lru_cache(maxsize=512)
def matcher(pattern: TokenPattern, language: Language, competitors: tuple[str, ...] = ()) -> Matcher:
    """spaCy's Matcher for one pattern and the tokens of one pipeline.

    Raises:
        RuleError: spaCy does not take the pattern.
    """
    from spacy.errors import MatchPatternError
    from spacy.matcher import Matcher

    from nlp.text.pipeline import pipeline

    built = Matcher(pipeline(language, competitors).vocab, validate=True)
    try:
        built.add("rule", [[_spacy_token(token) for token in pattern.tokens]])
    except (MatchPatternError, ValueError, re.error) as error:
        refuse(pattern, f"not a token pattern: {' '.join(str(error).split())}", error)
    return built


@lru_cache(maxsize=512)
def compiled(find: str) -> Any:
    """The expression for folded text, whatever case, width and script it is written in.

    Raises:
        regex.error: it is not valid.
    """
    return regex.compile(_folded_expression(find), regex.IGNORECASE)


def refuse(part: Expression | TokenPattern, reason: str, cause: Exception | None = None) -> NoReturn:
    """Raise a RuleError that names the place of ``part``."""
    where = part.path or ("regex" if isinstance(part, Expression) else "pattern")
    line = "" if part.line is None else f" (line {part.line})"
    raise RuleError(f"{where}{line}: {reason}") from cause


def _found(expression: Expression, find: str, text: str) -> list[tuple[int, int]]:
    try:
        matches = [match.span() for match in compiled(find).finditer(text, timeout=TIMEOUT_S)]
    except regex.error as error:
        refuse(expression, f"not a regular expression: {error.msg}; correct it", error)
    except TimeoutError as error:
        refuse(expression, f"took longer than {TIMEOUT_S:g} s on one turn; use fewer '*' and '+'", error)
    return [(start, end) for start, end in matches if end > start]


def _folded_expression(find: str) -> str:
    """Letters folded as texts are; signs of the expression, escapes and the ends of ranges stay as they are."""
    pieces: list[str] = []
    escaped = in_set = False
    for place, character in enumerate(find):
        if escaped or character.isascii():
            pieces.append(character)
            in_set = in_set if escaped else character == "[" or (in_set and character != "]")
            escaped = not escaped and character == "\\"
            continue
        plain = folded(character).text
        in_range = in_set and "-" in (find[place - 1 : place], find[place + 1 : place + 2])
        kept = in_range or (in_set and len(plain) != 1)
        pieces.append(character if kept else regex.escape(plain))
    return "".join(pieces)


def _spacy_token(token: Token) -> dict[str, Any]:
    return {key: _operand(key, value) for key, value in token}


def _operand(key: str, value: str | int | bool | Comparison) -> Any:
    if not isinstance(value, Comparison):
        return _token_text(key, value) if isinstance(value, str) else value
    if isinstance(value.operand, tuple):
        return {value.operator: [_token_text(key, text) for text in value.operand]}
    if value.operator == "REGEX":
        return {value.operator: _folded_expression(str(value.operand))}
    return {value.operator: _token_text(key, value.operand) if isinstance(value.operand, str) else value.operand}


def _token_text(key: str, text: str) -> str:
    """Texts of tokens folded as the turn's are: Simplified, half width, and lower case where that is asked for."""
    if key in ("ORTH", "TEXT", "LOWER"):
        return folded(text, keep_case=key != "LOWER").text
    return text

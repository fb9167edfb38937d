"""A rule as plain JSON values, and its JSON Schema."""

from __future__ import annotations

from typing import Any

from sop.conditions import (
    DEFAULT_INTERRUPTION_MS,
    DEFAULT_LIKENESS,
    AllOf,
    Anchor,
    AnyOf,
    Comparison,
    Expression,
    InLanguage,
    Interruption,
    Keywords,
    Like,
    Mentions,
    Not,
    Position,
    Repeated,
    Rule,
    Shows,
    Silence,
    SpeechRate,
    SpokenBy,
    Token,
    TokenPattern,
    key_of,
)


def rule_document(rule: Rule) -> dict[str, Any]:
    """The rule as it is written, in its shortest form and without what is default; it reads back as an equal rule."""
    if not isinstance(rule, AllOf):
        return {key_of(rule): _value(rule)}
    keys = [key_of(part) for part in rule.parts]
    if len(set(keys)) < len(keys):
        return {"all": [rule_document(part) for part in rule.parts]}
    return {key: _value(part) for key, part in zip(keys, rule.parts, strict=True)}


def _value(rule: Rule) -> Any:
    match rule:
        case AllOf(parts) | AnyOf(parts):
            return [rule_document(part) for part in parts]
        case Not(part):
            return rule_document(part)
        case Repeated(times, turns, inner):
            return {"times": times, "turns": turns} | ({} if inner is None else rule_document(inner))
        case Anchor(_, inner, turns, seconds):
            return rule_document(inner) | _given(turns=turns, seconds=_plain(seconds))
        case TokenPattern(tokens):
            return [_token(token) for token in tokens]
    return _plain_condition(rule)


def _plain_condition(rule: Rule) -> Any:
    match rule:
        case SpokenBy(word) | InLanguage(word) | Shows(word):
            return word
        case Position(first_s, last_s, first_turns, last_turns):
            return _given(first_s=first_s, last_s=last_s, first_turns=first_turns, last_turns=last_turns)
        case Keywords():
            return _keywords(rule)
        case Expression(find, unless):
            return find if unless is None else {"find": find, "unless": unless}
        case Like(examples, at_least):
            return (
                list(examples) if at_least == DEFAULT_LIKENESS else {"examples": list(examples), "at_least": at_least}
            )
        case Mentions(kinds):
            return kinds[0] if len(kinds) == 1 else list(kinds)
        case Silence(before_s, after_s):
            return _given(before_s=_plain(before_s), after_s=_plain(after_s))
        case Interruption(by_ms):
            return True if by_ms == DEFAULT_INTERRUPTION_MS else {"by_ms": by_ms}
        case SpeechRate(above, below):
            return _given(above=above, below=below)
    raise TypeError(f"not a condition: {type(rule).__name__}")


def _keywords(rule: Keywords) -> Any:
    if rule == Keywords(any_of=rule.any_of):
        return list(rule.any_of)
    lists = {"any": rule.any_of, "all": rule.all_of, "none": rule.none_of, "of": rule.several_of}
    document: dict[str, Any] = {key: list(words) for key, words in lists.items() if words}
    if rule.several_of:
        document["at_least"] = rule.at_least
    return document | ({"homophones": True} if rule.homophones else {})


def _token(token: Token) -> dict[str, Any]:
    return {key: _compared(value) if isinstance(value, Comparison) else value for key, value in token}


def _compared(test: Comparison) -> dict[str, Any]:
    return {test.operator: list(test.operand) if isinstance(test.operand, tuple) else test.operand}


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _plain(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value

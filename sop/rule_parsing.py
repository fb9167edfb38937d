"""Reading a rule from the document: every mistake is noted with path, line and a hint, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, get_args

from sop.conditions import (
    DEFAULT_INTERRUPTION_MS,
    DEFAULT_LIKENESS,
    RELATIONS,
    RULE_KEYS,
    Anchor,
    EntityKind,
    Expression,
    InLanguage,
    Interruption,
    Keywords,
    Like,
    Mentions,
    Not,
    Position,
    Relation,
    Repeated,
    Rule,
    RuleLanguage,
    RuleSpeaker,
    Shows,
    Silence,
    SpeechRate,
    SpokenBy,
    all_of,
    any_of,
    finds_something,
    walk,
)
from sop.events import EVENTS
from sop.expressions import complaint_about
from sop.token_patterns import token_pattern

if TYPE_CHECKING:
    from sop.fields import Section

MAX_DEPTH = 5
MAX_PARTS = 200
ANCHOR_KEYS = (*RULE_KEYS, "turns", "seconds")
REPEATED_KEYS = (*RULE_KEYS, "times", "turns")
POSITION_KEYS = ("first_s", "last_s", "first_turns", "last_turns")
KEYWORD_LISTS = ("any", "all", "none", "of")
KEYWORD_KEYS = (*KEYWORD_LISTS, "at_least", "homophones")
EXPRESSION_KEYS = ("find", "unless")
LIKE_KEYS = ("examples", "at_least")
SILENCE_KEYS = ("before_s", "after_s")
RATE_KEYS = ("above", "below")
ENTITY_KINDS: tuple[str, ...] = get_args(EntityKind)
LEAST_LIKENESS = 0.25
"""Below it, sentences about other things are found as well."""

_TWO_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]{2}")


def parse_rule(section: Section, events: Sequence[str] = EVENTS) -> Rule | None:
    """The rule that ``section`` (read with :data:`~sop.conditions.RULE_KEYS`) writes.

    ``events`` are the key events that it may name. None, with at least one problem noted, if there is no rule to
    read; where only a part is wrong, the rest is returned beside the problem.
    """
    known = len(section.notes.problems)
    rule = _Reader(events).rule(section, MAX_DEPTH)
    if rule is None:
        return None
    if not finds_something(rule) and len(section.notes.problems) == known:
        hint = "add what must be there, such as 'keywords: [...]'"
        section.note("keywords", "the rule only says who speaks or what is absent", hint)
    if sum(1 for _ in walk(rule)) > MAX_PARTS:
        section.note("any", f"more than {MAX_PARTS} conditions", "split the rule over several events")
    return rule


class _Reader:
    def __init__(self, events: Sequence[str]) -> None:
        self._events = events
        self._simple: Mapping[str, Callable[[Section], Rule | None]] = {
            "speaker": _spoken_by,
            "language": _in_language,
            "event": self._shows,
            "position": _position,
            "keywords": _keywords,
            "pattern": lambda section: token_pattern(section, "pattern"),
            "regex": _expression,
            "like": _like,
            "entity": _mentions,
            "silence": _silence,
            "interruption": _interruption,
            "speech_rate": _speech_rate,
        }

    def rule(self, section: Section, depth: int) -> Rule | None:
        """The conditions of one mapping, all of which must hold; None after noting that there is none."""
        given = [key for key in RULE_KEYS if key in section]
        if not given:
            section.note("keywords", "no condition", "give one such as 'keywords: [...]'")
        parts = [self._part(section, key, depth) for key in given]
        found = [part for part in parts if part is not None]
        return all_of(found) if found else None

    def _part(self, section: Section, key: str, depth: int) -> Rule | None:
        if key in self._simple:
            return self._simple[key](section)
        if depth == 0:
            section.note(key, f"nested deeper than {MAX_DEPTH} levels", "write it flatter")
            return None
        if key == "not":
            inner = section.section(key, RULE_KEYS)
            part = None if inner is None else self.rule(inner, depth - 1)
            return None if part is None else Not(part)
        if key in ("all", "any"):
            parts = [self.rule(part, depth - 1) for part in section.sections(key, RULE_KEYS)]
            found = [part for part in parts if part is not None]
            return (all_of if key == "all" else any_of)(found) if found else None
        if key == "repeated":
            return self._repeated(section, depth)
        return next(self._anchor(section, relation, depth) for relation in RELATIONS if relation == key)

    def _shows(self, section: Section) -> Rule | None:
        event = section.choice("event", self._events, "event")
        return None if event is None else Shows(event)

    def _repeated(self, section: Section, depth: int) -> Rule | None:
        part = section.section("repeated", REPEATED_KEYS)
        if part is None:
            return None
        part.require("times", "say how often, such as 'times: 3'")
        part.require("turns", "say within how many turns, such as 'turns: 10'")
        times, turns = part.whole("times", 2, 50), part.whole("turns", 1, 1000)
        counted = any(key in part for key in RULE_KEYS)
        rule = self.rule(part, depth - 1) if counted else None
        if counted and times is not None and turns is not None and times > turns:
            part.note("times", f"{times} turns do not fit into {turns}", "raise 'turns'")
        return None if times is None or turns is None or (counted and rule is None) else Repeated(times, turns, rule)

    def _anchor(self, section: Section, relation: Relation, depth: int) -> Rule | None:
        part = section.section(relation, ANCHOR_KEYS)
        if part is None:
            return None
        nearest = 0 if relation == "within" else 1
        turns, seconds = part.whole("turns", nearest, 1000), part.number("seconds", 0, 86_400)
        if relation == "within" and "turns" not in part and "seconds" not in part:
            part.note("turns", "missing", "say how near: 'turns: 2' or 'seconds: 30'")
        rule = self.rule(part, depth - 1)
        return None if rule is None else Anchor(relation, rule, turns, seconds)


def _spoken_by(section: Section) -> Rule | None:
    word = section.choice("speaker", get_args(RuleSpeaker), "speaker")
    return next((SpokenBy(speaker) for speaker in get_args(RuleSpeaker) if speaker == word), None)


def _in_language(section: Section) -> Rule | None:
    word = section.choice("language", get_args(RuleLanguage), "language")
    return next((InLanguage(language) for language in get_args(RuleLanguage) if language == word), None)


def _position(section: Section) -> Rule | None:
    part = section.section("position", POSITION_KEYS)
    if part is None or not _any_of_keys(part, POSITION_KEYS):
        return None
    return Position(
        first_s=part.whole("first_s", 1, 86_400),
        last_s=part.whole("last_s", 1, 86_400),
        first_turns=part.whole("first_turns", 1, 1000),
        last_turns=part.whole("last_turns", 1, 1000),
    )


def _keywords(section: Section) -> Rule | None:
    if not section.is_mapping("keywords"):
        words = _words(section, "keywords")
        return Keywords(any_of=words) if words else None
    part = section.section("keywords", KEYWORD_KEYS)
    if part is None or not _any_of_keys(part, KEYWORD_LISTS, ("at_least", "homophones")):
        return None
    lists = {key: _words(part, key) for key in KEYWORD_LISTS}
    homophones = part.flag("homophones") is True
    if homophones and not any(_TWO_HAN.search(word) for words in lists.values() for word in words):
        part.note("homophones", "needs a word of at least two Chinese characters", "remove it")
    return Keywords(
        any_of=lists["any"],
        all_of=lists["all"],
        none_of=lists["none"],
        at_least=_least_of_several(part, lists["of"]),
        several_of=lists["of"],
        homophones=homophones,
    )


def _least_of_several(part: Section, several: tuple[str, ...]) -> int:
    if "of" in part and "at_least" not in part:
        part.note("at_least", "missing", "say how many of the words must be said, such as 'at_least: 2'")
    if "at_least" in part and "of" not in part:
        part.note("of", "missing", "list the words to count")
    least = part.whole("at_least", 1, 500)
    if least is not None and several and least > len(several):
        part.note("at_least", f"{least} of {len(several)} words can never be said", "lower it or add words")
    return least or 1


def _words(section: Section, key: str) -> tuple[str, ...]:
    words = _some_texts(section, key)
    for word in words:
        if not any(character.isalnum() for character in word):
            section.note(key, f"{word!r} has no letter or digit", "write the word that is said")
        elif "*" in word and not re.fullmatch(r"[^*]*[A-Za-z]{2}\*", word):
            section.note(key, f"{word!r}: a star may only end an English word", "such as 'discount*'")
    return words


def _some_texts(section: Section, key: str) -> tuple[str, ...]:
    texts = section.texts(key)
    if not texts and section.is_empty_list(key):
        section.note(key, "an empty list", "write at least one entry, or remove the key")
    return texts


def _expression(section: Section) -> Rule | None:
    if not section.is_mapping("regex"):
        find = _safe(section, "regex")
        return None if find is None else Expression(find, None, section.at("regex"), section.line("regex"))
    part = section.section("regex", EXPRESSION_KEYS)
    if part is None:
        return None
    part.require("find", "add 'find: ...'")
    find, unless = _safe(part, "find"), _safe(part, "unless")
    return None if find is None else Expression(find, unless, section.at("regex"), section.line("regex"))


def _safe(section: Section, key: str) -> str | None:
    value = section.text(key)
    complaint = None if value is None else complaint_about(value)
    if complaint:
        section.note(key, complaint.message, complaint.hint)
        return None
    return value


def _like(section: Section) -> Rule | None:
    if not section.is_mapping("like"):
        examples = _some_texts(section, "like")
        return Like(examples) if examples else None
    part = section.section("like", LIKE_KEYS)
    if part is None:
        return None
    part.require("examples", "list sentences such as one would say them")
    examples, least = _some_texts(part, "examples"), part.number("at_least", LEAST_LIKENESS, 1)
    return Like(examples, DEFAULT_LIKENESS if least is None else least) if examples else None


def _mentions(section: Section) -> Rule | None:
    kinds = section.choices("entity", ENTITY_KINDS, "entity")
    known = tuple(kind for kind in ENTITY_KINDS if kind in kinds)
    return Mentions(known) if known else None


def _silence(section: Section) -> Rule | None:
    part = section.section("silence", SILENCE_KEYS)
    if part is None or not _any_of_keys(part, SILENCE_KEYS):
        return None
    return Silence(part.number("before_s", 0.5, 3600), part.number("after_s", 0.5, 3600))


def _interruption(section: Section) -> Rule | None:
    if section.is_mapping("interruption"):
        part = section.section("interruption", ("by_ms",))
        by_ms = None if part is None else part.whole("by_ms", 1, 60_000)
        return Interruption(DEFAULT_INTERRUPTION_MS if by_ms is None else by_ms)
    if section.flag("interruption") is False:
        section.note("interruption", "false asks for nothing", "write 'not: {interruption: true}'")
        return None
    return Interruption()


def _speech_rate(section: Section) -> Rule | None:
    part = section.section("speech_rate", RATE_KEYS)
    if part is None or not _any_of_keys(part, RATE_KEYS):
        return None
    above, below = part.whole("above", 1, 2000), part.whole("below", 1, 2000)
    if above is not None and below is not None and above >= below:
        part.note("above", f"no rate is above {above} and below {below}", "use 'any' for one or the other")
    return SpeechRate(above, below)


def _any_of_keys(part: Section, keys: Sequence[str], others: Sequence[str] = ()) -> bool:
    """Whether one of ``keys`` is there; if not it is noted, unless a misspelt one already was."""
    if any(key in part for key in keys):
        return True
    if len(part.node.value) == sum(key in part for key in others):
        part.note(keys[0], "missing", f"give one of: {', '.join(keys)}")
    return False

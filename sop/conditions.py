"""What a rule may ask of a call, as frozen values: conditions, and the expressions that join them.

A condition is true or false of each turn. ``docs/rules.md`` explains each with an example; paths and lines say where
in the document a part stands and take no part in comparisons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

RuleSpeaker = Literal["rep", "customer", "both"]
RuleLanguage = Literal["zh", "en"]
Relation = Literal["before", "after", "within"]
EntityKind = Literal["money", "percent", "date", "time", "number", "phone", "competitor"]

DEFAULT_LIKENESS = 0.45
"""998 of 1000 pairs of sentences from sales calls are less alike, about half of free paraphrases more."""
DEFAULT_INTERRUPTION_MS = 300
"""Shorter overlaps are how people take turns (Heldner and Edlund 2010 count up to a quarter of a second as none)."""


@dataclass(frozen=True, slots=True)
class SpokenBy:
    """Who says the turn."""

    speaker: RuleSpeaker


@dataclass(frozen=True, slots=True)
class InLanguage:
    """The call's language."""

    language: RuleLanguage


@dataclass(frozen=True, slots=True)
class Shows:
    """The turn shows a key event."""

    event: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the call: a part of the turn lies in the first or last seconds, counted from the first and to the last
    word; the turn is one of the first or last. Whatever is given must hold."""

    first_s: int | None = None
    last_s: int | None = None
    first_turns: int | None = None
    last_turns: int | None = None


@dataclass(frozen=True, slots=True)
class Keywords:
    """Words in the turn: one of ``any_of``, each of ``all_of``, none of ``none_of``, ``at_least`` different ones of
    ``several_of``. An empty tuple asks for nothing; whatever is given must hold."""

    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    at_least: int = 1
    several_of: tuple[str, ...] = ()
    homophones: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """One predicate of a token pattern: ``operator`` such as IN, REGEX, ==, and its operand."""

    operator: str
    operand: str | int | tuple[str, ...]


Token = tuple[tuple[str, "str | int | bool | Comparison"], ...]
"""A token's attributes and what they must be, in the order of the attributes' list."""


@dataclass(frozen=True, slots=True)
class TokenPattern:
    """Consecutive tokens, as spaCy's Matcher describes them."""

    tokens: tuple[Token, ...]
    path: str = field(default="", compare=False)
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression; what it finds does not count where ``unless`` finds something that overlaps it."""

    find: str
    unless: str | None = None
    path: str = field(default="", compare=False)
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Like:
    """A sentence of the turn means about the same as an example: likeness from 0 (unrelated) to 1 (the same)."""

    examples: tuple[str, ...]
    at_least: float = DEFAULT_LIKENESS


@dataclass(frozen=True, slots=True)
class Mentions:
    """The turn names one of these kinds of things."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """``times`` times within ``turns`` consecutive turns: what ``rule`` finds, or without one the same sentence by
    the same speaker. True of the turn of the last time."""

    times: int
    turns: int
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody speaks for so many seconds just before or after the turn."""

    before_s: float | None = None
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Interruption:
    """The turn begins at least ``by_ms`` before the other party ends."""

    by_ms: int = DEFAULT_INTERRUPTION_MS


@dataclass(frozen=True, slots=True)
class SpeechRate:
    """Words (en) or characters (zh) per minute of the turn."""

    above: int | None = None
    below: int | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The turn comes before or after a turn that ``rule`` is true of, or either way or in it (``within``), at most
    ``turns`` turns and ``seconds`` seconds away."""

    relation: Relation
    rule: Rule
    turns: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part is true of the turn. Made by :func:`all_of`."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part is true of the turn. Made by :func:`any_of`."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part is not true of the turn."""

    part: Rule


Condition = (
    SpokenBy
    | InLanguage
    | Shows
    | Position
    | Keywords
    | TokenPattern
    | Expression
    | Like
    | Mentions
    | Repeated
    | Silence
    | Interruption
    | SpeechRate
    | Anchor
)
Rule = Condition | AllOf | AnyOf | Not

_KEYS: dict[type, str] = {
    SpokenBy: "speaker",
    InLanguage: "language",
    Shows: "event",
    Position: "position",
    Keywords: "keywords",
    TokenPattern: "pattern",
    Expression: "regex",
    Like: "like",
    Mentions: "entity",
    Repeated: "repeated",
    Silence: "silence",
    Interruption: "interruption",
    SpeechRate: "speech_rate",
    Anchor: "",
    AllOf: "all",
    AnyOf: "any",
    Not: "not",
}
RELATIONS: tuple[Relation, ...] = ("before", "after", "within")
RULE_KEYS: tuple[str, ...] = tuple(key for name in _KEYS.values() for key in ((name,) if name else RELATIONS))
"""The keys of a rule, in the order in which they are written."""


def key_of(rule: Rule) -> str:
    """The key under which a part is written."""
    return rule.relation if isinstance(rule, Anchor) else _KEYS[type(rule)]


def all_of(parts: Iterable[Rule]) -> Rule:
    """All of ``parts`` (at least one), in one form however it was written: flat and in the order of the keys."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, AllOf) else (part,))]
    ordered = tuple(sorted(flat, key=lambda part: RULE_KEYS.index(key_of(part))))
    return ordered[0] if len(ordered) == 1 else AllOf(ordered)


def any_of(parts: Iterable[Rule]) -> Rule:
    """One of ``parts`` (at least one), flat."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, AnyOf) else (part,)))
    return flat[0] if len(flat) == 1 else AnyOf(flat)


def walk(rule: Rule) -> Iterator[Rule]:
    """The rule and all its parts, anchors' and repetitions' included."""
    yield rule
    for part in _parts(rule):
        yield from walk(part)


def finds_something(rule: Rule) -> bool:
    """Whether the rule needs anything to be there; who speaks in which language, and what is absent, is true of
    nearly every turn."""
    if isinstance(rule, AllOf):
        return any(finds_something(part) for part in rule.parts)
    if isinstance(rule, AnyOf):
        return all(finds_something(part) for part in rule.parts)
    if isinstance(rule, Keywords):
        return bool(rule.any_of or rule.all_of or rule.several_of)
    return not isinstance(rule, SpokenBy | InLanguage | Not)


def _parts(rule: Rule) -> tuple[Rule, ...]:
    if isinstance(rule, AllOf | AnyOf):
        return rule.parts
    if isinstance(rule, Not):
        return (rule.part,)
    if isinstance(rule, Anchor | Repeated):
        return () if rule.rule is None else (rule.rule,)
    return ()

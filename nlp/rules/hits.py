"""Rules applied to a call: where each is true, which words prove it, and how strong that evidence is.

A hit is evidence to be combined with what the classifier says, never a verdict. Pure: the same call, rule and encoder
give the same hits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import regex

from asr.transcript import LANGUAGES, Language
from nlp.rules.call import RuleCall
from nlp.rules.conditions import proofs
from nlp.rules.expressions import RuleError, compiled, matcher
from sop.conditions import Expression, Rule, TokenPattern, walk
from sop.problems import Problem


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A turn that a rule is true of; ``text[start:end]`` of the turn proves it, not empty.

    ``strength`` in (0, 1] is 1 where it is so to the letter, less where words only sound or mean the same, where
    roles are unsure, or where a key event that the rule names is.
    """

    turn: int
    start: int
    end: int
    strength: float


def hits(rule: Rule, call: RuleCall) -> tuple[RuleHit, ...]:
    """The turns that ``rule`` is true of, in order, each once with its best proof.

    Raises:
        RuleError: likeness without an encoder, an expression too slow, or a pattern that spaCy does not take.
    """
    found = proofs(rule, call, call.spoken)
    return tuple(RuleHit(turn, proof.start, proof.end, proof.strength) for turn, proof in found.items())


def problems(rule: Rule, languages: Iterable[Language] = LANGUAGES) -> tuple[Problem, ...]:
    """What only shows when a rule is made ready: patterns that spaCy does not take, expressions that folding breaks.

    Paths and lines are those of the document.
    """
    return tuple(
        problem
        for part in walk(rule)
        if isinstance(part, TokenPattern | Expression)
        for problem in _problems_of(part, tuple(languages))
    )


def _problems_of(part: TokenPattern | Expression, languages: tuple[Language, ...]) -> Iterable[Problem]:
    try:
        if isinstance(part, Expression):
            compiled(part.find)
            compiled(part.unless or part.find)
        else:
            for language in languages:
                matcher(part, language)
    except regex.error as error:
        yield Problem(part.path, part.line, f"not a regular expression: {error.msg}", "correct it")
    except RuleError as error:
        yield Problem(part.path, part.line, str(error).split(": ", 1)[-1], "correct it")

"""What each condition of a rule finds in a call: a proof for every turn that it is true of.

Strengths follow the weakest and the strongest: all parts are worth the least of them, one of several the most
(Zadeh, "Fuzzy sets", Information and Control 8, 1965). What is excluded is excluded, however weak.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nlp.rules.call import Proof, RuleCall
from nlp.rules.expressions import expression_spans, matcher, pattern_spans
from nlp.rules.relations import Proofs, anchored, repeated_rule, repeated_sentence
from nlp.rules.timing import holds
from nlp.rules.words import word_spans
from nlp.text.entities import entity_spans, name_spans
from nlp.text.numbers import Number, find_numbers
from sop.conditions import (
    AllOf,
    Anchor,
    AnyOf,
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
    TokenPattern,
)

LEAST_PHONE_DIGITS = 7


def proofs(rule: Rule, call: RuleCall, turns: Sequence[int]) -> Proofs:
    """The proofs of ``rule`` among ``turns``, which are spoken ones in order.

    Raises:
        RuleError: likeness without an encoder, an expression too slow, or a pattern that spaCy does not take.
    """
    match rule:
        case AllOf(parts):
            return _all(parts, call, turns)
        case AnyOf(parts):
            found = [proofs(part, call, turns) for part in parts]
            return {turn: _best(p[turn] for p in found if turn in p) for turn in turns if any(turn in p for p in found)}
        case Not(part):
            excluded = proofs(part, call, turns)
            return {turn: call.whole(turn) for turn in turns if turn not in excluded}
        case Anchor(_, inner):
            return anchored(rule, proofs(inner, call, call.spoken), call, turns)
        case Repeated(_, _, inner):
            if inner is None:
                return repeated_sentence(rule, call, turns)
            return repeated_rule(rule, proofs(inner, call, call.spoken), call, turns)
        case Like():
            return _like(rule, call, turns)
    proved = ((turn, _proof(rule, call, turn)) for turn in turns)
    return {turn: proof for turn, proof in proved if proof is not None}


def _all(parts: Sequence[Rule], call: RuleCall, turns: Sequence[int]) -> Proofs:
    """Each part looks only where the ones before held; parts are in an order that leaves the costly ones for last."""
    found: dict[int, list[Proof]] = {turn: [] for turn in turns}
    for part in parts:
        proved = proofs(part, call, list(found))
        found = {turn: [*before, proved[turn]] for turn, before in found.items() if turn in proved}
    return {turn: _together(together) for turn, together in found.items()}


def _together(parts: Sequence[Proof]) -> Proof:
    """From the first word that counts to the last; as strong as the weakest."""
    strength = min(part.strength for part in parts)
    quoted = [part for part in parts if part.quoted]
    if not quoted:
        return parts[0]._replace(strength=strength)
    return Proof(min(part.start for part in quoted), max(part.end for part in quoted), strength)


def _best(found: Iterable[Proof]) -> Proof:
    """The strongest; of equals the one about words, then the earliest, then the longest."""
    return min(found, key=lambda proof: (-proof.strength, not proof.quoted, proof.start, -proof.end))


def _proof(rule: Rule, call: RuleCall, turn: int) -> Proof | None:
    """The proof of a condition that can be told from the turn itself."""
    match rule:
        case SpokenBy(speaker):
            return _spoken_by(speaker, call, turn)
        case InLanguage(language):
            return call.whole(turn) if call.language == language else None
        case Shows(event):
            confidence = call.events.get(event, {}).get(turn, 0.0)
            return call.whole(turn, min(confidence, 1.0)) if confidence > 0 else None
        case Position() | Silence() | Interruption() | SpeechRate():
            return call.whole(turn) if holds(rule, call, turn) else None
        case Keywords():
            return _keywords(rule, call, turn)
        case TokenPattern():
            spans = pattern_spans(matcher(rule, call.language, call.competitors), call.doc(turn))
            return _first_quote(call, turn, (call.cased(turn).original(*span) for span in spans))
        case Expression():
            return _first_quote(call, turn, expression_spans(rule, call.folded(turn)))
        case Mentions(kinds):
            return _mention(kinds, call, turn)
    raise TypeError(f"not a condition: {type(rule).__name__}")


def _spoken_by(speaker: str, call: RuleCall, turn: int) -> Proof | None:
    """Who speaks is as sure as the roles are."""
    if speaker == "both":
        return call.whole(turn)
    sure = call.transcript.role_confidence
    return call.whole(turn, min(sure, 1.0)) if call.turns[turn].speaker == speaker and sure > 0 else None


def _keywords(rule: Keywords, call: RuleCall, turn: int) -> Proof | None:
    def said(words: Sequence[str]) -> list[Proof]:
        text = call.folded(turn)
        spans = (word_spans(text, word, rule.homophones) for word in words)
        return [_best(Proof(*span) for span in found) for found in spans if found]

    needed: list[Proof] = []
    for words, least in ((rule.any_of, 1), (rule.all_of, len(rule.all_of)), (rule.several_of, rule.at_least)):
        found = sorted(said(words), key=lambda proof: (-proof.strength, proof.start)) if words else []
        if words and len(found) < least:
            return None
        needed.extend(found[:least])
    if said(rule.none_of):
        return None
    return _together(needed) if needed else call.whole(turn)


def _mention(kinds: Sequence[str], call: RuleCall, turn: int) -> Proof | None:
    text = call.cased(turn)
    spans = [span for kind in kinds for span in _spans_of(kind, text.text, call) if span[1] > span[0]]
    return _first_quote(call, turn, (text.original(*span) for span in sorted(spans, key=lambda s: (s[0], -s[1]))))


def _first_quote(call: RuleCall, turn: int, spans: Iterable[tuple[int, int]]) -> Proof | None:
    quotes = (call.quote(turn, *span) for span in spans)
    return next((quote for quote in quotes if quote is not None), None)


def _spans_of(kind: str, text: str, call: RuleCall) -> list[tuple[int, int]]:
    if kind == "competitor":
        return name_spans(text, call.competitors)
    if kind in ("number", "phone"):
        numbers = find_numbers(text, call.language)
        return [(number.start, number.end) for number in numbers if _is_of_kind(number, kind)]
    return [(start, end) for label, start, end in entity_spans(text, call.language) if label == kind.upper()]


def _is_of_kind(number: Number, kind: str) -> bool:
    is_phone = number.unit == "digits" and len(number.normalized) >= LEAST_PHONE_DIGITS
    return is_phone if kind == "phone" else not is_phone and number.unit in (None, "digits")


def _like(rule: Like, call: RuleCall, turns: Sequence[int]) -> Proofs:
    """Cosine to the nearest example, on a scale from unrelated (0) to the same (1)."""
    said = [(turn, sentence) for turn in turns for sentence in call.sentences(turn)]
    if not said:
        return {}
    texts = [*rule.examples, *(sentence.text for _, sentence in said)]
    vectors = call.vectors(texts)
    wanted, heard = vectors[: len(rule.examples)], vectors[len(rule.examples) :]
    nearest = (heard @ wanted.T).max(axis=1)
    unrelated = call.unrelated[call.language]
    likeness = np.clip((nearest - unrelated) / (1 - unrelated), 0.0, 1.0)
    found: dict[int, list[Proof]] = {}
    for (turn, sentence), value in zip(said, likeness, strict=True):
        if value >= rule.at_least:
            found.setdefault(turn, []).append(Proof(sentence.start, sentence.end, float(value)))
    return {turn: _best(several) for turn, several in found.items()}

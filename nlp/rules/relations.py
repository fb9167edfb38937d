"""How turns of a call relate: before, after or near another, or the same thing again. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nlp.rules.call import Proof, RuleCall
from nlp.rules.timing import speaker_of
from nlp.text.sentences import Sentence
from nlp.text.tokens import count_spoken_units, query_terms
from sop.conditions import Anchor, Repeated

Proofs = dict[int, Proof]
"""By turn, in order; turns that the condition is not true of are left out."""

SAME = 0.8
"""Terms that two sentences share, of all terms of both (Jaccard), from which on they say the same."""
LEAST_UNITS = 4
"""Shorter sentences, in words (en) or characters (zh), are answers and back-channels that everyone repeats."""


def anchored(anchor: Anchor, found: Proofs, call: RuleCall, turns: Sequence[int]) -> Proofs:
    """The ``turns`` that stand to one of ``found`` as the anchor says, each as strong as the strongest of these."""
    proved: Proofs = {}
    for turn in turns:
        strengths = [proof.strength for other, proof in found.items() if _stands(anchor, call, turn, other)]
        if strengths:
            proved[turn] = call.whole(turn, max(strengths))
    return proved


def repeated_rule(repeated: Repeated, found: Proofs, call: RuleCall, turns: Sequence[int]) -> Proofs:
    """The turns of ``found`` by which it was found often enough; worth the weakest of the times it takes."""
    proved: Proofs = {}
    for turn in turns:
        if turn not in found:
            continue
        window = [proof.strength for other, proof in found.items() if 0 <= _ahead(call, other, turn) < repeated.turns]
        if len(window) >= repeated.times:
            proved[turn] = found[turn]._replace(strength=sorted(window, reverse=True)[repeated.times - 1])
    return proved


def repeated_sentence(repeated: Repeated, call: RuleCall, turns: Sequence[int]) -> Proofs:
    """The turns with a sentence that its speaker has said often enough by then."""
    said = [(turn, sentence, frozenset(query_terms(sentence.text))) for turn, sentence in _full_sentences(call)]
    proved: Proofs = {}
    for number, (turn, sentence, terms) in enumerate(said):
        alike = [
            _share(terms, other_terms)
            for other, _, other_terms in said[: number + 1]
            if _ahead(call, other, turn) < repeated.turns
            and speaker_of(call.turns[other]) == speaker_of(call.turns[turn])
        ]
        strengths = sorted((share for share in alike if share >= SAME), reverse=True)
        if turn in turns and turn not in proved and len(strengths) >= repeated.times:
            proved[turn] = Proof(sentence.start, sentence.end, strengths[repeated.times - 1])
    return proved


def _stands(anchor: Anchor, call: RuleCall, turn: int, other: int) -> bool:
    ahead = _ahead(call, other, turn)
    if (anchor.relation == "after" and ahead <= 0) or (anchor.relation == "before" and ahead >= 0):
        return False
    if anchor.turns is not None and abs(ahead) > anchor.turns:
        return False
    return anchor.seconds is None or _gap_ms(call, turn, other) <= anchor.seconds * 1000


def _ahead(call: RuleCall, earlier: int, later: int) -> int:
    """Spoken turns from one to the other, negative if it comes first."""
    return call.places[later] - call.places[earlier]


def _gap_ms(call: RuleCall, turn: int, other: int) -> int:
    one, two = call.turns[turn], call.turns[other]
    return max(0, max(one.start_ms, two.start_ms) - min(one.end_ms, two.end_ms))


def _full_sentences(call: RuleCall) -> Iterator[tuple[int, Sentence]]:
    for turn in call.spoken:
        for sentence in call.sentences(turn):
            if count_spoken_units(sentence.text, call.language) >= LEAST_UNITS:
                yield turn, sentence


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)

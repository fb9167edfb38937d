"""Which of several procedures a call is held to."""

from __future__ import annotations

from collections.abc import Sequence

from sop.applicability import strictness, suits
from sop.facts import CallContext
from sop.hearing import Certainty
from sop.procedure import Sop


def choose(candidates: Sequence[Sop], language: str, context: CallContext) -> Sop | None:
    """The most specific of those that surely apply to a call in ``language``; None if there is none.

    More restrictions of ``applies_to`` are more specific, then fewer languages; ties go by name. Where none surely
    applies and exactly one may, it is that one: of two that may (one for inbound, one for outbound calls, and nobody
    knows which this was) either would be a guess.
    """
    spoken = [sop for sop in candidates if language in sop.languages]
    certainty = {id(sop): suits(sop.applies_to, context) for sop in spoken}
    sure = [sop for sop in spoken if certainty[id(sop)] is Certainty.YES]
    if sure:
        return min(sure, key=_rank)
    possible = [sop for sop in spoken if certainty[id(sop)] is Certainty.MAYBE]
    return possible[0] if len(possible) == 1 else None


def _rank(sop: Sop) -> tuple[int, int, str]:
    return (-strictness(sop.applies_to), len(sop.languages), sop.name)

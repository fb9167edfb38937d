"""Calls as a recognizer might have written them: the same turns in other words, for training."""

from __future__ import annotations

import random
from dataclasses import replace

from nlp.corpus.annotations import AnnotatedCall
from nlp.misheard.chinese import misheard_chinese
from nlp.misheard.english import misheard_english

_BY_LANGUAGE = {"zh": misheard_chinese, "en": misheard_english}


def misheard(call: AnnotatedCall, number: int = 0, how_much: float = 1.0) -> AnnotatedCall:
    """A copy with the same speakers and events. The same call, number and share give the same copy.

    Args:
        call: as it was said.
        number: which of the many ways to mishear it.
        how_much: multiplies the shares of words that are wrong or lost; marks and digits change as often at any.
    """
    rng = random.Random(f"{call.digest}{number}")
    write = _BY_LANGUAGE[call.language]
    return replace(call, turns=tuple(replace(turn, text=write(turn.text, rng, how_much)) for turn in call.turns))

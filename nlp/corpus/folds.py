"""Parts of a corpus, of whole calls each: for cross-validation. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence

from nlp.corpus.annotations import AnnotatedCall


def split_by_call(calls: Sequence[AnnotatedCall], folds: int, seed: int) -> list[list[int]]:
    """Indices of the calls of each fold, dealt out language by language after a seeded shuffle."""
    parts: list[list[int]] = [[] for _ in range(folds)]
    rng = random.Random(seed)
    for language in sorted({call.language for call in calls}):
        own = [i for i, call in enumerate(calls) if call.language == language]
        rng.shuffle(own)
        for place, i in enumerate(own):
            parts[place % folds].append(i)
    return [sorted(part) for part in parts]

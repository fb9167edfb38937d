"""Some of the shipped calls, for tests that learn or measure."""

from __future__ import annotations

from nlp.corpus.annotations import AnnotatedCall
from nlp.corpus.shipped import shipped_corpus


def some_calls(count: int) -> list[AnnotatedCall]:
    """The first ``count`` dev calls in Chinese, then as many in English."""
    return [call for language in ("zh", "en") for call in shipped_corpus(f"{language}-dev.jsonl")[:count]]

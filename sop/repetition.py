"""How often something new was said: a sentence that is repeated word for word counts once."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from functools import lru_cache


@lru_cache(maxsize=4096)
def plain_words(quote: str) -> str:
    """Letters and digits of a quote, in one case: what it says whatever its punctuation."""
    return "".join(letter for letter in quote.casefold() if letter.isalnum())


def count_new(said: Iterable[tuple[int, Hashable]]) -> int:
    """In how many stretches of talk something was said that no other of them is counted for.

    ``said`` are pairs of stretch and sentence. That is the size of a maximum matching of stretches and sentences, found
    by augmenting paths (Kuhn 1955): it depends on no order, and more that is said never makes it less.
    """
    sentences: dict[int, dict[Hashable, None]] = {}
    for stretch, sentence in said:
        sentences.setdefault(stretch, {})[sentence] = None
    distinct = {sentence for choices in sentences.values() for sentence in choices}
    if len(distinct) == sum(len(choices) for choices in sentences.values()):
        return len(sentences)
    taken: dict[Hashable, int] = {}
    return sum(_place(stretch, sentences, taken, set()) for stretch in sentences)


def _place(
    stretch: int, sentences: Mapping[int, Collection[Hashable]], taken: dict[Hashable, int], tried: set[Hashable]
) -> bool:
    for sentence in sentences[stretch]:
        if sentence in tried:
            continue
        tried.add(sentence)
        if sentence not in taken or _place(taken[sentence], sentences, taken, tried):
            taken[sentence] = stretch
            return True
    return False

"""Counting of the respelling weights. ``python -m nlp.respelling.training`` renews them from the shipped corpus."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence

from asr.syllables import HAN, is_han, sounds
from nlp.corpus.annotations import AnnotatedCall
from nlp.respelling.ngrams import Trigrams
from nlp.respelling.sounding_words import LONGEST, Lexicon
from nlp.respelling.weights import pack_respelling

SPOKEN = frozenset({"zh-dev-001", "zh-dev-008", "zh-dev-015", "zh-dev-017", "zh-dev-022", "zh-dev-030"})
"""Calls of the corpus that were also spoken, and that respelling is measured on: they are not counted."""
LEAST_FREQUENCY = 50
"""Occurrences in the dictionary's corpus (60 million words) from which on a word is taken; characters always are."""
_HAN_RUN = re.compile(f"{HAN}+")


def count_bytes(calls: Sequence[AnnotatedCall], dictionary: Mapping[str, int]) -> bytes:
    """The weights file; the same calls and dictionary give the same bytes.

    Args:
        calls: those in English, and those of :data:`SPOKEN`, are passed over.
        dictionary: words of general Mandarin with how often they occurred.
    """
    counted = [call for call in calls if call.language == "zh" and call.call_id not in SPOKEN]
    runs = [cut for call in counted for turn in call.turns for cut in _cut(turn.text)]
    own = sorted({word for run in runs for word in run})
    words = own + sorted(_general(dictionary) - set(own))
    numbers = {word: number for number, word in enumerate(own)}
    trigrams = Trigrams.counted([[numbers[word] for word in run] for run in runs])
    total = sum(dictionary.values())
    shares = tuple(dictionary.get(word, 0) / total for word in words)
    lexicon = Lexicon(tuple(words), shares, tuple(sounds(word) for word in words))
    return pack_respelling(lexicon, trigrams, [call.digest for call in counted])


def _general(dictionary: Mapping[str, int]) -> set[str]:
    return {
        word
        for word, count in dictionary.items()
        if len(word) <= LONGEST and (count >= LEAST_FREQUENCY or len(word) == 1) and word and all(map(is_han, word))
    }


def _cut(text: str) -> Iterator[list[str]]:
    """The words of each run of Chinese characters; those that are too long to be looked for, in characters."""
    import jieba

    for run in _HAN_RUN.findall(text):
        words = jieba.cut(run, HMM=False)
        yield [part for word in words for part in ([word] if len(word) <= LONGEST else word)]


def main() -> None:
    """Count the corpus of this package and write the weights."""
    import jieba

    from nlp.corpus.shipped import shipped_corpus
    from nlp.respelling.weights import RESPELLING_PATH, respelling_from_bytes

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    content = count_bytes(shipped_corpus(), {word: count for word, count in jieba.dt.FREQ.items() if count})
    RESPELLING_PATH.write_bytes(content)
    weights = respelling_from_bytes(content)
    counts = weights.trigrams
    print(f"{RESPELLING_PATH.name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    print(f"{len(weights.lexicon.words):,} words; {len(counts.words):,} of the corpus in {len(counts.pairs):,} pairs")
    print(f"and {len(counts.triples):,} triples")


if __name__ == "__main__":
    main()

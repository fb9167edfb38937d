"""Ordinary sentences of sales calls in both languages: what an event of one's own is set off against.

``python -m nlp.own_events.background`` writes their vectors under multilingual-e5-small, over which events are
learned, so that no process has to wait for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from asr.transcript import LANGUAGES
from nlp.corpus.annotations import AnnotatedCall
from nlp.corpus.shipped import shipped_corpus
from nlp.encoders.encoder import Encoder, SmallE5Encoder
from nlp.text.sentences import sentences

VECTORS_PATH = Path(__file__).parents[1] / "weights" / "background.safetensors"
SENTENCES_PER_LANGUAGE = 220
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class OrdinarySentence:
    """A sentence of the annotated calls, and the built-in events of the turn that it is from."""

    text: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """The sentences and their unit vectors, (n, dim) float32."""

    sentences: tuple[OrdinarySentence, ...]
    vectors: NDArray[np.float32]

    def without(self, event: str) -> NDArray[np.float32]:
        """The vectors of the sentences from turns that do not show ``event``."""
        kept = [event not in sentence.events for sentence in self.sentences]
        return self.vectors[np.array(kept, dtype=np.bool_)]


def background(encoder: Encoder) -> Background:
    """The shipped sentences under ``encoder``; they are encoded if the shipped vectors are not of this encoder.

    Raises:
        EncoderError: the encoder cannot be used.
    """
    drawn = ordinary_sentences()
    vectors = _stored(encoder)
    if vectors is None:
        vectors = encoder.encode([sentence.text for sentence in drawn])
    return Background(drawn, vectors)


@cache
def ordinary_sentences() -> tuple[OrdinarySentence, ...]:
    """The sentences, as many in either language."""
    return tuple(
        sentence
        for language in LANGUAGES
        for sentence in draw(shipped_corpus(f"{language}-dev.jsonl"), SENTENCES_PER_LANGUAGE)
    )


def background_digest() -> str:
    """SHA-256 (hexadecimal) of the sentences and their events."""
    lines = [f"{sentence.text}\t{','.join(sentence.events)}" for sentence in ordinary_sentences()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def draw(calls: Sequence[AnnotatedCall], count: int) -> list[OrdinarySentence]:
    """``count`` different sentences, or all there are: chance by the text's hash, so always the same ones."""
    found = {sentence.text: sentence for call in calls for sentence in _sentences(call)}
    return sorted(found.values(), key=lambda sentence: hashlib.sha256(sentence.text.encode()).digest())[:count]


def _sentences(call: AnnotatedCall) -> Iterator[OrdinarySentence]:
    for turn in call.turns:
        for sentence in sentences(turn.text):
            if len(sentence.text) >= _SHORTEST:
                yield OrdinarySentence(sentence.text, turn.events)


def _identity(encoder: Encoder) -> dict[str, str]:
    return {"encoder": encoder.name, "weights": encoder.weights_hash, "sentences": background_digest()}


def _stored(encoder: Encoder) -> NDArray[np.float32] | None:
    """The vectors of the file, None where it is of other sentences or another encoder."""
    try:
        with safe_open(VECTORS_PATH, framework="np") as file:
            if file.metadata() != _identity(encoder):
                return None
            vectors: NDArray[np.float32] = file.get_tensor("vectors").astype(np.float32)
    except (OSError, SafetensorError):
        return None
    return vectors


def store(encoder: Encoder, path: Path = VECTORS_PATH) -> None:
    """Write the sentences' vectors, in half precision."""
    vectors = encoder.encode([sentence.text for sentence in ordinary_sentences()])
    save_file({"vectors": vectors.astype(np.float16)}, path, metadata=_identity(encoder))


if __name__ == "__main__":
    store(SmallE5Encoder())

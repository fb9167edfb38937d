"""Fakes of the Protocols of nlp: an encoder of hashed words and a tagger that says what it is told."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from asr.transcript import Transcript
from nlp.encoders.encoder import Vectors, unit_rows
from nlp.text.tokens import tokens
from sop.events import Evidence, KeyEvent, Tagging


class HashedEncoder:
    """Bags of hashed tokens: no weights, instant, the same vector for the same text."""

    name = "hashed-words"
    weights_hash = "0" * 64

    def __init__(self, dim: int = 48) -> None:
        self.dim = dim

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for token in tokens(text, "zh"):
                row[zlib.crc32(token.encode()) % self.dim] += 1.0
        return unit_rows(rows)


@dataclass(frozen=True)
class WordTagger:
    """Finds an event in every turn that contains its word; the whole turn is the quote."""

    words: Mapping[str, str] = field(default_factory=lambda: {"price_discussion": "price"})
    weights_hash: str = "f" * 64

    def tag(self, transcript: Transcript, log_odds: NDArray[np.float64] | None = None) -> Tagging:
        return Tagging(
            present=tuple(
                KeyEvent(
                    event,
                    Evidence(i, turn.start_ms, turn.end_ms, turn.speaker, turn.text, 1.0),
                )
                for i, turn in enumerate(transcript.turns)
                for event, word in self.words.items()
                if word in turn.text
            )
        )

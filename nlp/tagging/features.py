"""What the tagging head sees of a call: one row of numbers for each turn.

Pure: takes embeddings that an encoder has already computed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr.transcript import Language, Speaker
from nlp.tagging.rare_terms import Terms, terms
from nlp.text.entities import entity_spans
from nlp.text.grams import lexical_buckets
from sop.events import EVENT_SPEAKERS, EVENTS

SIGNS = ("MONEY", "PERCENT", "DATE", "TIME", "name", "question")
CONTEXT_SIZE = 8 + len(SIGNS)
SPEAKER_COLUMN = 0
PLACE_COLUMNS = slice(1, 6)
_SPEAKER_SIGN = {"rep": 1.0, "customer": -1.0, "unknown": 0.0}
_NAME = re.compile(r"(?<=[a-z,] )(?!I\b|I['’])[A-Z][A-Za-z]+")
_LATIN = re.compile("[A-Za-z]{2,}")
_CALENDAR = frozenset(
    (
        *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
        *("Okay", "OK", "Mr", "Mrs", "Ms", "Dr"),
    )
)
"""Capitalised words that name nobody's product."""
_QUESTION = re.compile(r"[?？]")


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """The part of a turn that the head may look at."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class CallFeatures:
    """A call of ``n`` turns as arrays.

    ``embeddings``: (n, dim) float32; ``lexical``: for each turn its distinct hash buckets, int64;
    ``context``: (n, CONTEXT_SIZE) float32, who speaks and where in the call; ``allowed``:
    (n, events) bool, what the speaker can show by the guide; ``terms``: for each turn the hashes of its
    words, see :mod:`nlp.tagging.rare_terms`, by which turns are told to speak of the same.
    """

    embeddings: NDArray[np.float32]
    lexical: tuple[NDArray[np.int64], ...]
    context: NDArray[np.float32]
    allowed: NDArray[np.bool_]
    terms: tuple[Terms, ...] = ()

    def __len__(self) -> int:
        return len(self.context)


def call_features(turns: Sequence[SpokenTurn], language: Language, embeddings: NDArray[np.float32]) -> CallFeatures:
    """Features of a whole call; ``embeddings`` is (len(turns), dim)."""
    return CallFeatures(
        embeddings=embeddings,
        lexical=tuple(lexical_buckets(turn.text, language) for turn in turns),
        context=_context(turns, language),
        allowed=allowed_events([turn.speaker for turn in turns]),
        terms=tuple(terms(turn.text, language) for turn in turns),
    )


def allowed_events(speakers: Sequence[Speaker]) -> NDArray[np.bool_]:
    """(turns, events): whether the speaker can show the event; an unknown speaker can show all."""
    return np.array(
        [[speaker == "unknown" or speaker in EVENT_SPEAKERS[event] for event in EVENTS] for speaker in speakers],
        dtype=np.bool_,
    ).reshape(len(speakers), len(EVENTS))


def places(count: int) -> NDArray[np.float32]:
    """(count, 5): how far each of ``count`` turns is from the beginning and the end of what is heard."""
    index = np.arange(count, dtype=np.float32)
    left = count - 1 - index
    ends = [np.exp(-index / 2), np.exp(-left / 2), np.exp(-index / 5), np.exp(-left / 5)]
    return np.stack([index / max(count, 1), *ends], axis=1).astype(np.float32)


def _context(turns: Sequence[SpokenTurn], language: Language) -> NDArray[np.float32]:
    letters_per_word = 1.0 if language == "zh" else 3.0
    length = np.array([len(turn.text) / letters_per_word for turn in turns], dtype=np.float32)
    place = np.stack(
        [
            np.array([_SPEAKER_SIGN[turn.speaker] for turn in turns], dtype=np.float32),
            *places(len(turns)).T,
            np.log1p(length) * 0.3,
            np.full(len(turns), 0.5 if language == "zh" else -0.5, dtype=np.float32),
        ],
        axis=1,
    )
    signs = np.array([_signs(turn.text, language) for turn in turns], dtype=np.float32)
    return np.concatenate([place, signs.reshape(len(turns), len(SIGNS))], axis=1).astype(np.float32)


def _signs(text: str, language: Language) -> list[float]:
    """1.0 for each of :data:`SIGNS` in the turn: kinds of things said, whatever their names."""
    kinds = {label for label, _, _ in entity_spans(text, language)}
    names = _NAME.findall(text) if language == "en" else _LATIN.findall(text)
    if any(name not in _CALENDAR for name in names):
        kinds.add("name")
    if _QUESTION.search(text):
        kinds.add("question")
    return [float(sign in kinds) for sign in SIGNS]

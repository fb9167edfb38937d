"""The tagger: which key events a call shows, where they were said, and how sure that is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from asr.transcript import Transcript
from nlp.encoders.encoder import Encoder
from nlp.encoders.turn_encoder import TurnEncoder
from nlp.probability.calibration import discounted, probabilities
from nlp.tagging.combination import combined
from nlp.tagging.features import CallFeatures, SpokenTurn, call_features
from nlp.tagging.head import batched_logits
from nlp.tagging.trained_head import OTHER_VERSION, HeadError, TrainedHead, read_head
from nlp.text.evidence import quotable, spoken_at
from nlp.text.sentences import Sentence
from sop.events import EVENT_SPEAKERS, EVENTS, Evidence, KeyEvent, Tagging

HEAD_PATH = Path(__file__).parents[1] / "weights" / "head.safetensors"
_BOUND = np.array([len(EVENT_SPEAKERS[event]) == 1 for event in EVENTS])
_NEAR = 4
"""Turns on each side that are heard again when a sentence is scored alone."""


class Tagger(Protocol):
    """Finds key events. The same transcript and weights give the same tagging."""

    @property
    def weights_hash(self) -> str:
        """SHA-256 (hexadecimal) of all learned parameters that a tagging depends on."""
        ...

    def tag(self, transcript: Transcript, log_odds: NDArray[np.float64] | None = None) -> Tagging:
        """Events in order of time; quotes are substrings of their turn, times lie inside it.

        ``log_odds``, (turns, events), is further evidence for the built-in events, see :mod:`nlp.tagging.combination`.
        """
        ...


@dataclass(frozen=True)
class HeadTagger:
    """A trained head over a sentence encoder.

    Present is what is likelier than not by the measure of F1; a ``cautious`` tagger calls present only what it is sure
    of (precision 0.9 among held-out turns) and leaves more in doubt.
    """

    encoder: Encoder
    head: TrainedHead
    cautious: bool = False

    def __post_init__(self) -> None:
        if self.encoder.name != self.head.encoder_name:
            raise HeadError(
                f"tagger: the head was trained over {self.head.encoder_name}, not {self.encoder.name}; {OTHER_VERSION}"
            )
        if self.encoder.weights_hash != self.head.encoder_hash:
            raise HeadError(
                f"tagger: the head was trained over other weights of {self.encoder.name}; {OTHER_VERSION}. "
                "After 'python -m nlp.training.encoder' the shipped head is renewed with 'clearcall nlp train'"
            )

    @cached_property
    def weights_hash(self) -> str:
        reading = "cautious" if self.cautious else ""
        return hashlib.sha256(f"{self.head.sha256}{self.encoder.weights_hash}{reading}".encode()).hexdigest()

    def tag(self, transcript: Transcript, log_odds: NDArray[np.float64] | None = None) -> Tagging:
        if not transcript.turns:
            return Tagging()
        features = self._features(transcript)
        heard_at = np.array([turn.confidence for turn in transcript.turns])
        scores = self._probabilities(features)
        if log_odds is not None:
            scores = combined(scores, log_odds)
        scores = discounted(scores, heard_at, transcript.role_confidence, _BOUND)
        thresholds, doubts = self.bounds
        worded = np.array([bool(turn.text.strip()) for turn in transcript.turns])
        heard = features.allowed & (scores >= doubts) & worded[:, None]
        found = self._evidence(transcript, features, scores, heard)
        return Tagging(
            present=tuple(event for event, row, column in found if scores[row, column] >= thresholds[column]),
            doubtful=tuple(event for event, row, column in found if scores[row, column] < thresholds[column]),
        )

    @property
    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(events,) each: from which probability an event is present, and from which it is doubtful."""
        decisions = self.head.decisions
        if self.cautious:
            careful = self.head.caution
            sure = np.array([max(careful.sure_from, decision.threshold) for decision in decisions])
            return sure, np.full(len(decisions), careful.doubt_from)
        return (
            np.array([decision.threshold for decision in decisions]),
            np.array([decision.doubt_from for decision in decisions]),
        )

    @property
    def scaling(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Centre and scale of the embeddings, (dim,) each."""
        return self.head.centre, self.head.scale

    def scores(self, features: CallFeatures) -> NDArray[np.float64]:
        """(turns, events): calibrated probabilities for a call whose features are at hand; 0 where not allowed."""
        if not len(features):
            return np.zeros((0, len(EVENTS)))
        return np.where(features.allowed, self._probabilities(features), 0.0)

    def _features(self, transcript: Transcript) -> CallFeatures:
        spoken = [SpokenTurn(turn.speaker, turn.text) for turn in transcript.turns]
        embeddings = self.head.standardise(self.encoder.encode([turn.text for turn in spoken]))
        return call_features(spoken, transcript.language, embeddings)

    def _probabilities(self, features: CallFeatures) -> NDArray[np.float64]:
        logits = batched_logits(self.head.networks, [features])[0]
        return probabilities(self.head.second.logits(features, logits), self.head.decisions)

    def _evidence(
        self,
        transcript: Transcript,
        features: CallFeatures,
        scores: NDArray[np.float64],
        heard: NDArray[np.bool_],
    ) -> list[tuple[KeyEvent, int, int]]:
        """Events with their turn and event number, in order of time."""
        rows = [int(row) for row in np.flatnonzero(heard.any(axis=1))]
        said = self._sentences(transcript, features, rows)
        found = []
        for row in rows:
            turn = transcript.turns[row]
            choices, sentence_scores = said[row]
            for column in np.flatnonzero(heard[row]):
                quote = choices[int(np.argmax(sentence_scores[:, column]))]
                start_ms, end_ms = spoken_at(turn, quote)
                confidence = float(scores[row, column])
                evidence = Evidence(row, start_ms, end_ms, turn.speaker, quote.text, confidence)
                found.append((KeyEvent(EVENTS[int(column)], evidence), row, int(column)))
        return sorted(found, key=lambda item: (item[0].evidence.start_ms, item[1], item[2]))

    def _sentences(
        self, transcript: Transcript, features: CallFeatures, rows: Sequence[int]
    ) -> dict[int, tuple[list[Sentence], NDArray[np.float32]]]:
        """For each turn its sentences and their logits, (sentences, events), each heard alone."""
        choices = {row: quotable(transcript.turns[row].text) for row in rows}
        several = [(row, sentence) for row in rows if len(choices[row]) > 1 for sentence in choices[row]]
        vectors = self.head.standardise(self.encoder.encode([sentence.text for _, sentence in several]))
        variants = [
            self._heard_alone(transcript, features, row, sentence, vector)
            for (row, sentence), vector in zip(several, vectors, strict=True)
        ]
        alone = iter(batched_logits(self.head.networks, [variant for variant, _ in variants]))
        places = iter(place for _, place in variants)
        nothing = np.zeros((1, len(EVENTS)), dtype=np.float32)
        return {
            row: (choices[row], nothing)
            if len(choices[row]) == 1
            else (choices[row], np.stack([next(alone)[next(places)] for _ in choices[row]]))
            for row in rows
        }

    def _heard_alone(
        self,
        transcript: Transcript,
        features: CallFeatures,
        row: int,
        sentence: Sentence,
        vector: NDArray[np.float32],
    ) -> tuple[CallFeatures, int]:
        """The neighbourhood of a turn when only one of its sentences is said, and the turn's place in it."""
        turn = SpokenTurn(transcript.turns[row].speaker, sentence.text)
        single = call_features([turn], transcript.language, vector[None, :])
        low, high = max(row - _NEAR, 0), min(row + _NEAR + 1, len(features))
        embeddings = features.embeddings[low:high].copy()
        embeddings[row - low] = vector
        lexical = (*features.lexical[low:row], single.lexical[0], *features.lexical[row + 1 : high])
        return (
            replace(
                features,
                embeddings=embeddings,
                lexical=lexical,
                context=features.context[low:high],
                allowed=features.allowed[low:high],
                terms=(),
            ),
            row - low,
        )


def default_encoder() -> Encoder:
    """The encoder that the shipped head was trained over: of those compared in docs/tagger.md the best for its cost."""
    return TurnEncoder()


@cache
def load_tagger(path: Path = HEAD_PATH, cautious: bool = False) -> HeadTagger:
    """The tagger with the shipped head, or another head trained over the default encoder.

    Raises:
        HeadError: the file is missing or is not a head.
        EncoderError: an embedded encoder cannot be loaded.
    """
    return HeadTagger(default_encoder(), read_head(path), cautious)

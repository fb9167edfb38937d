"""Which voice of a mono recording is the rep: told from what each of them says.

Every turn gives log odds that a rep says such a thing; a voice's turns are summed, and the voice with the most is the
rep. How sure that is comes from calls the weights were not trained on (see ``nlp.roles.training``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from asr.transcript import Language, Speaker, Transcript, Turn
from nlp.encoders.encoder import Encoder, UniversalSentenceEncoder
from nlp.probability.calibration import sigmoid
from nlp.text.fillers import count_questions
from nlp.text.grams import lexical_buckets
from nlp.text.tokens import count_spoken_units

VERSION = 1
"""Raise it when the same weights come to give other roles."""
FORMAT = "clearcall-roles-1"
ROLE_BUCKETS = 4096
"""Hash buckets of words and characters that the weights have a value for."""
ROLES_PATH = Path(__file__).parents[1] / "weights" / "roles.safetensors"
LEAST_CONFIDENCE = 0.6
"""Below this the speakers stay unknown."""
MOST_CONFIDENCE = 0.99
"""However much is said: a few dozen calls can't show more, and 1 is left to rules and people."""
SIGNS = 3
EMBEDDING_SCALE = 6.0
"""Brings sentence vectors to the size of word buckets, so that one strength of regularisation fits both."""
USUAL_LENGTH = 10.0
"""Words of a turn whose sentence vector counts once."""
TURN_LIMIT = 4.0
"""No single turn gives more log odds than this, whatever the words it happens to hold."""


class RolesError(RuntimeError):
    """Role weights that cannot be used; the message names the file, the reason and the remedy."""


class RoleTeller(Protocol):
    """Gives the voices of a mono transcript their roles."""

    @property
    def weights_hash(self) -> str:
        """SHA-256 (hexadecimal) of all learned parameters, and the version of how they are used."""
        ...

    def told(self, transcript: Transcript) -> Transcript:
        """The transcript with the speakers of its voices, and how sure they are; without voices, as it is."""
        ...


@dataclass(frozen=True, slots=True)
class RoleWeights:
    """Everything learned.

    ``signs`` weighs :func:`turn_signs`, ``embedding`` the sentence vector, ``lexical`` the word buckets. Summed log
    odds are multiplied by ``slope`` before they are read as such, since turns of one call are not independent.
    """

    signs: NDArray[np.float32]
    embedding: NDArray[np.float32]
    lexical: NDArray[np.float32]
    slope: float
    encoder_name: str
    trained_on: frozenset[str]
    sha256: str


@dataclass(frozen=True)
class LinearRoleTeller:
    """The real one: logistic regression over a sentence encoder and hashed words."""

    encoder: Encoder
    weights: RoleWeights

    def __post_init__(self) -> None:
        if self.encoder.name != self.weights.encoder_name:
            raise RolesError(
                f"roles: the weights were trained over {self.weights.encoder_name}, not {self.encoder.name}; "
                "use that encoder or retrain with python -m nlp.roles.training"
            )

    @cached_property
    def weights_hash(self) -> str:
        named = f"{VERSION}{self.weights.sha256}{self.encoder.weights_hash}"
        return hashlib.sha256(named.encode()).hexdigest()

    def told(self, transcript: Transcript) -> Transcript:
        voiced = [turn for turn in transcript.turns if turn.voice is not None]
        if not voiced:
            return transcript
        odds = self.log_odds([turn.text for turn in voiced], transcript.language)
        totals: dict[int, float] = {}
        for turn, own in zip(voiced, odds, strict=True):
            totals[turn.voice or 0] = totals.get(turn.voice or 0, 0.0) + float(own)
        roles, confidence = roles_of(totals, self.weights.slope)
        sure = confidence >= LEAST_CONFIDENCE
        return replace(
            transcript,
            turns=tuple(_spoken_by(turn, roles, sure) for turn in transcript.turns),
            role_confidence=confidence,
        )

    def log_odds(self, texts: Sequence[str], language: Language) -> NDArray[np.float64]:
        """(turns,): log odds that the rep says this rather than the customer."""
        signs = turn_signs(texts, language) @ self.weights.signs
        embedded = sentence_vectors(texts, language, self.encoder) @ self.weights.embedding
        words = [
            float(self.weights.lexical[lexical_buckets(text, language, ROLE_BUCKETS, by_sound=False)].sum())
            for text in texts
        ]
        odds = (signs + embedded).astype(np.float64) + np.array(words)
        bounded: NDArray[np.float64] = np.clip(odds, -TURN_LIMIT, TURN_LIMIT)
        return bounded


def roles_of(totals: Mapping[int, float], slope: float) -> tuple[dict[int, Speaker], float]:
    """The role of each voice and the probability, in [0.5, 0.99] for one or two voices, that they are right.

    That voice v is the rep and all others are customers is as likely as ``exp(slope * totals[v])``, up to a constant. A
    voice alone is rep or customer by its own sign.

    Args:
        totals: summed log odds of each voice; at least one voice.
        slope: see :class:`RoleWeights`.
    """
    if len(totals) == 1:
        ((voice, total),) = totals.items()
        role: Speaker = "rep" if total > 0 else "customer"
        return {voice: role}, min(float(sigmoid(np.array(abs(slope * total)))), MOST_CONFIDENCE)
    best = max(totals, key=lambda voice: (totals[voice], -voice))
    against = sum(np.exp(min(slope * (total - totals[best]), 0.0)) for total in totals.values())
    roles: dict[int, Speaker] = {voice: "rep" if voice == best else "customer" for voice in totals}
    return roles, min(float(1.0 / against), MOST_CONFIDENCE)


def turn_signs(texts: Sequence[str], language: Language) -> NDArray[np.float32]:
    """(turns, SIGNS): the log of the length, whether it asks, and a one."""
    rows = [(0.3 * np.log1p(_words(text, language)), float(count_questions(text, language) > 0), 1.0) for text in texts]
    return np.array(rows, dtype=np.float32).reshape(len(texts), SIGNS)


def sentence_vectors(texts: Sequence[str], language: Language, encoder: Encoder) -> NDArray[np.float32]:
    """(turns, dim): vectors that grow with the square root of the length, as evidence does; a long turn by half."""
    lengths = np.array([_words(text, language) for text in texts], dtype=np.float32)
    grown = np.minimum(np.sqrt(lengths / USUAL_LENGTH), 1.5)[:, None]
    scaled: NDArray[np.float32] = (EMBEDDING_SCALE * grown * encoder.encode(texts)).astype(np.float32)
    return scaled


def pack_roles(
    parameters: Mapping[str, NDArray[np.float32]], slope: float, encoder_name: str, trained_on: Sequence[str]
) -> bytes:
    """The bytes of a weights file: ``parameters`` in half precision, the rest as metadata."""
    document = {"format": FORMAT, "encoder": encoder_name, "slope": slope, "trained_on": sorted(trained_on)}
    halves = {name: values.astype(np.float16) for name, values in parameters.items()}
    return save(halves, {"clearcall": json.dumps(document, sort_keys=True)})


def roles_from_bytes(content: bytes, source: str = "roles") -> RoleWeights:
    """The weights in the bytes of their file; ``source`` is what messages call it.

    Raises:
        RolesError: not such a file.
    """
    try:
        size = int.from_bytes(content[:8], "little")
        document = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["clearcall"])
        tensors = {name: values.astype(np.float32) for name, values in load(content).items()}
        if document["format"] != FORMAT or tensors["lexical"].shape != (ROLE_BUCKETS,):
            raise ValueError(f"format {document['format']!r}, expected {FORMAT!r}")
        return RoleWeights(
            signs=tensors["signs"],
            embedding=tensors["embedding"],
            lexical=tensors["lexical"],
            slope=float(document["slope"]),
            encoder_name=document["encoder"],
            trained_on=frozenset(document["trained_on"]),
            sha256=hashlib.sha256(content).hexdigest(),
        )
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RolesError(f"{source}: not readable role weights ({reason}); {_REMEDY}") from error


@cache
def load_roles(path: Path = ROLES_PATH, threads: int = 1) -> LinearRoleTeller:
    """The shipped role weights over their encoder.

    Raises:
        RolesError: the file is missing or is none.
        EncoderError: the encoder cannot be loaded.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RolesError(f"{path.name}: cannot be read ({error.strerror}); {_REMEDY}") from error
    return LinearRoleTeller(UniversalSentenceEncoder(threads), roles_from_bytes(content, path.name))


_REMEDY = "retrain with python -m nlp.roles.training"


def _words(text: str, language: Language) -> float:
    """Words of a turn; a Mandarin word has some one and a half characters."""
    return count_spoken_units(text, language) / (1.5 if language == "zh" else 1.0)


def _spoken_by(turn: Turn, roles: Mapping[int, Speaker], sure: bool) -> Turn:
    if turn.voice is None:
        return turn
    return replace(turn, speaker=roles[turn.voice] if sure else "unknown")

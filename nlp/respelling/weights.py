"""The file of the respelling weights: words, their sounds and how they follow each other, as safetensors.

Words are UTF-8 lines, those of our own corpus first, so that its triples fit 16 bits. Shares are logarithms in steps of
:data:`STEP` nats, 255 for words that general Mandarin does not have. A sound is the place of its syllable times eight,
plus its tone; one for each character of every word.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from asr.syllables import Sound
from nlp.respelling.ngrams import END, START, Trigrams
from nlp.respelling.respeller import RespellingWeights, SoundRespeller
from nlp.respelling.sounding_words import Lexicon

FORMAT = "clearcall-respelling-1"
RESPELLING_PATH = Path(__file__).parents[1] / "weights" / "respelling.safetensors"
STEP = 0.08
_NO_SHARE = 255
_STORED = {START: 65_535, END: 65_534}
_READ = {stored: number for number, stored in _STORED.items()}
_REMEDY = "renew it with python -m nlp.respelling.training"


class RespellingError(RuntimeError):
    """Respelling weights that cannot be used; the message names the file, the reason and the remedy."""


def pack_respelling(lexicon: Lexicon, trigrams: Trigrams, trained_on: Sequence[str]) -> bytes:
    """The bytes of a weights file.

    Args:
        lexicon: its first words, less than 65,534, are those that ``trigrams`` counts.
        trigrams: counts over 65,535 are stored as that.
        trained_on: digests of the calls that were counted.
    """
    syllables = sorted({sound.syllable for sounds in lexicon.sounds for sound in sounds})
    places = {syllable: place for place, syllable in enumerate(syllables)}
    read = [places[sound.syllable] * 8 + sound.tone for sounds in lexicon.sounds for sound in sounds]
    tensors: dict[str, NDArray[Any]] = {
        "words": np.frombuffer("\n".join(lexicon.words).encode(), dtype=np.uint8),
        "shares": np.array([_stored_share(share) for share in lexicon.shares], dtype=np.uint8),
        "sounds": np.array(read, dtype=np.uint16),
        "singles": _rows(((word,), count) for word, count in trigrams.words.items()),
        "pairs": _rows(trigrams.pairs.items()),
        "triples": _rows(trigrams.triples.items()),
    }
    document = {"format": FORMAT, "syllables": syllables, "trained_on": sorted(trained_on)}
    return save(tensors, {"clearcall": json.dumps(document, sort_keys=True)})


def respelling_from_bytes(content: bytes, source: str = "respelling") -> RespellingWeights:
    """The weights in the bytes of their file; ``source`` is what messages call it.

    Raises:
        RespellingError: not such a file.
    """
    try:
        size = int.from_bytes(content[:8], "little")
        document = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["clearcall"])
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']!r}, expected {FORMAT!r}")
        tensors = load(content)
        trigrams = Trigrams(
            {key[0]: count for key, count in _counts(tensors["singles"])},
            {(key[0], key[1]): count for key, count in _counts(tensors["pairs"])},
            {(key[0], key[1], key[2]): count for key, count in _counts(tensors["triples"])},
        )
        return RespellingWeights(
            _lexicon(tensors, document["syllables"]),
            trigrams,
            frozenset(document["trained_on"]),
            hashlib.sha256(content).hexdigest(),
        )
    except (SafetensorError, LookupError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RespellingError(f"{source}: not readable respelling weights ({reason}); {_REMEDY}") from error


@cache
def load_respeller(path: Path = RESPELLING_PATH) -> SoundRespeller:
    """The shipped weights, ready to be used; they are read once.

    Raises:
        RespellingError: the file is missing or is none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RespellingError(f"{path.name}: cannot be read ({error.strerror}); {_REMEDY}") from error
    return SoundRespeller(respelling_from_bytes(content, path.name))


def _stored_share(share: float) -> int:
    return min(round(-math.log(share) / STEP), _NO_SHARE - 1) if share > 0 else _NO_SHARE


def _rows(counts: Iterable[tuple[tuple[int, ...], int]]) -> NDArray[np.uint16]:
    """(n, words + 1): the words of each key and its count, in order of the words."""
    rows = sorted((*(_STORED.get(word, word) for word in key), min(count, 65_535)) for key, count in counts)
    return np.array(rows, dtype=np.uint16)


def _counts(rows: NDArray[np.uint16]) -> list[tuple[tuple[int, ...], int]]:
    return [(tuple(_READ.get(word, word) for word in row[:-1]), row[-1]) for row in rows.tolist()]


def _lexicon(tensors: Mapping[str, NDArray[Any]], syllables: Sequence[str]) -> Lexicon:
    words = tuple(tensors["words"].tobytes().decode().split("\n"))
    shares = tuple(0.0 if one == _NO_SHARE else math.exp(-STEP * one) for one in tensors["shares"].tolist())
    known: dict[int, Sound] = {}
    read = [known.setdefault(one, Sound(syllables[one // 8], one % 8)) for one in tensors["sounds"].tolist()]
    ends = list(accumulate(map(len, words), initial=0))
    if len(shares) != len(words) or len(read) != ends[-1]:
        raise ValueError("words, shares and sounds do not belong together")
    return Lexicon(words, shares, tuple(tuple(read[start:end]) for start, end in pairwise(ends)))

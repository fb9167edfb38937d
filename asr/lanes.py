"""How the cores of one transcription are shared out: many lanes of one thread, or few of many.

Which is faster depends on the processor, its caches and the weights, so it is measured once and remembered.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Split:
    """``lanes`` batches at the same time, each on ``threads`` threads."""

    lanes: int
    threads: int


def splits(cores: int) -> list[Split]:
    """Every way to give all cores to lanes of equal width, most lanes first.

    >>> splits(4)
    [Split(lanes=4, threads=1), Split(lanes=2, threads=2), Split(lanes=1, threads=4)]
    """
    return [Split(cores // threads, threads) for threads in range(1, cores + 1) if cores % threads == 0]


def fastest(choices: Sequence[Split], seconds: Callable[[Split], float]) -> Split:
    """The split whose work takes the least time; the first of equals."""
    return min(choices, key=seconds)


def remembered(file: Path, key: str, find: Callable[[], Split]) -> Split:
    """What was found for ``key`` before, as noted in a JSON file; else it is found and noted.

    A file that can't be read is as good as none, and one that can't be written does no harm.
    """
    notes = _notes(file)
    noted = notes.get(key)
    if noted is not None:
        return noted
    notes[key] = find()
    document = {name: [split.lanes, split.threads] for name, split in notes.items()}
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_text(json.dumps(document), encoding="utf-8")
        os.replace(temporary, file)
    except OSError:
        temporary.unlink(missing_ok=True)
    return notes[key]


def _notes(file: Path) -> dict[str, Split]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return {str(key): Split(int(lanes), int(threads)) for key, (lanes, threads) in document.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}

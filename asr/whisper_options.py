"""How Whisper runs: on which device, in which precision, and how wide it searches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Device = Literal["auto", "cpu", "cuda"]


class WhisperError(RuntimeError):
    """Whisper can't be loaded as asked; the message says what to change."""


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """How Whisper runs.

    ``compute_type`` "auto" is int8 on a CPU and float16 on a GPU; ``cpu_threads`` 0 leaves the number to
    CTranslate2. ``workers`` threads can ask at once and are served at the same time, each with ``cpu_threads``; one
    recording should ask from ``lanes`` of them, from all for 0.
    """

    device: Device = "auto"
    compute_type: str = "auto"
    cpu_threads: int = 0
    beam_size: int = 5
    workers: int = 1
    lanes: int = 0


def choose_device(options: WhisperOptions, cuda_devices: Callable[[], int]) -> tuple[str, str]:
    """The device and compute type to load with.

    Raises:
        WhisperError: a GPU is asked for and there is none.
    """
    count = cuda_devices() if options.device != "cpu" else 0
    if options.device == "cuda" and count == 0:
        raise WhisperError("device 'cuda': no CUDA device found; use device 'auto' or 'cpu'")
    device = "cuda" if count else "cpu"
    automatic = "float16" if device == "cuda" else "int8"
    return device, automatic if options.compute_type == "auto" else options.compute_type

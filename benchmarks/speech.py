"""How much speech reaches the recognizer, on clean calls and through a bad telephone line.

``python -m benchmarks.speech FOLDER… [--noise] [--json]`` prints, for every channel of every call with gold, the
share of the gold's speech time that lies in a region to be heard (after crosstalk is taken out, with the second opinion
by loudness), and the share of the rest that is let through. ``audible`` counts a gold turn from its first to its last
sound, pauses inside it included; ``written`` counts it as the gold file has it, with the synthesizer's silence at both
ends.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from asr.channel import Channel
from asr.chunks import Packing
from asr.levels import SAMPLE_RATE_HZ, frame_levels_db
from asr.regions import inside
from asr.vad import SileroDetector, SpeechDetector
from benchmarks.gold import GoldCall, gold_calls
from benchmarks.lines import noisy_line

SNRS_DB = (25.0, 20.0, 15.0)
WANTED = 0.98


@dataclass(frozen=True, slots=True)
class Kept:
    """One channel of one call; ``snr_db`` is None for the recording as it is. Shares are in [0, 1]."""

    call: str
    channel: int
    snr_db: float | None
    audible: float
    written: float
    let_through: float
    detected_ms: int
    gold_ms: int


def measure(call: GoldCall, detector: SpeechDetector, snr_db: float | None) -> list[Kept]:
    """Detect speech on every channel as a transcription does."""
    heard = [
        channel.samples if snr_db is None else noisy_line(channel.samples, channel.speech_db, snr_db, number)
        for number, channel in enumerate(call.channels)
    ]
    lines = [Channel(waiting=samples, levels_db=frame_levels_db(samples)) for samples in heard]
    for line in lines:
        line.hear(detector)
        line.settle(last=True, max_ms=Packing().max_ms)
    found = []
    for number, channel in enumerate(call.channels):
        line, other = lines[number], lines[1 - number]
        windows = line.windows(number, line.drowned(other), Packing())
        windows += line.overlooked(number, windows, other, Packing())
        regions = [region for window in windows for region in window.regions]
        frames = heard[number].size * 100 // SAMPLE_RATE_HZ
        detected = inside(regions, frames)
        audible = inside([turn.audible for turn in channel.turns if turn.audible], frames)
        written = inside([turn.written for turn in channel.turns], frames)
        found.append(
            Kept(
                call.name,
                number,
                snr_db,
                float(detected[audible].mean()),
                float(detected[written].mean()),
                float(detected[~written].mean()),
                int(detected.sum()) * 10,
                int(written.sum()) * 10,
            )
        )
    return found


def run(folders: Sequence[Path], detector: SpeechDetector, snrs_db: Sequence[float | None]) -> Iterator[Kept]:
    """Every channel of every call at every noise."""
    for call in gold_calls(folders):
        for snr_db in snrs_db:
            yield from measure(call, detector, snr_db)


def summary(kept: Sequence[Kept], snr_db: float | None) -> str:
    """One line for one noise."""
    own = [one for one in kept if one.snr_db == snr_db]
    worst = min(own, key=lambda one: one.audible)
    through = [one.let_through for one in own]
    below = sum(one.audible < WANTED for one in own)
    longer = sum(one.detected_ms for one in own) / sum(one.gold_ms for one in own)
    return (
        f"{_line(snr_db):<9} {len(own)} channels: audible speech kept min {worst.audible:.2%} ({worst.call}"
        f" {worst.channel}), mean {np.mean([one.audible for one in own]):.2%}, {below} below {WANTED:.0%};"
        f" written min {min(one.written for one in own):.2%}, mean {np.mean([one.written for one in own]):.2%};"
        f" not speech let through mean {np.mean(through):.1%}, max {max(through):.1%}; detected/written {longer:.3f}"
    )


def _line(snr_db: float | None) -> str:
    return "clean" if snr_db is None else f"{snr_db:.0f} dB SNR"


def main() -> None:
    """Print the table, or the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--noise", action="store_true", help="also through a bad line, at 25, 20 and 15 dB")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    snrs: list[float | None] = [None, *(SNRS_DB if arguments.noise else ())]
    kept: list[Kept] = []
    for one in run(arguments.folders, SileroDetector(), snrs):
        kept.append(one)
        if not arguments.json:
            print(
                f"{one.call:<18}{one.channel:>2} {_line(one.snr_db):<9} audible {one.audible:>7.2%}"
                f"  written {one.written:>7.2%}  let through {one.let_through:>6.1%}",
                flush=True,
            )
    if arguments.json:
        print(json.dumps([asdict(one) for one in kept], indent=1))
        return
    for snr in snrs:
        print(summary(kept, snr))


if __name__ == "__main__":
    main()

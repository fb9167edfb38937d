"""Where the time of a call goes: decoding, speech detection, transcription, tagging, scoring.

``python -m benchmarks.stages FOLDER [--runs N]`` times every stage on every recording of a folder, one after the
other in one process, and prints the median over the runs as a share of the audio's length and of the whole.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from asr import audio
from nlp.metrics.call import measure
from service import pipeline
from service.cli.calls import AUDIO_SUFFIXES
from service.engines import LazyEngines
from service.settings import settings
from service.sops.versions import shipped
from sop.document import parse
from sop.scoring import score

T = TypeVar("T")


class Clock:
    """Seconds spent in each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def time(self, stage: str, work: Callable[[], T]) -> T:
        """Run ``work`` and add its time to ``stage``."""
        started = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds[stage] += time.perf_counter() - started


def run(files: list[Path], engines: LazyEngines) -> tuple[Clock, float]:
    """Time one pass over the files; returns the clock and the seconds of audio."""
    clock, heard_s = Clock(), 0.0
    config = settings()
    sops = {name: parse(text) for name, text in shipped().items()}
    for file in files:
        decoded = clock.time("decode", lambda file=file: audio.decode(file))  # type: ignore[misc]
        heard_s += decoded.duration_ms / 1000
        for channel in decoded.samples:
            clock.time("detect speech", lambda channel=channel: engines.detector.regions(channel))  # type: ignore[misc]
        transcript = clock.time(
            "transcribe (whole)",
            lambda file=file: pipeline.transcribe(file, engines, config),  # type: ignore[misc]
        ).transcript
        tagging = clock.time("tag", lambda t=transcript: engines.tagger.tag(t))  # type: ignore[misc]
        clock.time("metrics", lambda t=transcript: measure(t))  # type: ignore[misc]
        sop = sops[config.sop_zh if transcript.language == "zh" else config.sop_en]
        clock.time("score", lambda s=sop, g=tagging, t=transcript: score(s, g, pipeline.facts(t)))  # type: ignore[misc]
    return clock, heard_s


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    files = sorted(f for f in arguments.folder.rglob("*") if f.suffix.lower() in AUDIO_SUFFIXES)
    if not files:
        parser.error(f"{arguments.folder}: no recordings in this folder")
    engines = LazyEngines(settings())
    run(files[:1], engines)  # loads the weights and warms up
    passes = [run(files, engines) for _ in range(arguments.runs)]
    heard_s = passes[0][1]
    print(f"{len(files)} recordings, {heard_s:.0f} s of audio, median of {arguments.runs} runs")
    print(f"{'stage':<20}{'seconds':>9}{'x real time':>13}{'of transcription':>18}")
    medians = {stage: statistics.median(c.seconds[stage] for c, _ in passes) for stage in passes[0][0].seconds}
    for stage, seconds in medians.items():
        share = seconds / medians["transcribe (whole)"]
        print(f"{stage:<20}{seconds:>9.2f}{heard_s / max(seconds, 1e-9):>13.1f}{share:>18.1%}")


if __name__ == "__main__":
    main()

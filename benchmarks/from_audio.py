"""Key events from audio beside key events from gold text: ``python -m benchmarks.from_audio FOLDER… [--head FILE]``.

Both are tagged by one head that has learned from none of these calls, trained anew unless ``--head`` names one. A gold
turn's event is found where the tagger says it of a stretch that overlaps the turn and is spoken by the same party. What
they are apart is told with its interval of 95 % (bootstrap by call): a handful of calls tells little.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from asr.evaluation import EvaluationError, recordings_with_gold
from asr.transcript import LANGUAGES, Transcript, Turn
from nlp.corpus.shipped import shipped_corpus
from nlp.encoders.encoder import RememberingEncoder
from nlp.tagging.tagger import HeadTagger, default_encoder
from nlp.tagging.trained_head import TrainedHead, head_from_bytes, read_head
from nlp.training.head import train_bytes
from service import pipeline
from service.engines import LazyEngines
from service.settings import settings
from sop.events import EVENTS, Tagging

RESAMPLES = 1000
SEED = 20_240_601

Counts = Counter[tuple[str, str, str]]
"""How many by (language, event, kind), kind one of tp, fp, fn."""


@dataclass(frozen=True, slots=True)
class Found:
    """An event and when it was said, by whom."""

    event: str
    speaker: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Call:
    """What was counted in one call, on its gold text and on its audio."""

    language: str
    text: Counts
    audio: Counts


def main() -> None:
    """Tag, compare and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.from_audio", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="recordings with gold that has events")
    parser.add_argument("--head", type=Path, help="a head that learned from none of these calls; kept there if new")
    arguments = parser.parse_args()
    try:
        files = [file for folder in arguments.folders for file in recordings_with_gold(folder)]
    except EvaluationError as error:
        sys.exit(str(error))
    tagger = HeadTagger(default_encoder(), _head(arguments.head, {file.stem for file in files}))
    config = settings()
    engines = LazyEngines(config)
    calls: list[Call] = []
    for file in files:
        document = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        heard = pipeline.transcribe(file, engines, config).transcript
        gold = _gold(document)
        written = _written(document, heard.duration_ms)
        counts = [_counted(gold, _found(tagger.tag(said)), document["language"]) for said in (written, heard)]
        calls.append(Call(document["language"], *counts))
        print(file.name, flush=True)
    _print(calls)


def _head(path: Path | None, tested: set[str]) -> TrainedHead:
    if path and path.is_file():
        return read_head(path)
    calls = [call for call in shipped_corpus() if call.call_id not in tested]
    content = train_bytes(calls, RememberingEncoder(default_encoder()), progress=lambda line: print(line, flush=True))
    if path:
        path.write_bytes(content)
    return head_from_bytes(content)


def _gold(document: dict[str, Any]) -> list[Found]:
    return [
        Found(event, turn["speaker"], round(turn["start"] * 1000), round(turn["end"] * 1000))
        for turn in document["turns"]
        for event in turn.get("events", ())
    ]


def _written(document: dict[str, Any], duration_ms: int) -> Transcript:
    """The gold as a transcript: what would be tagged if every word were heard."""
    channels = document["channels"]
    said = [turn for turn in document["turns"] if "text" in turn]
    turns = tuple(
        Turn(
            speaker=turn["speaker"],
            channel=channels.index(turn["speaker"]),
            start_ms=round(turn["start"] * 1000),
            end_ms=round(turn["end"] * 1000),
            text=turn.get("written", turn["text"]),
            confidence=1.0,
        )
        for turn in sorted(said, key=lambda turn: turn["start"])
    )
    return Transcript(duration_ms, document["language"], len(channels), turns)


def _found(tagging: Tagging) -> list[Found]:
    return [
        Found(one.event, one.evidence.speaker, one.evidence.start_ms, one.evidence.end_ms) for one in tagging.present
    ]


def _counted(gold: Sequence[Found], said: Sequence[Found], language: str) -> Counts:
    """Each gold event is found or not; each thing said that meets none is false."""
    counts: Counts = Counter()
    for one in gold:
        counts[language, one.event, "tp" if any(_meet(one, other) for other in said) else "fn"] += 1
    for one in said:
        if not any(_meet(one, other) for other in gold):
            counts[language, one.event, "fp"] += 1
    return counts


def _meet(one: Found, other: Found) -> bool:
    together = one.start_ms < other.end_ms and other.start_ms < one.end_ms
    return together and one.event == other.event and one.speaker == other.speaker


def _print(calls: Sequence[Call]) -> None:
    print(f"{'macro F1':<12}{'calls':>6}{'gold text':>12}{'audio':>8}{'apart':>8}")
    for language in LANGUAGES:
        own = [call for call in calls if call.language == language]
        if own:
            text, audio = _macro(own)
            low, high = _interval(own)
            shown = f"{language:<12}{len(own):>6}{text:>12.3f}{audio:>8.3f}{text - audio:>8.3f}"
            print(f"{shown}  [{low:.3f}, {high:.3f}]")


def _macro(calls: Sequence[Call]) -> tuple[float, float]:
    """Macro F1 on the gold text and on the audio of calls of one language."""
    text, audio = Counts(), Counts()
    for call in calls:
        text.update(call.text)
        audio.update(call.audio)
    return fmean(_f1s(text, calls[0].language)), fmean(_f1s(audio, calls[0].language))


def _interval(calls: Sequence[Call]) -> tuple[float, float]:
    """Where 95 % of the differences lie when as many calls are drawn with replacement."""
    rng = random.Random(SEED)
    drawn = [_macro(rng.choices(calls, k=len(calls))) for _ in range(RESAMPLES)]
    apart = sorted(text - audio for text, audio in drawn)
    return apart[RESAMPLES // 40], apart[-(RESAMPLES // 40) - 1]


def _f1s(counts: Counts, language: str) -> list[float]:
    """F1 of each event that is in the gold; [0.0] when there is none."""
    figures = []
    for event in EVENTS:
        right, false, missed = (counts[language, event, kind] for kind in ("tp", "fp", "fn"))
        if right + missed:
            figures.append(2 * right / (2 * right + false + missed))
    return figures or [0.0]


if __name__ == "__main__":
    main()

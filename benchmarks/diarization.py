"""Who said what in mono: both channels of calls with gold mixed to one, transcribed, and compared with the gold.

``python -m benchmarks.diarization FOLDER… [--json]`` prints for each call and for each language over all calls

- ``DER``: the diarization error rate of pyannote.metrics, its collar 250 ms on each side of a gold border, overlaps
  counted; against the turns as written, and (``audible``) trimmed to their sound. Words carry the turns, so what the
  recognizer missed is missed here too: ``confusion`` is the part due to voices being taken for one another;
- ``right``: the share of words with the right role, by the middle of their time. Where both parties speak at once a
  word counts when its text is in the turn of one party only, else it is left out (``unclear``). An unknown role is
  wrong;
- ``sure``: how sure of the roles the transcript is; ``voices``: how many were found.

Needs ``pip install pyannote.metrics``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

from asr.evaluation import tokens
from asr.levels import SAMPLE_RATE_HZ, Mono
from asr.regions import Region
from asr.transcript import Language, Transcript, Turn, Word
from benchmarks.gold import GoldCall, gold_calls
from service import pipeline
from service.engines import LazyEngines
from service.settings import settings

COLLAR_S = 0.5
"""pyannote.metrics takes the whole width: 250 ms before a border and 250 ms after it."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Seconds of wrong speaker time, and of gold speech."""

    confusion: float = 0.0
    missed: float = 0.0
    false_alarm: float = 0.0
    total: float = 0.0

    @property
    def rate(self) -> float:
        """The diarization error rate."""
        return (self.confusion + self.missed + self.false_alarm) / self.total if self.total else 0.0

    def plus(self, other: Errors) -> Errors:
        """The sums."""
        return Errors(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))


@dataclass(frozen=True, slots=True)
class Score:
    """One call, or several added up."""

    name: str
    language: Language
    voices: int
    sure: float
    words: int
    right: int
    unclear: int
    written: Errors
    audible: Errors

    def plus(self, other: Score) -> Score:
        """Both, under the first name; ``voices`` and ``sure`` keep the least."""
        return Score(
            self.name,
            self.language,
            min(self.voices, other.voices),
            min(self.sure, other.sure),
            self.words + other.words,
            self.right + other.right,
            self.unclear + other.unclear,
            self.written.plus(other.written),
            self.audible.plus(other.audible),
        )

    def to_text(self) -> str:
        """One line."""
        return (
            f"{self.name:<20}{self.voices:>7}{self.sure:>7.2f}{self.words:>7}{self.unclear:>9}"
            f"{self.right / max(self.words, 1):>8.1%}{self.written.rate:>8.1%}{self.audible.rate:>9.1%}"
            f"{self.audible.confusion / max(self.audible.total, 1e-9):>11.1%}"
        )


HEADER = (
    f"{'call':<20}{'voices':>7}{'sure':>7}{'words':>7}{'unclear':>9}"
    f"{'right':>8}{'DER':>8}{'audible':>9}{'confusion':>11}"
)


def mixed(call: GoldCall) -> Mono:
    """Both channels at equal weight."""
    mix: Mono = np.mean([channel.samples for channel in call.channels], axis=0, dtype=np.float32)
    return mix


def compare(call: GoldCall, heard: Transcript) -> Score:
    """A transcript of the mix against the gold of the channels."""
    roles = [_role(call, turn, word) for turn in heard.turns for word in turn.words]
    told = [turn.speaker for turn in heard.turns for _ in turn.words]
    judged = [(role, own) for role, own in zip(roles, told, strict=True) if role]
    return Score(
        name=call.name,
        language=call.language,
        voices=len({turn.voice for turn in heard.turns}),
        sure=heard.role_confidence,
        words=len(judged),
        right=sum(role == own for role, own in judged),
        unclear=len(roles) - len(judged),
        written=_errors(call, heard, audible=False),
        audible=_errors(call, heard, audible=True),
    )


def _role(call: GoldCall, turn: Turn, word: Word) -> str | None:
    """Who says a word by the gold; None where both speak and the text does not tell."""
    middle = (word.start_ms + word.end_ms) // 2
    said = [(_away(span, middle), c.speaker, t.text) for c in call.channels for t, span in _spans(c.turns)]
    nearest = min(away for away, _, _ in said)
    at_once = {speaker: text for away, speaker, text in said if away == nearest}
    if len(at_once) == 1:
        return next(iter(at_once))
    own = set(tokens(word.text, call.language))
    holding = [speaker for speaker, text in at_once.items() if own <= set(tokens(text, call.language))]
    return holding[0] if own and len(holding) == 1 else None


def _spans(turns: Sequence[Any]) -> list[tuple[Any, Region]]:
    return [(turn, turn.audible or turn.written) for turn in turns]


def _away(span: Region, at_ms: int) -> int:
    return max(span.start_ms - at_ms, at_ms - span.end_ms, 0)


def _errors(call: GoldCall, heard: Transcript, *, audible: bool) -> Errors:
    wanted, got = Annotation(), Annotation()
    for channel in call.channels:
        for number, turn in enumerate(channel.turns):
            span = turn.audible if audible and turn.audible else turn.written
            wanted[Segment(span.start_ms / 1000, span.end_ms / 1000), number] = channel.speaker
    for number, own in enumerate(heard.turns):
        got[Segment(own.start_ms / 1000, own.end_ms / 1000), number] = f"voice {own.voice}"
    whole = Timeline([Segment(0, heard.duration_ms / 1000)])
    found = DiarizationErrorRate(collar=COLLAR_S)(wanted, got, uem=whole, detailed=True)
    return Errors(found["confusion"], found["missed detection"], found["false alarm"], found["total"])


def _transcribed(mix: Mono, engines: LazyEngines) -> Transcript:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mix.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE_HZ)
            file.writeframes((np.clip(mix, -1, 1) * 32767).astype("<i2").tobytes())
        return pipeline.transcribe(path, engines, settings()).transcript


def _totals(scores: Sequence[Score]) -> list[Score]:
    totals: dict[str, Score] = {}
    for score in scores:
        name = f"all {score.language}"
        totals[name] = totals[name].plus(score) if name in totals else _named(score, name)
    if len(totals) > 1:
        both = list(totals.values())
        totals["all"] = _named(both[0].plus(both[1]), "all")
    return list(totals.values())


def _named(score: Score, name: str) -> Score:
    return Score(name, *(getattr(score, field) for field in list(score.__dataclass_fields__)[1:]))


def main() -> None:
    """Print the table, or one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    engines, scores = LazyEngines(settings()), []
    if not arguments.json:
        print(HEADER)
    for call in gold_calls(arguments.folders):
        scores.append(compare(call, _transcribed(mixed(call), engines)))
        if not arguments.json:
            print(scores[-1].to_text(), flush=True)
    totals = _totals(scores)
    if arguments.json:
        print(json.dumps({"calls": [asdict(s) for s in scores], "totals": [asdict(s) for s in totals]}))
    else:
        print("\n".join(total.to_text() for total in totals))


if __name__ == "__main__":
    main()

"""How near the first and the last word of every gold turn are to its borders.

``python -m benchmarks.word_times FOLDER… [--json]`` transcribes each call, finds the words of each gold turn by
aligning the text of the channel with the gold's, and prints the share of turns whose both borders lie within 200 ms.
``audible`` compares with the turn trimmed to its sound; ``written`` with the gold file's own times, which hold the
synthesizer's silence at both ends: ``limit`` is the share that the audible borders themselves would reach there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from asr.evaluation import tokens
from asr.recording import TranscribeOptions, transcribe
from asr.regions import Region
from asr.transcript import Language, Transcript, Word
from asr.vad import SileroDetector
from asr.weights import find_weights
from asr.whisper import WhisperRecognizer
from benchmarks.gold import GoldCall, Said, gold_calls
from service.settings import settings

NEAR_MS = 200


@dataclass(frozen=True, slots=True)
class Borders:
    """One gold turn: how much later than its borders its words begin and end, in ms; None when no word was heard."""

    call: str
    channel: int
    text: str
    start_ms: int
    audible: tuple[int, int] | None
    written: tuple[int, int] | None
    limit: tuple[int, int]


def measure(call: GoldCall, heard: Transcript) -> list[Borders]:
    """Every turn of gold with an audible part."""
    found = []
    for number, channel in enumerate(call.channels):
        words = [w for turn in heard.turns if turn.channel == number for w in turn.words]
        spans = spoken_spans(channel.turns, sorted(words, key=lambda w: w.start_ms), call.language)
        found += [
            _borders(call.name, number, turn, turn.audible, span)
            for turn, span in zip(channel.turns, spans, strict=True)
            if turn.audible
        ]
    return found


def spoken_spans(turns: Sequence[Said], words: Sequence[Word], language: Language) -> list[Region | None]:
    """From the first to the last word of each turn, by the alignment of their texts; None for a turn without words."""
    wanted = [(token, i) for i, turn in enumerate(turns) for token in tokens(turn.text, language)]
    got = [(token, i) for i, word in enumerate(words) for token in tokens(word.text, language)]
    matcher = SequenceMatcher(None, [t for t, _ in wanted], [t for t, _ in got], autojunk=False)
    owners: dict[int, set[int]] = {}
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        for at in range(b, b_end) if kind in ("equal", "replace") else ():
            word = got[at][1]
            # What was misheard may stand for any turn that the alignment leaves open: the nearest in time.
            open_turns = {wanted[a + at - b][1]} if kind == "equal" else {turn for _, turn in wanted[a:a_end]}
            turn = min(open_turns, key=lambda i: _apart_ms(turns[i].written, words[word]))
            owners.setdefault(turn, set()).add(word)
    return [_span([words[i] for i in owners.get(turn, ())]) for turn in range(len(turns))]


def near(borders: tuple[int, int] | None) -> bool:
    """Whether both borders are met."""
    return borders is not None and max(abs(borders[0]), abs(borders[1])) <= NEAR_MS


def summary(name: str, turns: Sequence[Borders]) -> str:
    """One line for a group of turns."""
    total = max(len(turns), 1)
    audible = [turn.audible for turn in turns if turn.audible]
    late = np.array(audible or [(0, 0)])
    middle = np.median(late, axis=0)
    met = np.sum(np.abs(late) <= NEAR_MS, axis=0) / total
    return (
        f"{name:<20}{len(turns):>5} turns, {len(turns) - len(audible)} without a word;"
        f" audible: both within {NEAR_MS} ms {sum(near(t.audible) for t in turns) / total:.1%}"
        f" (start {met[0]:.1%}, end {met[1]:.1%}, median lateness {middle[0]:.0f}/{middle[1]:.0f} ms);"
        f" written: {sum(near(t.written) for t in turns) / total:.1%},"
        f" limit {sum(near(t.limit) for t in turns) / total:.1%}"
    )


def _borders(call: str, channel: int, turn: Said, audible: Region, span: Region | None) -> Borders:
    return Borders(
        call,
        channel,
        turn.text,
        audible.start_ms,
        _lateness(span, audible) if span else None,
        _lateness(span, turn.written) if span else None,
        _lateness(audible, turn.written),
    )


def _lateness(span: Region, gold: Region) -> tuple[int, int]:
    return span.start_ms - gold.start_ms, span.end_ms - gold.end_ms


def _apart_ms(span: Region, word: Word) -> int:
    """The time between a turn and a word; 0 where they touch."""
    return max(span.start_ms - word.end_ms, word.start_ms - span.end_ms, 0)


def _span(words: Sequence[Word]) -> Region | None:
    return Region(min(w.start_ms for w in words), max(w.end_ms for w in words)) if words else None


def main() -> None:
    """Print a line for every call, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true", help="every turn")
    arguments = parser.parse_args()
    recognizer = WhisperRecognizer(find_weights(settings().model, cache=settings().weights))
    detector = SileroDetector()
    found: list[Borders] = []
    for call in gold_calls(arguments.folders):
        heard = transcribe(call.path, TranscribeOptions(), recognizer, detector).transcript
        found += measure(call, heard)
        if not arguments.json:
            print(summary(call.name, [turn for turn in found if turn.call == call.name]), flush=True)
    if arguments.json:
        print(json.dumps([asdict(turn) for turn in found], ensure_ascii=False, indent=1))
    else:
        print(summary("all", found))


if __name__ == "__main__":
    main()

"""How long it takes to measure and judge the manner of a ten-minute call.

``python -m benchmarks.manner [--runs N]`` puts annotated calls one after the other until ten minutes of talk are full,
at an easy pace with a third of a second between turns, and prints the median processor time of observing, of scoring
by the shipped SOP as it is, and of scoring with all four dimensions on every step.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.resources import files

from asr.transcript import Language, Transcript, Turn
from nlp.corpus.annotations import AnnotatedTurn, read_calls
from nlp.manner.observations import observe
from nlp.text.tokens import count_spoken_units
from service.pipeline import facts
from service.sops.versions import shipped
from sop.dimensions import DIMENSIONS, Dimension
from sop.document import Sop, parse
from sop.events import Evidence, KeyEvent, Tagging
from sop.scoring import score

CALL_MS = 600_000
GAP_MS = 300
UNITS_PER_MINUTE = {"zh": 250, "en": 165}
SOPS: dict[Language, str] = {"zh": "zh-telesales", "en": "en-b2b"}


def ten_minutes(language: Language) -> tuple[Transcript, Tagging]:
    """Ten minutes of annotated talk, and its events as an unfailing tagger would hear them."""
    corpus = files("nlp").joinpath(f"corpus/{language}-dev.jsonl").read_text(encoding="utf-8")
    turns: list[Turn] = []
    events: list[KeyEvent] = []
    at = 0
    for said in (turn for call in read_calls(corpus) for turn in call.turns):
        turn = _spoken(said, language, at)
        at = turn.end_ms + GAP_MS
        if at > CALL_MS:
            break
        for event in said.events:
            evidence = Evidence(len(turns), turn.start_ms, turn.end_ms, turn.speaker, turn.text, 0.9)
            events.append(KeyEvent(event, evidence))
        turns.append(turn)
    return Transcript(CALL_MS, language, 2, tuple(turns)), Tagging(tuple(events))


def _spoken(said: AnnotatedTurn, language: Language, at_ms: int) -> Turn:
    spoken_ms = max(400, count_spoken_units(said.text, language) * 60_000 // UNITS_PER_MINUTE[language])
    return Turn(said.speaker, 0 if said.speaker == "rep" else 1, at_ms, at_ms + spoken_ms, said.text, 0.9)


def median_ms(work: Callable[[], object], runs: int) -> float:
    """Of ``runs`` after one that warms up."""
    work()
    times = []
    for _ in range(runs):
        started = time.process_time()
        work()
        times.append((time.process_time() - started) * 1000)
    return statistics.median(times)


def in_dimensions(sop: Sop) -> Sop:
    """The SOP with all four dimensions on every step."""
    whole = tuple(Dimension.whole(name) for name in DIMENSIONS)
    return replace(sop, steps=tuple(replace(step, dimensions=whole) for step in sop.steps))


def main() -> None:
    """Measure both languages and print a line of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    for language, name in SOPS.items():
        transcript, tagging = ten_minutes(language)
        sop = parse(shipped()[name])
        observations = observe(transcript)
        known = facts(transcript, observations)
        figures = {
            "observe": median_ms(partial(observe, transcript), runs),
            "score": median_ms(partial(score, sop, tagging, known), runs),
            "score in dimensions": median_ms(partial(score, in_dimensions(sop), tagging, known), runs),
        }
        shown = ", ".join(f"{what} {ms:.1f} ms" for what, ms in figures.items())
        print(f"{language}: {len(transcript.turns)} turns, {len(observations)} observations; {shown}")


if __name__ == "__main__":
    main()

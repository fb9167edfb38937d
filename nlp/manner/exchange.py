"""Asking and answering: the question that a stretch of the rep's ends on, and what the customer makes of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from asr.transcript import Language
from nlp.manner.frame import Frame
from nlp.manner.questions import Question, questions
from nlp.manner.words import LISTLESS, TURNING_AWAY, found
from nlp.metrics.call import BACK_CHANNEL_MS
from nlp.text.tokens import count_spoken_units
from sop.observations import Observation

RUN_ON_UNITS: dict[Language, int] = {"zh": 25, "en": 16}
"""About six seconds of talk: whoever goes on for so long after a question has not left the floor."""

SHORT_UNITS: dict[Language, int] = {"zh": 14, "en": 10}
"""A longer reply is one, whatever words it holds."""


class _Asked(NamedTuple):
    """The last question of a stretch: its turn, and the units that the rep says after it."""

    turn: int
    question: Question
    units_after: int


def exchanges(frame: Frame) -> Iterator[Observation]:
    """The questions of the rep, how they were listened to, and the replies of the customer."""
    for number, stretch in enumerate(frame.stretches):
        if frame.turns[stretch[0]].speaker == "rep":
            yield from _asking(frame, number, stretch)
        elif number and frame.turns[stretch[0]].speaker == "customer":
            yield from _replying(frame, frame.stretches[number - 1], stretch)


def _asking(frame: Frame, number: int, stretch: Sequence[int]) -> Iterator[Observation]:
    asked = _last_question(frame, stretch)
    if asked is None:
        return
    sentence = asked.question.sentence
    yield frame.said("question", asked.turn, int(asked.question.is_open), sentence)
    answered_ms = _answered_ms(frame, number)
    if frame.both_heard and answered_ms is not None:
        kept_floor = asked.units_after > RUN_ON_UNITS[frame.language]
        yield frame.timed("listening", asked.turn, 0 if kept_floor else answered_ms, sentence)


def _last_question(frame: Frame, stretch: Sequence[int]) -> _Asked | None:
    after = 0
    for index in reversed(stretch):
        text = frame.turns[index].text
        asked = list(questions(text, frame.language))
        if asked:
            rest = count_spoken_units(text[asked[-1].sentence.end :], frame.language)
            return _Asked(index, asked[-1], after + rest)
        after += frame.units[index]
    return None


def _answered_ms(frame: Frame, number: int) -> int | None:
    """How long the customer speaks before the rep takes the floor again; None where that can't be told."""
    spoken = 0
    for stretch in frame.stretches[number + 1 :]:
        turns = [frame.turns[index] for index in stretch]
        span = sum(turn.end_ms - turn.start_ms for turn in turns)
        if turns[0].speaker == "unknown":
            return None
        if turns[0].speaker == "customer":
            spoken += span
        elif span >= BACK_CHANNEL_MS:
            break
    return spoken or None


def _replying(frame: Frame, before: Sequence[int], stretch: Sequence[int]) -> Iterator[Observation]:
    """A back-channel to what is no question is no reply; "嗯" to a closed question is one, to an open one is not."""
    if frame.turns[before[0]].speaker != "rep":
        return
    asked = _last_question(frame, before)
    spoken_ms = sum(frame.turns[index].end_ms - frame.turns[index].start_ms for index in stretch)
    if asked is None and spoken_ms < BACK_CHANNEL_MS:
        return
    text = " ".join(frame.turns[index].text for index in stretch)
    units = sum(frame.units[index] for index in stretch)
    if not units:
        return
    yield frame.said("reply", stretch[0], units)
    listless = asked is not None and asked.question.is_open and LISTLESS[frame.language].match(text)
    short = units <= SHORT_UNITS[frame.language]
    if listless or (short and found(text, TURNING_AWAY, frame.language)):
        yield frame.said("disengaged", stretch[0], units)

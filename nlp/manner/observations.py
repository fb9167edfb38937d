"""How a call was spoken, moment by moment: what can be measured of skill, attitude and the customer's reaction.

What is measured is in :data:`sop.observations.KINDS`, how it is judged in :mod:`sop.dimension_scoring`; formulas and
sources are in ``docs/dimensions.md``. What the transcript can't tell is left out, never zero. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from asr.transcript import Transcript
from nlp.manner.exchange import exchanges
from nlp.manner.frame import Frame
from nlp.manner.timing import timings
from nlp.manner.words import BLAME, COMPLAINT, COURTESY, EMPATHY, different, found, is_worn
from nlp.metrics.call import UNKNOWN_SHARE
from nlp.metrics.intervals import length, union
from nlp.text.fillers import count_questions
from nlp.text.sentences import Sentence, sentences
from sop.observations import Observation

LEAST_ROLE_CONFIDENCE = 0.6
"""Below this the speakers are guesses, and nothing is told about a party (as in :mod:`nlp.roles.teller`)."""


def observe(transcript: Transcript) -> tuple[Observation, ...]:
    """Everything measured in a call, by turn; nothing where it is not known who speaks."""
    if not _roles_are_told(transcript):
        return ()
    frame = Frame(transcript)
    everything = (*_speech(frame), *_wordings(frame), *timings(frame), *exchanges(frame))
    return tuple(sorted(everything, key=lambda item: (item.turn, item.start_ms, item.kind)))


def _roles_are_told(transcript: Transcript) -> bool:
    whole = length(union((turn.start_ms, turn.end_ms) for turn in transcript.turns))
    nobody = length(union((turn.start_ms, turn.end_ms) for turn in transcript.turns if turn.speaker == "unknown"))
    return transcript.role_confidence >= LEAST_ROLE_CONFIDENCE and whole > 0 and nobody <= UNKNOWN_SHARE * whole


def _speech(frame: Frame) -> Iterator[Observation]:
    for index, turn in enumerate(frame.turns):
        if turn.speaker != "unknown" and frame.units[index]:
            yield frame.said("speech", index, frame.units[index])


def _wordings(frame: Frame) -> Iterator[Observation]:
    for index, turn in enumerate(frame.turns):
        if turn.speaker == "rep":
            yield from _of_rep(frame, index, turn.text)
        elif turn.speaker == "customer":
            yield from _of_customer(frame, index, turn.text)


def _of_rep(frame: Frame, index: int, text: str) -> Iterator[Observation]:
    for kind, wordings in (("courtesy", COURTESY), ("empathy", EMPATHY)):
        matches = found(text, wordings, frame.language)
        if matches and not is_worn(matches):
            yield frame.said(kind, index, different(matches), sentence_at(text, matches[0].start()))
    blames = found(text, BLAME, frame.language)
    if blames:
        yield frame.said("blame", index, len(blames), sentence_at(text, blames[0].start()))


def _of_customer(frame: Frame, index: int, text: str) -> Iterator[Observation]:
    complaints = found(text, COMPLAINT, frame.language)
    if complaints:
        yield frame.said("complaint", index, len(complaints), sentence_at(text, complaints[0].start()))
    asked = [sentence for sentence in sentences(text) if count_questions(sentence.text, frame.language)]
    if asked:
        yield frame.said("customer_question", index, len(asked), asked[0])


def sentence_at(text: str, place: int) -> Sentence | None:
    """The sentence of a turn that holds the character at ``place``."""
    return next((sentence for sentence in sentences(text) if sentence.start <= place < sentence.end), None)

"""How a call was spoken: talk ratio, monologues, patience, pace and silence, from a transcript alone.

Names follow Gong's interaction statistics (Gong Help Center, "Analyze team performance"). Gong keeps
some of its formulas to itself, so the one used here is written at each field. What the transcript
cannot tell is None, never 0. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from asr.transcript import Speaker, Transcript, Turn
from nlp.metrics.intervals import Interval, gaps, intersection, length, union
from nlp.text.fillers import count_questions, filler_spans
from nlp.text.tokens import count_spoken_units

BACK_CHANNEL_MS = 1_000
"""A turn of the other party shorter than this ("mm-hmm") leaves a monologue whole."""

LEAST_SPEECH_MS = 5_000
"""Rates are not told from less speech than this."""

UNKNOWN_SHARE = 0.05
"""With a larger share of speech by an unknown speaker, nothing is told about a party."""

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class CallMetrics:
    """The figures of one call; each is None where the transcript cannot tell it.

    Speech of a party is the union of its turns, cut to the call. Figures that compare the parties
    need both heard, each on an audible channel, with at most :data:`UNKNOWN_SHARE` of speech by nobody known.
    """

    talk_ratio: float | None
    """Rep's speech / (rep's + customer's speech), in [0, 1]. Gong "talk ratio"; silence is left out."""

    longest_monologue_ms: int | None
    """Longest stretch of the rep's turns with nothing of :data:`BACK_CHANNEL_MS` or more by the customer
    between them, from first to last word. Gong "longest monologue"."""

    longest_customer_story_ms: int | None
    """The same for the customer. Gong "longest customer story"."""

    interactivity: float | None
    """Turn switches per minute of call. Gong "interactivity" is a scale of 0-10 over the same switches
    whose mapping is not published; this is the rate itself."""

    turn_switches: int | None
    """Times the floor passed from one party to the other, in order of turn starts."""

    patience_ms: int | None
    """Mean wait of the rep after a customer's turn, when the rep's turn follows; an interruption waits
    0 ms. Gong "patience"."""

    rep_questions: int | None
    """Sentences in which the rep asks."""

    question_rate: float | None
    """Rep's questions per minute of call. Gong "question rate" counts them per call or hour."""

    rep_speech_rate: float | None
    """Rep's words (en) or characters (zh) per minute of the rep's speech, pauses inside turns counted in:
    the "speaking rate" of Goldman-Eisler (1968), not the articulation rate."""

    customer_speech_rate: float | None
    """The same for the customer."""

    rep_fillers_per_min: float | None
    """Filled pauses per minute of the rep's speech (wordlists and their sources in nlp.text.fillers)."""

    overlaps: int | None
    """Stretches in which both parties speak at once (Heldner and Edlund, "Pauses, gaps and overlaps in
    conversations", Journal of Phonetics 38, 2010). Told from separate channels only."""

    overlap_ms: int | None
    """Total length of these stretches."""

    silence_ms: int | None
    """Time in which nobody speaks, before the first and after the last turn included. Amazon Contact Lens
    "non-talk time", without its threshold of 3 s."""

    longest_silence_ms: int | None
    """The longest such stretch."""

    def to_json(self) -> dict[str, Any]:
        """The ``metrics`` object of ``clearcall analyze --json``; ratios and rates to 4 decimals."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in values.items()}


def measure(transcript: Transcript) -> CallMetrics:
    """The metrics of a call. Turns may overlap, touch, be empty or leave the call; time outside it is cut."""
    speech = {speaker: _speech(transcript, speaker) for speaker in ("rep", "customer", "unknown")}
    audible = not any(note.startswith("empty_channel") for note in transcript.notes)
    told = _roles_are_told(speech)
    both = told and audible and bool(speech["rep"]) and bool(speech["customer"])
    rep, customer = _of(transcript, "rep"), _of(transcript, "customer")
    switches = _switches(transcript.turns) if both else None
    questions = _questions(rep, transcript) if told and rep else None
    overlaps = intersection(speech["rep"], speech["customer"]) if both and transcript.channels >= 2 else None
    silences = gaps(union(i for part in speech.values() for i in part), transcript.duration_ms)
    return CallMetrics(
        talk_ratio=_ratio(length(speech["rep"]), length(speech["customer"])) if both else None,
        longest_monologue_ms=_monologue(transcript, "rep") if both else None,
        longest_customer_story_ms=_monologue(transcript, "customer") if both else None,
        interactivity=_per_minute(switches, transcript.duration_ms),
        turn_switches=switches,
        patience_ms=_patience(transcript.turns, transcript.duration_ms) if both else None,
        rep_questions=questions,
        question_rate=_per_minute(questions, transcript.duration_ms),
        rep_speech_rate=_speech_rate(rep, transcript, speech["rep"]) if told else None,
        customer_speech_rate=_speech_rate(customer, transcript, speech["customer"]) if told else None,
        rep_fillers_per_min=_filler_rate(rep, transcript, speech["rep"]) if told else None,
        overlaps=len(overlaps) if overlaps is not None else None,
        overlap_ms=length(overlaps) if overlaps is not None else None,
        silence_ms=length(silences) if audible else None,
        longest_silence_ms=max((length([s]) for s in silences), default=0) if audible else None,
    )


def _of(transcript: Transcript, speaker: Speaker) -> list[Turn]:
    return [turn for turn in transcript.turns if turn.speaker == speaker]


def _speech(transcript: Transcript, speaker: str) -> list[Interval]:
    return union(_inside(turn, transcript) for turn in transcript.turns if turn.speaker == speaker)


def _inside(turn: Turn, transcript: Transcript) -> Interval:
    return max(turn.start_ms, 0), min(turn.end_ms, transcript.duration_ms)


def _roles_are_told(speech: dict[str, list[Interval]]) -> bool:
    total = sum(length(part) for part in speech.values())
    return total > 0 and length(speech["unknown"]) <= UNKNOWN_SHARE * total


def _ratio(part: int, rest: int) -> float:
    return part / (part + rest)


def _per_minute(count: int | None, duration_ms: int) -> float | None:
    if count is None or duration_ms <= 0:
        return None
    return count * _MINUTE_MS / duration_ms


def _switches(turns: Sequence[Turn]) -> int:
    floor = [turn.speaker for turn in turns if turn.speaker != "unknown"]
    return sum(before != after for before, after in pairwise(floor))


def _monologue(transcript: Transcript, speaker: Speaker) -> int:
    longest = 0
    begin: int | None = None
    for turn in sorted(transcript.turns, key=lambda turn: turn.start_ms):
        start, end = _inside(turn, transcript)
        if turn.speaker == speaker:
            begin = start if begin is None else begin
            longest = max(longest, end - begin)
        elif end - start >= BACK_CHANNEL_MS:
            begin = None
    return longest


def _patience(turns: Sequence[Turn], duration_ms: int) -> int | None:
    """No wait goes on after the end of the call, whatever a transcript from elsewhere says."""
    waits = [
        max(min(after.start_ms, duration_ms) - before.end_ms, 0)
        for before, after in pairwise(turns)
        if before.speaker == "customer" and after.speaker == "rep"
    ]
    return round(sum(waits) / len(waits)) if waits else None


def _questions(turns: Sequence[Turn], transcript: Transcript) -> int:
    return sum(count_questions(turn.text, transcript.language) for turn in turns)


def _speech_rate(turns: Sequence[Turn], transcript: Transcript, speech: list[Interval]) -> float | None:
    units = sum(count_spoken_units(turn.text, transcript.language) for turn in turns)
    return _rate_of_speech(units, speech)


def _filler_rate(turns: Sequence[Turn], transcript: Transcript, speech: list[Interval]) -> float | None:
    fillers = sum(len(filler_spans(turn.text, transcript.language)) for turn in turns)
    return _rate_of_speech(fillers, speech)


def _rate_of_speech(count: int, speech: list[Interval]) -> float | None:
    spoken_ms = length(speech)
    return count * _MINUTE_MS / spoken_ms if spoken_ms >= LEAST_SPEECH_MS else None

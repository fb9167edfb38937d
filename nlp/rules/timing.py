"""When and how fast a turn is said: its place in the call, pauses around it, interruptions, pace. Pure."""

from __future__ import annotations

from asr.transcript import Turn
from nlp.metrics.call import BACK_CHANNEL_MS
from nlp.rules.call import RuleCall
from nlp.text.tokens import count_spoken_units
from sop.conditions import Interruption, Position, Silence, SpeechRate

LEAST_TURN_MS = 2_000
"""The pace of a shorter turn tells nothing."""

_MINUTE_MS = 60_000


def holds(condition: Position | Silence | Interruption | SpeechRate, call: RuleCall, turn: int) -> bool:
    """Whether the condition is true of a spoken turn; what the transcript cannot tell is not."""
    if isinstance(condition, Position):
        return is_positioned(condition, call, turn)
    if isinstance(condition, Silence):
        return _is_long(silence_before_ms(call, turn), condition.before_s) and _is_long(
            silence_after_ms(call, turn), condition.after_s
        )
    if isinstance(condition, Interruption):
        return interruption_ms(call, turn) >= condition.by_ms
    rate = speech_rate(call, turn)
    if rate is None:
        return False
    return (condition.above is None or rate > condition.above) and (condition.below is None or rate < condition.below)


def is_positioned(position: Position, call: RuleCall, turn: int) -> bool:
    """Whether a part of the turn lies in the first and last seconds and turns that ``position`` names."""
    begin = min(call.turns[number].start_ms for number in call.spoken)
    end = max(call.turns[number].end_ms for number in call.spoken)
    said, place, count = call.turns[turn], call.places[turn], len(call.spoken)
    return (
        (position.first_s is None or said.start_ms - begin <= position.first_s * 1000)
        and (position.last_s is None or end - said.end_ms <= position.last_s * 1000)
        and (position.first_turns is None or place < position.first_turns)
        and (position.last_turns is None or place >= count - position.last_turns)
    )


def silence_before_ms(call: RuleCall, turn: int) -> int | None:
    """How long nobody spoke before the turn; None before the first one."""
    start = call.turns[turn].start_ms
    ends = [said.end_ms for said in _others(call, turn) if said.start_ms < start]
    return max(start - max(ends), 0) if ends else None


def silence_after_ms(call: RuleCall, turn: int) -> int | None:
    """How long nobody spoke after the turn; None after the last one."""
    end = call.turns[turn].end_ms
    starts = [max(said.start_ms, end) for said in _others(call, turn) if said.end_ms > end]
    return min(starts) - end if starts else None


def interruption_ms(call: RuleCall, turn: int) -> int:
    """How long before the other party's end the turn began; 0 if it waited or is only a back-channel."""
    said = call.turns[turn]
    if said.end_ms - said.start_ms < BACK_CHANNEL_MS:
        return 0
    overlaps = [
        other.end_ms - said.start_ms
        for other in _others(call, turn)
        if other.start_ms < said.start_ms and speaker_of(other) != speaker_of(said)
    ]
    return max([0, *overlaps])


def speech_rate(call: RuleCall, turn: int) -> float | None:
    """Words (en) or characters (zh) per minute; None for a turn shorter than :data:`LEAST_TURN_MS`."""
    said = call.turns[turn]
    spoken_ms = said.end_ms - said.start_ms
    if spoken_ms < LEAST_TURN_MS:
        return None
    return count_spoken_units(said.text, call.language) * _MINUTE_MS / spoken_ms


def speaker_of(turn: Turn) -> tuple[str, int, int | None]:
    """Who speaks: role, channel and voice, so that two unknown voices are two people."""
    return turn.speaker, turn.channel, turn.voice


def _others(call: RuleCall, turn: int) -> list[Turn]:
    return [call.turns[number] for number in call.spoken if number != turn]


def _is_long(silence_ms: int | None, least_s: float | None) -> bool:
    return least_s is None or (silence_ms is not None and silence_ms >= least_s * 1000)

"""From words on channels to turns of speakers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean

from asr.transcript import Language, Speaker, Turn, Word

MAX_PAUSE_MS = 1_200
"""A longer pause ends the turn."""
MIN_ROOM_MS = 400
"""A shorter pause can't hold a remark of the other party that would end the turn."""

Writer = Callable[[Sequence[Word]], Sequence[Word]]
"""Rewrites the words of one turn, keeping their order and times (see :func:`asr.mandarin.written`)."""


def role(channel: int, channels: int, rep_channel: int) -> Speaker:
    """Who speaks on a channel, by rule: the rep on ``rep_channel``, else the customer; unknown in mono."""
    if channels == 1:
        return "unknown"
    return "rep" if channel == rep_channel else "customer"


def turns(
    words: Mapping[int, Sequence[Word]],
    roles: Mapping[int, Speaker],
    language: Language,
    write: Writer = tuple,
) -> tuple[Turn, ...]:
    """Turns in order of their start.

    Args:
        words: by channel, in order of their start.
        roles: the speaker of each channel.
        language: decides how words are put together.
        write: applied to the words of every turn.
    """
    found = [
        _turn(write(utterance), channel, roles[channel], language)
        for channel, own in words.items()
        for utterance in utterances(own, [w for c, w in words.items() if c != channel])
    ]
    return tuple(sorted(found, key=lambda turn: (turn.start_ms, turn.end_ms, turn.channel)))


def voice_turns(words: Mapping[int, Sequence[Word]], language: Language, write: Writer = tuple) -> tuple[Turn, ...]:
    """Turns of the voices of one channel, whose roles are not known yet; ``words`` is by voice."""
    roles: dict[int, Speaker] = dict.fromkeys(words, "unknown")
    return tuple(replace(turn, channel=0, voice=turn.channel) for turn in turns(words, roles, language, write))


def utterances(own: Sequence[Word], others: Sequence[Sequence[Word]]) -> list[list[Word]]:
    """One channel's words, cut at long pauses and where another party speaks in a pause."""
    if not own:
        return []
    middles = sorted((w.start_ms + w.end_ms) // 2 for words in others for w in words)
    cut = [[own[0]]]
    for before, word in pairwise(own):
        if _ends_turn(before.end_ms, word.start_ms, middles):
            cut.append([])
        cut[-1].append(word)
    return cut


def joined_text(words: Sequence[Word], language: Language) -> str:
    """The text of words: spaces between English words; in Mandarin only between Latin ones."""
    texts = [word.text.strip() for word in words]
    if language == "en":
        return " ".join(text for text in texts if text)
    text = texts[0] if texts else ""
    for following in texts[1:]:
        text += f" {following}" if _needs_space(text, following) else following
    return text


def _ends_turn(end_ms: int, start_ms: int, middles: Sequence[int]) -> bool:
    pause_ms = start_ms - end_ms
    if pause_ms > MAX_PAUSE_MS:
        return True
    if pause_ms < MIN_ROOM_MS:
        return False
    at = bisect_left(middles, end_ms)
    return at < len(middles) and middles[at] < start_ms


def _turn(words: Sequence[Word], channel: int, speaker: Speaker, language: Language) -> Turn:
    cleaned = tuple(Word(w.text.strip(), w.start_ms, w.end_ms, w.confidence) for w in words)
    return Turn(
        speaker=speaker,
        channel=channel,
        start_ms=min(word.start_ms for word in cleaned),
        end_ms=max(word.end_ms for word in cleaned),
        text=joined_text(cleaned, language),
        confidence=fmean(word.confidence for word in cleaned),
        words=cleaned,
    )


def _needs_space(before: str, after: str) -> bool:
    return bool(before and after) and _is_latin(before[-1]) and _is_latin(after[0])


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()

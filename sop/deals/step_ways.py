"""How a next step is to be taken: the channel that was named, or what the verbs of its sentence tell."""

from __future__ import annotations

import re
from typing import Literal

Family = Literal["talk", "meet", "send"]
"""By telephone, face to face, or in writing. Only the first shows in recordings of calls by itself."""

FAMILIES: dict[str, Family] = {
    "call": "talk",
    "meeting": "meet",
    "visit": "meet",
    "demo": "meet",
    "trial": "meet",
    "wechat": "send",
    "email": "send",
    "message": "send",
    "quote": "send",
    "contract": "send",
}

_PLAIN = ("message", "wechat", "email", "meeting", "visit")
"""Channels that say how, not what: another of the family says more."""

_SENTENCE_ENDS = re.compile(r"[.?!;。？！；\n]+")
_VERBS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "call",
        re.compile(r"\b(?:talk|speak|ring|phone|call|catch up|touch base)\b|聊|沟通|联系|电话|通话", re.IGNORECASE),
    ),
    ("message", re.compile(r"\b(?:send|post|forward|e-?mail|text)\b|(?:发|寄)(?:您|你|给|一|过|份|到)", re.IGNORECASE)),
    (
        "visit",
        re.compile(
            r"\b(?:fit(?:ted)?|install(?:ed)?|see you|come (?:by|over|round|out)|drop (?:by|in)|meet|sit down)\b"
            r"|进场|上门|(?<![打付汇转])过[来去]|拜访|准时到|到[您你](?!邮箱|微信)|(?<![再意听看])见|(?<!包)装|来吧",
            re.IGNORECASE,
        ),
    ),
)


def family_of(channel: str | None) -> Family | None:
    """The family of a channel; None where the channel is not known."""
    return FAMILIES.get(channel) if channel else None


def are_compatible(one: str | None, other: str | None) -> bool:
    """Whether two channels can be of the same step."""
    first, second = family_of(one), family_of(other)
    return first is None or second is None or first == second


def telling(one: str | None, other: str | None) -> str | None:
    """Of two compatible channels the one that says more; ``one`` where both say as much."""
    if one is None or (other is not None and one in _PLAIN and other not in _PLAIN):
        return other
    return one


def channel_of_words(quote: str, words: str, after: str | None = None) -> str | None:
    """The channel that the verbs of a sentence tell: that of ``words`` in ``quote``, what follows ``after`` in it.

    The first verb counts; None where no verb tells.
    """
    sentence = next((part for part in _SENTENCE_ENDS.split(quote) if words in part), quote)
    if after is not None and after in sentence:
        sentence = sentence.split(after, 1)[1]
    found = [(match.start(), channel) for channel, verb in _VERBS if (match := verb.search(sentence))]
    return min(found)[1] if found else None

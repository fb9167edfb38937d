"""A transcript as the lines a person reads along with the sound."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from asr.transcript import LANGUAGES
from nlp.text.numbers import Number, find_numbers
from service.calls.views import EventMark, RemovedText, SpokenTurn, SpokenWord
from sop.events import EVENTS

DOUBTFUL_WORD = 0.45
"""Words heard with less confidence are underlined."""

_SIGNS = {
    "cny": ("¥", ""),
    "usd": ("$", ""),
    "eur": ("€", ""),
    "gbp": ("£", ""),
    "hkd": ("HK$", ""),
    "percent": ("", "%"),
    "discount": ("× ", ""),
}
_SEPARATORS = str.maketrans({"￥": "¥", "％": "%", **dict.fromkeys(" ,-")})


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a turn's text: a word with its time, or what stands between words (``start_ms`` is None).

    ``amount`` is the number that the word is part of, in digits, where the text has it otherwise.
    """

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    is_doubtful: bool = False
    amount: str | None = None


@dataclass(frozen=True, slots=True)
class TurnLine:
    """A turn as it is shown, with the key events heard in it."""

    position: int
    speaker: str
    start_ms: int
    end_ms: int
    pieces: tuple[Piece, ...]
    events: tuple[EventMark, ...]
    voice: int | None = None


@dataclass(frozen=True, slots=True)
class RemovedLine:
    """What was recognized and not believed, as it is shown; ``speaker`` is whose channel it was heard on."""

    start_ms: int
    end_ms: int
    speaker: str
    text: str
    reason: str


def with_removed(
    turns: Iterable[TurnLine], removed: Iterable[RemovedText], speakers: Sequence[str]
) -> tuple[TurnLine | RemovedLine, ...]:
    """The turns, and among them at its time what was not believed; ``speakers`` are those of the channels."""
    lines = [
        RemovedLine(
            start_ms=text.start_ms,
            end_ms=text.end_ms,
            speaker=speakers[text.channel] if text.channel < len(speakers) else "unknown",
            text=text.text,
            reason=text.reason,
        )
        for text in removed
    ]
    return tuple(sorted([*turns, *lines], key=lambda line: line.start_ms))


def conversation(
    turns: Iterable[SpokenTurn], events: Iterable[EventMark], language: str | None = None
) -> tuple[TurnLine, ...]:
    """The turns with their events, in order; with a language, numbers are told in digits."""
    known = next((one for one in LANGUAGES if one == language), None)
    heard: defaultdict[int, list[EventMark]] = defaultdict(list)
    for event in events:
        heard[event.turn].append(event)
    return tuple(
        TurnLine(
            position=turn.position,
            speaker=turn.speaker,
            start_ms=turn.start_ms,
            end_ms=turn.end_ms,
            pieces=pieces(turn.text, turn.words, find_numbers(turn.text, known) if known else ()),
            events=tuple(_as_shown(heard[turn.position])),
            voice=turn.voice,
        )
        for turn in turns
    )


def _as_shown(events: Iterable[EventMark]) -> Iterator[EventMark]:
    """The events of one turn in the order of the guide, those that were rejected without their slots.

    Of events whose slots another one has all of, only that one keeps them; of those with the same slots the last.
    """
    ordered = sorted(events, key=lambda mark: (mark.start_ms, _place(mark.event)))
    told = [frozenset(mark.slots if mark.verdict != "rejected" else ()) for mark in ordered]
    for i, mark in enumerate(ordered):
        is_told = any(told[i] < other for other in told) or told[i] in told[i + 1 :]
        yield replace(mark, slots=mark.slots if told[i] and not is_told else ())


def pieces(text: str, words: Sequence[SpokenWord], numbers: Sequence[Number] = ()) -> tuple[Piece, ...]:
    """``text`` cut at its words. Joined again the pieces are ``text``, whatever the words are.

    A word that the text does not hold (it was corrected, or folded) has no piece of its own.
    """
    found: list[Piece] = []
    at = 0
    for word in words:
        spoken = word.text.strip()
        place = text.find(spoken, at) if spoken else -1
        if place < 0:
            continue
        if place > at:
            found.append(Piece(text[at:place]))
        at = place + len(spoken)
        amount = next((in_digits(n) for n in numbers if n.start < at and n.end > place), None)
        found.append(Piece(spoken, word.start_ms, word.end_ms, word.confidence < DOUBTFUL_WORD, amount))
    if at < len(text):
        found.append(Piece(text[at:]))
    return tuple(found)


def in_digits(number: Number) -> str | None:
    """三十万 is told as "300,000", 八折 as "× 0.8"; None for what is written so already."""
    if isinstance(number.value, str):
        told = number.value
    else:
        whole, point, rest = number.normalized.partition(".")
        before, after = _SIGNS.get(number.unit or "", ("", ""))
        told = f"{before}{int(whole):,}{point}{rest}{after}"
    return None if _bare(told) == _bare(number.text) else told


def _bare(text: str) -> str:
    return text.translate(_SEPARATORS)


def tally(events: Iterable[EventMark]) -> tuple[tuple[str, int], ...]:
    """How often each present event was heard, in the order of the guide; events of one's own come last."""
    counts = Counter(event.event for event in events if event.is_present)
    return tuple((event, counts[event]) for event in sorted(counts, key=_place))


def _place(event: str) -> tuple[int, str]:
    """Sorts as the guide does, events of one's own last."""
    return (EVENTS.index(event) if event in EVENTS else len(EVENTS), event)


def channel_speakers(turns: Iterable[SpokenTurn], channels: int) -> tuple[str, ...]:
    """Who speaks on each channel: the one with most turns there, "unknown" on a silent one and on one for all."""
    counts = [Counter[str]() for _ in range(channels)]
    for turn in turns:
        if turn.channel < channels:
            counts[turn.channel][turn.speaker] += 1
    if channels == 1 and len(counts[0]) > 1:
        return ("unknown",)
    return tuple(count.most_common(1)[0][0] if count else "unknown" for count in counts)

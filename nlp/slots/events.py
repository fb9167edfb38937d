"""The slots of key events: what an event says in particular. Pure.

========== ============================================ =====================================================
name       in the events                                value
========== ============================================ =====================================================
amount     price_discussion, price_objection,           the sum, a number
           objection_handling, closing
amount_off the same                                     the sum by which a price falls
currency   the same; lies inside the amount's text      ISO 4217 code
discount   the same                                     the fraction taken off, in (0, 1]
when       next_step, closing                           ISO 8601, see :mod:`nlp.moments.moment`
channel    next_step, closing                           one of :data:`nlp.slots.words.CHANNELS`
competitor competitor                                   the name, see :mod:`nlp.slots.competitors`
role       decision_process                             one of :data:`nlp.slots.words.ROLES`
========== ============================================ =====================================================

A slot is looked for in the event's quote and, where the quote has none of its name, in the rest of the turn, but
for what the quotes of its other events tell. Of the moments of a next step those are left out that are refused in
the same breath (下午不行, "Monday doesn't work") or past, and those that another one in the turn tells more exactly. A
time without a day belongs to the day of the next step that was last spoken of, at most :data:`REMEMBERED_TURNS`
turns before.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from asr.transcript import Language, Transcript
from nlp.moments.moment import NOTHING_BEFORE, Before, Moment, find_moments
from nlp.slots.competitors import find_competitors
from nlp.slots.prices import find_prices
from nlp.slots.words import find_channels, find_roles
from sop.events import KeyEvent, Slot, Tagging

SLOTS = ("amount", "amount_off", "currency", "discount", "when", "channel", "competitor", "role")
"""Names of slots."""
_PRICE = frozenset({"amount", "amount_off", "currency", "discount"})
_STEP = frozenset({"when", "channel"})
SLOTS_OF: Mapping[str, frozenset[str]] = {
    "price_discussion": _PRICE,
    "price_objection": _PRICE,
    "objection_handling": _PRICE,
    "next_step": _STEP,
    "closing": _PRICE | _STEP,
    "competitor": frozenset({"competitor"}),
    "decision_process": frozenset({"role"}),
}
"""Names of the slots that each event can have; the other events have none."""
REMEMBERED_TURNS = 6

_TOLD_BARE = frozenset({"price_discussion", "price_objection"})
"""Events in which a number without anything beside it is a sum."""
_REFUSED_BEFORE = re.compile(r"(?:\bnot\s+(?:on\s+)?|不是|别|除了)$", re.I)
_REFUSED: dict[Language, re.Pattern[str]] = {
    "zh": re.compile(
        r"[^，,。！？；\s]{0,6}?(?:太早|太晚|(?<!行)不行|不可以|没空|没时间|有事(?!您)|(?<!方)不方便|不在|赶不[及上]|来不及|有点赶|够呛|不太行|要?开会|有个?会|有课|出差"
        r"|[我他她]们?(?:还?要|得|去)(?!.{0,4}[您你])|最忙|很忙|走不开|还?没(?:到|下班|回来|起床))"
    ),
    "en": re.compile(
        r"(?:\s+\w+){0,3}?\s*(?:['’]s|is|was|are|does|do|wo|ca|would|could|can|are|i['’]?m|we['’]?re)?\s*"
        r"(?:n['’]t\s+(?:work|suit|do|make|good|possible)|not\s+(?:good|great|possible|free|work|ideal)|no\s+good|too\s+(?:early|late|soon|tight)"
        r"|(?:is|['’]s)\s+(?:out|bad|tricky|hopeless|a\s+nightmare|a\s+holiday|tight|taken|booked)|i['’]?m\s+(?:away|out|busy|booked|travelling))\b",
        re.I,
    ),
}


class SlotError(ValueError):
    """The slots can't be told; the message is one line."""


def with_slots(
    tagging: Tagging,
    transcript: Transcript,
    started_at: datetime | None = None,
    competitors: Sequence[str] = (),
) -> Tagging:
    """The same tagging, every event with its slots.

    Args:
        tagging: that of the transcript.
        transcript: what was said.
        started_at: when the call began, by the clock of its place; without it days have no value.
        competitors: names of other vendors that the company knows.

    Raises:
        SlotError: ``started_at`` has no time zone.
    """
    if started_at is not None and started_at.utcoffset() is None:
        raise SlotError(
            f"started_at: {started_at.isoformat()} has no time zone; give a time such as 2026-10-12T10:05:00+08:00"
        )
    events = (*tagging.present, *tagging.doubtful)
    moments = _moments(events, transcript, started_at)
    beside: defaultdict[int, list[KeyEvent]] = defaultdict(list)
    for event in events:
        beside[event.evidence.turn].append(event)

    def filled(event: KeyEvent) -> KeyEvent:
        turn = event.evidence.turn
        text = transcript.turns[turn].text
        found = _slots(event.event, text, transcript.language, moments.get(turn, ()), competitors)
        return replace(event, slots=_own(found, text, event, beside[turn]))

    return Tagging(tuple(map(filled, tagging.present)), tuple(map(filled, tagging.doubtful)))


def _slots(
    event: str, text: str, language: Language, moments: Iterable[Slot], competitors: Sequence[str]
) -> tuple[Slot, ...]:
    names = SLOTS_OF.get(event, frozenset())
    found: list[Slot] = []
    if "amount" in names:
        found.extend(find_prices(text, language, bare=event in _TOLD_BARE))
    if "when" in names:
        found.extend(moments)
        found.extend(find_channels(text, language))
    if "competitor" in names:
        found.extend(find_competitors(text, language, competitors))
    if "role" in names:
        found.extend(find_roles(text, language))
    return tuple(sorted(found, key=lambda slot: (slot.start, -slot.end, slot.name)))


def _own(slots: Sequence[Slot], text: str, event: KeyEvent, beside: Iterable[KeyEvent]) -> tuple[Slot, ...]:
    """Those inside the event's quote, and of what it does not tell those that no other event of the turn tells."""
    inside = [slot for slot in slots if _is_within(slot, text, event)]
    told = {slot.name for slot in inside}
    if told & _PRICE:
        told |= _PRICE
    others = [other for other in beside if other.evidence.quote != event.evidence.quote]
    return tuple(
        slot
        for slot in slots
        if slot in inside or (slot.name not in told and not any(_tells(other, slot, text) for other in others))
    )


def _tells(event: KeyEvent, slot: Slot, text: str) -> bool:
    return slot.name in SLOTS_OF.get(event.event, ()) and _is_within(slot, text, event)


def _is_within(slot: Slot, text: str, event: KeyEvent) -> bool:
    quote = event.evidence.quote
    start = text.find(quote)
    return 0 <= start <= slot.start and slot.end <= start + len(quote)


def _moments(
    events: Iterable[KeyEvent], transcript: Transcript, started_at: datetime | None
) -> Mapping[int, tuple[Slot, ...]]:
    """The moments of all turns that arrange something, by turn."""
    found: dict[int, tuple[Slot, ...]] = {}
    before, said_in = NOTHING_BEFORE, -REMEMBERED_TURNS - 1
    for position in sorted({event.evidence.turn for event in events if "when" in SLOTS_OF.get(event.event, ())}):
        if position - said_in > REMEMBERED_TURNS:
            before = NOTHING_BEFORE
        text = transcript.turns[position].text
        moments = find_moments(text, transcript.language, started_at, before)
        if moments:
            before, said_in = _remembered(moments, before), position
        found[position] = tuple(_slot(moment) for moment in _meant(moments, text, transcript.language, started_at))
    return found


def _remembered(moments: Sequence[Moment], before: Before) -> Before:
    """What the talk is about after a turn: the last day or week that was named."""
    return next((moment.then for moment in reversed(moments) if moment.then.day or moment.then.week), before)


def _meant(moments: Sequence[Moment], text: str, language: Language, started_at: datetime | None) -> Iterable[Moment]:
    """Moments that are agreed or proposed, none of them twice."""
    refused = [moment for moment in moments if _is_refused(moment, text, language)]
    against = {moment.value for moment in refused if moment.value}
    kept = [
        moment
        for moment in moments
        if moment not in refused and moment.value not in against and not _is_past(moment, started_at)
    ]
    values = [moment.value for moment in kept]
    return [
        moment
        for i, moment in enumerate(kept)
        if moment.value is None
        or not any(
            _tells_more(other, moment.value) or (other == moment.value and j < i)
            for j, other in enumerate(values)
            if other and j != i
        )
    ]


def _is_refused(moment: Moment, text: str, language: Language) -> bool:
    """Whether the words just after or before a moment turn it down."""
    after = _REFUSED[language].match(text, moment.end)
    return after is not None or _REFUSED_BEFORE.search(text[: moment.start]) is not None


def _is_past(moment: Moment, started_at: datetime | None) -> bool:
    return started_at is not None and moment.last_day is not None and moment.last_day < started_at.date()


def _tells_more(other: str, value: str) -> bool:
    """Whether a moment is a part of the day of another: a time or a part of the day is more than the day."""
    if value.startswith("T") or ("/" in value and "T" not in value):
        return False
    same_day = other[:10] == value[:10]
    if "T" not in value:
        return same_day and "T" in other
    first, _, last = value.partition("/")
    return same_day and bool(last) and "/" not in other and first <= other <= last


def _slot(moment: Moment) -> Slot:
    return Slot("when", moment.text, moment.start, moment.end, moment.value)

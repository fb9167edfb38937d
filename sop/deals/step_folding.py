"""The next steps of a call: each once, however often it was said, moved and confirmed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sop.deals.due_dates import Due, due_of, undated
from sop.deals.facts import EventFact
from sop.deals.step_ways import are_compatible, channel_of_words, family_of, telling
from sop.events import Slot, Speaker

_OF_STEPS = ("next_step", "closing")
_ASSENT = ("next_step", "customer_approval")
_NEAR_TURNS = 4
"""Turns within which words without a day, or with another, are still about the same step."""
_REPLY_TURNS = 2
_FEW_DAYS = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class SaidStep:
    """A step as its call left it; ``quotes`` in the order they were said, the first being the one that proposed it.

    ``is_agreed``: the other side took it up. ``channel`` is a slot's value, or what the verbs tell (then
    ``is_named`` is False).
    """

    speaker: Speaker
    due: Due
    channel: str | None
    is_named: bool
    is_agreed: bool
    quotes: tuple[EventFact, ...]

    @property
    def said(self) -> EventFact:
        """The words that proposed it."""
        return self.quotes[0]


def steps_said(events: Iterable[EventFact], undated_days: int) -> tuple[SaidStep, ...]:
    """The steps in ``events`` of any calls, by time; doubtful events count for nothing.

    A closing counts where the other side took it up. Steps without a day get ``undated_days``.
    """
    by_call: defaultdict[str, list[EventFact]] = defaultdict(list)
    for event in events:
        if not event.doubtful:
            by_call[event.call].append(event)
    found = [step for said in by_call.values() for step in _of_call(sorted(said, key=_order), undated_days)]
    return tuple(sorted(found, key=lambda step: (step.said.order, step.due.first, step.channel or "")))


def _order(event: EventFact) -> tuple[int, int, bool]:
    """By time; of one turn the next step before the closing, as the words that propose the step."""
    return event.turn, event.start_ms, event.event != "next_step"


def _of_call(events: Sequence[EventFact], undated_days: int) -> list[SaidStep]:
    steps: list[SaidStep] = []
    for event in events:
        if event.event in _OF_STEPS:
            before = len(steps)
            for part in _parts(event, undated_days):
                place = _place(steps[:before], part)
                if place is None:
                    steps.append(part)
                else:
                    steps[place] = _joined(steps[place], part)
    agreed = [replace(_with_way(step), is_agreed=step.is_agreed or _is_taken_up(step, events)) for step in steps]
    return [step for step in agreed if step.is_agreed or any(said.event == "next_step" for said in step.quotes)]


def _with_way(step: SaidStep) -> SaidStep:
    """An hour agreed on the telephone without a place is a call."""
    is_appointment = step.channel is None and step.due.at is not None
    return replace(step, channel="call") if is_appointment else step


def _parts(event: EventFact, undated_days: int) -> Iterator[SaidStep]:
    """An event as steps: one a day that was said, with the channel nearest to it, and one a channel left over.

    "A quote on Monday, and a call on Thursday" are two.
    """
    whens = [(slot, due) for slot in event.slots if slot.name == "when" and (due := due_of(slot))]
    channels = [slot for slot in event.slots if slot.name == "channel" and isinstance(slot.value, str)]
    paired = _paired([slot for slot, _ in whens], channels)
    before: str | None = None
    for index, (slot, due) in enumerate(whens):
        channel = paired.get(index)
        way = str(channel.value) if channel else channel_of_words(event.quote, slot.text, before)
        yield SaidStep(event.speaker, due, way, channel is not None, False, (event,))
        before = slot.text
    left = [channel for channel in channels if channel not in paired.values()]
    due = undated(event.at, undated_days)
    for value in dict.fromkeys(str(channel.value) for channel in left):
        yield SaidStep(event.speaker, due, value, True, False, (event,))
    if not whens and not channels:
        yield SaidStep(event.speaker, due, channel_of_words(event.quote, event.quote), False, False, (event,))


def _paired(whens: Sequence[Slot], channels: Sequence[Slot]) -> dict[int, Slot]:
    """For each day its channel, nearest pairs first; the day's place in ``whens`` is the key."""
    distances = sorted(
        (max(when.start - channel.end, channel.start - when.end, 0), index, place)
        for index, when in enumerate(whens)
        for place, channel in enumerate(channels)
    )
    paired: dict[int, Slot] = {}
    taken: set[int] = set()
    for _, index, place in distances:
        if index not in paired and place not in taken:
            paired[index] = channels[place]
            taken.add(place)
    return paired


def _place(steps: Sequence[SaidStep], part: SaidStep) -> int | None:
    """Which of the earlier steps ``part`` is about: one on its days, else one it answers with a day a little off, else
    any near it, the latest first; None where it is another one."""
    for is_it in (_is_on_its_days, _is_answered, _is_near):
        for index in reversed(range(len(steps))):
            if are_compatible(steps[index].channel, part.channel) and is_it(steps[index], part):
                return index
    return None


def _is_on_its_days(step: SaidStep, part: SaidStep) -> bool:
    return step.due.is_said and part.due.is_said and step.due.overlaps(part.due)


def _is_answered(step: SaidStep, part: SaidStep) -> bool:
    is_close = step.due.is_said and part.due.is_said and abs(part.due.first - step.due.first) <= _FEW_DAYS
    return is_close and _are_opposite(step.speaker, part.speaker) and _is_near(step, part)


def _is_near(step: SaidStep, part: SaidStep) -> bool:
    turns = part.said.turn - step.quotes[-1].turn
    if turns > _NEAR_TURNS:
        return False
    if not (step.due.is_said and part.due.is_said):
        return True
    return _is_other_day(step, part, turns)


def _is_other_day(step: SaidStep, part: SaidStep, turns: int) -> bool:
    """Whether ``part`` moves the step: its speaker offers another day, or the other side answers with one.

    Words that tell of a way where the step has none are about another step; so are days without a way after something
    to be sent, which is no appointment.
    """
    if step.channel is None and part.channel is not None:
        return False
    if part.channel is None and family_of(step.channel) == "send":
        return False
    if part.speaker == step.speaker:
        return not step.is_agreed and turns > 0
    return not part.is_named and turns <= _REPLY_TURNS


def _joined(step: SaidStep, part: SaidStep) -> SaidStep:
    is_moved = step.due.is_said and part.due.is_said and not step.due.overlaps(part.due)
    channel = telling(step.channel, part.channel)
    return SaidStep(
        speaker=step.speaker,
        due=part.due if is_moved else step.due.narrowed(part.due),
        channel=channel,
        is_named=step.is_named if channel == step.channel else part.is_named,
        is_agreed=step.is_agreed or _are_opposite(step.speaker, part.speaker),
        quotes=step.quotes if part.said.turn == step.quotes[-1].turn else (*step.quotes, part.said),
    )


def _is_taken_up(step: SaidStep, events: Sequence[EventFact]) -> bool:
    last = step.quotes[-1].turn
    return any(
        event.event in _ASSENT
        and _are_opposite(step.speaker, event.speaker)
        and step.said.turn < event.turn <= last + _REPLY_TURNS
        for event in events
    )


def _are_opposite(one: Speaker, other: Speaker) -> bool:
    return {one, other} == {"rep", "customer"}

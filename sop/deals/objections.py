"""Whether an objection was answered in its call."""

from __future__ import annotations

from collections.abc import Iterable

from sop.deals.facts import EventFact

ANSWER_TURNS = 3
"""A seller may first acknowledge, then ask back, then answer."""


def answer_of(objection: EventFact, events: Iterable[EventFact], turns: int = ANSWER_TURNS) -> EventFact | None:
    """The rep's answer within the next ``turns`` turns, one that is sure before one that is doubtful; None: none."""
    found = [
        event
        for event in events
        if event.call == objection.call
        and event.event == "objection_handling"
        and event.speaker != "customer"
        and objection.turn < event.turn <= objection.turn + turns
    ]
    return min(found, key=lambda event: (event.doubtful, event.order), default=None)


def approval_after(objection: EventFact, events: Iterable[EventFact]) -> EventFact | None:
    """The customer's first approval later in the same call, one that is sure before one that is doubtful."""
    found = [
        event
        for event in events
        if event.call == objection.call
        and event.event == "customer_approval"
        and event.speaker != "rep"
        and event.turn > objection.turn
    ]
    return min(found, key=lambda event: (event.doubtful, event.order), default=None)

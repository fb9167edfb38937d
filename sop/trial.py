"""A procedure tried on calls beside another: what each call earns under both, summed up.

Calls come as plain tuples, which cross to another process at a fraction of what values cost. Sums of parts add up to
the sum of all, whatever the parts, as long as they are added in the order of the calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sop.events import Evidence, KeyEvent, Speaker, Tagging
from sop.facts import CallContext, CallFacts, TurnSpan
from sop.listening import Listening
from sop.observations import Observation
from sop.procedure import Sop, Step
from sop.reasons import Reason
from sop.scorecard import Outcome, Scorecard, StepResult
from sop.scoring import score

BIN = 5.0
BINS = 20
"""Scores are drawn in 20 bars of 5 points; 100 lies in the last."""
EXAMPLES = 10
"""Calls shown for each way in which a step's outcome changed."""

Side = Literal["before", "after"]
GroupKind = Literal["rep", "team", "opportunity"]
GROUP_KINDS: tuple[GroupKind, ...] = ("rep", "team", "opportunity")
HEARD_ALL = Listening(frozenset(), frozenset())

RawTurn = tuple[Speaker, int, int]
"""Speaker, start and end in milliseconds."""
RawEvent = tuple[str, bool, int, int, int, Speaker, str, float]
"""Event, whether it is doubtful, turn, start and end in milliseconds, speaker, quote, confidence."""


@dataclass(frozen=True, slots=True)
class TriedCall:
    """A stored call as scoring takes it.

    ``groups`` are the ids of its rep, team and opportunity. ``reviews`` say of a turn and an event whether people
    find it there. ``before`` and ``after`` are what its tagging says to the two procedures. ``observations`` are in
    their JSON form, None where nothing was measured. ``retagged`` are the events that the call shows when it is tagged
    for the second procedure; None where ``events`` are to serve.
    """

    call_id: str
    duration_ms: int
    language: str
    turns: tuple[RawTurn, ...]
    events: tuple[RawEvent, ...]
    roles_known: bool = True
    truncated: bool = False
    context: CallContext = field(default_factory=CallContext)
    observations: list[Any] | None = None
    groups: tuple[str | None, str | None, str | None] = (None, None, None)
    reviews: Mapping[tuple[int, str], bool] = field(default_factory=dict)
    before: Listening = HEARD_ALL
    after: Listening = HEARD_ALL
    retagged: tuple[RawEvent, ...] | None = None

    @property
    def facts(self) -> CallFacts:
        """The frame of the call."""
        seen = self.observations
        return CallFacts(
            self.duration_ms,
            self.language,
            tuple(TurnSpan(*turn) for turn in self.turns),
            self.roles_known,
            self.truncated,
            observations=None if seen is None else tuple(Observation.from_json(item) for item in seen),
            context=self.context,
        )


def tagging_of(events: Iterable[RawEvent]) -> Tagging:
    """The key events as values, in the order in which they come."""
    found: tuple[list[KeyEvent], list[KeyEvent]] = ([], [])
    for event, doubtful, turn, start_ms, end_ms, speaker, quote, confidence in events:
        evidence = Evidence(turn, start_ms, end_ms, speaker, quote, confidence)
        found[doubtful].append(KeyEvent(event, evidence))
    return Tagging(tuple(found[False]), tuple(found[True]))


def card_of(sop: Sop, tagging: Tagging, facts: CallFacts, heard: Listening) -> Scorecard:
    """The card of a call whose tagging says to ``sop`` what ``heard`` leaves of it."""
    if heard.unheard:
        facts = replace(facts, not_listened_for=heard.unheard)
    return score(sop, heard.understood(tagging), facts)


@dataclass(slots=True)
class Example:
    """A call in which a step's outcome changed, and why it was what it was; no reason where there was no step."""

    call_id: str
    before: Reason | None
    after: Reason | None


@dataclass(slots=True)
class Flip:
    """How often a step came out otherwise in one way, with the first calls that show it."""

    calls: int = 0
    examples: list[Example] = field(default_factory=list)

    def add(self, other: Flip) -> None:
        self.calls += other.calls
        self.examples += other.examples[: EXAMPLES - len(self.examples)]


@dataclass(slots=True)
class Shift:
    """The scores of calls that have one under both procedures, summed up."""

    calls: int = 0
    before: float = 0.0
    after: float = 0.0

    def add(self, other: Shift) -> None:
        self.calls += other.calls
        self.before += other.before
        self.after += other.after


@dataclass(slots=True)
class SideTally:
    """All cards under one procedure.

    ``told_points`` and ``unknown_points`` are those of steps that apply; ``confirmed`` and ``rejected`` count, by
    step, the moments that people reviewed of those that met it.
    """

    scored: int = 0
    total: float = 0.0
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)
    points: float = 0.0
    unknown_points: float = 0.0
    confirmed: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)

    def add_card(self, card: Scorecard, asked: Mapping[str, frozenset[str]], call: TriedCall) -> None:
        if card.score is not None:
            self.scored += 1
            self.total += card.score
            self.histogram[min(BINS - 1, int(card.score // BIN))] += 1
        for step in card.steps:
            if step.outcome != "not_applicable":
                self.points += step.max_points
                self.unknown_points += step.unknown_points
            if call.reviews and step.outcome == "met":
                self._review(step, asked[step.step_id], call.reviews)

    def _review(self, step: StepResult, asked: frozenset[str], reviews: Mapping[tuple[int, str], bool]) -> None:
        for turn in {evidence.turn for evidence in step.evidence}:
            said = [is_there for (place, event), is_there in reviews.items() if place == turn and event in asked]
            if said:
                (self.confirmed if all(said) else self.rejected)[step.step_id] += 1

    def add(self, other: SideTally) -> None:
        self.scored += other.scored
        self.total += other.total
        self.histogram = [one + more for one, more in zip(self.histogram, other.histogram, strict=True)]
        self.points += other.points
        self.unknown_points += other.unknown_points
        self.confirmed.update(other.confirmed)
        self.rejected.update(other.rejected)


FlipKind = tuple[str, Outcome | None, Outcome | None]
"""Step, outcome before and after; None where that procedure has no such step."""


@dataclass(slots=True)
class Tally:
    """What came of some calls; :meth:`add` puts two tallies together.

    ``changed`` calls have another score, interval or outcome of a step than before, ``unscored`` ones a score under
    neither procedure. Where there is nothing to compare with, no call is either changed or unchanged.
    """

    calls: int = 0
    unchanged: int = 0
    changed: int = 0
    unscored: int = 0
    before: SideTally = field(default_factory=SideTally)
    after: SideTally = field(default_factory=SideTally)
    shifts: list[float] = field(default_factory=list)
    flips: dict[FlipKind, Flip] = field(default_factory=dict)
    groups: dict[tuple[GroupKind, str], Shift] = field(default_factory=dict)
    unheard: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.calls += other.calls
        self.unchanged += other.unchanged
        self.changed += other.changed
        self.unscored += other.unscored
        self.before.add(other.before)
        self.after.add(other.after)
        self.shifts += other.shifts
        for kind, flip in other.flips.items():
            self.flips.setdefault(kind, Flip()).add(flip)
        for group, shift in other.groups.items():
            self.groups.setdefault(group, Shift()).add(shift)
        self.unheard.update(other.unheard)


@dataclass(frozen=True, slots=True)
class Trial:
    """``after`` tried on calls, beside ``before``; None where there is nothing to compare with."""

    before: Sop | None
    after: Sop

    @property
    def needs_observations(self) -> bool:
        """Whether how a call was spoken counts under either."""
        return any(step.dimensions for sop in (self.before, self.after) if sop for step in sop.steps)

    def run(self, calls: Iterable[TriedCall]) -> Tally:
        """What comes of the calls, in their order."""
        tally = Tally()
        asked = {side: _asked(sop) for side, sop in (("before", self.before), ("after", self.after)) if sop}
        for call in calls:
            self._run_one(call, tally, asked)
        return tally

    def _run_one(self, call: TriedCall, tally: Tally, asked: Mapping[str, Mapping[str, frozenset[str]]]) -> None:
        tagging, facts = tagging_of(call.events), call.facts
        if call.retagged is None:
            after = card_of(self.after, tagging, facts, call.after)
            tally.unheard.update(call.after.unheard)
        else:
            after = card_of(self.after, tagging_of(call.retagged), facts, HEARD_ALL)
        tally.calls += 1
        tally.after.add_card(after, asked["after"], call)
        if self.before is None:
            tally.unscored += after.score is None
            return
        before = card_of(self.before, tagging, facts, call.before)
        tally.before.add_card(before, asked["before"], call)
        flips = _flips(before, after, call.call_id)
        for kind, flip in flips:
            tally.flips.setdefault(kind, Flip()).add(flip)
        _count(tally, call, before, after, is_changed=bool(flips))


def _count(tally: Tally, call: TriedCall, before: Scorecard, after: Scorecard, *, is_changed: bool) -> None:
    same = (before.score, before.low, before.high) == (after.score, after.low, after.high)
    if before.score is None and after.score is None:
        tally.unscored += 1
    elif same and not is_changed:
        tally.unchanged += 1
    else:
        tally.changed += 1
    if before.score is None or after.score is None:
        return
    tally.shifts.append(after.score - before.score)
    for kind, group in zip(GROUP_KINDS, call.groups, strict=True):
        if group is not None:
            tally.groups.setdefault((kind, group), Shift()).add(Shift(1, before.score, after.score))


def _flips(before: Scorecard, after: Scorecard, call_id: str) -> list[tuple[FlipKind, Flip]]:
    old, new = ({step.step_id: step for step in card.steps} for card in (before, after))
    found = []
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name), new.get(name)
        kind = name, was.outcome if was else None, now.outcome if now else None
        if kind[1] != kind[2]:
            example = Example(call_id, was.reason if was else None, now.reason if now else None)
            found.append((kind, Flip(1, [example])))
    return found


def _asked(sop: Sop) -> dict[str, frozenset[str]]:
    return {step.id: events_of(step) for step in sop.steps}


def events_of(step: Step) -> frozenset[str]:
    """The events that a step's criteria ask for, replies and what they answer alike."""
    return frozenset(event for part in step.criteria for event in (*part.any_of, *part.answers))

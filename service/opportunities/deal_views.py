"""What the page of one deal shows: its gates, next steps, risks and people, in the reader's words. Frozen values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from service.opportunities.timeline import Timeline
from service.opportunities.track import Track
from sop.deals.facts import EventFact


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A condition of a gate: ``outcome`` is met, not_met or unknown, ``why`` a sentence."""

    title: str
    why: str
    outcome: str
    evidence: tuple[EventFact, ...]
    parts: tuple[VerdictView, ...] = ()


@dataclass(frozen=True, slots=True)
class GateView:
    """A stage's gate. ``is_open`` ones are shown unfolded."""

    stage: str
    title: str
    outcome: str
    verdicts: tuple[VerdictView, ...]
    is_claimed: bool
    is_verified: bool
    is_open: bool

    @property
    def met(self) -> int:
        return sum(verdict.outcome == "met" for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class StateView:
    """Claimed against verified: the track, a sentence, what is lacking, and what the unknown could lead to."""

    track: Track
    sentence: str
    lacks: tuple[VerdictView, ...]
    perhaps: str
    at_risk: Decimal | None


@dataclass(frozen=True, slots=True)
class StepView:
    """A next step. ``tone`` is its colour, ``marked`` tells who said what became of it, and ``mark_id`` is what
    that is taken back by; both are empty where the calls tell."""

    id: str
    key: str
    state: str
    tone: str
    who: str
    channel: str
    when: str
    is_dated: bool
    is_agreed: bool
    why: str
    quotes: tuple[EventFact, ...]
    shown_quotes: tuple[EventFact, ...]
    marked: str
    mark_id: str

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to look at it any more: kept or dropped, and no person just said so."""
        return self.state in ("kept", "dropped") and not self.marked


@dataclass(frozen=True, slots=True)
class RiskView:
    """A danger, the gravest first."""

    kind: str
    severity: str
    title: str
    why: str
    evidence: tuple[EventFact, ...]


@dataclass(frozen=True, slots=True)
class AspectView:
    """One side of a contact."""

    level: str
    trend: str
    why: str
    evidence: tuple[EventFact, ...]


@dataclass(frozen=True, slots=True)
class PersonView:
    """A contact in the decision chain."""

    contact: str
    name: str
    role: str | None
    closeness: AspectView
    approval: AspectView
    price: AspectView


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What a person answered to a violation."""

    state: str
    text: str | None
    told: str


@dataclass(frozen=True, slots=True)
class ViolationView:
    """Where the deal went against its pipeline."""

    key: str
    title: str
    why: str
    evidence: tuple[EventFact, ...]
    answer: AnswerView | None


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """An approval that was asked for; ``is_own``: by a viewer who may not grant it to themselves."""

    kind: str
    title: str
    state: str
    told: str
    note: str | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class ActionView:
    """Something the pipeline wants done; ``done`` tells by whom and when, empty where it was not; ``record`` is the id
    of what was put on record of it last."""

    action: str
    title: str
    done: str
    record: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A colleague on the deal."""

    name: str
    function: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of the audit trail in words."""

    at: datetime
    who: str
    via: str
    what: str
    old: str | None
    new: str | None


Tab = tuple[str, str, int | None, bool]
"""A part of the page: its id, title, how many things are in it, and whether they are bad."""


@dataclass(frozen=True, slots=True)
class DealView:
    """The page of a deal. ``may_edit``: its owner or their manager; ``may_decide``: managers and admins."""

    pipeline: str
    stage: str
    state: StateView | None
    gates: tuple[GateView, ...]
    steps: tuple[StepView, ...]
    risks: tuple[RiskView, ...]
    chain: tuple[PersonView, ...]
    unspoken: tuple[PersonView, ...]
    violations: tuple[ViolationView, ...]
    approvals: tuple[ApprovalView, ...]
    approval_kinds: tuple[tuple[str, str], ...]
    actions: tuple[ActionView, ...]
    fields: tuple[tuple[str, str], ...]
    team: tuple[TeamMember, ...]
    history: tuple[HistoryLine, ...]
    timeline: Timeline
    may_edit: bool
    may_decide: bool
    tabs: tuple[Tab, ...] = ()

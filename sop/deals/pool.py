"""The rules of leads as frozen values: how they are graded, who gets them, and how long a rep keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sop.procedure import Wording

LeadGrade = Literal["A", "B", "C", "D"]
GRADES: tuple[LeadGrade, ...] = ("A", "B", "C", "D")
"""Best first."""

ActKind = Literal["called", "answered", "heard"]
ACTS: tuple[ActKind, ...] = ("called", "answered", "heard")

How = Literal["round_robin", "least_loaded"]
HOWS: tuple[How, ...] = ("round_robin", "least_loaded")

KNOWN_FIELDS = ("source", "grade", "name", "company", "title", "phone", "email")
"""What a lead has of its own; other names are looked up in its further fields."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where leads come from, its worth in [0, 100], and what else it is called. Case makes no difference."""

    name: str
    worth: float
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """What was done for a lead, and its worth in [0, 100].

    ``called``: at least ``at_least`` calls to or from its number; ``answered``: so many in which people spoke;
    ``heard``: so many in which one of ``events`` was heard.
    """

    kind: ActKind
    worth: float
    at_least: int = 1
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grading:
    """A grade is told from three parts of 0 to 100 each, weighed by their weights (at least one of them above 0).

    ``limits`` are the least scores of A, B and C, falling; all below is D. ``complete`` names the fields whose share
    that is known is the part of completeness. A source that is not listed has the worth ``other_source``.
    """

    source_weight: float = 40.0
    completeness_weight: float = 30.0
    actions_weight: float = 30.0
    sources: tuple[Source, ...] = ()
    other_source: float = 30.0
    complete: tuple[str, ...] = ("phone", "company", "name", "title", "email")
    acts: tuple[Act, ...] = ()
    limits: tuple[float, float, float] = (70.0, 50.0, 30.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a rep may hold and for how long.

    ``capacity`` leads at once (``teams``: another number for a team of that name). A lead flows back when its owner
    has not called it ``first_contact_hours`` after it came to them, or ``action_days`` after the last call; the owner
    is told ``warn_hours`` before. Who lost or gave back a lead can't claim it for ``keep_away_days``.
    """

    capacity: int = 50
    teams: tuple[tuple[str, int], ...] = ()
    first_contact_hours: int = 24
    action_days: int = 7
    warn_hours: int = 4
    keep_away_days: int = 14

    def capacity_of(self, team: str | None) -> int:
        """How many leads a rep of this team may hold."""
        return dict(self.teams).get(team or "", self.capacity)


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A question to a lead: its ``field`` is one of ``values``, or begins with one of ``prefixes``, in any case."""

    field: str
    values: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """Leads that pass all ``tests`` go to the reps of ``team``, or to those with an address of ``reps``."""

    id: str
    title: Wording
    tests: tuple[FieldTest, ...]
    team: str | None = None
    reps: tuple[str, ...] = ()
    how: How = "round_robin"


@dataclass(frozen=True, slots=True)
class Pool:
    """All rules of leads. The first rule that fits a lead assigns it; where none fits it waits in the public pool."""

    grading: Grading = field(default_factory=Grading)
    limits: Limits = field(default_factory=Limits)
    rules: tuple[AssignmentRule, ...] = ()

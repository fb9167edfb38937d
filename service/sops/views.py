"""What pages show of SOPs: frozen values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sop.procedure import Language, Sop, Wording


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as one line. ``number`` is 0 for a draft; ``calls`` are those the viewer sees that it has scored.

    ``by`` wrote a draft or published a version, ``at`` is when; both are None where nobody knows, as for what came with
    Clearcall. ``is_current`` versions score the calls that begin now.
    """

    id: uuid.UUID
    name: str
    number: int
    state: str
    document: str
    by: str | None
    at: datetime | None
    effective_from: datetime | None
    retired_at: datetime | None
    calls: int
    is_current: bool
    steps: int | None

    @property
    def reference(self) -> str:
        """``NAME@3``, or ``NAME@draft``."""
        return f"{self.name}@{self.number or 'draft'}"

    @property
    def address(self) -> str:
        """The page that shows it."""
        return f"/sops/{self.name}/{self.number}" if self.number else f"/sops/{self.name}/edit"


@dataclass(frozen=True, slots=True)
class SopRow:
    """An SOP with its versions, newest first; the draft apart."""

    name: str
    title: Wording
    languages: tuple[Language, ...]
    versions: tuple[VersionRow, ...]
    draft: VersionRow | None

    @property
    def current(self) -> VersionRow | None:
        """The version that scores the calls that begin now."""
        return next((version for version in self.versions if version.is_current), None)

    @property
    def newest(self) -> VersionRow | None:
        """The version published last."""
        return self.versions[0] if self.versions else None


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A document to start from, and what its first lines of notes say of it."""

    name: str
    document: str
    sop: Sop
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CriterionWords:
    """One thing to hear, in words; ``share`` of the step's points in [0, 1], None where it is the only one."""

    title: str
    words: str
    share: float | None


@dataclass(frozen=True, slots=True)
class StepWords:
    """A step, in words; ``when`` is empty if it is always asked for, ``dimensions`` if points covered alone count."""

    id: str
    title: str
    points: float
    required: bool
    auto_fail: bool
    when: str
    criteria: tuple[CriterionWords, ...]
    dimensions: tuple[DimensionWords, ...]


@dataclass(frozen=True, slots=True)
class DimensionWords:
    """One side of a step: its name, its share of the points in [0, 1], and what measures it."""

    name: str
    share: float
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GateWords:
    """What a stage of an opportunity asks for, in words."""

    stage: str
    title: str
    needs: tuple[str, ...]
    within_days: int | None


@dataclass(frozen=True, slots=True)
class SopWords:
    """A whole SOP in words of one language."""

    title: str
    languages: tuple[Language, ...]
    steps: tuple[StepWords, ...]
    applies_to: str
    refusals: tuple[str, ...]
    gates: tuple[GateWords, ...]
    own_events: tuple[str, ...]
    vocabulary: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def points(self) -> float:
        """What all required steps are worth together."""
        return sum(step.points for step in self.steps if step.required)

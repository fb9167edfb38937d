"""What a deal must show before it may leave a stage, as frozen values.

There is no negation: more evidence can meet a condition and never undo one. ``docs/truth-gap.md`` says what each
asks for and how it is judged; :mod:`sop.deals.condition_document` reads and writes them as YAML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sop.deals.labels import (
    ACTION_LABELS,
    APPROVAL_LABELS,
    DECISION_ROLE_LABELS,
    FIELD_LABELS,
    FUNCTION_LABELS,
    SLOT_LABELS,
    joined,
    label,
)
from sop.events import Speaker
from sop.labels import EVENT_LABELS, SPEAKER_LABELS
from sop.procedure import Wording

DECISION_ROLES: tuple[str, ...] = tuple(DECISION_ROLE_LABELS)


@dataclass(frozen=True, slots=True)
class Heard:
    """One of ``events`` was heard in at least ``min_count`` turns of the deal's calls.

    Where given: said by ``speaker``, at least ``min_confidence`` sure (in [0, 1]; below is doubt, not absence), at
    most ``within_days`` days ago, with a value in ``slot`` (of :mod:`nlp.slots.events`), in a call with a contact whose
    part in the decision is one of ``roles``.
    """

    events: tuple[str, ...]
    speaker: Speaker | None = None
    min_count: int = 1
    min_confidence: float = 0.0
    within_days: int | None = None
    slot: str | None = None
    roles: tuple[str, ...] = ()
    own_id: str | None = None
    own_title: Wording | None = None

    @property
    def id(self) -> str:
        """The name it was given, or one made of what it asks for."""
        return self.own_id or "-".join(self._id_parts())

    @property
    def title(self) -> Wording:
        """What it is called, such as "customer need"."""
        return self.own_title or self._title()

    def _id_parts(self) -> Iterator[str]:
        yield f"heard-{'-or-'.join(self.events)}"
        if self.speaker:
            yield f"by-{self.speaker}"
        if self.slot:
            yield f"with-{self.slot}"
        if self.roles:
            yield f"from-{'-or-'.join(self.roles)}"
        if self.min_count > 1:
            yield f"x{self.min_count}"
        if self.min_confidence:
            yield f"sure-{self.min_confidence:g}".replace(".", "_")
        if self.within_days is not None:
            yield f"within-{self.within_days}"

    def _title(self) -> Wording:
        said = joined(self.events, EVENT_LABELS)
        zh, en = said.zh, said.en
        if self.speaker:
            zh, en = f"{zh}（{SPEAKER_LABELS[self.speaker].zh}说）", f"{en} (by the {SPEAKER_LABELS[self.speaker].en})"
        if self.slot:
            slot = label(self.slot, SLOT_LABELS)
            zh, en = f"{zh}，含{slot.zh}", f"{en} with {slot.en}"
        if self.roles:
            roles = joined(self.roles, DECISION_ROLE_LABELS)
            zh, en = f"{zh}，{roles.zh}在场", f"{en} in a call with the {roles.en}"
        if self.min_count > 1:
            zh, en = f"{zh}，{self.min_count} 次", f"{en}, {self.min_count} times"
        return Wording(zh, en)


@dataclass(frozen=True, slots=True)
class FieldFilled:
    """A must-fill field of the CRM has a value."""

    field: str
    own_id: str | None = None
    own_title: Wording | None = None

    @property
    def id(self) -> str:
        """The name it was given, or one made of what it asks for."""
        return self.own_id or f"field-{self.field}"

    @property
    def title(self) -> Wording:
        """What it is called."""
        name = label(self.field, FIELD_LABELS)
        return self.own_title or Wording(f"填写{name.zh}", f"{name.en} filled in")


@dataclass(frozen=True, slots=True)
class ActionDone:
    """A must-do action is on record as done."""

    action: str
    own_id: str | None = None
    own_title: Wording | None = None

    @property
    def id(self) -> str:
        """The name it was given, or one made of what it asks for."""
        return self.own_id or f"action-{self.action}"

    @property
    def title(self) -> Wording:
        """What it is called."""
        name = label(self.action, ACTION_LABELS)
        return self.own_title or Wording(f"完成{name.zh}", f"{name.en} done")


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval of that kind was granted."""

    kind: str
    own_id: str | None = None
    own_title: Wording | None = None

    @property
    def id(self) -> str:
        """The name it was given, or one made of what it asks for."""
        return self.own_id or f"approval-{self.kind}"

    @property
    def title(self) -> Wording:
        """What it is called."""
        name = label(self.kind, APPROVAL_LABELS)
        return self.own_title or Wording(f"{name.zh}审批", f"{name.en} approved")


@dataclass(frozen=True, slots=True)
class TookPart:
    """A colleague of that function was on a call of the deal, or is on record for an action or an approval."""

    function: str
    own_id: str | None = None
    own_title: Wording | None = None

    @property
    def id(self) -> str:
        """The name it was given, or one made of what it asks for."""
        return self.own_id or f"took_part-{self.function}"

    @property
    def title(self) -> Wording:
        """What it is called."""
        name = label(self.function, FUNCTION_LABELS)
        return self.own_title or Wording(f"{name.zh}参与", f"{name.en} took part")


@dataclass(frozen=True, slots=True)
class SpokenTo:
    """There was a call with a contact who plays that part in the decision, at most ``within_days`` days ago."""

    decision_role: str
    within_days: int | None = None
    own_id: str | None = None
    own_title: Wording | None = None

    @property
    def id(self) -> str:
        """The name it was given, or one made of what it asks for."""
        within = "" if self.within_days is None else f"-within-{self.within_days}"
        return self.own_id or f"spoken_to-{self.decision_role}{within}"

    @property
    def title(self) -> Wording:
        """What it is called."""
        name = label(self.decision_role, DECISION_ROLE_LABELS)
        return self.own_title or Wording(f"与{name.zh}通过话", f"spoken to the {name.en}")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of ``conditions`` (never empty) is met."""

    conditions: tuple[Condition, ...]
    own_id: str | None = None
    own_title: Wording | None = None

    @property
    def id(self) -> str:
        """The name it was given, or one made of its parts."""
        return self.own_id or f"any-of-{'-or-'.join(part.id for part in self.conditions)}"

    @property
    def title(self) -> Wording:
        """What it is called."""
        return self.own_title or _titles(self.conditions, Wording("或", " or "))


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of ``conditions`` (never empty) are met."""

    conditions: tuple[Condition, ...]
    own_id: str | None = None
    own_title: Wording | None = None

    @property
    def id(self) -> str:
        """The name it was given, or one made of its parts."""
        return self.own_id or f"all-of-{'-and-'.join(part.id for part in self.conditions)}"

    @property
    def title(self) -> Wording:
        """What it is called."""
        return self.own_title or _titles(self.conditions, Wording("且", " and "))


Condition = Heard | FieldFilled | ActionDone | Approved | TookPart | SpokenTo | AnyOf | AllOf


def leaves(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """The conditions that have no parts, in the order of the document."""
    for condition in conditions:
        if isinstance(condition, AnyOf | AllOf):
            yield from leaves(condition.conditions)
        else:
            yield condition


def _titles(conditions: tuple[Condition, ...], joint: Wording) -> Wording:
    return Wording(
        joint.zh.join(part.title.zh for part in conditions), joint.en.join(part.title.en for part in conditions)
    )

"""Records in hand: as they are stored and as they are going to be, compared before anything is written."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from models.table import Table
from service.records.audit import Line, plain
from service.records.bulk import insert_all, update_all

Shown = Callable[[str, Any], tuple[str, Any]]
"""What people read for a column and its value: ``("owner", "ana@example.com")`` for an owner's id."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field goes from ``old`` to ``new``, both as people read them and JSON holds them."""

    field: str
    old: Any
    new: Any


@dataclass(slots=True)
class Draft:
    """A record in hand. ``stored`` keeps what is in the table of each field that was set otherwise."""

    values: dict[str, Any]
    is_new: bool
    stored: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> uuid.UUID:
        return self.values["id"]  # type: ignore[no-any-return]

    def set(self, name: str, value: Any) -> bool:
        """Give a field a value; whether that is another one than it had."""
        old = self.values[name]
        if old == value:
            return False
        self.stored.setdefault(name, old)
        self.values[name] = value
        return True

    def changed(self) -> dict[str, Any]:
        """The fields that will not be what is stored."""
        if self.is_new:
            return {}
        return {name: self.values[name] for name, old in self.stored.items() if self.values[name] != old}


class Shelf:
    """The records of one table in hand.

    ``shown`` says how a column and its value are read by people; columns it gives an empty name are left out of the
    audit trail.
    """

    def __init__(self, table: type[Table], noun: str, shown: Shown) -> None:
        self.table = table
        self.noun = noun
        self._shown = shown
        self._drafts: dict[uuid.UUID, Draft] = {}

    def __iter__(self) -> Iterator[Draft]:
        return iter(self._drafts.values())

    def keep(self, row: Mapping[str, Any]) -> Draft:
        """Take a stored row in hand."""
        draft = Draft(dict(row), is_new=False)
        self._drafts[draft.id] = draft
        return draft

    def add(self, values: Mapping[str, Any]) -> Draft:
        """A record that is not stored yet."""
        draft = Draft({"id": uuid.uuid4(), **values}, is_new=True)
        self._drafts[draft.id] = draft
        return draft

    def get(self, id_: uuid.UUID | None) -> Draft | None:
        """The record of that id, if it is in hand."""
        return None if id_ is None else self._drafts.get(id_)

    def changes(self, draft: Draft) -> tuple[FieldChange, ...]:
        """What will be otherwise than stored, field by field."""
        found: list[FieldChange] = []
        for name, new in draft.changed().items():
            found.extend(self._field_changes(name, draft.stored[name], new))
        return tuple(found)

    def write(self, session: Session) -> Iterable[Line]:
        """Store what is new and what changed; the lines of the audit trail for it."""
        insert_all(session, self.table, [draft.values for draft in self if draft.is_new])
        update_all(session, self.table, {draft.id: changed for draft in self if (changed := draft.changed())})
        for draft in self:
            if draft.is_new:
                yield Line(self.noun, str(draft.id), "", None, self._read(draft))
            else:
                for change in self.changes(draft):
                    yield Line(self.noun, str(draft.id), change.field, change.old, change.new)

    def _read(self, draft: Draft) -> dict[str, Any]:
        shown = (self._shown(name, value) for name, value in draft.values.items() if value is not None)
        return {name: plain(value) for name, value in shown if name and value not in ({}, [])}

    def _field_changes(self, name: str, old: Any, new: Any) -> Iterator[FieldChange]:
        if isinstance(old, dict) and isinstance(new, dict):
            for key in sorted({*old, *new}):
                if old.get(key) != new.get(key):
                    yield FieldChange(f"{name}.{key}", plain(old.get(key)), plain(new.get(key)))
            return
        title, shown_old = self._shown(name, old)
        if title:
            yield FieldChange(title, plain(shown_old), plain(self._shown(name, new)[1]))

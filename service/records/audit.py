"""The audit trail: who changed what of which record, when and by which way. Its rows are written and never changed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from models.calls import Call
from models.leads import Lead
from models.opportunities import Account, Contact, Opportunity
from models.people import User
from models.records import Change
from service.people.viewer import Viewer, visible_calls, visible_opportunities
from service.records.bulk import insert_all
from service.records.scope import is_editor, visible_accounts, visible_contacts, visible_leads

Via = Literal["web", "api", "cli", "import", "job"]

_MOST_LINES = 1000
_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Line:
    """One change to be written down: ``noun_id`` is the row's own id, or ``kind/name`` of a configuration.

    An empty ``field`` is the record as a whole: ``old`` is None where it was made, ``new`` where it was removed.
    """

    noun: str
    noun_id: str
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a trail. ``actor`` is the name of the user, None for the system and the operator."""

    at: datetime
    actor: str | None
    via: str
    field: str
    old: Any
    new: Any


def record(
    session: Session,
    actor_id: uuid.UUID | None,
    via: Via,
    noun: str,
    noun_id: uuid.UUID | str,
    field: str,
    old: Any,
    new: Any,
) -> None:
    """Write one change down; where ``old`` equals ``new`` nothing happened."""
    record_all(session, actor_id, via, [Line(noun, str(noun_id), field, old, new)])


def record_all(
    session: Session,
    actor_id: uuid.UUID | None,
    via: Via,
    lines: Iterable[Line],
    batch_id: uuid.UUID | None = None,
) -> int:
    """Write many changes down, in their order; how many there were.

    Numbers with decimals, days, moments and ids are kept as text.
    """
    written = ((line, plain(line.old), plain(line.new)) for line in lines)
    rows = [
        {
            "actor_id": actor_id,
            "via": via,
            "noun": line.noun,
            "noun_id": line.noun_id,
            "field": line.field,
            "old": old,
            "new": new,
            "batch_id": batch_id,
        }
        for line, old, new in written
        if old != new
    ]
    insert_all(session, Change, rows)
    return len(rows)


def trail(session: Session, viewer: Viewer, noun: str, noun_id: uuid.UUID | str) -> tuple[Entry, ...]:
    """The last 1000 changes of a record, newest first; none where the record does not exist for this viewer.

    What was said of a call that the viewer does not see, such as what became of a step agreed in it, is left out.
    """
    if not _is_visible(session, viewer, noun, str(noun_id)):
        return ()
    query = (
        select(Change, User.name)
        .outerjoin(User, User.id == Change.actor_id)
        .where(Change.noun == noun, Change.noun_id == str(noun_id))
        .order_by(Change.id.desc())
        .limit(_MOST_LINES)
    )
    found = [
        Entry(change.at, name, change.via, change.field, change.old, change.new)
        for change, name in session.execute(query)
    ]
    hidden = _hidden_calls(session, viewer, {id for entry in found for id in _ids_in(entry.field)})
    return tuple(entry for entry in found if hidden.isdisjoint(_ids_in(entry.field)))


def _ids_in(field: str) -> set[uuid.UUID]:
    return {uuid.UUID(each) for each in _ID.findall(field)}


def _hidden_calls(session: Session, viewer: Viewer, ids: Set[uuid.UUID]) -> Set[uuid.UUID]:
    """Of ``ids`` those of calls that the viewer does not see."""
    if viewer.role == "admin" or not ids:
        return frozenset()
    calls = select(Call.id).where(Call.id.in_(ids))
    return set(session.scalars(calls)) - set(session.scalars(calls.where(visible_calls(viewer))))


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Decimal | uuid.UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(each) for each in value]
    return value


def _is_visible(session: Session, viewer: Viewer, noun: str, noun_id: str) -> bool:
    if viewer.role == "admin":
        return True
    if noun == "configuration":
        return is_editor(viewer)
    rules: dict[str, tuple[Any, ColumnElement[bool]]] = {
        "opportunity": (Opportunity.id, visible_opportunities(viewer)),
        "account": (Account.id, visible_accounts(viewer)),
        "contact": (Contact.id, visible_contacts(viewer)),
        "call": (Call.id, visible_calls(viewer)),
        # A trail tells numbers and addresses: a rep may read neither of a lead that lies in a pool.
        "lead": (Lead.id, visible_leads(viewer) & (Lead.owner_id.is_not(None) if viewer.role == "rep" else true())),
    }
    if noun not in rules:
        return False
    try:
        wanted = uuid.UUID(noun_id)
    except ValueError:
        return False
    column, is_seen = rules[noun]
    return session.scalar(select(column).where(column == wanted, is_seen)) is not None

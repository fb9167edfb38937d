"""Rows of leads, checked and compared with what is stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.leads import LEAD_STATES, Lead, LeadEvent
from service.leads.assignment import grade_and_assign
from service.leads.grading import grade_leads
from service.records.audit import Line, Via
from service.records.bulk import among, insert_all
from service.records.cells import Cells
from service.records.clients import given
from service.records.deals import merged
from service.records.drafts import Draft, FieldChange, Shelf
from service.records.people import People
from service.records.reasons import CellError, Forbidden

_UNTOLD = ("id", "deleted_at", "owned_since", "due_at", "last_action_at", "opportunity_id")


_STEP = 5000


class Leads:
    """The leads that an import names. One without an owner lies in the pool; state and owner of a lead that is there
    already are not for an import to change, and grades are told by the pool's rules."""

    def __init__(self, people: People, now: datetime) -> None:
        self._people = people
        self._now = now
        self._leads = Shelf(Lead, "lead", self._shown)
        self._by_id: dict[str, Draft] = {}

    def load(self, session: Session, rows: Sequence[Cells]) -> None:
        """Take in hand what ``rows`` name."""
        query = select(*Lead.__table__.c).where(Lead.deleted_at.is_(None))
        for row in session.execute(query.where(among(Lead.external_id, given(rows, "lead_id")))).mappings():
            self._by_id[row["external_id"]] = self._leads.keep(dict(row))

    def take(self, row: Cells) -> tuple[Draft, bool]:
        """Bring the lead of a row to what the row says; also whether that changes anything.

        Raises:
            CellError: the row can't be right; nothing of it is taken.
        """
        external_id = row.need("lead_id")
        stored = self._by_id.get(external_id)
        if stored is not None and not self._is_ours(stored):
            raise Forbidden("not_yours", "lead_id", value=external_id)
        values = self._values(row, stored)
        if stored is None:
            return self._add(row, external_id, values), True
        changed = [stored.set(name, value) for name, value in values.items()]
        return stored, any(changed)

    def changes(self, lead: Draft) -> tuple[FieldChange, ...]:
        """What will be otherwise of a lead."""
        return self._leads.changes(lead)

    def write(self, session: Session) -> Iterator[Line]:
        """Store everything that was taken; the lines of the audit trail."""
        yield from self._leads.write(session)
        insert_all(session, LeadEvent, [self._event(lead) for lead in self._leads if lead.is_new])

    def finish(self, session: Session, via: Via) -> int:
        """Grade what is new or changed, and give new leads out by the pool's rules."""
        new = [lead.id for lead in self._leads if lead.is_new]
        changed = [lead.id for lead in self._leads if lead.changed()]
        for begin in range(0, len(new), _STEP):
            grade_and_assign(session, new[begin : begin + _STEP], via, self._now)
        for begin in range(0, len(changed), _STEP):
            grade_leads(session, changed[begin : begin + _STEP], via)
        return 0

    def _is_ours(self, lead: Draft) -> bool:
        """Whether the viewer may change a lead; one in a pool is of the pool's team."""
        viewer, team = self._people.viewer, lead.values["team_id"]
        is_near = lead.values["owner_id"] is not None or viewer.role == "admin" or team in (None, viewer.team_id)
        return is_near and self._people.is_ours(lead.values["owner_id"])

    def _values(self, row: Cells, stored: Draft | None) -> dict[str, Any]:
        if stored is None and not row.text("name"):
            raise CellError("empty" if "name" in row else "missing_in_lead", "name")
        readers = {
            "name": row.need,
            "company": row.text,
            "phone": row.phone,
            "email": row.email,
            "source": row.text,
            "title": row.text,
        }
        values: dict[str, Any] = {name: read(name) for name, read in readers.items() if name in row}
        state = row.choice("state", LEAD_STATES)
        if state is not None and stored is None:
            values["state"] = state
        if "team" in row:
            team = row.text("team")
            values["team_id"] = self._people.team("team", team) if team else None
        if row.text("created_at"):
            values["created_at"] = row.moment("created_at")
        values["fields"] = merged(stored.values["fields"] if stored else {}, row.fields())
        return values

    def _add(self, row: Cells, external_id: str, values: Mapping[str, Any]) -> Draft:
        owner = self._people.owner(row, is_new=True)
        empty = dict.fromkeys(column.name for column in Lead.__table__.c if column.name != "id")
        usual = {
            "state": "new" if owner is None else "assigned",
            "owner_id": owner,
            "owned_since": None if owner is None else self._now,
            "created_at": self._now,
        }
        draft = self._leads.add({**empty, "external_id": external_id, **usual, **values})
        self._by_id[external_id] = draft
        return draft

    def _event(self, lead: Draft) -> dict[str, Any]:
        return {
            "id": uuid.uuid4(),
            "lead_id": lead.id,
            "at": self._now,
            "kind": "imported",
            "actor_id": self._people.viewer.user_id,
            "from_owner_id": None,
            "to_owner_id": lead.values["owner_id"],
            "reason": None,
        }

    def _shown(self, name: str, value: Any) -> tuple[str, Any]:
        if name == "owner_id":
            return "owner", self._people.email(value)
        if name == "team_id":
            return "team", self._people.team_name(value)
        return ("" if name in _UNTOLD else name), value

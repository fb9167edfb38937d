"""Who else belongs to a deal, in hand: colleagues with a function, contacts with a part in the decision."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.table import Table
from service.records.bulk import among_ids, insert_all
from service.records.drafts import FieldChange

Tie = tuple[uuid.UUID, str]
"""Somebody's id, and what they are in the deal."""


class Ties:
    """The ties of deals in one table, which has the columns ``opportunity_id``, ``who`` and ``what``.

    ``field`` is what the audit trail calls them; ``shown`` gives the name of somebody.
    """

    def __init__(
        self, table: type[Table], field: str, who: str, what: str, shown: Callable[[uuid.UUID], str | None]
    ) -> None:
        self._table = table
        self._field = field
        self._who = who
        self._what = what
        self._shown = shown
        self._stored: defaultdict[uuid.UUID, set[Tie]] = defaultdict(set)
        self._new: dict[uuid.UUID, set[Tie]] = {}

    def load(self, session: Session, deals: Iterable[uuid.UUID]) -> None:
        """Take in hand the ties of these deals."""
        columns = self._table.__table__.c
        query = select(columns["opportunity_id"], columns[self._who], columns[self._what])
        for deal, who, what in session.execute(query.where(among_ids(columns["opportunity_id"], deals))):
            self._stored[deal].add((who, what))

    def of(self, deal: uuid.UUID) -> set[Tie]:
        """The ties a deal will have."""
        return self._new.get(deal, self._stored[deal])

    def put(self, deal: uuid.UUID, ties: Iterable[Tie]) -> bool:
        """Give a deal these ties and no others; whether that changes anything."""
        wanted = set(ties)
        if wanted == self.of(deal):
            return False
        self._new[deal] = wanted
        return True

    def changes(self, deal: uuid.UUID) -> tuple[FieldChange, ...]:
        """What will be otherwise than stored."""
        if self._new.get(deal, self._stored[deal]) == self._stored[deal]:
            return ()
        return (FieldChange(self._field, self._read(self._stored[deal]), self._read(self._new[deal])),)

    def write(self, session: Session) -> None:
        """Store what changed."""
        gone = [(deal, *tie) for deal, ties in self._new.items() for tie in self._stored[deal] - ties]
        for deal, who, what in gone:
            session.execute(self._delete(deal, who, what))
        rows: list[dict[str, Any]] = [
            {"opportunity_id": deal, self._who: who, self._what: what}
            for deal, ties in self._new.items()
            for who, what in sorted(ties - self._stored[deal])
        ]
        insert_all(session, self._table, rows)

    def _delete(self, deal: uuid.UUID, who: uuid.UUID, what: str) -> Any:
        columns = self._table.__table__.c
        return delete(self._table).where(
            columns["opportunity_id"] == deal, columns[self._who] == who, columns[self._what] == what
        )

    def _read(self, ties: Iterable[Tie]) -> list[str]:
        return sorted(f"{self._shown(who) or who}:{what}" for who, what in ties)

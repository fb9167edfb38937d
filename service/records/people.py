"""The people and teams that records name, and to whom a viewer may give them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.people import Team, User
from service.people.viewer import Viewer
from service.records.cells import Cells
from service.records.reasons import CellError, Forbidden


class People:
    """All users and teams, by what records call them."""

    def __init__(self, session: Session, viewer: Viewer) -> None:
        self.viewer = viewer
        self._emails: dict[uuid.UUID, str] = {}
        self._by_email: dict[str, uuid.UUID] = {}
        self._by_name: defaultdict[str, list[uuid.UUID]] = defaultdict(list)
        self._teams = {name: id_ for id_, name in session.execute(select(Team.id, Team.name))}
        self._team_of: dict[uuid.UUID, uuid.UUID | None] = {}
        for id_, email, name, team in session.execute(select(User.id, User.email, User.name, User.team_id)):
            self._emails[id_] = email
            self._by_email[email] = id_
            self._by_name[name].append(id_)
            self._team_of[id_] = team

    def email(self, user_id: uuid.UUID | None) -> str | None:
        """The e-mail address of a user."""
        return None if user_id is None else self._emails.get(user_id)

    def user(self, column: str, email: str) -> uuid.UUID:
        """The user with that address.

        Raises:
            CellError: there is none.
        """
        found = self._by_email.get(email.lower())
        if found is None:
            raise CellError("no_user", column, value=email.lower())
        return found

    def team(self, column: str, name: str) -> uuid.UUID:
        """The team of that name.

        Raises:
            CellError: there is none.
        """
        if name not in self._teams:
            raise CellError("no_team", column, value=name, teams=", ".join(sorted(self._teams)) or "–")
        return self._teams[name]

    def team_name(self, team_id: uuid.UUID | None) -> str | None:
        """What a team is called."""
        return next((name for name, id_ in self._teams.items() if id_ == team_id), None)

    def owner(self, cells: Cells, stored: Any = None, *, is_new: bool = False) -> uuid.UUID | None:
        """The owner a row gives, by ``owner_email`` or ``owner_name``; without these columns the ``stored`` one, and
        for a new record of a rep or manager themselves.

        Raises:
            CellError: no such user, or two of that name.
            Forbidden: the viewer may not give records to them.
        """
        if "owner_email" not in cells and "owner_name" not in cells:
            if is_new and self.viewer.role != "admin":
                return self.viewer.user_id
            return stored  # type: ignore[no-any-return]
        column = "owner_email" if cells.text("owner_email") or "owner_name" not in cells else "owner_name"
        value = cells.text(column)
        owner = None if value is None else self._named(column, value)
        if owner != stored and not self.is_ours(owner):
            raise Forbidden("not_of_team", column, value=value) if value else Forbidden("for_nobody", column)
        return owner

    def is_ours(self, owner: uuid.UUID | None) -> bool:
        """Whether the viewer may write records of this owner; None is nobody's."""
        viewer = self.viewer
        if viewer.role == "admin":
            return True
        if owner is None:
            return viewer.role == "manager"
        if owner == viewer.user_id:
            return True
        return viewer.role == "manager" and viewer.team_id is not None and self._team_of.get(owner) == viewer.team_id

    def _named(self, column: str, value: str) -> uuid.UUID:
        if column == "owner_email":
            return self.user(column, value)
        found = self._by_name.get(value, [])
        if len(found) != 1:
            if not found:
                raise CellError("no_such_name", column, value=value)
            raise CellError("namesakes", column, count=len(found), value=value)
        return found[0]

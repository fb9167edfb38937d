"""The filters of the lists of leads, and their form in an address."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

from models.leads import LEAD_GRADES, LEAD_STATES
from service.calls.filters import address

Sort = Literal["due", "grade", "name", "source", "last_action", "created"]
SORTS: tuple[Sort, ...] = ("due", "grade", "name", "source", "last_action", "created")
_FALLING = ("created", "last_action")
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class LeadFilters:
    """Which leads are listed, and in which order; ``base`` is the page they are listed on."""

    text: str = ""
    state: str | None = None
    grade: str | None = None
    source: str | None = None
    owner: uuid.UUID | None = None
    sort: Sort = "due"
    descending: bool = False
    base: str = "/leads"

    @classmethod
    def from_query(cls, pairs: Iterable[tuple[str, str]], base: str = "/leads", usual: Sort = "due") -> Self:
        """Read the filters of an address. Values that mean nothing are left out, as if never set."""
        one = {name: value.strip() for name, value in pairs}
        sort = one.get("sort", usual)
        key = next((known for known in SORTS if known == sort.lstrip("-")), usual)
        state, grade = one.get("state"), one.get("grade")
        return cls(
            text=one.get("q", "")[:_LONGEST_TEXT],
            state=state if state in LEAD_STATES else None,
            grade=grade if grade in LEAD_GRADES else None,
            source=one.get("source", "")[:_LONGEST_TEXT] or None,
            owner=_uuid(one.get("owner", "")),
            sort=key,
            descending=sort.startswith("-"),
            base=base,
        )

    @property
    def order(self) -> str:
        """The sorting as written in an address."""
        return f"-{self.sort}" if self.descending else self.sort

    def to_query(self) -> Sequence[tuple[str, str]]:
        """The filters as parts of an address; what is not set is left out."""
        pairs = [
            ("q", self.text),
            ("state", self.state or ""),
            ("grade", self.grade or ""),
            ("source", self.source or ""),
            ("owner", str(self.owner or "")),
        ]
        return [(name, value) for name, value in pairs if value]

    def sorted_by(self, sort: Sort) -> Self:
        """The same leads in another order; asked twice, the order turns round."""
        descending = not self.descending if sort == self.sort else sort in _FALLING
        return replace(self, sort=sort, descending=descending)

    def address(self, page: int = 1) -> str:
        """The address of this list."""
        return address([*self.to_query(), ("sort", self.order)], page, self.base)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None

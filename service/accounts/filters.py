"""The filters of the lists of accounts and contacts, and their form in an address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

from service.calls.filters import address

Sort = Literal["name", "deals", "amount", "contacts", "calls", "last_call"]
SORTS: tuple[Sort, ...] = ("name", "deals", "amount", "contacts", "calls", "last_call")
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class AccountFilters:
    """Which accounts are listed, and in which order."""

    text: str = ""
    sort: Sort = "last_call"
    descending: bool = True

    @classmethod
    def from_query(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Read the filters of an address. Values that mean nothing are left out, as if never set."""
        one = {name: value.strip() for name, value in pairs}
        sort = one.get("sort", "-last_call")
        key = sort.lstrip("-")
        return cls(
            text=one.get("q", "")[:_LONGEST_TEXT],
            sort=key if key in SORTS else "last_call",
            descending=sort.startswith("-"),
        )

    @property
    def order(self) -> str:
        """The sorting as written in an address."""
        return f"-{self.sort}" if self.descending else self.sort

    def to_query(self) -> Sequence[tuple[str, str]]:
        """The parts of an address that :meth:`from_query` reads back; defaults are left out."""
        pairs = [("q", self.text)]
        if self.order != "-last_call":
            pairs.append(("sort", self.order))
        return [(name, value) for name, value in pairs if value]

    def sorted_by(self, sort: Sort) -> Self:
        """The same accounts in another order; asked twice, the order turns round."""
        return replace(self, sort=sort, descending=not self.descending if sort == self.sort else sort != "name")

    def address(self, page: int = 1) -> str:
        """The address of this list."""
        return address(self.to_query(), page, "/accounts")

"""The filters of opportunities, as list and as board, and their form in an address."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

from models.opportunities import OUTCOMES
from service.calls.filters import address

Sort = Literal["account", "amount", "stage", "owner", "close", "calls", "last_call", "score", "gap"]
SORTS: tuple[Sort, ...] = ("account", "amount", "stage", "owner", "close", "calls", "last_call", "score", "gap")
_LONGEST_TEXT = 200
_MOST_STAGES = 20


@dataclass(frozen=True, slots=True)
class OpportunityFilters:
    """Which opportunities are shown, and in which order.

    ``min_gap`` counts stages between what the CRM claims and what calls verify; ``risk`` is a kind of
    :mod:`sop.deals.risks`. ``outcome`` is None for all.
    """

    text: str = ""
    pipeline: str | None = None
    stage: str | None = None
    outcome: str | None = None
    owner: uuid.UUID | None = None
    team: uuid.UUID | None = None
    min_gap: int = 0
    risk: str | None = None
    sort: Sort = "last_call"
    descending: bool = True

    @classmethod
    def from_query(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Read the filters of an address. Values that mean nothing are left out, as if never set."""
        one = {name: value.strip() for name, value in pairs if value.strip()}
        sort, outcome = one.get("sort", "-last_call"), one.get("outcome")
        key = sort.lstrip("-")
        return cls(
            text=one.get("q", "")[:_LONGEST_TEXT],
            pipeline=_name(one.get("pipeline")),
            stage=_name(one.get("stage")),
            outcome=outcome if outcome in OUTCOMES else None,
            owner=_uuid(one.get("owner")),
            team=_uuid(one.get("team")),
            min_gap=_whole(one.get("min_gap")),
            risk=_name(one.get("risk")),
            sort=key if key in SORTS else "last_call",
            descending=sort.startswith("-"),
        )

    @property
    def order(self) -> str:
        """The sorting as written in an address."""
        return f"-{self.sort}" if self.descending else self.sort

    @property
    def needs_gaps(self) -> bool:
        """Whether it takes every deal's gap to answer."""
        return self.min_gap > 0 or self.risk is not None or self.sort == "gap"

    def to_query(self) -> Sequence[tuple[str, str]]:
        """The parts of an address that :meth:`from_query` reads back; defaults are left out."""
        pairs = [("q", self.text)]
        for name in ("pipeline", "stage", "outcome", "owner", "team", "risk"):
            pairs.append((name, str(getattr(self, name) or "")))
        pairs.append(("min_gap", str(self.min_gap or "")))
        if self.order != "-last_call":
            pairs.append(("sort", self.order))
        return [(name, value) for name, value in pairs if value]

    def sorted_by(self, sort: Sort) -> Self:
        """The same opportunities in another order; asked twice, the order turns round."""
        descending = not self.descending if sort == self.sort else sort not in ("account", "owner", "stage", "close")
        return replace(self, sort=sort, descending=descending)

    def address(self, page: int = 1, path: str = "/opportunities") -> str:
        """The address of the list, or of the board with ``path``."""
        return address(self.to_query(), page, path)

    def with_stage(self, stage: str) -> Self:
        """The same opportunities, of one stage only."""
        return replace(self, stage=stage)


def _name(value: str | None) -> str | None:
    return value[:_LONGEST_TEXT] if value else None


def _uuid(value: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        return None


def _whole(value: str | None) -> int:
    return min(int(value), _MOST_STAGES) if value and value.isascii() and value.isdigit() and len(value) < 4 else 0

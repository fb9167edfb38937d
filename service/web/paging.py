"""One page of a longer list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list of ``total``; ``number`` counts from 1."""

    rows: tuple[Row, ...]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        return pages(self.total, self.size)

    @property
    def first(self) -> int:
        """Position of the first row in the whole list, from 1; 0 when the page is empty."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


def pages(total: int, size: int) -> int:
    """How many pages ``total`` rows fill; at least one."""
    return max(1, -(-total // size))


def page_of(rows: Sequence[Row], number: int, size: int) -> Page[Row]:
    """The page of ``rows``, all of which are at hand; a number beyond the end is the last page."""
    number = min(max(1, number), pages(len(rows), size))
    return Page(tuple(rows[(number - 1) * size : number * size]), len(rows), number, size)

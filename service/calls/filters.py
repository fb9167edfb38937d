"""The filters of the call list, and their form in an address."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, tzinfo
from typing import Literal, Self, cast
from urllib.parse import urlencode

from models.calls import DIRECTIONS, STATES
from sop.events import EVENTS

Sort = Literal["started", "customer", "rep", "duration", "score"]
SORTS: tuple[Sort, ...] = ("started", "customer", "rep", "duration", "score")
_LANGUAGES = ("zh", "en")
_LONGEST_TEXT = 200

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CallFilters:
    """Which calls are listed, and in which order.

    ``since`` and ``until`` are whole days of ``zone``, both included. ``match`` says whether a call
    must have all of ``events`` or any of them. Scores are 0-100.
    """

    text: str = ""
    events: tuple[str, ...] = ()
    match: Literal["all", "any"] = "all"
    rep: uuid.UUID | None = None
    opportunity: str | None = None
    direction: str | None = None
    language: str | None = None
    state: str | None = None
    since: date | None = None
    until: date | None = None
    min_score: float | None = None
    max_score: float | None = None
    sort: Sort = "started"
    descending: bool = True
    zone: tzinfo = UTC

    @classmethod
    def from_query(cls, pairs: Iterable[tuple[str, str]], zone: tzinfo = UTC, own_events: Iterable[str] = ()) -> Self:
        """Read the filters of an address. Values that mean nothing are left out, as if never set.

        ``own_events`` are the events there are besides the built-in ones.
        """
        values = [(name, value.strip()) for name, value in pairs if value.strip()]
        one = dict(values)
        asked = {value for name, value in values if name == "event"}
        sort = one.get("sort", "-started")
        return cls(
            text=one.get("q", "")[:_LONGEST_TEXT],
            events=tuple(event for event in (*EVENTS, *sorted(own_events)) if event in asked),
            match="any" if one.get("match") == "any" else "all",
            rep=_uuid(one.get("rep")),
            opportunity=one.get("opportunity"),
            direction=_one_of(one.get("direction"), DIRECTIONS),
            language=_one_of(one.get("language"), _LANGUAGES),
            state=_one_of(one.get("state"), STATES),
            since=_day(one.get("since")),
            until=_day(one.get("until")),
            min_score=_score(one.get("min_score")),
            max_score=_score(one.get("max_score")),
            sort=cast(Sort, _one_of(sort.lstrip("-"), SORTS) or "started"),
            descending=sort.startswith("-"),
            zone=zone,
        )

    def to_query(self) -> Pairs:
        """The parts of an address that :meth:`from_query` reads back; defaults are left out."""
        pairs = [("q", self.text), *(("event", event) for event in self.events)]
        if self.match == "any" and len(self.events) > 1:
            pairs.append(("match", "any"))
        for name in ("rep", "opportunity", "direction", "language", "state", "since", "until"):
            pairs.append((name, str(getattr(self, name) or "")))
        for name in ("min_score", "max_score"):
            bound = getattr(self, name)
            pairs.append((name, "" if bound is None else f"{bound:g}"))
        if (self.sort, self.descending) != ("started", True):
            pairs.append(("sort", self.order))
        return [(name, value) for name, value in pairs if value]

    @property
    def order(self) -> str:
        """The sorting as written in an address: ``score``, or ``-score`` for the highest first."""
        return f"-{self.sort}" if self.descending else self.sort

    @property
    def active(self) -> Pairs:
        """Each set filter by name and value, sorting aside."""
        return [(name, value) for name, value in self.to_query() if name not in ("sort", "match")]

    def sorted_by(self, sort: Sort) -> Self:
        """The same calls in another order; asked twice, the order turns round."""
        first = sort in ("started", "score", "duration")
        descending = not self.descending if sort == self.sort else first
        return replace(self, sort=sort, descending=descending)

    def address(self, page: int = 1, path: str = "/calls") -> str:
        """The address of this list."""
        return address(self.to_query(), page, path)

    def address_without(self, name: str, value: str) -> str:
        """The address of the list with one filter taken off."""
        return address([pair for pair in self.to_query() if pair != (name, value)])


def address(pairs: Pairs, page: int = 1, path: str = "/calls") -> str:
    """``path`` with these parts, and the page when it is not the first."""
    parts = [*pairs, ("page", str(page))] if page > 1 else list(pairs)
    return f"{path}?{urlencode(parts)}" if parts else path


def _one_of(value: str | None, allowed: Sequence[str]) -> str | None:
    return value if value in allowed else None


def _uuid(value: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        return None


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None


def _score(value: str | None) -> float | None:
    try:
        number = float(value) if value else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number <= 100 else None

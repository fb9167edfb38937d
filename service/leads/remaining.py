"""How long somebody keeps a lead yet, as a page shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from service.leads.views import LeadRow
from service.web.translation import Translator

Level = Literal["fine", "soon", "overdue"]

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Remaining:
    """``share`` in [0, 1] of the time between the last call, or the beginning, and the end is left."""

    text: str
    share: float
    level: Level


def remaining(row: LeadRow, now: datetime, warn_hours: int, t: Translator) -> Remaining | None:
    """The time left of a lead; None for one that flows nowhere."""
    if row.due_at is None or row.owned_since is None:
        return None
    left = row.due_at - now
    begun = max(row.owned_since, row.last_action_at or row.owned_since)
    whole = max(row.due_at - begun, _HOUR)
    share = min(max(left / whole, 0.0), 1.0)
    if left <= timedelta():
        return Remaining(t("leads.left.overdue"), 0.0, "overdue")
    level: Level = "soon" if left <= timedelta(hours=warn_hours) else "fine"
    return Remaining(_said(left, t), share, level)


def _said(left: timedelta, t: Translator) -> str:
    if left >= 2 * _DAY:
        return t("leads.left.days", n=round(left / _DAY))
    if left >= _HOUR:
        return t("leads.left.hours", n=round(left / _HOUR))
    return t("leads.left.minutes", n=max(1, left // timedelta(minutes=1)))

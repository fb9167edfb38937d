"""Gaps by rep and by team, as they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.opportunities.board import Card, Judged, card
from service.opportunities.figures import Figures, Group, figures, groups, widest
from service.web.rendering import Reader

_MOST_DEALS = 20


@dataclass(frozen=True, slots=True)
class GapView:
    """All of it: the sums, the rows with the largest share first, and the widest gaps."""

    figures: Figures
    reps: tuple[Group, ...]
    teams: tuple[Group, ...]
    widest: tuple[Card, ...]


def gap_view(deals: Sequence[Judged], to: Reader) -> GapView:
    """What the page shows of these deals."""
    drawn = (card(deal, to) for deal in widest(deals)[:_MOST_DEALS] if deal.stages)
    return GapView(figures(deals), groups(deals, "rep"), groups(deals, "team"), tuple(each for each in drawn if each))

"""Gaps by rep and by team, as they are drawn."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.opportunities import Opportunity
from models.people import Team, User
from service.opportunities.board import Card, Figures, Judged, card, figures
from service.web.rendering import Reader

_MOST_DEALS = 20


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The deals of a rep or a team. ``share`` in [0, 1] is how many of them have a gap; ``id`` is for the filters."""

    id: str
    name: str
    figures: Figures

    @property
    def share(self) -> float:
        return self.figures.with_gap / self.figures.deals if self.figures.deals else 0.0


@dataclass(frozen=True, slots=True)
class GapView:
    """All of it: the sums, the rows with the largest share first, and the widest gaps."""

    figures: Figures
    reps: tuple[GroupRow, ...]
    teams: tuple[GroupRow, ...]
    widest: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class _Owner:
    id: uuid.UUID
    name: str
    team_id: uuid.UUID | None
    team: str | None


def gap_view(session: Session, deals: Sequence[Judged], to: Reader) -> GapView:
    """What the page shows of these deals."""
    owners = _owners(session, [deal.row.id for deal in deals])
    nobody = to.t("pipeline.nobody")
    by_gap = sorted(deals, key=lambda deal: (-deal.stages, deal.row.external_id))
    drawn = (card(deal, to) for deal in by_gap[:_MOST_DEALS] if deal.stages)
    return GapView(
        figures(deals),
        _groups(deals, lambda deal: _rep(owners.get(deal.row.id), nobody)),
        _groups(deals, lambda deal: _team(owners.get(deal.row.id), nobody)),
        tuple(each for each in drawn if each),
    )


def _rep(owner: _Owner | None, nobody: str) -> tuple[str, str]:
    return (str(owner.id), owner.name) if owner else ("", nobody)


def _team(owner: _Owner | None, nobody: str) -> tuple[str, str]:
    return (str(owner.team_id), owner.team) if owner and owner.team else ("", nobody)


def _groups(deals: Iterable[Judged], group_of: Callable[[Judged], tuple[str, str]]) -> tuple[GroupRow, ...]:
    found: defaultdict[tuple[str, str], list[Judged]] = defaultdict(list)
    for deal in deals:
        found[group_of(deal)].append(deal)
    rows = (GroupRow(id_, name, figures(members)) for (id_, name), members in found.items())
    return tuple(sorted(rows, key=lambda row: (-row.share, -row.figures.with_gap, row.name)))


def _owners(session: Session, deals: Sequence[uuid.UUID]) -> dict[uuid.UUID, _Owner]:
    query = (
        select(Opportunity.id, User.id, User.name, Team.id, Team.name)
        .join(User, User.id == Opportunity.owner_id)
        .outerjoin(Team, Team.id == User.team_id)
        .where(Opportunity.id.in_(deals))
    )
    return {deal: _Owner(owner, name, team_id, team) for deal, owner, name, team_id, team in session.execute(query)}

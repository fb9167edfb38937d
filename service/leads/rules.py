"""The rules of leads and of points that count now, as the configuration has them."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy.orm import Session

from service.records.configurations import stored
from sop.deals import points_document, pool_document
from sop.deals.points_rules import PointsRules
from sop.deals.pool import Pool

_parsed_pool = lru_cache(maxsize=8)(pool_document.parse)
_parsed_points = lru_cache(maxsize=8)(points_document.parse)


def pool_rules(session: Session) -> Pool:
    """How leads are graded, assigned and kept."""
    return _parsed_pool(stored(session, "pool"))


def points_rules(session: Session) -> PointsRules:
    """What verified stages give."""
    return _parsed_points(stored(session, "points"))

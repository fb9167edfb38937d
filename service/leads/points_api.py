"""The JSON API of performance points."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from service.access import SignedInViewer, Transaction
from service.leads.points import period_named, points_report

router = APIRouter(prefix="/api", tags=["leads"])


@router.get("/points")
def points(
    viewer: SignedInViewer, session: Transaction, period: Annotated[str | None, Query(max_length=20)] = None
) -> dict[str, Any]:
    """Points of a month (``2026-11``) or quarter (``2026-Q4``) with their evidence, and suspicious conversions.

    Without ``period`` the one that is now.
    """
    now = datetime.now(UTC)
    try:
        found = period_named(session, period, now)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    return points_report(session, viewer, found, now).to_json()

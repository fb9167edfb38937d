"""The page of performance points."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, status
from fastapi.responses import Response

from service.access import SignedInViewer, Transaction
from service.leads.points import period_named, points_report
from service.leads.points_views import PointsReport, SuspiciousConversion
from service.sops.own_events import titles_to
from service.web.rendering import Reader, reader, render
from sop.deals.points_sentences import explain
from sop.procedure import Language

router = APIRouter(include_in_schema=False)


@router.get("/points")
def points_page(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    period: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """Points of a period with the evidence to play, and suspicious conversions."""
    now, to = datetime.now(UTC), reader(request, viewer)
    try:
        found = period_named(session, period, now)
    except ValueError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND) from error
    report = points_report(session, viewer, found, now)
    context = {
        "report": report,
        "most": max((person.total for person in report.people), default=0.0),
        "suspicious": _suspicious(report, to),
        "now": now,
        "title": _title(report, to),
        "own_titles": titles_to(session, to.language),
    }
    return render(request, "points/points.html", viewer, context)


def _suspicious(report: PointsReport, to: Reader) -> list[tuple[SuspiciousConversion, list[str]]]:
    language: Language = "zh" if to.language == "zh" else "en"
    return [(one, [explain(reason, language, one.stages) for reason in one.reasons]) for one in report.suspicious]


def _title(report: PointsReport, to: Reader) -> str:
    """What the period is called by people."""
    period = report.period
    if period.months == 1:
        return to.formats.month(period.start.date())
    return to.t("points.quarter", year=period.year, quarter=(period.month - 1) // 3 + 1)

"""The pages of opportunities: the list, and one with what its calls say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request, status
from fastapi.responses import Response

from service.access import SignedInViewer, Transaction
from service.calls.views import CallRow
from service.opportunities.filters import OpportunityFilters
from service.opportunities.matrix import event_matrix
from service.opportunities.queries import get_opportunity, list_opportunities
from service.opportunities.views import OpportunityDetail
from service.sops.own_events import titles_to
from service.web.rendering import Reader, reader, render

router = APIRouter(include_in_schema=False)


@router.get("/opportunities")
def opportunities_page(request: Request, viewer: SignedInViewer, session: Transaction) -> Response:
    """The list of opportunities; asked by HTMX only its results."""
    filters = OpportunityFilters.from_query(request.query_params.multi_items())
    now = datetime.now(reader(request, viewer).formats.zone)
    context = {
        "filters": filters,
        "rows": list_opportunities(session, viewer, filters),
        "now": now,
        "today": now.date(),
        "own_titles": titles_to(session, reader(request, viewer).language),
    }
    is_part = request.headers.get("hx-target") == "results"
    template = "opportunities/results.html" if is_part else "opportunities/list.html"
    return render(request, template, viewer, context, headers={"Vary": "HX-Target"})


@router.get("/opportunities/{external_id}")
def opportunity_page(request: Request, viewer: SignedInViewer, session: Transaction, external_id: str) -> Response:
    """One opportunity: the CRM's record beside what was said in its calls."""
    detail = get_opportunity(session, viewer, external_id)
    if detail is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    to = reader(request, viewer)
    context = opportunity_context(detail, to) | {"own_titles": titles_to(session, to.language)}
    return render(request, "opportunities/opportunity.html", viewer, context)


def opportunity_context(detail: OpportunityDetail, to: Reader) -> dict[str, Any]:
    """What the opportunity page shows."""
    scored = [call for call in detail.calls if call.state == "scored"]
    deal = detail.row
    today = datetime.now(to.formats.zone).date()
    return {
        "deal": deal,
        "stages": detail.stages,
        "calls": detail.calls,
        "scored": scored,
        "matrix": event_matrix(scored),
        "points": _points(scored, to),
        "overdue": deal.outcome == "open" and deal.expected_close is not None and deal.expected_close < today,
    }


def _points(calls: Iterable[CallRow], to: Reader) -> list[dict[str, Any]]:
    """The dots of the scores' chart, in order of time."""
    return [
        {
            "at": call.started_at.isoformat(),
            "label": to.formats.short_day(call.started_at),
            "rep": call.rep or "",
            "score": call.score,
            "low": call.low,
            "high": call.high,
            "href": f"/calls/{call.id}",
        }
        for call in calls
        if call.score is not None
    ]

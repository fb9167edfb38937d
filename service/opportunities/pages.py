"""The pages of opportunities: the board, the list, gaps by rep and team, and one deal with what its calls say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, status
from fastapi.responses import Response
from sqlalchemy.orm import Session

from service.access import SignedInViewer, Transaction
from service.accounts.pages import role_names
from service.calls.views import CallRow
from service.opportunities.board import Card, board, card, judge, judged
from service.opportunities.deal_page import deal_view
from service.opportunities.filters import OpportunityFilters
from service.opportunities.gap_page import gap_view
from service.opportunities.matrix import event_matrix
from service.opportunities.queries import (
    count_opportunities,
    get_opportunity,
    list_opportunities,
    opportunity_choices,
)
from service.opportunities.stages import titles_of, word
from service.opportunities.views import OpportunityDetail, OpportunityRow
from service.people.viewer import Viewer
from service.records.pipelines import DEFAULT_PIPELINE, pipelines
from service.sops.own_events import titles_to
from service.web.paging import Page, pages
from service.web.rendering import Reader, reader, render
from sop.deals.risks import KINDS

router = APIRouter(include_in_schema=False)

PAGE_SIZE = 50


@router.get("/pipeline")
def board_page(request: Request, viewer: SignedInViewer, session: Transaction) -> Response:
    """The board of one pipeline; asked by HTMX only its results."""
    to, filters = reader(request, viewer), _filters(request)
    now = datetime.now(to.formats.zone)
    context = {"board": board(session, viewer, filters, now, to), "filters": filters}
    return _listed(request, viewer, session, to, "board", "pipeline/board", context)


@router.get("/pipeline/gaps")
def gaps_page(request: Request, viewer: SignedInViewer, session: Transaction) -> Response:
    """Gaps by rep and by team, with the widest ones."""
    to, filters = reader(request, viewer), _filters(request)
    deals = judged(session, viewer, replace(filters, outcome=filters.outcome or "open"), datetime.now(to.formats.zone))
    context = {"gaps": gap_view(deals, to), "filters": filters}
    return _listed(request, viewer, session, to, "gaps", "pipeline/gaps", context)


@router.get("/opportunities")
def opportunities_page(
    request: Request, viewer: SignedInViewer, session: Transaction, page: Annotated[int, Query(ge=1)] = 1
) -> Response:
    """The list of opportunities; asked by HTMX only its results."""
    to, filters = reader(request, viewer), _filters(request)
    now = datetime.now(to.formats.zone)
    found, cards = _page(session, viewer, filters, page, now, to)
    context = {
        "filters": filters,
        "page": found,
        "cards": cards,
        "now": now,
        "today": now.date(),
        "own_titles": titles_to(session, to.language),
    }
    return _listed(request, viewer, session, to, "list", "opportunities/list", context)


@router.get("/opportunities/{external_id}")
def opportunity_page(request: Request, viewer: SignedInViewer, session: Transaction, external_id: str) -> Response:
    """One opportunity: the CRM's record beside what was said in its calls."""
    context = deal_context(request, session, viewer, external_id)
    if context is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return render(request, "opportunities/opportunity.html", viewer, context)


def deal_context(request: Request, session: Session, viewer: Viewer, external_id: str) -> dict[str, Any] | None:
    """What the page of a deal shows, or any part of it; None when the deal does not exist for this viewer."""
    detail = get_opportunity(session, viewer, external_id)
    if detail is None:
        return None
    to = reader(request, viewer)
    own_titles = titles_to(session, to.language)
    now = datetime.now(to.formats.zone)
    return opportunity_context(detail, to) | {
        "page": deal_view(session, viewer, detail, now, to, own_titles),
        "base": f"/opportunities/{external_id}",
        "roles": role_names(to),
        "stage_titles": titles_of(pipelines(session), to.language),
        "own_titles": own_titles,
    }


def opportunity_context(detail: OpportunityDetail, to: Reader) -> dict[str, Any]:
    """The CRM's record and the calls of a deal."""
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


def _filters(request: Request) -> OpportunityFilters:
    return OpportunityFilters.from_query(request.query_params.multi_items())


def _page(
    session: Session, viewer: Viewer, filters: OpportunityFilters, number: int, now: datetime, to: Reader
) -> tuple[Page[OpportunityRow], dict[str, Card]]:
    """One page of the list, and the drawn gaps of its rows by their ids."""
    if filters.needs_gaps:
        deals = judged(session, viewer, filters, now)
        total, number = len(deals), min(number, pages(len(deals), PAGE_SIZE))
        deals = deals[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        listed = list_opportunities(session, viewer, filters, [deal.row.id for deal in deals])
        places = {deal.row.id: place for place, deal in enumerate(deals)}
        rows = tuple(sorted(listed, key=lambda row: places[row.id]))
    else:
        total = count_opportunities(session, viewer, filters)
        number = min(number, pages(total, PAGE_SIZE))
        rows = list_opportunities(session, viewer, filters, None, PAGE_SIZE, (number - 1) * PAGE_SIZE)
        deals = tuple(judge(session, viewer, rows, now))
    cards = {deal.row.external_id: drawn for deal in deals if (drawn := card(deal, to))}
    return Page(rows, total, number, PAGE_SIZE), cards


def _listed(
    request: Request,
    viewer: Viewer,
    session: Session,
    to: Reader,
    view: str,
    template: str,
    context: dict[str, Any],
) -> Response:
    """The results alone for HTMX, else the page with its filters."""
    known = pipelines(session)
    context |= {"view": view, "stage_titles": titles_of(known, to.language)}
    if request.headers.get("hx-target") == "results":
        part = "opportunities/results.html" if view == "list" else f"{template}_results.html"
        return render(request, part, viewer, context, headers={"Vary": "HX-Target"})
    chosen = known.get(context["filters"].pipeline or DEFAULT_PIPELINE) or known[DEFAULT_PIPELINE]
    context |= {
        "choices": opportunity_choices(session, viewer),
        "pipelines": [(name, word(pipeline.title, to.language)) for name, pipeline in known.items()],
        "stages": [(stage.id, word(stage.title, to.language)) for stage in chosen.stages],
        "risk_kinds": {kind: to.t(f"risk.{kind}") for kind in KINDS},
    }
    return render(request, f"{template}.html", viewer, context, headers={"Vary": "HX-Target"})


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

"""The JSON API of opportunities."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, status

from service.access import SignedInViewer, Transaction
from service.opportunities import queries
from service.opportunities.filters import OpportunityFilters
from service.opportunities.views import OpportunityDetail, OpportunityRow

router = APIRouter(prefix="/api", tags=["opportunities"])


@router.get("/opportunities")
def list_opportunities(request: Request, viewer: SignedInViewer, session: Transaction) -> tuple[OpportunityRow, ...]:
    """Opportunities, with the same filters as the page: q, stage, outcome, sort."""
    filters = OpportunityFilters.from_query(request.query_params.multi_items())
    return queries.list_opportunities(session, viewer, filters)


@router.get("/opportunities/{external_id}")
def get_opportunity(external_id: str, viewer: SignedInViewer, session: Transaction) -> OpportunityDetail:
    """One opportunity with its calls and their scores."""
    detail = queries.get_opportunity(session, viewer, external_id)
    if detail is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such opportunity")
    return detail

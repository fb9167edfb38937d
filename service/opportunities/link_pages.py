"""Which opportunity a call belongs to, on the page of the call, and a person's word on it."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, status
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from service.access import SignedInViewer, Transaction, check_csrf
from service.opportunities.linking import LinkError, get_link, release_link, set_link
from service.people.viewer import Viewer
from service.web.rendering import reader, render

router = APIRouter(include_in_schema=False, dependencies=[Depends(check_csrf)])


@router.post("/calls/{call_id}/link")
def link(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    call_id: uuid.UUID,
    wish: Annotated[str, Form(pattern="^(link|none|rule)$")],
    opportunity: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Link the call to an opportunity, say that it belongs to none, or leave it to the rule again."""
    problem = ""
    try:
        if wish == "rule":
            is_known = release_link(session, viewer, call_id)
        else:
            is_known = set_link(session, viewer, call_id, opportunity.strip() if wish == "link" else None)
    except LinkError:
        is_known, problem = True, reader(request, viewer).t("linking.unknown", name=opportunity)
    context = link_context(request, session, viewer, call_id) if is_known else None
    if context is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    if not request.headers.get("hx-request"):
        return RedirectResponse(f"/calls/{call_id}", status.HTTP_303_SEE_OTHER)
    return render(request, "calls/link.html", viewer, {**context, "problem": problem})


def link_context(request: Request, session: Session, viewer: Viewer, call_id: uuid.UUID) -> dict[str, Any] | None:
    """What the page of a call shows of its link; None when the viewer sees no such call."""
    found = get_link(session, viewer, call_id)
    if found is None:
        return None
    others = tuple(each for each in found.candidates if each.opportunity != found.opportunity)
    return {"link": found, "others": others, "problem": ""}

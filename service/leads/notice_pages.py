"""The viewer's notices: the bell on every page, the list, and the way to what one is about."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Depends, HTTPException, Request, status
from fastapi.responses import RedirectResponse, Response

from service.access import SignedInViewer, Transaction, check_csrf
from service.leads import notices
from service.leads.wording import notice
from service.web.mounting import local_path
from service.web.rendering import reader, render

router = APIRouter(include_in_schema=False)


@router.get("/notices")
def notices_page(request: Request, viewer: SignedInViewer, session: Transaction) -> Response:
    """The viewer's notices, newest first."""
    to, found = reader(request, viewer), notices.list_notices(session, viewer)
    context = {
        "lines": [(line, notice(line, to)) for line in found],
        "unread": notices.unread(session, viewer),
    }
    return render(request, "notices/list.html", viewer, context)


@router.get("/notices/count")
def count_part(request: Request, viewer: SignedInViewer, session: Transaction) -> Response:
    """The number beside the bell."""
    return render(request, "notices/count.html", viewer, {"unread": notices.unread(session, viewer)})


@router.post("/notices/read", dependencies=[Depends(check_csrf)])
def read_all(viewer: SignedInViewer, session: Transaction) -> Response:
    """Note that all were read."""
    notices.mark_read(session, viewer)
    return RedirectResponse("/notices", status.HTTP_303_SEE_OTHER)


@router.post("/notices/{notice_id}", dependencies=[Depends(check_csrf)])
def follow(viewer: SignedInViewer, session: Transaction, notice_id: uuid.UUID) -> Response:
    """Note that one was read, and go to what it is about."""
    found = next((line for line in notices.list_notices(session, viewer) if line.id == notice_id), None)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    notices.mark_read(session, viewer, notice_id)
    return RedirectResponse(local_path(found.href or "/notices"), status.HTTP_303_SEE_OTHER)

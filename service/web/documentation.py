"""The page that documents the JSON API."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.access import SignedInViewer
from service.web.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
def api_page(request: Request, viewer: SignedInViewer) -> Response:
    """Every route of the API, to read and to try."""
    return render(request, "api.html", viewer, {})

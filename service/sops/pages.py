"""The pages of SOPs that everybody reads: the list, one version in words, and the templates."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from service.access import SignedInViewer, Transaction, check_csrf
from service.people.viewer import Viewer
from service.sops import publishing
from service.sops.changes import changed
from service.sops.overview import sop_row, sop_rows, template_row, template_rows
from service.sops.own_events import readable
from service.sops.publishing import PublishingError
from service.sops.run_views import latest_rescoring, recent_runs
from service.sops.versions import may_edit
from service.sops.views import SopRow, VersionRow
from service.sops.wording import in_words
from service.web.rendering import reader, render

router = APIRouter(include_in_schema=False)


@router.get("/sops")
def list_page(request: Request, viewer: SignedInViewer, session: Transaction) -> Response:
    """All SOPs with their versions, and what runs or ran with them lately."""
    context = {
        "rows": sop_rows(session, viewer),
        "may_edit": may_edit(viewer),
        "runs": recent_runs(session, viewer) if may_edit(viewer) else (),
    }
    return render(request, "sops/list.html", viewer, context)


@router.get("/templates")
def templates_page(request: Request, viewer: SignedInViewer) -> Response:
    """The documents to start from."""
    require_editing(viewer)
    return render(request, "sops/templates.html", viewer, {"templates": template_rows()})


@router.get("/templates/{name}")
def template_page(request: Request, viewer: SignedInViewer, name: str) -> Response:
    """One template, in words."""
    require_editing(viewer)
    row = template_row(name)
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    words = in_words(row.sop, reader(request, viewer).language)
    return render(request, "sops/template.html", viewer, {"template": row, "words": words})


@router.get("/sops/{name}")
def sop_page(viewer: SignedInViewer, session: Transaction, name: str) -> Response:
    """The version that is in force, or the newest, or the draft."""
    row = found_sop(session, viewer, name)
    version = row.current or row.newest or row.draft
    assert version is not None
    return RedirectResponse(version.address, status.HTTP_307_TEMPORARY_REDIRECT)


@router.get("/sops/{name}/{number:int}")
def version_page(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    name: str,
    number: int,
    against: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """One version in words, with what it changed of the version before it or of ``?against=``."""
    row = found_sop(session, viewer, name)
    version = found_version(row, number)
    language = reader(request, viewer).language
    sop = readable(version.document)
    earlier = [other for other in row.versions if other.number < number]
    other = next((v for v in row.versions if v.number == against), earlier[0] if earlier else None)
    before = readable(other.document) if other else None
    context = {
        "sop": row,
        "version": version,
        "words": in_words(sop, language) if sop else None,
        "other": other,
        "changes": changed(before, sop, language) if before and sop else (),
        "rescoring": latest_rescoring(session, viewer, version.id),
        "may_edit": may_edit(viewer),
    }
    return render(request, "sops/version.html", viewer, context)


@router.post("/sops/{name}/{number:int}/retire", dependencies=[Depends(check_csrf)])
def retire(viewer: SignedInViewer, session: Transaction, name: str, number: int) -> Response:
    """Let a version score no more calls."""
    require_editing(viewer)
    found_version(found_sop(session, viewer, name), number)
    # Retired twice it is retired: the page says so.
    with suppress(PublishingError):
        publishing.retire(session, viewer, f"{name}@{number}")
    return RedirectResponse(f"/sops/{name}/{number}", status.HTTP_303_SEE_OTHER)


def found_sop(session: Session, viewer: Viewer, name: str) -> SopRow:
    """The SOP, or the answer that there is none."""
    row = sop_row(session, viewer, name)
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return row


def found_version(row: SopRow, number: int) -> VersionRow:
    """The version of that number, or the answer that there is none."""
    version = next((version for version in row.versions if version.number == number), None)
    if version is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return version


def require_editing(viewer: Viewer) -> None:
    """Refuse those who may only read SOPs."""
    if not may_edit(viewer):
        raise HTTPException(status.HTTP_403_FORBIDDEN)

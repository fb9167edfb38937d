"""The pages of accounts and contacts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, status
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from service.access import SignedInViewer, Transaction, check_csrf
from service.accounts.editing import AccountEditError, may_change, set_decision_role
from service.accounts.filters import AccountFilters
from service.accounts.queries import get_account, get_contact, list_accounts
from service.accounts.views import ContactRow
from service.opportunities.stages import stage_titles
from service.people.viewer import Viewer
from service.sops.own_events import titles_to
from service.web.rendering import Reader, reader, render
from sop.deals.labels import DECISION_ROLE_LABELS

router = APIRouter(include_in_schema=False)


@router.get("/accounts")
def accounts_page(
    request: Request, viewer: SignedInViewer, session: Transaction, page: Annotated[int, Query(ge=1)] = 1
) -> Response:
    """The list of accounts; asked by HTMX only its results."""
    filters = AccountFilters.from_query(request.query_params.multi_items())
    context = {
        "filters": filters,
        "page": list_accounts(session, viewer, filters, page),
        "now": datetime.now(reader(request, viewer).formats.zone),
    }
    is_part = request.headers.get("hx-target") == "results"
    template = "accounts/results.html" if is_part else "accounts/list.html"
    return render(request, template, viewer, context, headers={"Vary": "HX-Target"})


@router.get("/accounts/{account_id}")
def account_page(request: Request, viewer: SignedInViewer, session: Transaction, account_id: uuid.UUID) -> Response:
    """One account with its deals, people, calls and what was said in them."""
    detail = get_account(session, viewer, account_id)
    if detail is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    context = {"detail": detail, **_shared(request, session, viewer, detail.contacts)}
    return render(request, "accounts/account.html", viewer, context)


@router.get("/contacts/{contact_id}")
def contact_page(request: Request, viewer: SignedInViewer, session: Transaction, contact_id: uuid.UUID) -> Response:
    """One contact with their deals, their part in each, and what they said."""
    detail = get_contact(session, viewer, contact_id)
    if detail is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    context = {"detail": detail, **_shared(request, session, viewer, (detail.row,))}
    return render(request, "accounts/contact.html", viewer, context)


@router.post("/contacts/{contact_id}/role", dependencies=[Depends(check_csrf)])
def change_role(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    contact_id: uuid.UUID,
    decision_role: Annotated[str, Form(max_length=40)],
) -> Response:
    """Say which part a contact has in buying; answered with the contacts of the page it was said on."""
    try:
        is_known = set_decision_role(session, viewer, contact_id, decision_role)
    except AccountEditError as wrong:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(wrong)) from wrong
    detail = get_contact(session, viewer, contact_id) if is_known else None
    if detail is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    if not request.headers.get("hx-request"):
        return RedirectResponse(f"/contacts/{contact_id}", status.HTTP_303_SEE_OTHER)
    contacts: tuple[ContactRow, ...] = (detail.row,)
    if "/accounts/" in request.headers.get("hx-current-url", ""):
        account = get_account(session, viewer, detail.row.account_id)
        contacts = account.contacts if account else contacts
    return render(request, "accounts/contacts.html", viewer, _shared(request, session, viewer, contacts))


def role_names(to: Reader) -> dict[str, str]:
    """The parts a contact can have in a decision, in the reader's language."""
    return {role: title.zh if to.language == "zh" else title.en for role, title in DECISION_ROLE_LABELS.items()}


def _shared(request: Request, session: Session, viewer: Viewer, contacts: Iterable[ContactRow]) -> dict[str, Any]:
    """What the pages of accounts and contacts have in common."""
    to = reader(request, viewer)
    listed = tuple(contacts)
    return {
        "contacts": listed,
        "may_edit": bool(listed) and may_change(session, viewer, listed[0].account_id),
        "roles": role_names(to),
        "stage_titles": stage_titles(session, to.language),
        "own_titles": titles_to(session, to.language),
    }

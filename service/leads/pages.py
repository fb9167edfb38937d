"""The pages of leads: one's own, the public pool, one lead, and what was done with it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, status
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from models.leads import LEAD_GRADES
from service.access import SignedInViewer, Transaction, check_csrf
from service.leads import assignment, claiming, conversion, queries
from service.leads.claiming import UNDO_S
from service.leads.contacting import phone_owner
from service.leads.filters import LeadFilters
from service.leads.history import OPEN_STATES, Actor
from service.leads.refusals import LeadRefused
from service.leads.remaining import remaining
from service.leads.rules import pool_rules
from service.leads.views import LeadDetail, LeadPage, LeadRow
from service.leads.wording import refusal, told
from service.people.viewer import Viewer
from service.records.pipelines import DEFAULT_PIPELINE, pipelines
from service.sops.own_events import titles_to
from service.web.rendering import Reader, reader, render
from sop.deals.pool_sentences import PART_LABELS, explain

router = APIRouter(include_in_schema=False)

POOL = "/leads/pool"
_CHANGE = [Depends(check_csrf)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Text = Annotated[str, Form(max_length=300)]


@router.get("/leads")
def leads_page(request: Request, viewer: SignedInViewer, session: Transaction, page: PageNumber = 1) -> Response:
    """The leads that the viewer holds, or those of their team; asked by HTMX only the results."""
    filters = LeadFilters.from_query(request.query_params.multi_items())
    found = queries.list_leads(session, viewer, filters, page)
    return _list(request, viewer, session, filters, found, "leads/list.html")


@router.get(POOL)
def pool_page(request: Request, viewer: SignedInViewer, session: Transaction, page: PageNumber = 1) -> Response:
    """The public pool; asked by HTMX only the results."""
    filters = LeadFilters.from_query(request.query_params.multi_items(), POOL, "grade")
    found = queries.list_pool(session, viewer, filters, page)
    return _list(request, viewer, session, filters, found, "leads/pool.html")


@router.get("/leads/owner")
def owner_part(
    request: Request, viewer: SignedInViewer, session: Transaction, phone: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Whose a number is, in a line."""
    found = phone_owner(session, viewer, phone) if phone.strip() else None
    return render(request, "leads/owner.html", viewer, {"found": found, "phone": phone.strip()})


@router.get("/leads/{lead_id}")
def lead_page(request: Request, viewer: SignedInViewer, session: Transaction, lead_id: uuid.UUID) -> Response:
    """One lead."""
    return _lead(request, viewer, session, lead_id, "")


@router.post("/leads/{lead_id}/claim", dependencies=_CHANGE)
def claim(request: Request, viewer: SignedInViewer, session: Transaction, lead_id: uuid.UUID) -> Response:
    """Take a lead out of the pool."""
    return _do(request, viewer, session, lead_id, lambda actor: claiming.claim(session, actor, lead_id))


@router.post("/leads/{lead_id}/undo", dependencies=_CHANGE)
def undo(request: Request, viewer: SignedInViewer, session: Transaction, lead_id: uuid.UUID) -> Response:
    """Take a claim back."""
    return _do(request, viewer, session, lead_id, lambda actor: claiming.undo_claim(session, actor, lead_id))


@router.post("/leads/{lead_id}/release", dependencies=_CHANGE)
def release(
    request: Request, viewer: SignedInViewer, session: Transaction, lead_id: uuid.UUID, reason: Text = ""
) -> Response:
    """Give a lead back, or take it back."""
    return _do(request, viewer, session, lead_id, lambda actor: claiming.release(session, actor, lead_id, reason))


@router.post("/leads/{lead_id}/invalid", dependencies=_CHANGE)
def invalid(
    request: Request, viewer: SignedInViewer, session: Transaction, lead_id: uuid.UUID, reason: Text = ""
) -> Response:
    """Close a lead that is none."""
    return _do(request, viewer, session, lead_id, lambda actor: claiming.mark_invalid(session, actor, lead_id, reason))


@router.post("/leads/{lead_id}/qualify", dependencies=_CHANGE)
def qualify(request: Request, viewer: SignedInViewer, session: Transaction, lead_id: uuid.UUID) -> Response:
    """Note that a lead is worth pursuing."""
    return _do(request, viewer, session, lead_id, lambda actor: claiming.qualify(session, actor, lead_id))


@router.post("/leads/{lead_id}/assign", dependencies=_CHANGE)
def assign(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    lead_id: uuid.UUID,
    to: Annotated[uuid.UUID, Form()],
) -> Response:
    """Give a lead to somebody."""
    return _do(request, viewer, session, lead_id, lambda actor: assignment.assign(session, actor, lead_id, to))


@router.post("/leads/{lead_id}/convert", dependencies=_CHANGE)
def convert(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    lead_id: uuid.UUID,
    name: Text = "",
    amount: Text = "",
    currency: Annotated[str, Form(pattern="^([A-Za-z]{3})?$")] = "",
    pipeline: Annotated[str, Form(max_length=100)] = DEFAULT_PIPELINE,
) -> Response:
    """Make an opportunity of a lead and go there."""
    to = reader(request, viewer)
    try:
        wish = conversion.Conversion(
            name=name.strip() or None, amount=_amount(amount), currency=currency or None, pipeline=pipeline
        )
        made = conversion.convert(session, Actor.at_once(viewer, "web"), lead_id, wish)
    except LeadRefused as error:
        return _lead(request, viewer, session, lead_id, refusal(error, to), status.HTTP_409_CONFLICT)
    except InvalidOperation:
        told_why = to.t("leads.bad_amount", amount=amount)
        return _lead(request, viewer, session, lead_id, told_why, status.HTTP_422_UNPROCESSABLE_CONTENT)
    return RedirectResponse(f"/opportunities/{quote(made.external_id, safe='')}", status.HTTP_303_SEE_OTHER)


def _amount(text: str) -> Decimal | None:
    """A number as people write it.

    Raises:
        InvalidOperation: it is none, or below 0.
    """
    plain = text.replace(",", "").replace(" ", "").strip()
    if not plain:
        return None
    amount = Decimal(plain)
    if not amount.is_finite() or not 0 <= amount < Decimal(10) ** 14:
        raise InvalidOperation
    return amount.quantize(Decimal("0.01"))


def _do(
    request: Request, viewer: Viewer, session: Session, lead_id: uuid.UUID, act: Callable[[Actor], object]
) -> Response:
    """Do something with a lead and answer with the part of the page that it changes, or with why it was not done."""
    to, why = reader(request, viewer), ""
    try:
        act(Actor.at_once(viewer, "web"))
    except LeadRefused as error:
        why = refusal(error, to)
    target = request.headers.get("hx-target", "")
    if target.startswith("lead-"):
        row = queries.lead_row(session, viewer, lead_id)
        context = _rows_context(session, viewer, to) | {"row": row, "why": why, "row_id": lead_id, "is_new": not why}
        context |= {"swapped": True, "holdings": queries.holdings_of(session, viewer)}
        return render(request, "leads/pool_row.html", viewer, context)
    if target == "lead":
        return _lead(request, viewer, session, lead_id, why, part=True)
    if why:
        return _lead(request, viewer, session, lead_id, why, status.HTTP_409_CONFLICT)
    return RedirectResponse(f"/leads/{lead_id}", status.HTTP_303_SEE_OTHER)


def _list(
    request: Request, viewer: Viewer, session: Session, filters: LeadFilters, found: LeadPage, template: str
) -> Response:
    to = reader(request, viewer)
    is_part = request.headers.get("hx-target") == "results"
    context = _rows_context(session, viewer, to) | {"filters": filters, "page": found}
    if not is_part:
        context |= {
            "holdings": queries.holdings_of(session, viewer),
            "sources": queries.sources(session, viewer),
            "grades": LEAD_GRADES,
            "open_states": OPEN_STATES,
            "waiting": queries.list_pool(session, viewer, size=1).total,
            "mine": queries.list_leads(session, viewer, size=1).total,
        }
    shown = template.replace(".html", "_results.html") if is_part else template
    return render(request, shown, viewer, context, headers={"Vary": "HX-Target"})


def _rows_context(session: Session, viewer: Viewer, to: Reader) -> dict[str, Any]:
    now, limits = datetime.now(UTC), pool_rules(session).limits

    def left(row: LeadRow) -> object:
        return remaining(row, now, limits.warn_hours, to.t)

    sellers = queries.holdings_of(session, viewer) if viewer.role != "rep" else ()
    return {"now": now, "left": left, "limits": limits, "sellers": sellers, "undo_s": UNDO_S}


def _lead(
    request: Request,
    viewer: Viewer,
    session: Session,
    lead_id: uuid.UUID,
    why: str,
    status_code: int = status.HTTP_200_OK,
    *,
    part: bool = False,
) -> Response:
    detail = queries.get_lead(session, viewer, lead_id)
    if detail is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    to = reader(request, viewer)
    context = _rows_context(session, viewer, to) | lead_context(session, viewer, detail, to) | {"why": why}
    template = "leads/lead_part.html" if part else "leads/lead.html"
    return render(request, template, viewer, context, status_code=status_code)


def lead_context(session: Session, viewer: Viewer, detail: LeadDetail, to: Reader) -> dict[str, Any]:
    """What the page of a lead shows."""
    own = titles_to(session, to.language)
    zh = to.language == "zh"
    rules = {rule.id: rule.title.zh if zh else rule.title.en for rule in pool_rules(session).rules}
    labels = {name: word.zh if zh else word.en for name, word in PART_LABELS.items()}
    is_mine = detail.row.owner_id is not None and detail.row.owner_id == viewer.user_id
    return {
        "lead": detail.row,
        "fields": detail.fields,
        "grade": detail.grade,
        "parts_of_grade": [(part, labels[part.part], _sentence(part.reason, to, own)) for part in detail.grade.parts],
        "history": [(line, told(line, to, rules)) for line in detail.history],
        "calls": detail.calls,
        "other_calls": detail.other_calls,
        "own_titles": own,
        "is_mine": is_mine,
        "is_open": detail.row.state in OPEN_STATES,
        "may_act": is_mine or viewer.role != "rep",
        "pipelines": [(name, one.title.zh if zh else one.title.en) for name, one in pipelines(session).items()],
    }


def _sentence(reason: Any, to: Reader, own: Any) -> str:
    return explain(reason, "zh" if to.language == "zh" else "en", own)

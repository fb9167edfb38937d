"""The simulator of call linking: change the rule's numbers, see which calls would move, and let them count."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.opportunities import Account, Opportunity
from service.access import Transaction, check_csrf
from service.opportunities.linking import link_settings
from service.opportunities.relinking import Relinking, relink
from service.people.viewer import Viewer, visible_opportunities
from service.records.configurations import save
from service.setup.access import Editor
from service.web.rendering import render
from sop.deals.linking import Ambiguous, LinkingSettings, Owners
from sop.deals.linking_document import MOST_DAYS, dump_linking

router = APIRouter(include_in_schema=False)

Days = Annotated[int, Form(ge=0, le=MOST_DAYS)]
_SHOWN = 100


@router.get("/settings/linking")
def linking_page(request: Request, viewer: Editor, session: Transaction) -> Response:
    """The settings that count."""
    context = {"settings": link_settings(session), "most_days": MOST_DAYS, "tab": "linking", "found": None}
    return render(request, "settings/linking.html", viewer, context)


@router.post("/settings/linking", dependencies=[Depends(check_csrf)])
def simulate(
    request: Request,
    viewer: Editor,
    session: Transaction,
    opened_after_days: Days,
    closed_before_days: Days,
    owners: Annotated[Owners, Form()],
    ambiguous: Annotated[Ambiguous, Form()],
    wish: Annotated[Literal["simulate", "save"], Form()] = "simulate",
    account_contacts: Annotated[bool, Form()] = False,
) -> Response:
    """What the settings would move; with ``wish`` "save" they count from now on, and calls are linked again."""
    settings = LinkingSettings(opened_after_days, closed_before_days, account_contacts, owners, ambiguous)
    if wish == "save":
        save(session, viewer, "linking", "default", dump_linking(settings))
    found = relink(session, viewer, settings, dry_run=wish != "save")
    context: dict[str, Any] = {
        "settings": settings,
        "most_days": MOST_DAYS,
        "tab": "linking",
        "found": found,
        "is_saved": wish == "save",
        "names": _names(session, viewer, found),
        "shown": _SHOWN,
    }
    is_part = bool(request.headers.get("hx-request"))
    return render(request, "settings/moves.html" if is_part else "settings/linking.html", viewer, context)


def _names(session: Session, viewer: Viewer, found: Relinking) -> dict[str, str]:
    """The accounts of the opportunities that calls go from or to."""
    ids = {each for move in found.moves[:_SHOWN] for each in (move.from_opportunity, move.to_opportunity) if each}
    query = select(Opportunity.external_id, Account.name).join(Account, Account.id == Opportunity.account_id)
    seen = query.where(Opportunity.external_id.in_(ids), visible_opportunities(viewer))
    return dict(session.execute(seen).all())

"""The pages of back-tests, publishing, re-scoring, and of two scorecards of a call side by side."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, status
from fastapi.responses import RedirectResponse, Response

from models.sops import ENDED_STATES
from service.access import SignedInViewer, Transaction, check_csrf
from service.calls.pages import called
from service.calls.queries import get_call
from service.sops import backtests, publishing, rescoring
from service.sops.cards import CardRow, cards_of, load_card
from service.sops.changes import changed
from service.sops.overview import sop_row
from service.sops.own_events import readable
from service.sops.pages import found_sop, require_editing
from service.sops.pairing import paired
from service.sops.run_views import BacktestView, call_names, find_backtest, find_rescoring
from service.sops.versions import may_edit
from service.web.rendering import reader, reader_zone, render
from sop.problems import SopError

router = APIRouter(include_in_schema=False)


@router.post("/sops/{name}/backtest", dependencies=[Depends(check_csrf)])
def start_backtest(viewer: SignedInViewer, session: Transaction, name: str) -> Response:
    """Try the draft, or without one the newest version, on the stored calls; and go to its page."""
    require_editing(viewer)
    row = found_sop(session, viewer, name)
    tried = row.draft or row.newest
    assert tried is not None
    try:
        test = backtests.start(session, viewer, tried.document)
    except SopError:
        return RedirectResponse(f"/sops/{name}/edit", status.HTTP_303_SEE_OTHER)
    return RedirectResponse(f"/backtests/{test.run.id}", status.HTTP_303_SEE_OTHER)


@router.post("/backtests/{backtest_id}/stop", dependencies=[Depends(check_csrf)])
def stop_backtest(viewer: SignedInViewer, session: Transaction, backtest_id: uuid.UUID) -> Response:
    """Ask a back-test to end."""
    require_editing(viewer)
    if not backtests.stop(session, viewer, backtest_id):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return RedirectResponse(f"/backtests/{backtest_id}", status.HTTP_303_SEE_OTHER)


@router.post("/sops/{name}/publish", dependencies=[Depends(check_csrf)])
def publish(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    name: str,
    start: Annotated[Literal["now", "date", "ever"], Form()] = "now",
    at: Annotated[datetime | None, Form()] = None,
    rescore: Annotated[bool, Form()] = False,
) -> Response:
    """Publish the draft: from now, from a date by the viewer's clock, or for all calls; and go to its page."""
    require_editing(viewer)
    if found_sop(session, viewer, name).draft is None:
        return RedirectResponse(f"/sops/{name}", status.HTTP_303_SEE_OTHER)
    if start == "date" and at is None:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "at: a date is missing")
    since = at.replace(tzinfo=reader_zone(request, viewer)) if start == "date" and at else None
    begins: publishing.Start = since or ("ever" if start == "ever" else "now")
    try:
        version = publishing.publish_draft(session, viewer, name, begins)
    except SopError:
        return RedirectResponse(f"/sops/{name}/edit", status.HTTP_303_SEE_OTHER)
    if rescore and start != "now":
        rescoring.start(session, viewer, version, since)
    return RedirectResponse(f"/sops/{name}/{version.number}", status.HTTP_303_SEE_OTHER)


@router.post("/rescorings/{rescoring_id}/stop", dependencies=[Depends(check_csrf)])
def stop_rescoring(viewer: SignedInViewer, session: Transaction, rescoring_id: uuid.UUID) -> Response:
    """Ask a re-scoring to end; what it has scored stays."""
    require_editing(viewer)
    found = find_rescoring(session, viewer, rescoring_id)
    if found is None or not rescoring.stop(session, viewer, rescoring_id):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return RedirectResponse(found.address, status.HTTP_303_SEE_OTHER)


@router.get("/backtests/{backtest_id}")
def backtest_page(request: Request, viewer: SignedInViewer, session: Transaction, backtest_id: uuid.UUID) -> Response:
    """A back-test: how far it is, then its report."""
    require_editing(viewer)
    found = _found_backtest(find_backtest(session, viewer, backtest_id))
    to = reader(request, viewer)
    sop, before = readable(found.document), readable(found.against.document) if found.against else None
    row = sop_row(session, viewer, found.run.name)
    shown = row.draft or row.newest if row else None
    context = {
        "run": found.run,
        "report": found.report,
        "title": sop.title.to("zh" if to.language == "zh" else "en") if sop else found.run.name,
        "against": found.against.number if found.against else None,
        "changes": changed(before, sop, to.language) if before and sop else (),
        "is_outdated": shown is not None and shown.document != found.document,
        "is_reviewed": any(any(step["precision"].values()) for step in (found.report or {}).get("steps", ())),
        "names": call_names(session, viewer, _examples(found.report or {})),
        "own_titles": {
            event: title.to("zh" if to.language == "zh" else "en") for event, title in sop.own_titles.items()
        }
        if sop
        else {},
    }
    return render(request, "sops/backtest.html", viewer, context)


@router.get("/backtests/{backtest_id}/state")
def backtest_state(request: Request, viewer: SignedInViewer, session: Transaction, backtest_id: uuid.UUID) -> Response:
    """How far a back-test is; once it is over the whole page is to be loaded."""
    require_editing(viewer)
    found = _found_backtest(find_backtest(session, viewer, backtest_id))
    headers = {"HX-Refresh": "true"} if found.run.state in ENDED_STATES else {}
    return render(request, "sops/backtest_part.html", viewer, {"run": found.run}, headers=headers)


@router.get("/rescorings/{rescoring_id}")
def rescoring_state(
    request: Request, viewer: SignedInViewer, session: Transaction, rescoring_id: uuid.UUID
) -> Response:
    """How far a re-scoring is, as a part of the version's page; once it is over the whole page is to be loaded."""
    require_editing(viewer)
    found = find_rescoring(session, viewer, rescoring_id)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    context = {"rescoring": found, "may_edit": may_edit(viewer)}
    headers = {"HX-Refresh": "true"} if found.state in ENDED_STATES else {}
    return render(request, "sops/rescoring_part.html", viewer, context, headers=headers)


@router.get("/calls/{call_id}/scorecards")
def compared_page(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    call_id: uuid.UUID,
    old: Annotated[str, Query(max_length=200)] = "",
    new: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Two scorecards of a call side by side; ``?old=`` and ``?new=`` are versions such as ``en-b2b@3``."""
    detail = get_call(session, viewer, call_id)
    cards = cards_of(session, viewer, call_id)
    if detail is None or len(cards) < 2:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    after = _card(cards, new) or next((card for card in cards if card.is_shown), cards[0])
    others = [card for card in cards if card.id != after.id]
    before = _card(cards, old) or next((card for card in others if card.name == after.name), others[0])
    context = {
        "call": detail.call,
        "who": called(detail.call),
        "cards": cards,
        "names": {card.name for card in cards},
        "old": before,
        "new": after,
        "pair": paired(load_card(session, before), load_card(session, after), reader(request, viewer).language),
    }
    return render(request, "sops/compared.html", viewer, context)


def _card(cards: Iterable[CardRow], reference: str) -> CardRow | None:
    return next((card for card in cards if card.reference == reference), None)


def _examples(report: dict[str, Any]) -> set[uuid.UUID]:
    flips = (flip for step in report.get("steps", ()) for flip in step["flips"])
    return {uuid.UUID(example["call_id"]) for flip in flips for example in flip["examples"]}


def _found_backtest(found: BacktestView | None) -> BacktestView:
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return found

"""The JSON API of work over many calls: back-tests and re-scorings."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Depends, HTTPException, status
from pydantic import BaseModel, Field

from service.access import SignedInViewer, Transaction, check_csrf
from service.sops import backtests, rescoring
from service.sops.api import MOST_CHARACTERS, refusals
from service.sops.backtests import BacktestView
from service.sops.rescoring import RescoringView
from service.sops.versions import find_version, require_editor

router = APIRouter(prefix="/api", tags=["sops"])


class BacktestWish(BaseModel, extra="forbid"):
    """What to try: a document, or the draft of ``name``; against a version, by default the one in force.

    With ``tag`` calls are tagged again, from their text, for events that they were not tagged for.
    """

    document: str | None = Field(default=None, max_length=MOST_CHARACTERS)
    name: str | None = Field(default=None, max_length=100)
    against: str | None = Field(default=None, max_length=100, description="such as en-b2b@2")
    tag: bool = False


@router.post("/sops/backtests", status_code=status.HTTP_202_ACCEPTED, dependencies=[Depends(check_csrf)])
def start(wish: BacktestWish, viewer: SignedInViewer, session: Transaction) -> BacktestView:
    """Try a document on all calls that you may see; nothing is published by it. Ask by its ``run.id`` how far it is."""
    if (wish.document is None) == (wish.name is None):
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "give either 'document' or 'name'")
    with refusals():
        require_editor(viewer)
        document = wish.document
        if document is None:
            document = find_version(session, viewer, f"{wish.name}@draft").document
        return backtests.start(session, viewer, document, wish.against, tag=wish.tag)


@router.get("/sops/backtests/{test_id}")
def backtest(test_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> BacktestView:
    """How far a back-test of yours is, and its report once it is done."""
    return _found(backtests.get(session, viewer, test_id))


@router.post("/sops/backtests/{test_id}/stop", dependencies=[Depends(check_csrf)])
def stop(test_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> BacktestView:
    """Ask a back-test of yours to end."""
    backtests.stop(session, viewer, test_id)
    return _found(backtests.get(session, viewer, test_id))


@router.get("/sops/rescorings/{run_id}")
def rescoring_state(run_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> RescoringView:
    """How far a re-scoring is."""
    with refusals():
        require_editor(viewer)
    found = rescoring.get(session, run_id)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such re-scoring")
    return found


@router.post("/sops/rescorings/{run_id}/stop", dependencies=[Depends(check_csrf)])
def stop_rescoring(run_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> RescoringView:
    """Ask a re-scoring to end; what it has scored stays."""
    with refusals():
        if not rescoring.stop(session, viewer, run_id):
            raise HTTPException(status.HTTP_404_NOT_FOUND, "no such re-scoring")
    found = rescoring.get(session, run_id)
    assert found is not None
    return found


def _found(view: BacktestView | None) -> BacktestView:
    if view is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such back-test")
    return view

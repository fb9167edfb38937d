"""What people do on the page of a deal: answer, mark, ask, decide; each is answered with the part it changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, status
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from service.access import SignedInViewer, Transaction, check_csrf
from service.accounts.editing import AccountEditError, set_role_in_deal
from service.opportunities.answers import AnswerError, UnknownViolation, answer
from service.opportunities.next_steps import MarkError, MarkGone, mark_step, unmark_step
from service.opportunities.pages import deal_context
from service.opportunities.requests import RequestError, decide_approval, do_action, request_approval, undo_action
from service.people.viewer import Viewer
from service.records.scope import NotAllowed
from service.web.rendering import reader_zone, render

router = APIRouter(include_in_schema=False, dependencies=[Depends(check_csrf)])

Key = Annotated[str, Form(max_length=500)]
RecordId = Annotated[uuid.UUID, Form()]
Word = Annotated[str, Form(max_length=40)]
Words = Annotated[str, Form(max_length=2000)]

_FORBIDDEN = (NotAllowed,)
_UNKNOWN = (UnknownViolation,)
_WRONG = (AnswerError, AccountEditError, MarkError, RequestError)


@router.post("/opportunities/{external_id}/steps")
def mark(
    request: Request, viewer: SignedInViewer, session: Transaction, external_id: str, key: Key, state: Word
) -> Response:
    """Say what became of a next step."""
    with _refusals():
        _found(mark_step(session, viewer, external_id, key, state, datetime.now(reader_zone(request, viewer))))
    return _part(request, viewer, session, external_id, "steps")


@router.post("/opportunities/{external_id}/steps/undo")
def unmark(
    request: Request, viewer: SignedInViewer, session: Transaction, external_id: str, mark: RecordId
) -> Response:
    """Take it back: the mark before it counts, or the calls tell again. Sent twice, or overtaken by a later mark, it
    changes nothing: the steps are shown as they stand."""
    with suppress(MarkGone):
        _found(unmark_step(session, viewer, external_id, mark, datetime.now(reader_zone(request, viewer))))
    return _part(request, viewer, session, external_id, "steps")


@router.post("/opportunities/{external_id}/violations")
def answer_violation(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    external_id: str,
    key: Key,
    state: Word,
    text: Words = "",
) -> Response:
    """Answer a violation."""
    with _refusals():
        answer(session, viewer, external_id, key, state, text, datetime.now(reader_zone(request, viewer)))
    return _part(request, viewer, session, external_id, "violations")


@router.post("/opportunities/{external_id}/contacts/{contact_id}/role")
def change_part(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    external_id: str,
    contact_id: uuid.UUID,
    decision_role: Word,
) -> Response:
    """Say which part a contact has in this deal."""
    with _refusals():
        _found(set_role_in_deal(session, viewer, external_id, contact_id, decision_role))
    return _part(request, viewer, session, external_id, "chain")


@router.post("/opportunities/{external_id}/approvals")
def ask(
    request: Request, viewer: SignedInViewer, session: Transaction, external_id: str, kind: Word, note: Words = ""
) -> Response:
    """Ask for an approval."""
    with _refusals():
        _found(request_approval(session, viewer, external_id, kind, note or None))
    return _part(request, viewer, session, external_id, "approvals")


@router.post("/opportunities/{external_id}/approvals/decide")
def decide(
    request: Request, viewer: SignedInViewer, session: Transaction, external_id: str, kind: Word, state: Word
) -> Response:
    """Approve or refuse what was asked for."""
    with _refusals():
        _found(decide_approval(session, viewer, external_id, kind, state))
    return _part(request, viewer, session, external_id, "approvals")


@router.post("/opportunities/{external_id}/actions")
def done(request: Request, viewer: SignedInViewer, session: Transaction, external_id: str, action: Word) -> Response:
    """Put on record that a must-do action was done."""
    with _refusals():
        _found(do_action(session, viewer, external_id, action))
    return _part(request, viewer, session, external_id, "actions")


@router.post("/opportunities/{external_id}/actions/undo")
def undone(
    request: Request, viewer: SignedInViewer, session: Transaction, external_id: str, done: RecordId
) -> Response:
    """Take it back; sent twice it changes nothing more."""
    with _refusals():
        _found(undo_action(session, viewer, external_id, done))
    return _part(request, viewer, session, external_id, "actions")


@contextmanager
def _refusals() -> Iterator[None]:
    """What a service refuses, as the status that a browser understands."""
    try:
        yield
    except _FORBIDDEN as refused:
        raise HTTPException(status.HTTP_403_FORBIDDEN, str(refused)) from refused
    except _UNKNOWN as unknown:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(unknown)) from unknown
    except _WRONG as wrong:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(wrong)) from wrong


def _found(result: object) -> None:
    if not result:
        raise HTTPException(status.HTTP_404_NOT_FOUND)


def _part(request: Request, viewer: Viewer, session: Session, external_id: str, part: str) -> Response:
    """The changed part of the page; without HTMX the page again."""
    if not request.headers.get("hx-request"):
        return RedirectResponse(f"/opportunities/{external_id}#{part}", status.HTTP_303_SEE_OTHER)
    context = deal_context(request, session, viewer, external_id)
    if context is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return render(request, f"opportunities/{part}.html", viewer, context)

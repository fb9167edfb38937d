"""The JSON API that a CRM pushes its records to, one at a time or many."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models.leads import Lead
from models.opportunities import Account, Contact, Opportunity
from service.access import SignedInViewer, Transaction, check_csrf
from service.opportunities import requests
from service.opportunities.requests import RequestError
from service.people.viewer import Viewer, visible_opportunities
from service.records import audit
from service.records.bulk import RecordsChanged
from service.records.importing import RowResult, write_rows
from service.records.moves import MoveError, enter_stage
from service.records.nouns import NOUNS, Noun, NounName
from service.records.reasons import RowReason
from service.records.scope import NotAllowed, visible_accounts, visible_contacts, visible_leads
from service.records.sheets import Row
from service.records.wishes import AccountWish, ContactWish, LeadWish, OpportunityWish, read_wish

router = APIRouter(prefix="/api", tags=["records"])

State = Literal["added", "updated", "unchanged", "bad"]
Guarded = [Depends(check_csrf)]
MOST_ROWS = 100_000


class FieldChange(BaseModel):
    """A field went from ``old`` to ``new``."""

    field: str
    old: Any
    new: Any


class Answer(BaseModel):
    """What became of one record; ``line`` counts the lines of a bulk request from 1."""

    line: int
    id: str
    state: State
    changes: list[FieldChange] = []
    reason: str = ""

    @classmethod
    def of(cls, result: RowResult) -> Answer:
        """The result of a row as JSON."""
        changes = [FieldChange(field=each.field, old=each.old, new=each.new) for each in result.changes]
        return cls(line=result.line, id=result.id, state=result.state, changes=changes, reason=result.reason)


class BulkAnswer(BaseModel):
    """What became of the lines of a bulk request: one answer a line, unchanged ones included."""

    added: int
    updated: int
    unchanged: int
    bad: int
    linked_calls: int
    rows: list[Answer]


class StageWish(BaseModel, extra="forbid"):
    """The deal entered ``stage``, now or at ``changed_at``."""

    stage: str = Field(max_length=100)
    changed_at: AwareDatetime | None = None


class ApprovalWish(BaseModel, extra="forbid"):
    """An approval is asked for, or decided by a manager."""

    kind: str = Field(max_length=40)
    state: Literal["requested", "approved", "rejected"] = "requested"
    note: str | None = Field(default=None, max_length=500)


class ActionWish(BaseModel, extra="forbid"):
    """An action was done, now or at ``done_at``."""

    action: str = Field(max_length=40)
    done_at: AwareDatetime | None = None
    note: str | None = Field(default=None, max_length=500)


class ChangeEntry(BaseModel):
    """One line of an audit trail; an empty ``field`` is the record as a whole."""

    at: datetime
    actor: str | None
    via: str
    field: str
    old: Any
    new: Any


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what the service refuses into answers of the API."""
    try:
        yield
    except NotAllowed as error:
        raise HTTPException(status.HTTP_403_FORBIDDEN, str(error)) from error
    except RequestError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    except RecordsChanged as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    except (MoveError, ValueError) as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from error


@router.put("/opportunities/{external_id}", dependencies=Guarded)
def put_opportunity(
    external_id: str, wish: OpportunityWish, viewer: SignedInViewer, session: Transaction, response: Response
) -> Answer:
    """Add or update an opportunity; what is left out stays as it is. Reps write their own, managers their team's."""
    return _put(session, viewer, "opportunities", external_id, wish.cells(), response)


@router.patch("/opportunities/{external_id}", dependencies=Guarded)
def patch_opportunity(
    external_id: str, wish: OpportunityWish, viewer: SignedInViewer, session: Transaction, response: Response
) -> Answer:
    """Update an opportunity that is there."""
    _require(session, viewer, external_id)
    return _put(session, viewer, "opportunities", external_id, wish.cells(), response)


@router.put("/accounts/{external_id}", dependencies=Guarded)
def put_account(
    external_id: str, wish: AccountWish, viewer: SignedInViewer, session: Transaction, response: Response
) -> Answer:
    """Add or update an account."""
    return _put(session, viewer, "accounts", external_id, wish.cells(), response)


@router.put("/contacts/{external_id}", dependencies=Guarded)
def put_contact(
    external_id: str, wish: ContactWish, viewer: SignedInViewer, session: Transaction, response: Response
) -> Answer:
    """Add or update a contact and their part in the decision."""
    return _put(session, viewer, "contacts", external_id, wish.cells(), response)


@router.put("/leads/{external_id}", dependencies=Guarded)
def put_lead(
    external_id: str, wish: LeadWish, viewer: SignedInViewer, session: Transaction, response: Response
) -> Answer:
    """Add or update a lead; a new one is graded and given out by the pool's rules."""
    return _put(session, viewer, "leads", external_id, wish.cells(), response)


@router.post("/opportunities/{external_id}/stage", dependencies=Guarded)
def post_stage(external_id: str, wish: StageWish, viewer: SignedInViewer, session: Transaction) -> Answer:
    """The deal entered a stage; an earlier time than that of the last known move adds to the history."""
    _require(session, viewer, external_id)
    with refusals():
        requests.require_changeable(session, viewer, external_id)
        return _answer(enter_stage(session, viewer, external_id, wish.stage, wish.changed_at, "api"))


@router.post("/opportunities/{external_id}/approvals", status_code=status.HTTP_201_CREATED, dependencies=Guarded)
def post_approval(external_id: str, wish: ApprovalWish, viewer: SignedInViewer, session: Transaction) -> dict[str, str]:
    """Ask for an approval; managers and admins decide. What nobody asked for here is granted by admins alone."""
    _require(session, viewer, external_id)
    with refusals():
        is_open = requests.is_requested(session, viewer, external_id, wish.kind)
        if wish.state == "requested" or not is_open:
            requests.request_approval(session, viewer, external_id, wish.kind, wish.note, "api")
        if wish.state != "requested":
            requests.decide_approval(session, viewer, external_id, wish.kind, wish.state, "api", wish.note)
    return {"kind": wish.kind, "state": wish.state}


@router.post("/opportunities/{external_id}/actions", status_code=status.HTTP_201_CREATED, dependencies=Guarded)
def post_action(external_id: str, wish: ActionWish, viewer: SignedInViewer, session: Transaction) -> dict[str, str]:
    """An action was done for the deal; told twice for the same moment it counts once."""
    _require(session, viewer, external_id)
    with refusals():
        requests.do_action(session, viewer, external_id, wish.action, wish.note, "api", wish.done_at)
    return {"action": wish.action, "state": "done"}


@router.get("/opportunities/{external_id}/changes")
def opportunity_changes(external_id: str, viewer: SignedInViewer, session: Transaction) -> list[ChangeEntry]:
    """The audit trail of an opportunity, newest first."""
    deal = _require(session, viewer, external_id)
    return _trail(session, viewer, "opportunity", deal)


@router.get("/{noun}/{external_id}/trail")
def record_changes(
    noun: Literal["accounts", "contacts", "leads"], external_id: str, viewer: SignedInViewer, session: Transaction
) -> list[ChangeEntry]:
    """The audit trail of an account, contact or lead by the CRM's id, newest first."""
    columns: dict[str, tuple[Any, Any, ColumnElement[bool]]] = {
        "accounts": (Account.id, Account.external_id, visible_accounts(viewer)),
        "contacts": (Contact.id, Contact.external_id, visible_contacts(viewer)),
        "leads": (Lead.id, Lead.external_id, visible_leads(viewer)),
    }
    id_, named, is_seen = columns[noun]
    found = session.scalar(select(id_).where(named == external_id, is_seen))
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"no such {noun[:-1]}")
    return _trail(session, viewer, noun[:-1], found)


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("/import/{noun}", dependencies=Guarded)
def bulk(
    noun: NounName,
    body: Annotated[bytes, Depends(_body)],
    viewer: SignedInViewer,
    session: Transaction,
    dry_run: Annotated[bool, Query()] = False,
) -> BulkAnswer:
    """Records as JSON lines, each an object as for PUT with the id beside ("opportunity_id", "lead_id" …).

    Good lines go in, every bad one is answered with its reason; ``dry_run`` says what would change.
    """
    with refusals():
        rows, bad = _lines(NOUNS[noun], body)
        results, written = write_rows(session, viewer, NOUNS[noun], rows, via="api", is_dry=dry_run)
    answers = [Answer.of(result) for result in sorted([*results, *bad], key=lambda result: result.line)]
    states = [answer.state for answer in answers]
    counts = {state: states.count(state) for state in ("added", "updated", "unchanged", "bad")}
    return BulkAnswer(**counts, linked_calls=written.linked if written else 0, rows=answers)


def _lines(noun: Noun, body: bytes) -> tuple[list[Row], list[RowResult]]:
    lines = body.split(b"\n")
    if len(lines) > MOST_ROWS:
        raise ValueError(f"{len(lines)} lines, at most {MOST_ROWS} are read; send them in parts")
    rows: list[Row] = []
    bad: list[RowResult] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rows.append(Row(number, read_wish(noun.name, noun.id_column, line.decode("utf-8"))))
        except UnicodeDecodeError:
            bad.append(RowResult(number, "", "bad", why=RowReason("not_utf8")))
        except ValueError as error:
            bad.append(RowResult(number, "", "bad", why=RowReason("not_a_record", values={"error": str(error)})))
    return rows, bad


def _put(
    session: Session, viewer: Viewer, name: NounName, external_id: str, cells: dict[str, str], response: Response
) -> Answer:
    noun = NOUNS[name]
    with refusals():
        results, _ = write_rows(session, viewer, noun, [Row(1, {noun.id_column: external_id, **cells})], via="api")
        answer = _answer(results[0])
    if answer.state == "added":
        response.status_code = status.HTTP_201_CREATED
    return answer


def _answer(result: RowResult) -> Answer:
    if result.is_forbidden:
        raise NotAllowed(result.reason)
    if result.state == "bad":
        raise ValueError(result.reason)
    return Answer.of(result)


def _require(session: Session, viewer: Viewer, external_id: str) -> uuid.UUID:
    query = select(Opportunity.id).where(visible_opportunities(viewer), Opportunity.external_id == external_id)
    found = session.scalar(query)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such opportunity")
    return found


def _trail(session: Session, viewer: Viewer, noun: str, noun_id: uuid.UUID) -> list[ChangeEntry]:
    entries = audit.trail(session, viewer, noun, noun_id)
    return [ChangeEntry.model_validate(entry, from_attributes=True) for entry in entries]

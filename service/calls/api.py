"""The JSON API of calls and recordings."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, HTTPException, Request, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ValidationError, model_validator
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.datastructures import UploadFile

from models.database import Database
from service.access import SignedInViewer, Transaction, app_settings, check_csrf, database, signed_in
from service.calls import changes, playback, progress, queries
from service.calls.correction import correct_roles
from service.calls.filters import CallFilters
from service.calls.ingest import CallDetails, IngestError, ingest
from service.calls.roles import RolesError, Wish
from service.calls.views import CallDetail, CallPage, RolesView
from service.people.viewer import Viewer
from service.settings import Settings
from service.sops.own_events import own_titles

router = APIRouter(prefix="/api", tags=["calls"])

_NOT_FOUND = HTTPException(status.HTTP_404_NOT_FOUND, "no such call")
_PROGRESS_EVERY_S = 1.0
_STREAM_S = 300.0
"""A stream ends after this long and the browser asks again: who signed out since gets no more."""


class UploadDetails(BaseModel, extra="forbid"):
    """The form fields beside the files."""

    csrf_token: str | None = None
    rep_email: str | None = None
    customer_phone: str | None = None
    direction: Literal["inbound", "outbound", "unknown"] = "unknown"
    started_at: datetime | None = None
    opportunity: str | None = None
    sop: str | None = None
    rep_channel: Literal["0", "1"] | None = None

    def to_details(self) -> CallDetails:
        return CallDetails(
            rep_email=self.rep_email or None,
            customer_phone=self.customer_phone or None,
            direction=self.direction,
            started_at=self.started_at,
            opportunity=self.opportunity or None,
            sop_name=self.sop or None,
            rep_channel=None if self.rep_channel is None else int(self.rep_channel),
        )


class UploadResult(BaseModel):
    """What became of one uploaded file."""

    file: str
    status: Literal["queued", "duplicate", "failed", "refused"]
    call_id: uuid.UUID | None = None
    reason: str | None = None


_UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "rep_email": {"type": "string"},
                        "customer_phone": {"type": "string"},
                        "direction": {"type": "string", "enum": ["inbound", "outbound", "unknown"]},
                        "started_at": {"type": "string", "format": "date-time"},
                        "opportunity": {"type": "string", "description": "the CRM's id"},
                        "sop": {"type": "string"},
                        "rep_channel": {"type": "string", "enum": ["0", "1"], "description": "of two channels"},
                    },
                }
            }
        },
    }
}


@router.post(
    "/recordings",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[Depends(check_csrf)],
    openapi_extra=_UPLOAD_BODY,
)
async def upload(
    request: Request,
    viewer: SignedInViewer,
    db: Annotated[Database, Depends(database)],
    settings: Annotated[Settings, Depends(app_settings)],
) -> list[UploadResult]:
    """Bring recordings in. Each file has its own result; one bad file does not stop the others."""
    # The body is read only now that the viewer is known, and spooled to disk.
    async with request.form(max_files=1000, max_fields=20) as form:
        files = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
        fields = {name: value for name, value in form.items() if isinstance(value, str) and value}
        try:
            details = UploadDetails.model_validate(fields).to_details()
        except ValidationError as error:
            problem = error.errors()[0]
            raise HTTPException(
                status.HTTP_422_UNPROCESSABLE_CONTENT, f"{problem['loc'][0]}: {problem['msg']}"
            ) from error
        if not files:
            raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "files: no file was sent")
        return [await run_in_threadpool(_ingest_one, db, settings, viewer, file, details) for file in files]


def _ingest_one(
    db: Database, settings: Settings, viewer: Viewer, file: UploadFile, details: CallDetails
) -> UploadResult:
    name = file.filename or "recording"
    try:
        done = ingest(db, settings, viewer, file.file, name, details)
    except IngestError as error:
        return UploadResult(file=name, status="refused", reason=str(error))
    return UploadResult(file=done.file, status=done.status, call_id=done.call_id, reason=done.reason)


@router.get("/calls")
def list_calls(request: Request, viewer: SignedInViewer, session: Transaction, page: int = 1) -> CallPage:
    """Calls, with the same filters as the page: q, event, match, rep, opportunity, direction, language,
    state, since, until, min_score, max_score, sort."""
    filters = CallFilters.from_query(request.query_params.multi_items(), own_events=own_titles(session))
    return queries.list_calls(session, viewer, filters, max(1, page))


@router.get("/calls/events", response_class=EventSourceResponse)
async def progress_events(
    request: Request,
    viewer: Annotated[Viewer, Depends(signed_in)],
    db: Annotated[Database, Depends(database)],
) -> EventSourceResponse:
    """Server-sent events ``progress`` of the viewer's recordings, whenever something changed."""

    async def changes_forever() -> AsyncIterator[ServerSentEvent]:
        known: dict[uuid.UUID, progress.Progress] = {}
        last = time.monotonic() + _STREAM_S
        while time.monotonic() < last and not await request.is_disconnected():
            current = await run_in_threadpool(progress.current, db, viewer, set(known))
            for item in current:
                if known.get(item.recording_id) != item:
                    known[item.recording_id] = item
                    yield ServerSentEvent(event="progress", data=json.dumps(item.to_json()))
                if item.finished:
                    known.pop(item.recording_id, None)
            await asyncio.sleep(_PROGRESS_EVERY_S)

    return EventSourceResponse(changes_forever())


@router.get("/calls/{call_id}")
def get_call(call_id: uuid.UUID, viewer: SignedInViewer, session: Transaction, removed: bool = False) -> CallDetail:
    """One call: transcript, key events, metrics and scorecard; with ``?removed=true`` also what was recognized
    and not believed."""
    detail = queries.get_call(session, viewer, call_id)
    if detail is None:
        raise _NOT_FOUND
    return detail if removed else replace(detail, removed=())


@router.get("/calls/{call_id}/audio", response_class=FileResponse)
def audio(
    call_id: uuid.UUID,
    viewer: SignedInViewer,
    session: Transaction,
    settings: Annotated[Settings, Depends(app_settings)],
) -> Response:
    """The sound, by range requests, in a form browsers play."""
    sound = playback.sound(session, viewer, settings, call_id)
    if sound is None:
        raise _NOT_FOUND
    headers = {"cache-control": "private, max-age=3600", "content-disposition": "inline"}
    return FileResponse(sound.path, media_type=sound.media_type, headers=headers)


@router.get("/calls/{call_id}/peaks")
def peaks(
    call_id: uuid.UUID,
    viewer: SignedInViewer,
    session: Transaction,
    settings: Annotated[Settings, Depends(app_settings)],
) -> dict[str, Any]:
    """The outline of each channel's loudness: ``{"per_second": 20, "channels": [[0..1, …], …]}``."""
    outline = playback.peaks(session, viewer, settings, call_id)
    if outline is None:
        raise _NOT_FOUND
    return outline


@router.post("/calls/{call_id}/reprocess", dependencies=[Depends(check_csrf)])
def reprocess(call_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> dict[str, str]:
    """Queue the call again, after a failure or with new weights or a new SOP version."""
    if not changes.reprocess(session, viewer, call_id):
        raise _NOT_FOUND
    return {"state": "queued"}


class RolesWish(BaseModel, extra="forbid"):
    """Who is who: exchanged against the machine's answer or not, or the voice of the rep. One of the two."""

    swapped: bool | None = None
    rep_voice: int | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.swapped is None) == (self.rep_voice is None):
            raise ValueError("give either swapped or rep_voice")
        return self


@router.post("/calls/{call_id}/roles", dependencies=[Depends(check_csrf)])
def correct(call_id: uuid.UUID, wish: RolesWish, viewer: SignedInViewer, session: Transaction) -> RolesView:
    """Say who the rep is; the call is analyzed again. ``{"swapped": false}`` brings the machine's answer back."""
    try:
        found = correct_roles(session, viewer, call_id, Wish(wish.swapped, wish.rep_voice))
    except RolesError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    session.flush()
    detail = queries.get_call(session, viewer, call_id) if found else None
    if detail is None or detail.roles is None:
        raise _NOT_FOUND
    return detail.roles


@router.delete("/calls/{call_id}", dependencies=[Depends(check_csrf)])
def delete(call_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> dict[str, str]:
    """Hide a call; it can be restored."""
    if not changes.delete(session, viewer, call_id):
        raise _NOT_FOUND
    return {"state": "deleted"}


@router.post("/calls/{call_id}/restore", dependencies=[Depends(check_csrf)])
def restore(call_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> dict[str, str]:
    """Undo a deletion."""
    try:
        restored = changes.restore(session, viewer, call_id)
    except changes.RestoreError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    if not restored:
        raise _NOT_FOUND
    return {"state": "restored"}

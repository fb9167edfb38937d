"""Recordings coming in: streamed to disk, known by their content, queued once."""

from __future__ import annotations

import hashlib
import os
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from asr.audio import DecodeError, probe
from models.calls import FINISHED_STATES, Call, Recording
from models.database import Database
from models.opportunities import Opportunity
from models.people import User
from service.jobs import queue
from service.opportunities.linking import opportunity_for
from service.opportunities.phones import e164
from service.people.viewer import Viewer, visible_calls, visible_opportunities, visible_people
from service.settings import Settings

_CHUNK = 1 << 20
_NAME_LENGTH = 255

Direction = Literal["inbound", "outbound", "unknown"]
Status = Literal["queued", "duplicate", "failed"]


class IngestError(Exception):
    """The upload is refused; the message says what to change."""


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What is known of a call besides its sound. ``started_at`` keeps its UTC offset."""

    rep_email: str | None = None
    customer_phone: str | None = None
    direction: Direction = "unknown"
    started_at: datetime | None = None
    external_id: str | None = None
    opportunity: str | None = None
    sop_name: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file on this machine to bring in, and what is known of its call."""

    path: Path
    details: CallDetails


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one file.

    ``call_id`` is None when the file duplicates a call that the viewer may not see.
    """

    file: str
    status: Status
    recording_id: uuid.UUID
    call_id: uuid.UUID | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Stored:
    sha256: str
    size_bytes: int
    path: str


def ingest(
    database: Database,
    settings: Settings,
    viewer: Viewer,
    source: BinaryIO,
    file_name: str,
    details: CallDetails = CallDetails(),
) -> Ingested:
    """Store a recording and queue its processing.

    The row and the job are written in one transaction. A file whose content is already known is a
    duplicate: nothing is stored again, but a recording that failed, or whose job was lost, is
    queued again.

    Raises:
        IngestError: the file is too large, or ``details`` name someone or something the viewer
            does not see.
    """
    name = _shown_name(file_name)
    with database.transaction() as session:
        _check_details(session, viewer, details)
    stored = _store(settings, source, name)
    try:
        with database.transaction() as session:
            known = _known(session, stored.sha256)
            return (
                _again(session, viewer, known, name)
                if known
                else _add(session, settings, viewer, stored, name, details)
            )
    except IntegrityError:
        # Another process stored the same content between our look and our insert.
        with database.transaction() as session:
            known = _known(session, stored.sha256)
            if known is None:
                raise
            return _again(session, viewer, known, name)


def _shown_name(file_name: str) -> str:
    """The name to show; only its last part, and never used as a path."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in last if c.isprintable()).strip()
    return printable[-_NAME_LENGTH:] or "recording"


def _store(settings: Settings, source: BinaryIO, name: str) -> _Stored:
    """Stream ``source`` into a file named by its hash; the same content is kept once."""
    limit = settings.max_upload_mb << 20
    incoming = settings.recordings / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    temporary = incoming / secrets.token_hex(16)
    digest, size = hashlib.sha256(), 0
    try:
        with temporary.open("wb") as target:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise IngestError(f"{name}: larger than {settings.max_upload_mb} MiB (CLEARCALL_MAX_UPLOAD_MB)")
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        sha256 = digest.hexdigest()
        path = f"{sha256[:2]}/{sha256}"
        final = settings.recordings / path
        final.parent.mkdir(exist_ok=True)
        temporary.replace(final)
    finally:
        temporary.unlink(missing_ok=True)
    return _Stored(sha256, size, path)


def _known(session: Session, sha256: str) -> Recording | None:
    query = select(Recording).where(Recording.sha256 == sha256, Recording.deleted_at.is_(None))
    return session.scalars(query.with_for_update()).one_or_none()


def _again(session: Session, viewer: Viewer, recording: Recording, name: str) -> Ingested:
    call_id = session.scalar(select(Call.id).where(Call.recording_id == recording.id, visible_calls(viewer)))
    if recording.state == "failed" or (
        recording.state not in FINISHED_STATES and not queue.has_job(session, recording.id)
    ):
        recording.state, recording.state_reason, recording.progress = "queued", None, 0.0
        queue.defer(session, "transcribe", recording.id)
    if call_id is None:
        return Ingested(name, "duplicate", recording.id, None, "duplicate of a call you may not see")
    return Ingested(name, "duplicate", recording.id, call_id, f"duplicate of {recording.file_name}")


def _add(
    session: Session,
    settings: Settings,
    viewer: Viewer,
    stored: _Stored,
    name: str,
    details: CallDetails,
) -> Ingested:
    recording = Recording(
        id=uuid.uuid4(),
        sha256=stored.sha256,
        file_name=name,
        path=stored.path,
        size_bytes=stored.size_bytes,
        uploaded_by_id=viewer.user_id,
        state="queued",
    )
    failure = _describe(settings.recordings / stored.path, recording)
    session.add(recording)
    session.flush()
    call = _call(session, viewer, recording, details)
    session.add(call)
    session.flush()
    if failure:
        recording.state, recording.state_reason, recording.progress = "failed", failure, 1.0
        recording.finished_at = datetime.now(UTC)
        return Ingested(name, "failed", recording.id, call.id, failure)
    queue.defer(session, "transcribe", recording.id)
    return Ingested(name, "queued", recording.id, call.id)


def _describe(path: Path, recording: Recording) -> str | None:
    """Fill in what the container says of itself; the reason when it is no recording."""
    try:
        info = probe(path)
    except DecodeError as error:
        return error.reason
    recording.format, recording.codec = info.format, info.codec
    recording.sample_rate_hz, recording.channels = info.sample_rate_hz, info.channels
    recording.duration_ms = info.duration_ms
    return None


def _call(session: Session, viewer: Viewer, recording: Recording, details: CallDetails) -> Call:
    started_at = details.started_at or datetime.now().astimezone()
    if started_at.tzinfo is None:
        started_at = started_at.astimezone()
    offset = started_at.utcoffset()
    phone = e164(details.customer_phone)
    rep = _rep(session, viewer, details)
    opportunity_id = opportunity_for(session, phone, started_at, rep.team_id if rep else None)
    if details.opportunity:
        opportunity_id = session.scalar(
            select(Opportunity.id).where(
                Opportunity.external_id == details.opportunity, Opportunity.deleted_at.is_(None)
            )
        )
    return Call(
        id=uuid.uuid4(),
        recording_id=recording.id,
        external_id=details.external_id,
        rep_id=rep.id if rep else None,
        opportunity_id=opportunity_id,
        customer_phone=phone,
        direction=details.direction,
        started_at=started_at,
        utc_offset_minutes=int(offset.total_seconds() // 60) if offset else 0,
        sop_name=details.sop_name,
    )


def _rep(session: Session, viewer: Viewer, details: CallDetails) -> User | None:
    """Who made the call: the one named, else the rep who brings it."""
    if details.rep_email:
        return session.scalars(select(User).where(User.email == details.rep_email.strip().lower())).one()
    return session.get(User, viewer.user_id) if viewer.role == "rep" else None


def _check_details(session: Session, viewer: Viewer, details: CallDetails) -> None:
    if details.rep_email:
        email = details.rep_email.strip().lower()
        if session.scalar(select(User.id).where(User.email == email, visible_people(viewer))) is None:
            raise IngestError(f"rep_email: no user {email!r} that you may see; add them with 'clearcall users add'")
    if details.opportunity:
        query = select(Opportunity.id).where(
            Opportunity.external_id == details.opportunity, visible_opportunities(viewer)
        )
        if session.scalar(query) is None:
            raise IngestError(f"opportunity: no opportunity {details.opportunity!r} that you may see")

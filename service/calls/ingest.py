"""Recordings coming in: known by their content, described as calls, queued once."""

from __future__ import annotations

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
from service.calls.changes import queue_again
from service.calls.recording_files import RecordingFile, StorageError, shown_name, store
from service.jobs import queue
from service.leads.contacting import lead_contacted
from service.opportunities.linking import link_arrived
from service.opportunities.phones import e164
from service.people.viewer import Viewer, visible_calls, visible_opportunities, visible_people
from service.settings import Settings
from service.sops.versions import UnknownSop, current_version

_YEARS = range(1970, 2200)

Direction = Literal["inbound", "outbound", "unknown"]
Status = Literal["queued", "duplicate", "failed"]


class IngestError(Exception):
    """The upload is refused; the message says what to change."""


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What is known of a call besides its sound. ``started_at`` keeps its UTC offset.

    ``rep_channel`` (0 or 1) is set for a two-channel recording whose rep is not where the settings say.
    """

    rep_email: str | None = None
    customer_phone: str | None = None
    direction: Direction = "unknown"
    started_at: datetime | None = None
    external_id: str | None = None
    opportunity: str | None = None
    sop_name: str | None = None
    rep_channel: int | None = None


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
class _Arrival:
    """A stored file on its way into the database."""

    settings: Settings
    viewer: Viewer
    stored: RecordingFile
    name: str
    details: CallDetails


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
    duplicate: nothing is stored again, but what was not known of its call is filled in, and a
    recording that failed, or whose job was lost, is queued again.

    Raises:
        IngestError: the file is too large or cannot be stored, or ``details`` name someone or
            something the viewer does not see.
    """
    name = shown_name(file_name)
    with database.transaction() as session:
        _check_details(session, viewer, details)
    try:
        stored = store(settings, source)
    except StorageError as error:
        raise IngestError(f"{name}: {error}") from error
    arrival = _Arrival(settings, viewer, stored, name, details)
    try:
        return _enter(database, arrival)
    except IntegrityError:
        # Another process stored the same content between our look and our insert.
        return _enter(database, arrival)


def _enter(database: Database, arrival: _Arrival) -> Ingested:
    with database.transaction() as session:
        known = _known(session, arrival.stored.sha256)
        return _again(session, known, arrival) if known else _add(session, arrival)


def _known(session: Session, sha256: str) -> Recording | None:
    query = select(Recording).where(Recording.sha256 == sha256, Recording.deleted_at.is_(None))
    return session.scalars(query.with_for_update()).one_or_none()


def _again(session: Session, recording: Recording, arrival: _Arrival) -> Ingested:
    """The same content again: fill in what was not known, and queue what needs it."""
    name = arrival.name
    query = select(Call).where(Call.recording_id == recording.id, visible_calls(arrival.viewer))
    call = session.scalars(query).one_or_none()
    if call is None:
        return Ingested(name, "duplicate", recording.id, None, "duplicate of a call you may not see")
    another_sop = _fill(session, call, arrival)
    lost = recording.state not in FINISHED_STATES and not queue.has_job(session, recording.id)
    another_channel = _takes_channel(recording, arrival.details.rep_channel) and recording.state != "queued"
    if recording.state == "failed" or lost or another_channel:
        queue_again(session, recording)
    elif another_sop and recording.state == "scored":
        recording.state, recording.progress = "analyzing", 0.0
        queue.defer(session, "analyze", recording.id)
    return Ingested(name, "duplicate", recording.id, call.id, f"duplicate of {recording.file_name}")


def _takes_channel(recording: Recording, rep_channel: int | None) -> bool:
    """Note the channel of the rep, where there are two; whether it is another one than was known."""
    if recording.channels != 2 or rep_channel in (None, recording.rep_channel):
        return False
    recording.rep_channel = rep_channel
    return True


def _fill(session: Session, call: Call, arrival: _Arrival) -> bool:
    """Add to a known call what was not known of it; whether it is to be scored by another SOP."""
    said, fresh = arrival.details, _call(session, arrival, call.recording_id)
    if said.rep_email and call.rep_id is None:
        call.rep_id = fresh.rep_id
    if call.customer_phone is None:
        call.customer_phone = fresh.customer_phone
    link_arrived(session, arrival.viewer, call, _named_opportunity(session, said))
    lead_contacted(session, call)
    if call.direction == "unknown":
        call.direction = said.direction
    if said.sop_name is None or said.sop_name == call.sop_name:
        return False
    call.sop_name = said.sop_name
    return True


def _add(session: Session, arrival: _Arrival) -> Ingested:
    stored, name = arrival.stored, arrival.name
    recording = Recording(
        id=uuid.uuid4(),
        sha256=stored.sha256,
        file_name=name,
        path=stored.path,
        size_bytes=stored.size_bytes,
        uploaded_by_id=arrival.viewer.user_id,
        state="queued",
    )
    path = arrival.settings.recordings / stored.path
    failure = _describe(path, recording)
    _takes_channel(recording, arrival.details.rep_channel)
    session.add(recording)
    session.flush()
    call = _call(session, arrival, recording.id)
    session.add(call)
    link_arrived(session, arrival.viewer, call, _named_opportunity(session, arrival.details))
    if failure:
        recording.state, recording.state_reason, recording.progress = "failed", failure, 1.0
        recording.finished_at = datetime.now(UTC)
        path.unlink(missing_ok=True)  # no recording: nobody will ever hear it
        return Ingested(name, "failed", recording.id, call.id, failure)
    lead_contacted(session, call)
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


def _call(session: Session, arrival: _Arrival, recording_id: uuid.UUID) -> Call:
    details = arrival.details
    started_at = details.started_at or datetime.now().astimezone()
    if started_at.tzinfo is None:
        started_at = started_at.astimezone()
    offset = started_at.utcoffset()
    phone = e164(details.customer_phone)
    rep = _rep(session, arrival.viewer, details)
    return Call(
        id=uuid.uuid4(),
        recording_id=recording_id,
        external_id=details.external_id,
        rep_id=rep.id if rep else None,
        customer_phone=phone,
        direction=details.direction,
        started_at=started_at,
        utc_offset_minutes=int(offset.total_seconds() // 60) if offset else 0,
        sop_name=details.sop_name,
    )


def _named_opportunity(session: Session, details: CallDetails) -> uuid.UUID | None:
    if details.opportunity is None:
        return None
    named = (Opportunity.external_id == details.opportunity) & Opportunity.deleted_at.is_(None)
    return session.scalar(select(Opportunity.id).where(named))


def _rep(session: Session, viewer: Viewer, details: CallDetails) -> User | None:
    """Who made the call: the one named, else who brings it, unless that is an admin."""
    if details.rep_email:
        return session.scalars(select(User).where(User.email == details.rep_email.strip().lower())).one()
    return session.get(User, viewer.user_id) if viewer.role != "admin" else None


def _check_details(session: Session, viewer: Viewer, details: CallDetails) -> None:
    if details.rep_channel not in (None, 0, 1):
        raise IngestError(f"rep_channel: {details.rep_channel} is no channel of a call; the first is 0, the other 1")
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
    if details.started_at and details.started_at.year not in _YEARS:
        raise IngestError(f"started_at: {details.started_at.isoformat()} is not the time of a recorded call")
    if details.sop_name:
        try:
            current_version(session, details.sop_name)
        except UnknownSop as error:
            raise IngestError(f"sop: {error}") from error

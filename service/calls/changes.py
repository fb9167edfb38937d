"""What a person can do to a call: process it again, delete it, and undo that."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.calls import FINISHED_STATES, Call, Recording
from service.jobs import queue
from service.people.viewer import Viewer, own_or_team, visible_calls


class RestoreError(Exception):
    """A deleted call cannot come back; the message says why."""


def reprocess(session: Session, viewer: Viewer, call_id: uuid.UUID) -> bool:
    """Queue a call again unless it is waiting or running. False when the viewer sees no such call."""
    recording = locked_recording(session, viewer, call_id)
    if recording is None:
        return False
    if recording.state in FINISHED_STATES or not queue.has_job(session, recording.id):
        queue_again(session, recording)
    return True


def locked_recording(session: Session, viewer: Viewer, call_id: uuid.UUID) -> Recording | None:
    """The recording of a call, nobody else changing it until the transaction ends; None when the viewer sees none."""
    query = (
        select(Recording)
        .join(Call, Call.recording_id == Recording.id)
        .where(Call.id == call_id, visible_calls(viewer))
        .with_for_update(of=Recording)
    )
    return session.scalars(query).one_or_none()


def queue_again(session: Session, recording: Recording) -> None:
    """Let a recording be processed from the start, unless it never was one."""
    if recording.codec is None:
        return
    recording.state, recording.state_reason, recording.progress = "queued", None, 0.0
    recording.failures, recording.worker_deaths, recording.finished_at = 0, 0, None
    queue.defer(session, "transcribe", recording.id)


def delete(session: Session, viewer: Viewer, call_id: uuid.UUID) -> bool:
    """Hide a call and its recording. False when the viewer sees no such call."""
    call = session.scalars(select(Call).where(Call.id == call_id, visible_calls(viewer))).one_or_none()
    if call is None:
        return False
    recording = session.get_one(Recording, call.recording_id)
    call.deleted_at = recording.deleted_at = func.now()
    return True


def restore(session: Session, viewer: Viewer, call_id: uuid.UUID) -> bool:
    """Bring a deleted call back. False when the viewer could not see it before it was deleted.

    Raises:
        RestoreError: the same recording was brought in again since.
    """
    query = select(Call).where(Call.id == call_id, Call.deleted_at.is_not(None), own_or_team(viewer, Call.rep_id))
    call = session.scalars(query).one_or_none()
    if call is None:
        return False
    recording = session.get_one(Recording, call.recording_id)
    twin = select(Recording.id).where(Recording.sha256 == recording.sha256, Recording.deleted_at.is_(None))
    if session.scalar(twin) is not None:
        raise RestoreError("the same recording was brought in again: that call counts now")
    call.deleted_at = recording.deleted_at = None
    if recording.state not in FINISHED_STATES and not queue.has_job(session, recording.id):
        queue_again(session, recording)  # its job came and went while it was deleted
    return True

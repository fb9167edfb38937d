"""A person's word on who the rep of a call is: given, withdrawn, and carried over to a new transcript."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, selectinload

from models.calls import Call, Recording, RoleCorrection, StoredTranscript
from service.calls import roles
from service.calls.changes import locked_recording
from service.calls.reading import read_by, rep_party, to_transcript
from service.calls.roles import RolesError, Wish
from service.jobs import queue
from service.people.viewer import Viewer


def correct_roles(session: Session, viewer: Viewer, call_id: uuid.UUID, wish: Wish) -> bool:
    """Note who a person says the rep is, and have the call analyzed so. False when the viewer sees no such call.

    Whoever may see a call may correct it. The transcript stays as the machine made it; wishing for what
    counts already changes nothing.

    Raises:
        RolesError: the call has no transcript yet, or the wish does not fit it.
    """
    recording = locked_recording(session, viewer, call_id)
    if recording is None:
        return False
    stored = session.scalars(_counting(Call.id == call_id)).first()
    if stored is None:
        raise RolesError("this call is not transcribed yet, so there are no roles to correct")
    rep = roles.wished_rep(to_transcript(stored), wish)
    wished = str(rep) if rep else ""
    if wished != rep_party(session, stored.id):
        session.add(RoleCorrection(transcript_id=stored.id, rep_party=wished, corrected_by_id=viewer.user_id))
        _analyze_again(session, recording)
    return True


def _analyze_again(session: Session, recording: Recording) -> None:
    """Queue the analysis, unless a transcription that leads to it is on its way."""
    if recording.state in ("queued", "transcribing") and queue.has_job(session, recording.id):
        return
    recording.state, recording.state_reason, recording.progress = "analyzing", None, 0.0
    recording.failures, recording.worker_deaths, recording.finished_at = 0, 0, None
    queue.defer(session, "analyze", recording.id)


def carry_roles(session: Session, recording_id: uuid.UUID) -> None:
    """Apply a person's last word on a call to the transcript that counts now, if it was said of another one.

    A word that does not fit the new transcript (no voice speaks when the rep did) is not carried over.
    """
    counting = session.scalars(_counting(Call.recording_id == recording_id)).first()
    said = session.scalars(_said(recording_id)).first()
    if counting is None or said is None or said.transcript_id == counting.id:
        return
    carried = ""
    if said.rep_party:
        query = select(StoredTranscript).where(StoredTranscript.id == said.transcript_id)
        heard = session.scalars(query.options(selectinload(StoredTranscript.turns))).one()
        rep = roles.carried_rep(read_by(to_transcript(heard), said.rep_party), to_transcript(counting))
        carried = str(rep) if rep else ""
    if carried != rep_party(session, counting.id):
        session.add(
            RoleCorrection(
                transcript_id=counting.id,
                rep_party=carried,
                corrected_by_id=said.corrected_by_id,
                corrected_at=said.corrected_at,
                carried_from_id=said.id,
            )
        )


def _counting(condition: ColumnElement[bool]) -> Select[StoredTranscript]:
    """The transcript that counts, with its turns, of the call that meets the condition."""
    return (
        select(StoredTranscript)
        .join(Call, Call.id == StoredTranscript.call_id)
        .where(condition)
        .order_by(StoredTranscript.counted_at.desc(), StoredTranscript.id)
        .options(selectinload(StoredTranscript.turns))
        .limit(1)
    )


def _said(recording_id: uuid.UUID) -> Select[RoleCorrection]:
    """What a person said last of a call, of whichever transcript; not what was carried over."""
    return (
        select(RoleCorrection)
        .join(StoredTranscript, StoredTranscript.id == RoleCorrection.transcript_id)
        .join(Call, Call.id == StoredTranscript.call_id)
        .where(Call.recording_id == recording_id, RoleCorrection.carried_from_id.is_(None))
        .order_by(RoleCorrection.corrected_at.desc(), RoleCorrection.id)
        .limit(1)
    )

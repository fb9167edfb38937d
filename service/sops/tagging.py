"""A stored call tagged again for another procedure, from its stored text."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.calls import StoredTranscript
from nlp.tagging.procedure import procedure_tagger
from nlp.tagging.tagger import Tagger
from service.calls.reading import read_by, to_transcript
from service.sops.stored_calls import StoredCall
from sop.events import KeyEvent
from sop.procedure import Sop
from sop.trial import RawEvent


def tagged_again(session: Session, call: StoredCall, tagger: Tagger, sop: Sop) -> tuple[RawEvent, ...]:
    """The key events of a call for ``sop``; nothing is stored.

    Raises:
        RuleError: a rule of the SOP cannot be used.
        EncoderError: the embedded encoder cannot be loaded.
    """
    query = select(StoredTranscript).where(StoredTranscript.id == call.transcript_id)
    stored = session.scalars(query.options(selectinload(StoredTranscript.turns))).one()
    tagging = procedure_tagger(tagger, sop).tag(read_by(to_transcript(stored), call.reading.rep_party))
    # The words of thousands of calls are not to stay in the session.
    session.expunge_all()
    found = [(event, False) for event in tagging.present] + [(event, True) for event in tagging.doubtful]
    return tuple(_raw(event, doubtful) for event, doubtful in found)


def _raw(event: KeyEvent, doubtful: bool) -> RawEvent:
    proof = event.evidence
    return (
        event.event,
        doubtful,
        proof.turn,
        proof.start_ms,
        proof.end_ms,
        proof.speaker,
        proof.quote,
        proof.confidence,
    )

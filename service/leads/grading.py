"""Grades of leads, from their source, what is known of them and the calls with their number."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.orm import Session

from models.calls import Call, Recording, StoredTurn
from models.leads import Lead
from models.reviews import EventReview
from models.scores import StoredKeyEvent
from service.calls import newest
from service.leads.history import OPEN_STATES
from service.leads.rules import pool_rules
from service.records.audit import Line, Via, record_all
from service.reviews.counting import is_heard, is_unheard, says_there
from sop.deals.leads import GradeResult, LeadCall, LeadFacts, grade
from sop.deals.pool import Grading


def grade_leads(session: Session, lead_ids: Collection[uuid.UUID], via: Via = "job") -> int:
    """Give each of these leads the grade that it has now; how many have another than before."""
    leads = session.scalars(select(Lead).where(Lead.id.in_(lead_ids), Lead.deleted_at.is_(None))).all()
    grading, found, lines = pool_rules(session).grading, facts_of(session, leads), []
    for lead in leads:
        letter = grade(grading, found[lead.id]).grade
        if letter != lead.grade:
            lines.append(Line("lead", str(lead.id), "grade", lead.grade, letter))
            lead.grade = letter
    session.flush()
    record_all(session, None, via, lines)
    return len(lines)


def grade_of(session: Session, grading: Grading, lead: Lead) -> GradeResult:
    """The grade that a lead has now, with its reasons."""
    return grade(grading, facts_of(session, [lead])[lead.id])


def regrade_number(session: Session, phone: str | None) -> int:
    """Grade the open leads of a number again; how many have another grade than before."""
    if not phone:
        return 0
    query = select(Lead.id).where(Lead.phone == phone, Lead.state.in_(OPEN_STATES), Lead.deleted_at.is_(None))
    leads = session.scalars(query).all()
    return grade_leads(session, leads) if leads else 0


def regrade_recording(session: Session, recording_id: uuid.UUID) -> int:
    """Grade the leads again that a recording was a call with, once it is known what was said."""
    return regrade_number(session, session.scalar(select(Call.customer_phone).where(Call.recording_id == recording_id)))


def facts_of(session: Session, leads: Iterable[Lead]) -> dict[uuid.UUID, LeadFacts]:
    """What grading and assignment know of each of these leads, in three statements for any number of them."""
    listed = list(leads)
    calls = _calls(session, {lead.phone for lead in listed if lead.phone})
    return {
        lead.id: LeadFacts(lead.source, known_fields(lead), tuple(calls.get(lead.phone or "", ())), lead.grade)
        for lead in listed
    }


def known_fields(lead: Lead) -> dict[str, str]:
    """What is known of a lead by name: its own fields, and the further ones of the CRM."""
    own = {name: getattr(lead, name) for name in ("name", "company", "title", "phone", "email")}
    further = {str(name): str(value) for name, value in lead.fields.items() if value is not None}
    return {name: value for name, value in (further | own).items() if value and value.strip()}


def _calls(session: Session, phones: Collection[str]) -> dict[str, list[LeadCall]]:
    if not phones:
        return {}
    events = _events(session, phones)
    found: defaultdict[str, list[LeadCall]] = defaultdict(list)
    query = newest.joined(select(Call.id, Call.customer_phone, Call.started_at, answered().label("answered")))
    for row in session.execute(query.where(*_of_numbers(phones)).order_by(Call.started_at, Call.id)):
        call = LeadCall(row.started_at, row.answered, frozenset(events.get(row.id, ())))
        found[row.customer_phone].append(call)
    return found


def answered() -> ColumnElement[bool | None]:
    """Whether the customer spoke, over :func:`service.calls.newest.joined`; null where that is not known."""
    said = select(StoredTurn.position).where(StoredTurn.transcript_id == newest.transcript.c.id)
    spoke = said.where(StoredTurn.speaker == "customer").correlate(newest.transcript).exists()
    unclear = said.where(StoredTurn.speaker == "unknown").correlate(newest.transcript).exists()
    return case(
        (Recording.state == "no_speech", False),
        (Recording.state != "scored", None),
        (spoke, True),
        (unclear, None),
        else_=False,
    )


def _events(session: Session, phones: Collection[str]) -> dict[uuid.UUID, set[str]]:
    """The key events of each call, as people who reviewed them left them."""
    told = (
        newest.joined(select(Call.id, StoredKeyEvent.event))
        .join(StoredKeyEvent, StoredKeyEvent.analysis_id == newest.analysis.c.id)
        .where(is_heard(newest.transcript.c.id))
    )
    added = (
        newest.joined(select(Call.id, EventReview.event))
        .join(EventReview, EventReview.transcript_id == newest.transcript.c.id)
        .where(says_there(), is_unheard(newest.analysis.c.id))
    )
    found: defaultdict[uuid.UUID, set[str]] = defaultdict(set)
    for query in (told, added):
        for row in session.execute(query.where(*_of_numbers(phones)).distinct()):
            found[row.id].add(row.event)
    return found


def _of_numbers(phones: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return Call.customer_phone.in_(phones), Call.deleted_at.is_(None), Recording.deleted_at.is_(None)

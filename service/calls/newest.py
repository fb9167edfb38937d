"""Calls joined with what counts of them.

Of several transcripts, analyses and scorecards the newest counts: the transcript that was counted last,
the last word of a person on its roles, and of the transcript so read the analysis and the scorecard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, true

from models.calls import Call, Recording, RoleCorrection, StoredTranscript
from models.opportunities import Account, Contact, Opportunity
from models.people import User
from models.scores import Analysis, StoredScorecard
from service.calls.views import CallDeal, CallRow

transcript = (
    select(StoredTranscript)
    .where(StoredTranscript.call_id == Call.id)
    .order_by(StoredTranscript.counted_at.desc(), StoredTranscript.id)
    .limit(1)
    .correlate(Call)
    .lateral("newest_transcript")
)
correction = (
    select(RoleCorrection)
    .where(RoleCorrection.transcript_id == transcript.c.id)
    .order_by(RoleCorrection.corrected_at.desc(), RoleCorrection.id)
    .limit(1)
    .lateral("newest_correction")
)
rep_party = func.coalesce(correction.c.rep_party, "")
"""The rep that a person named; empty where the machine's answer counts."""
analysis = (
    select(Analysis.id)
    .where(Analysis.transcript_id == transcript.c.id, Analysis.rep_party == rep_party)
    .order_by(Analysis.counted_at.desc(), Analysis.id)
    .limit(1)
    .lateral("newest_analysis")
)
scorecard = (
    select(StoredScorecard)
    .where(StoredScorecard.analysis_id == analysis.c.id)
    .order_by(StoredScorecard.counted_at.desc(), StoredScorecard.id)
    .limit(1)
    .lateral("newest_scorecard")
)


def joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """``query`` over calls and all that hangs on them."""
    return (
        query.select_from(Call)
        .join(Recording, Recording.id == Call.recording_id)
        .outerjoin(User, User.id == Call.rep_id)
        .outerjoin(Opportunity, (Opportunity.id == Call.opportunity_id) & Opportunity.deleted_at.is_(None))
        .outerjoin(Account, Account.id == Opportunity.account_id)
        .outerjoin(Contact, Contact.id == Opportunity.contact_id)
        .outerjoin(transcript, true())
        .outerjoin(correction, true())
        .outerjoin(analysis, true())
        .outerjoin(scorecard, true())
    )


def rows(conditions: Sequence[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    """The lines of the calls that meet ``conditions``; :func:`to_row` reads them."""
    columns = select(
        Call.id,
        Call.recording_id,
        Call.external_id,
        Call.started_at,
        Call.utc_offset_minutes,
        Call.direction,
        Call.customer_phone,
        Call.rep_id,
        User.name.label("rep"),
        Account.name.label("account"),
        Contact.name.label("contact"),
        Opportunity.external_id.label("deal_id"),
        Opportunity.name.label("deal_name"),
        Opportunity.stage,
        Opportunity.outcome,
        Opportunity.amount,
        Opportunity.currency,
        Recording.file_name,
        Recording.state,
        Recording.state_reason,
        Recording.progress,
        func.coalesce(transcript.c.duration_ms, Recording.duration_ms).label("duration_ms"),
        transcript.c.id.label("transcript_id"),
        transcript.c.language,
        transcript.c.channels,
        transcript.c.notes,
        transcript.c.role_confidence,
        rep_party.label("rep_party"),
        correction.c.corrected_at,
        correction.c.corrected_by_id,
        analysis.c.id.label("analysis_id"),
        scorecard.c.id.label("scorecard_id"),
        scorecard.c.score,
        scorecard.c.low,
        scorecard.c.high,
    )
    return joined(columns).where(*conditions)


def to_row(row: Row[*tuple[Any, ...]]) -> CallRow:
    """A line of :func:`rows` as a value, its key events aside."""
    deal = None
    if row.deal_id is not None:
        deal = CallDeal(row.deal_id, row.deal_name, row.stage, row.outcome, row.amount, row.currency)
    return CallRow(
        id=row.id,
        recording_id=row.recording_id,
        external_id=row.external_id,
        file_name=row.file_name,
        started_at=row.started_at,
        utc_offset_minutes=row.utc_offset_minutes,
        direction=row.direction,
        customer_phone=row.customer_phone,
        account=row.account,
        contact=row.contact,
        deal=deal,
        rep_id=row.rep_id,
        rep=row.rep,
        duration_ms=row.duration_ms,
        language=row.language,
        state=row.state,
        state_reason=row.state_reason,
        progress=row.progress,
        score=row.score,
        low=row.low,
        high=row.high,
    )

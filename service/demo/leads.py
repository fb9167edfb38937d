"""The demo's leads: some wait in the public pool, some are held, some have become the demo's deals."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.leads import Lead, LeadEvent
from models.opportunities import Opportunity
from service.demo.tables import missing, rows_of
from service.leads.history import Actor, change
from service.people.viewer import OPERATOR
from service.records.importing import import_text
from service.records.mapping_document import FieldMapping

_OF_DEALS = ("opportunity_id", "claimed_at", "converted_at")
_MAPPING = FieldMapping("leads", columns={"region": "fields.region"}, ignore=_OF_DEALS)


def add_leads(session: Session, text: str) -> None:
    """Bring the leads in that this home never had; what became of the others since stays."""
    report = import_text(session, OPERATOR, missing(session, Lead, "lead_id", text), "leads.csv", _MAPPING)
    rows = {row["lead_id"]: row for row in rows_of(text)}
    added = {result.id for result in report.results if result.state == "added"}
    leads = session.scalars(select(Lead).where(Lead.external_id.in_(added))).all()
    for lead in leads:
        came = update(LeadEvent).where(LeadEvent.lead_id == lead.id, LeadEvent.kind == "imported")
        session.execute(came.values(at=lead.created_at))
        row = rows[lead.external_id or ""]
        if row["converted_at"]:
            _convert(session, lead, row)


def _convert(session: Session, lead: Lead, row: dict[str, str]) -> None:
    """What a lead had become before the demo began; also where somebody has deleted the deal since."""
    named = select(Opportunity).where(Opportunity.external_id == row["opportunity_id"])
    deal = session.scalars(named.order_by(Opportunity.deleted_at.is_not(None)).limit(1)).one()
    claimed, converted = (datetime.fromisoformat(row[name]) for name in ("claimed_at", "converted_at"))
    change(session, Actor(OPERATOR, "cli", claimed), lead, "assigned", owned_since=claimed)
    values = {"state": "converted", "opportunity_id": deal.id, "due_at": None}
    change(session, Actor(OPERATOR, "cli", converted), lead, "converted", row["opportunity_id"], **values)

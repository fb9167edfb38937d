"""The decision chain of a deal, from the calls the viewer sees."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from service.opportunities.facts import deal_facts
from service.opportunities.next_steps import visible_deal
from service.people.viewer import Viewer
from sop.deals.chain import Chain, decision_chain


def chain_of(session: Session, viewer: Viewer, external_id: str, now: datetime) -> Chain | None:
    """Who decides and how close they are; None when the viewer sees no such deal."""
    deal = visible_deal(session, viewer, external_id)
    if deal is None:
        return None
    facts = deal_facts(session, viewer, [deal]).get(deal)
    return decision_chain(facts, now) if facts else None

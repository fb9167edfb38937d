"""A text tried on one call before anybody publishes it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.calls.filters import CallFilters
from service.calls.queries import list_calls
from service.calls.scoresheet import Scoresheet
from service.calls.views import CallRow
from service.people.viewer import Viewer
from service.sops.cards import cards_of, load_card, tried_card
from service.sops.pairing import Pair, paired, sheet_of
from sop.procedure import Sop

RECENT = 30
"""Calls offered to try a text on."""


@dataclass(frozen=True, slots=True)
class TriedCall:
    """The card under the text; beside the one that counts in ``pair``, where the call has one."""

    call_id: uuid.UUID
    sheet: Scoresheet
    pair: Pair | None


def recent_calls(session: Session, viewer: Viewer) -> tuple[CallRow, ...]:
    """The newest scored calls that the viewer sees."""
    return list_calls(session, viewer, CallFilters(state="scored"), 1, RECENT).rows


def tried(
    session: Session, viewer: Viewer, call_id: uuid.UUID, sop: Sop, document: str, language: str
) -> TriedCall | None:
    """``sop`` tried on a call, in words of ``language``; None where the viewer sees no such analyzed call."""
    new = tried_card(session, viewer, call_id, sop, document)
    if new is None:
        return None
    shown = next((row for row in cards_of(session, viewer, call_id) if row.is_shown), None)
    pair = paired(load_card(session, shown), new, language) if shown else None
    return TriedCall(call_id, pair.new if pair else sheet_of(new, language), pair)

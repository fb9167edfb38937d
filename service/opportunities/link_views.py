"""What is shown of the link of a call: frozen values that pages, API and commands answer with."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sop.procedure import Wording


@dataclass(frozen=True, slots=True)
class CandidateView:
    """An opportunity that a call may belong to, and why; ``why`` is a sentence in both languages."""

    opportunity: str
    name: str
    account: str
    stage: str
    outcome: str
    rank: int
    match: str
    person: str
    timing: str
    days: int
    why: Wording


@dataclass(frozen=True, slots=True)
class LinkView:
    """The link of a call. ``opportunity`` is the CRM's id, None where it belongs to none, or to one not to be seen.

    ``by`` is "rule", "person" or "named" (with the recording), None where nobody noted it; ``person`` is their name.
    """

    call_id: uuid.UUID
    opportunity: str | None
    name: str | None
    by: str | None
    person: str | None
    made_at: datetime | None
    why: Wording | None
    candidates: tuple[CandidateView, ...]

"""What the parts of a deal's page are drawn from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.opportunities.stages import word
from service.opportunities.views import OpportunityDetail
from service.people.viewer import Viewer
from service.web.rendering import Reader
from sop.deals.facts import DealFacts
from sop.deals.pipeline import Pipeline
from sop.procedure import Language, Wording


@dataclass(frozen=True, slots=True)
class DealReading:
    """A deal with its facts, and for whom and when it is read."""

    session: Session
    viewer: Viewer
    detail: OpportunityDetail
    pipeline: Pipeline | None
    facts: DealFacts
    now: datetime
    to: Reader

    @property
    def id(self) -> uuid.UUID:
        return self.detail.row.id

    @property
    def language(self) -> Language:
        return "zh" if self.to.language == "zh" else "en"

    def word(self, title: Wording) -> str:
        return word(title, self.language)

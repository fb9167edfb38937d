"""How each stored call would score under one text of a procedure and under another, and why."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from models.database import Database
from service.calls import newest
from service.people.viewer import Viewer, visible_calls
from service.sops.stored_calls import Wanted, count_calls, pages
from sop.comparison import CardDifference, card_differences
from sop.procedure import LANGUAGES, Sop
from sop.trial import Trial, card_of, tagging_of


@dataclass(frozen=True, slots=True)
class CallDifference:
    """A call that comes out otherwise."""

    call_id: uuid.UUID
    card: CardDifference

    @property
    def shift(self) -> float:
        """Points won or lost; 0 where there is no score on one side."""
        before, after = self.card.before, self.card.after
        return 0.0 if before is None or after is None else after - before


def call_differences(
    database: Database,
    viewer: Viewer,
    old: Sop,
    new: Sop,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[CallDifference]:
    """The calls that the viewer may see and that differ, the largest shifts first; from stored key events."""
    wanted = Wanted(old, new, observations=Trial(old, new).needs_observations, reviews=False)
    languages = [language for language in LANGUAGES if language in old.languages or language in new.languages]
    found, done = [], 0
    with database.transaction() as session:
        conditions = [visible_calls(viewer), newest.transcript.c.language.in_(languages)]
        total = count_calls(session, conditions)
        for page in pages(session, wanted, conditions):
            for call in page:
                tagging, facts = tagging_of(call.tried.events), call.tried.facts
                cards = [
                    card_of(old, tagging, facts, call.tried.before),
                    card_of(new, tagging, facts, call.tried.after),
                ]
                difference = card_differences(*cards)
                if difference.steps or difference.before != difference.after:
                    found.append(CallDifference(call.reading.call_id, difference))
            done += len(page)
            progress(done, total)
    return sorted(found, key=lambda difference: (-abs(difference.shift), str(difference.call_id)))

"""The quality card: how good the tagging is on the calls that a viewer sees, by what people say of them."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reviews import EventReview
from nlp.evaluation.quality import EventQuality, Judged, Population, Said, event_quality
from service.people.viewer import Viewer
from service.reviews.counting import THERE
from service.reviews.drawing import CallFrame, populations
from service.reviews.frame import current_weights, frames, same_weights
from sop.events import EVENTS


@dataclass(frozen=True, slots=True)
class QualityRow:
    """One event in one language; ``reviewed_at`` is None before its first review."""

    figures: EventQuality
    reviewed_at: datetime | None

    def to_json(self) -> dict[str, Any]:
        return {**self.figures.to_json(), "reviewed_at": self.reviewed_at.isoformat() if self.reviewed_at else None}


@dataclass(frozen=True, slots=True)
class QualityCard:
    """The figures of the weights that analyzed last.

    ``weights_hash`` is None before the first analysis. ``rows`` are by language and in the order of the guide, events
    of one's own last. ``calls`` is by language; ``reviews`` counts judged turns, ``earlier`` those judged when other
    weights had tagged them: they say nothing of these, and stay for training.
    """

    weights_hash: str | None
    calls: Mapping[str, int]
    rows: tuple[QualityRow, ...]
    reviews: int = 0
    earlier: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "weights_hash": self.weights_hash,
            "calls": dict(self.calls),
            "reviews": self.reviews,
            "earlier_reviews": self.earlier,
            "events": [row.to_json() for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class _Review:
    """The last word on a turn and event, and whether chance had brought it before somebody."""

    event: str
    language: str
    team: str
    said: Said
    is_there: bool
    is_sampled: bool
    at: datetime


def quality_card(session: Session, viewer: Viewer) -> QualityCard:
    """The card of the calls this viewer sees."""
    weights = current_weights(session, viewer)
    if weights is None:
        return QualityCard(None, {}, ())
    calls = frames(session, viewer, weights)
    reviews, earlier = _reviews(session, calls, weights)
    sizes = populations(calls)
    judged = _weighted(reviews, sizes)
    totals = _over_teams(sizes)
    last = {(review.event, review.language): review.at for review in sorted(reviews, key=lambda review: review.at)}
    rows = [
        QualityRow(event_quality(event, language, totals[event, language], judged), last.get((event, language)))
        for event, language in sorted(totals, key=lambda key: (key[1] != "zh", _order(key[0])))
    ]
    by_language = Counter(frame.language for frame in calls)
    return QualityCard(weights, dict(by_language), tuple(rows), len(reviews), earlier)


def _order(event: str) -> tuple[int, str]:
    return (EVENTS.index(event), "") if event in EVENTS else (len(EVENTS), event)


def _over_teams(sizes: Mapping[tuple[str, str, str], Population]) -> dict[tuple[str, str], Population]:
    totals: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for (event, language, _), size in sizes.items():
        for i, count in enumerate((size.present, size.doubtful, size.absent)):
            totals[event, language][i] += count
    return {key: Population(*counts) for key, counts in totals.items()}


def _weighted(reviews: Sequence[_Review], sizes: Mapping[tuple[str, str, str], Population]) -> list[Judged]:
    """The judged turns; a sampled one stands for as many as its class has turns for each judged one.

    Classes are told apart by team as well: within a team all turns of a class have the same chance in any sample,
    whoever asked for it, and however many answers are still missing.
    """
    counts = Counter((r.event, r.language, r.team, r.said) for r in reviews if r.is_sampled)
    judged = []
    for r in reviews:
        size = getattr(sizes.get((r.event, r.language, r.team), Population()), r.said)
        answered = counts[r.event, r.language, r.team, r.said]
        weight = max(size, answered) / answered if r.is_sampled else None
        judged.append(Judged(r.event, r.language, r.said, r.is_there, weight))
    return judged


def _reviews(session: Session, calls: Iterable[CallFrame], weights: str) -> tuple[list[_Review], int]:
    """What counts of these calls, for turns tagged by these weights; and how many judged turns others had tagged."""
    by_transcript = {frame.transcript_id: frame for frame in calls}
    stored = session.execute(
        select(EventReview, same_weights(weights, EventReview.weights_hash).label("is_current"))
        .where(EventReview.transcript_id.in_(by_transcript), EventReview.carried_from_id.is_(None))
        .order_by(EventReview.reviewed_at, EventReview.id)
    )
    words: defaultdict[tuple[uuid.UUID, str, int], list[tuple[EventReview, bool]]] = defaultdict(list)
    for review, is_current in stored:
        words[review.transcript_id, review.event, review.turn].append((review, is_current))
    found, earlier = [], 0
    for (transcript_id, _, _), said in words.items():
        last, is_current = said[-1]
        if last.verdict == "withdrawn":
            continue
        if is_current:
            found.append(_review(last, [review for review, current in said if current], by_transcript[transcript_id]))
        else:
            earlier += 1
    return found, earlier


def _review(last: EventReview, said: Sequence[EventReview], frame: CallFrame) -> _Review:
    drawn = [review for review in said if review.sample_id is not None]
    return _Review(
        event=last.event,
        language=frame.language,
        team=frame.team,
        said=cast(Said, last.said),
        is_there=last.verdict in THERE,
        is_sampled=bool(drawn) and drawn[-1].verdict != "withdrawn",
        at=last.reviewed_at,
    )

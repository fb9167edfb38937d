"""A person's word on key events: rows beside the machine's answer that page and search follow."""

from __future__ import annotations

import json
import uuid

import pytest
from sqlalchemy import func, select, text

from fakes_web import add_call
from models.database import Database
from models.reviews import EventReview
from nlp.corpus.annotations import read_calls
from reviewing import EVENTS, TEXTS, found, mark, review, row_of, rows, shown
from service.people.viewer import OPERATOR, Viewer
from service.reviews.export import reviewed_calls
from service.reviews.quality import quality_card
from service.reviews.verdicts import Reviewed, ReviewError
from service.settings import Settings


def test_a_rejected_event_counts_no_more_and_comes_back(database: Database, call_id: uuid.UUID) -> None:
    """It stays on the page as rejected, leaves list and search, and is there again when that is taken back."""
    assert found(database, "closing") == 1
    assert review(database, call_id, 2, "closing", "rejected") == Reviewed(2, "closing", "rejected", "withdrawn")
    detail = shown(database, call_id)
    assert (mark(detail, "closing").verdict, mark(detail, "closing").is_present) == ("rejected", False)
    assert "closing" not in [mark.event for mark in detail.call.events]
    assert found(database, "closing") == 0
    assert review(database, call_id, 2, "closing", "withdrawn") == Reviewed(2, "closing", "withdrawn", "rejected")
    assert mark(shown(database, call_id), "closing").verdict is None
    assert found(database, "closing") == 1


def test_an_event_in_doubt_is_present_once_confirmed(database: Database, call_id: uuid.UUID) -> None:
    """Confirmed it is found; rejected it is not even in doubt any more."""
    assert found(database, "customer_approval") == 0
    review(database, call_id, 3, "customer_approval", "confirmed")
    confirmed = mark(shown(database, call_id), "customer_approval")
    assert (confirmed.verdict, confirmed.doubtful, confirmed.confidence) == ("confirmed", False, 0.48)
    assert found(database, "customer_approval") == 1
    review(database, call_id, 3, "customer_approval", "rejected")
    detail = shown(database, call_id)
    assert found(database, "customer_approval") == 0
    assert [mark.event for mark in detail.call.doubtful] == []


def test_a_missed_event_is_added(database: Database, call_id: uuid.UUID) -> None:
    """It is shown over its turn in its place, found by search with others, and gone when taken back."""
    assert review(database, call_id, 1, "next_step", "confirmed") == Reviewed(1, "next_step", "missed", "withdrawn")
    detail = shown(database, call_id)
    added = mark(detail, "next_step")
    assert (added.verdict, added.turn, added.quote, added.speaker) == ("missed", 1, "Yes?", "customer")
    assert [mark.turn for mark in detail.events] == sorted(mark.turn for mark in detail.events)
    assert found(database, "next_step") == found(database, "next_step", "closing") == 1
    review(database, call_id, 1, "next_step", "withdrawn")
    assert found(database, "next_step") == 0
    assert "next_step" not in [mark.event for mark in shown(database, call_id).events]


def test_a_review_keeps_what_the_machine_had_said(
    database: Database, call_id: uuid.UUID, people: dict[str, Viewer]
) -> None:
    """Who, when, the words read, the machine's answer and its weights; rows are added, never changed."""
    for turn, event, verdict in [
        (3, "price_objection", "confirmed"),
        (3, "customer_approval", "rejected"),
        (4, "closing", "missed"),
        (4, "closing", "withdrawn"),
    ]:
        review(database, call_id, turn, event, verdict, people["ana"])  # type: ignore[arg-type]
    kept = [
        (r.verdict, r.said, r.probability and round(r.probability, 2), r.turn_text, r.chosen) for r in rows(database)
    ]
    assert kept == [
        ("confirmed", "present", 0.78, "That is too expensive.", "page"),
        ("rejected", "doubtful", 0.48, "That is too expensive.", "page"),
        ("missed", "absent", None, "I see.", "page"),
        ("withdrawn", "absent", None, "I see.", "page"),
    ]
    assert {(r.reviewed_by_id, r.weights_hash, r.language) for r in rows(database)} == {
        (people["ana"].user_id, "gold", "en")
    }
    assert mark(shown(database, call_id), "price_objection").reviewed_by == "ana"


def test_saying_what_counts_already_adds_nothing(database: Database, call_id: uuid.UUID) -> None:
    """A second click is no second row, and taking back what nobody said is none either."""
    review(database, call_id, 2, "closing", "withdrawn")
    for _ in range(2):
        review(database, call_id, 2, "closing", "confirmed")
    assert len(rows(database)) == 1


@pytest.mark.parametrize(
    ("turn", "event", "problem"),
    [
        (9, "closing", r"^turn: there is no turn 9 in this call; turns count from 0$"),
        (0, "sings", r"^event: 'sings' is not an event of this call's SOP; those are opening, "),
        (1, "closing", r"^event: closing is shown by the rep, and turn 1 is the customer's$"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    database: Database, call_id: uuid.UUID, turn: int, event: str, problem: str
) -> None:
    """No such turn, no such event, or one that the turn's speaker cannot show."""
    with pytest.raises(ReviewError, match=problem):
        review(database, call_id, turn, event, "missed")
    assert rows(database) == []


def test_a_call_that_is_not_analyzed_cannot_be_reviewed(database: Database, settings: Settings) -> None:
    """The refusal says so."""
    waiting = add_call(database, settings, "w")
    with pytest.raises(ReviewError, match="not analyzed yet"):
        review(database, waiting, 0, "opening", "missed")


def test_who_may_see_a_call_may_review_it(database: Database, call_id: uuid.UUID, people: dict[str, Viewer]) -> None:
    """The call's rep, the team's manager and an admin can; for others the call is not there, nor on their card."""
    for name in ("abe", "sue"):
        assert review(database, call_id, 2, "closing", "rejected", people[name]) is None
    for name, verdict in (("ana", "rejected"), ("meg", "confirmed"), ("sam", "rejected")):
        done = review(database, call_id, 2, "closing", verdict, people[name])  # type: ignore[arg-type]
        assert done is not None
    assert len(rows(database)) == 3
    assert row_of(database, "closing", people["meg"]).figures.reviewed["present"] == 1
    with database.transaction() as session:
        assert quality_card(session, people["sue"]).weights_hash is None


def test_reviewed_calls_are_a_corpus_with_a_mask(database: Database, settings: Settings, call_id: uuid.UUID) -> None:
    """Only reviewed calls, whole; events after review; what was judged is listed turn by turn; the reader takes it."""
    add_call(database, settings, "not reviewed", TEXTS, None, EVENTS)
    review(database, call_id, 2, "closing", "rejected")
    review(database, call_id, 1, "next_step", "missed")
    review(database, call_id, 4, "closing", "missed")
    review(database, call_id, 4, "closing", "withdrawn")
    with database.transaction() as session:
        lines = list(reviewed_calls(session, OPERATOR))
    assert [turn["events"] for turn in lines[0]["turns"]] == [["opening"], ["next_step"], [], ["price_objection"], []]
    assert [turn["reviewed"] for turn in lines[0]["turns"]] == [[], ["next_step"], ["closing"], [], []]
    (call,) = read_calls("".join(json.dumps(line) + "\n" for line in lines))
    assert (call.call_id, call.language, call.turns[1].events) == (str(call_id), "en", ("next_step",))


def test_every_review_row_belongs_to_its_call(database: Database, call_id: uuid.UUID) -> None:
    """The database refuses a verdict it does not know."""
    review(database, call_id, 2, "closing", "confirmed")
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(EventReview)) == 1
    with pytest.raises(Exception, match="ck_event_reviews_verdict"), database.transaction() as session:
        session.execute(text("UPDATE event_reviews SET verdict = 'perhaps'"))

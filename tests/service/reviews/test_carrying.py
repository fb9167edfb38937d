"""Reviews outlive what they were given for: a new transcript, and new weights."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from asr.recording import Transcription
from asr.transcript import Transcript, Turn
from fakes_web import GoldTagger, finish, turn_of
from models.calls import Call
from models.database import Database
from reviewing import mark, review, rows, shown, stored_transcript
from service.calls.store import add_transcript
from service.people.viewer import OPERATOR
from service.reviews.carrying import carry_reviews
from service.reviews.quality import quality_card
from service.settings import Settings


def transcribed_again(
    database: Database, settings: Settings, call_id: uuid.UUID, turns: Sequence[Turn], weights: str
) -> None:
    """A new transcript of the call, as the worker stores and analyzes it."""
    with database.transaction() as session:
        recording_id = session.get_one(Call, call_id).recording_id
        made = Transcription(Transcript(20_000, "en", 2, tuple(turns)), ())
        add_transcript(session, recording_id, made, weights)
        carry_reviews(session, recording_id)
    finish(database, settings, recording_id, made.transcript, GoldTagger({"a": [[] for _ in turns]}, "a"), weights)


def test_reviews_are_carried_over_to_a_new_transcript(
    database: Database, settings: Settings, call_id: uuid.UUID
) -> None:
    """To the turn of the same channel that shares most time; what finds none is shown as orphaned, and comes back."""
    review(database, call_id, 2, "closing", "confirmed")
    review(database, call_id, 3, "competitor", "missed")
    review(database, call_id, 4, "opening", "missed")
    first = [
        turn_of("rep", 0, 0, 1_800, "Good morning."),
        turn_of("customer", 1, 3_900, 5_700, "Yes."),
        turn_of("rep", 0, 4_500, 6_100, "Want to sign today?"),
        turn_of("customer", 1, 5_900, 7_000, "That's too expensive, Frostmere is not."),
    ]
    transcribed_again(database, settings, call_id, first, "second")
    detail = shown(database, call_id)
    assert {(mark.event, mark.turn, mark.verdict) for mark in detail.events} == {
        ("closing", 2, "missed"),
        ("competitor", 3, "missed"),
    }
    assert mark(detail, "competitor").quote == "That's too expensive, Frostmere is not."
    assert [(o.event, o.text, o.is_there) for o in detail.orphans] == [("opening", "I see.", True)]

    review(database, call_id, 3, "competitor", "rejected")
    count = len(rows(database))
    longer = [*first, turn_of("rep", 0, 8_100, 9_900, "I see, well.")]
    for _ in range(2):
        transcribed_again(database, settings, call_id, longer, "third")
    detail = shown(database, call_id)
    assert {(mark.event, mark.turn) for mark in detail.events} == {("closing", 2), ("opening", 4)}
    assert detail.orphans == ()
    assert len(rows(database)) == count + 3
    assert {r.carried_from_id for r in rows(database) if r.carried_from_id} <= {r.id for r in rows(database)}


def test_reviews_stay_with_new_weights(database: Database, settings: Settings, call_id: uuid.UUID) -> None:
    """What a person rejected or added stays so whatever new weights hear; the figures of the new ones begin anew."""
    review(database, call_id, 2, "closing", "rejected")
    review(database, call_id, 1, "next_step", "missed")
    with database.transaction() as session:
        recording_id = session.get_one(Call, call_id).recording_id
    other = replace(GoldTagger({"a": [["opening"], ["next_step"], ["closing"], [], []]}, "a"), weights_hash="new-1")
    finish(database, settings, recording_id, stored_transcript(database, call_id), other)
    verdicts = {mark.event: mark.verdict for mark in shown(database, call_id).events}
    assert verdicts == {"opening": None, "next_step": "confirmed", "closing": "rejected"}
    with database.transaction() as session:
        card = quality_card(session, OPERATOR)
    assert (card.weights_hash, card.reviews, card.earlier) == ("new", 0, 2)

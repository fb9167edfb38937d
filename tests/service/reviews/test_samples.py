"""Samples of turns that a person judges, and the figures that follow from their answers."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select

from asr.transcript import Transcript
from fakes import tone, wav
from fakes_web import GoldTagger, add_call, finish, turn_of
from models.calls import Call
from models.database import Database
from models.reviews import ReviewSampleItem
from reviewing import EVENTS, TEXTS, row_of, rows, stored_transcript
from service.calls.correction import correct_roles
from service.calls.ingest import CallDetails, ingest
from service.calls.queries import get_call
from service.calls.roles import Wish as RolesWish
from service.people.viewer import OPERATOR, Viewer
from service.reviews import samples
from service.reviews.quality import quality_card
from service.settings import Settings


def answered(database: Database, sample_id: uuid.UUID, viewer: Viewer, truth: set[tuple[str, int, str]]) -> int:
    """Answer every turn of a sample by the truth: call's file name, turn and event."""
    with database.transaction() as session:
        view = samples.get_sample(session, viewer, sample_id)
        assert view is not None
        for item in view.items:
            detail = get_call(session, viewer, item.call_id)
            assert detail is not None
            is_there = (detail.call.file_name, item.turn, item.event) in truth
            assert samples.answer(session, viewer, sample_id, item.position, "yes" if is_there else "no")
    return len(view.items)


def test_a_census_of_the_app_gives_the_true_figures(
    database: Database, settings: Settings, call_id: uuid.UUID, people: dict[str, Viewer]
) -> None:
    """Every turn judged, in several samples, gives the precision and recall that the calls have."""
    add_call(database, settings, "b", TEXTS, CallDetails(rep_email="abe@example.com"), EVENTS)
    truth = {("a.wav", 2, "closing"), ("a.wav", 4, "closing"), ("b.wav", 0, "opening"), ("a.wav", 0, "opening")}
    judged = 0
    for size in (10, 60, 500):
        with database.transaction() as session:
            sample_id = samples.draw(session, people["meg"], size)
        judged += answered(database, sample_id, people["meg"], truth)
    with database.transaction() as session, pytest.raises(samples.SampleError, match=r"^nothing is left to review; "):
        samples.draw(session, people["meg"])
    closing, opening = (row_of(database, event, people["meg"]).figures for event in ("closing", "opening"))
    assert closing.precision is not None
    assert closing.recall is not None
    assert (closing.precision.value, closing.recall.value) == pytest.approx((1 / 2, 1 / 2))
    assert opening.recall is not None
    assert opening.recall.value == 1
    # Of each call's five turns: six events of the rep on three, four of the customer on two, four of both on five.
    assert judged == 2 * (3 * 5 + 2 * 4 + 5 * 4)


def test_new_weights_are_judged_anew(
    database: Database, settings: Settings, call_id: uuid.UUID, people: dict[str, Viewer]
) -> None:
    """What was judged for other weights is drawn again, and the earlier answers are no figures of the new weights."""
    meg = people["meg"]
    counts = []
    for weights in ("gold", "newer"):
        with database.transaction() as session:
            recording_id = session.get_one(Call, call_id).recording_id
        transcript = stored_transcript(database, call_id)
        tagger = replace(GoldTagger({"a": EVENTS}, "a"), weights_hash=weights)
        finish(database, settings, recording_id, transcript, tagger)
        with database.transaction() as session:
            sample_id = samples.draw(session, meg, 100, "closing")
        counts.append(answered(database, sample_id, meg, {("a.wav", 2, "closing")}))
    assert counts == [3, 3]
    with database.transaction() as session:
        assert (quality_card(session, meg).weights_hash, quality_card(session, meg).reviews) == ("newer", 3)


def test_a_sample_is_its_own_persons_and_repeats_by_its_seed(
    database: Database, settings: Settings, call_id: uuid.UUID, people: dict[str, Viewer]
) -> None:
    """Drawn from what the viewer sees, the same again for the same seed, and not there for anybody else."""
    add_call(database, settings, "s", TEXTS, None, EVENTS)
    with database.transaction() as session:
        one, other = (samples.draw(session, people["meg"], 12, seed=5) for _ in range(2))
        views = [samples.get_sample(session, people["meg"], sample_id) for sample_id in (one, other)]
        assert views[0] is not None
        assert views[1] is not None
        assert views[0].items == views[1].items
        assert {item.call_id for item in views[0].items} == {call_id}
        for name in ("sam", "sue"):
            assert samples.get_sample(session, people[name], one) is None
            assert not samples.answer(session, people[name], one, 0, "yes")
        with pytest.raises(samples.SampleError, match="no call is analyzed yet"):
            samples.draw(session, people["sue"])
        stored = session.scalars(select(ReviewSampleItem).where(ReviewSampleItem.sample_id == one)).all()
        assert all(0 < item.sampling_probability <= 1 for item in stored)


def test_an_answer_is_taken_back(database: Database, call_id: uuid.UUID, people: dict[str, Viewer]) -> None:
    """Answered, skipped and undone: the item, the reviews that count and the progress follow."""
    meg = people["meg"]
    with database.transaction() as session:
        sample_id = samples.draw(session, meg, 4, "closing", seed=1)
        for position, said in enumerate(("yes", "skip", "no")):
            assert samples.answer(session, meg, sample_id, position, said)  # type: ignore[arg-type]
        view = samples.get_sample(session, meg, sample_id)
        assert view is not None
        assert [view.count(said) for said in ("yes", "no", "skip")] == [1, 1, 1]  # type: ignore[arg-type]
        assert samples.answer(session, meg, sample_id, 0, None)
        assert samples.unfinished(session, meg) is not None
        assert not samples.answer(session, meg, sample_id, 99, "yes")
    assert [r.verdict for r in rows(database)][2:] == ["withdrawn"]
    assert {r.chosen for r in rows(database)} <= {"sampled_hit", "sampled_non_hit"}
    with database.transaction() as session:
        assert quality_card(session, meg).reviews == 1


def test_items_of_a_call_that_changed_are_left_out(
    database: Database, call_id: uuid.UUID, people: dict[str, Viewer]
) -> None:
    """After a swap of roles, and when the call is deleted, its turns are no longer asked for."""
    with database.transaction() as session:
        sample_id = samples.draw(session, people["meg"], 10, seed=1)
    with database.transaction() as session:
        assert correct_roles(session, OPERATOR, call_id, RolesWish(swapped=True))
    with database.transaction() as session:
        view = samples.get_sample(session, people["meg"], sample_id)
        assert view is not None
        assert view.items == ()


def test_unknown_speakers_and_named_reps_are_drawn_for_what_they_can_show(
    database: Database, settings: Settings
) -> None:
    """Turns are drawn by the roles as they are read: a person's word before the machine's."""
    done = ingest(database, settings, OPERATOR, io.BytesIO(wav(tone(20.0))), "x.wav", CallDetails())
    turns = (turn_of("rep", 0, 0, 900, "One."), turn_of("customer", 1, 1_000, 1_900, "Two."))
    transcript = Transcript(20_000, "en", 2, turns)
    finish(database, settings, done.recording_id, transcript, GoldTagger({"x": [[], []]}, "x"))
    assert done.call_id is not None
    asked = {}
    for is_swapped in (False, True):
        with database.transaction() as session:
            if is_swapped:
                correct_roles(session, OPERATOR, done.call_id, RolesWish(swapped=True))
        if is_swapped:
            finish(database, settings, done.recording_id, transcript, GoldTagger({"x": [[], []]}, "x"))
        with database.transaction() as session:
            view = samples.get_sample(session, OPERATOR, samples.draw(session, OPERATOR, 10, "closing", seed=1))
            assert view is not None
            asked[is_swapped] = {item.turn for item in view.items}
    assert asked == {False: {0}, True: {1}}

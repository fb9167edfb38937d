"""A person's word on key events: rows beside the machine's answer that page, search and figures follow."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from asr.recording import Transcription
from asr.transcript import Transcript, Turn
from fakes import tone, wav
from fakes_web import GoldTagger, add_call, finish, turn_of
from models.calls import Call
from models.database import Database
from models.reviews import EventReview, ReviewSampleItem
from nlp.annotations import read_calls
from service.calls.correction import correct_roles
from service.calls.filters import CallFilters
from service.calls.ingest import CallDetails, ingest
from service.calls.queries import get_call, list_calls
from service.calls.roles import Wish as RolesWish
from service.calls.store import add_transcript, latest_transcript
from service.calls.views import CallDetail, EventMark
from service.people.queries import NewUser, add_user
from service.people.viewer import OPERATOR, Viewer
from service.reviews import samples
from service.reviews.carrying import carry_reviews
from service.reviews.export import reviewed_calls
from service.reviews.quality import QualityRow, quality_card
from service.reviews.verdicts import Reviewed, ReviewError, Verdict, Wish, review_event
from service.settings import Settings

TEXTS = ["Good morning, this is Tom.", "Yes?", "Do you want to sign today?", "That is too expensive.", "I see."]
EVENTS = [["opening"], [], ["closing"], ["price_objection", "customer_approval"], []]
PEOPLE = [
    ("ana", "rep", "North"),
    ("abe", "rep", "North"),
    ("meg", "manager", "North"),
    ("sue", "manager", "South"),
    ("sam", "admin", None),
]


@pytest.fixture
def people(database: Database) -> dict[str, Viewer]:
    with database.transaction() as session:
        return {
            name: Viewer.of(add_user(session, NewUser(name, f"{name}@example.com", role, team)))
            for name, role, team in PEOPLE
        }


@pytest.fixture
def call_id(database: Database, settings: Settings, people: dict[str, Viewer]) -> uuid.UUID:
    """A call of ana's; the customer's approval in it is in doubt."""
    return add_call(database, settings, "a", TEXTS, CallDetails(rep_email="ana@example.com"), EVENTS)


def review(
    database: Database, call_id: uuid.UUID, turn: int, event: str, verdict: Verdict, viewer: Viewer = OPERATOR
) -> Reviewed | None:
    with database.transaction() as session:
        return review_event(session, viewer, call_id, Wish(turn, event, verdict))


def shown(database: Database, call_id: uuid.UUID) -> CallDetail:
    with database.transaction() as session:
        detail = get_call(session, OPERATOR, call_id)
    assert detail is not None
    return detail


def mark(detail: CallDetail, event: str) -> EventMark:
    return next(mark for mark in detail.events if mark.event == event)


def found(database: Database, *events: str) -> int:
    with database.transaction() as session:
        return list_calls(session, OPERATOR, CallFilters(events=events)).total


def rows(database: Database) -> Sequence[EventReview]:
    with database.transaction() as session:
        return session.scalars(select(EventReview).order_by(EventReview.reviewed_at)).all()


def row_of(database: Database, event: str, viewer: Viewer = OPERATOR) -> QualityRow:
    with database.transaction() as session:
        card = quality_card(session, viewer)
    return next(row for row in card.rows if row.figures.event == event)


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


def stored_transcript(database: Database, call_id: uuid.UUID) -> Transcript:
    """The transcript of a call that counts."""
    with database.transaction() as session:
        loaded = latest_transcript(session, session.get_one(Call, call_id).recording_id)
    assert loaded is not None
    return loaded.transcript


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

"""A person's word on the roles of a call: a row beside the machine's answer that everything follows."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import func, select, text

from asr.recording import Transcription
from asr.transcript import Transcript
from fakes import FakeEngines, silence, tone, wav
from fakes_web import add_transcribed, mono, turn_of
from models.calls import Call, Recording, RoleCorrection, StoredTranscript, StoredTurn
from models.database import Database
from models.people import User
from models.scores import Analysis, CallMetric, StoredScorecard
from service.calls.correction import carry_roles, correct_roles
from service.calls.filters import CallFilters
from service.calls.ingest import CallDetails, IngestError, ingest
from service.calls.queries import get_call, list_calls
from service.calls.roles import RolesError, Wish
from service.calls.store import add_transcript, latest_transcript
from service.calls.views import CallDetail
from service.jobs import queue
from service.jobs.stages import Desk
from service.people.queries import NewUser, add_user
from service.people.viewer import OPERATOR, Viewer
from service.settings import Settings

SWAP, BACK = Wish(swapped=True), Wish(swapped=False)


def conversation() -> bytes:
    """A rep's burst of sound on the first channel, then a longer one of the customer's on the second."""
    rep = np.concatenate([tone(1.0, 1, hz=300), silence(2.5, 1)], axis=1)
    customer = np.concatenate([silence(1.5, 1), tone(2.0, 1, hz=500)], axis=1)
    return wav(np.concatenate([rep, customer]))


def finish_all(database: Database, settings: Settings) -> None:
    """Do the waiting jobs, and those they lead to, as a worker would."""
    desk = Desk(settings, database, FakeEngines(), lambda: None)
    take = text(
        "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = (SELECT min(id) FROM procrastinate_jobs"
        " WHERE status = 'todo') RETURNING task_name, args->>'recording_id'"
    )
    while True:
        with database.transaction() as session:
            job = session.execute(take).first()
        if job is None:
            return
        getattr(desk, job[0])(uuid.UUID(job[1]))


def stereo() -> Transcript:
    """Two channels, the rep on the first; the rep says more."""
    return Transcript(
        20_000,
        "en",
        2,
        (
            turn_of("rep", 0, 0, 6_000, "Good morning, this is Tom from Northlamp, is now a good time?"),
            turn_of("customer", 1, 6_200, 7_000, "Frostmere, yes, go on."),
        ),
    )


def scored(database: Database, settings: Settings) -> tuple[uuid.UUID, uuid.UUID]:
    """A call and its recording, brought in and worked on by the fake engines to the end."""
    done = ingest(database, settings, OPERATOR, io.BytesIO(conversation()), "a.wav")
    finish_all(database, settings)
    assert done.call_id
    return done.call_id, done.recording_id


def correct(database: Database, call_id: uuid.UUID, wish: Wish, viewer: Viewer = OPERATOR) -> bool:
    with database.transaction() as session:
        return correct_roles(session, viewer, call_id, wish)


def shown(database: Database, call_id: uuid.UUID) -> CallDetail:
    with database.transaction() as session:
        detail = get_call(session, OPERATOR, call_id)
    assert detail is not None
    return detail


def speakers(detail: CallDetail) -> list[str]:
    return [turn.speaker for turn in detail.turns]


def count(database: Database, *tables: type) -> list[int]:
    with database.transaction() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_everything_follows_a_swap_and_comes_back(database: Database, settings: Settings) -> None:
    """Turns, events, metrics and the score are those of the other reading; swapped back, the first rows count."""
    call_id, recording_id = scored(database, settings)
    first = shown(database, call_id)
    assert speakers(first) == ["rep", "customer"]
    assert [(event.turn, event.speaker) for event in first.events] == [(0, "rep")]

    assert correct(database, call_id, SWAP)
    waiting = shown(database, call_id)
    assert (waiting.call.state, speakers(waiting), waiting.events) == ("analyzing", ["customer", "rep"], ())
    finish_all(database, settings)
    swapped = shown(database, call_id)
    assert swapped.call.state == "scored"
    assert [(event.turn, event.speaker) for event in swapped.events] == [(1, "rep")]
    assert swapped.roles is not None
    assert swapped.roles.correction == "swapped"
    assert swapped.metrics["talk_ratio"] == pytest.approx(1 - first.metrics["talk_ratio"])
    assert count(database, StoredTranscript, Analysis, StoredScorecard) == [1, 2, 2]
    with database.transaction() as session:
        stored = session.scalars(select(StoredTurn).order_by(StoredTurn.position))
        assert [turn.speaker for turn in stored] == ["rep", "customer"]  # the machine's answer stays

    assert correct(database, call_id, BACK)
    finish_all(database, settings)
    assert shown(database, call_id) == replace(first, roles=shown(database, call_id).roles)
    assert count(database, StoredTranscript, Analysis, StoredScorecard, RoleCorrection) == [1, 2, 2, 2]
    assert correct(database, call_id, SWAP)
    finish_all(database, settings)
    assert shown(database, call_id).events == swapped.events
    assert count(database, Analysis, StoredScorecard, CallMetric)[:2] == [2, 2]
    assert recording_id


def test_wishing_for_what_is_changes_nothing(database: Database, settings: Settings) -> None:
    """A second click adds no row and queues nothing."""
    done = add_transcribed(database, settings, "a", stereo())
    assert done.call_id
    for _ in range(2):
        correct(database, done.call_id, BACK)
    assert (count(database, RoleCorrection), shown(database, done.call_id).call.state) == ([0], "scored")
    for _ in range(2):
        correct(database, done.call_id, SWAP)
    assert count(database, RoleCorrection) == [1]
    with database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'analyze'")) == 1


def test_a_search_hit_is_said_by_whom_a_person_says(database: Database, settings: Settings) -> None:
    """The list shows the corrected speaker beside the words found."""
    done = add_transcribed(database, settings, "a", stereo())
    assert done.call_id
    correct(database, done.call_id, SWAP)
    with database.transaction() as session:
        hit = list_calls(session, OPERATOR, CallFilters(text="Frostmere")).rows[0].hit
    assert hit is not None
    assert hit.speaker == "rep"


def test_who_may_see_a_call_may_correct_it(database: Database, settings: Settings) -> None:
    """The call's rep, the team's manager and an admin can; for others the call is not there. Who and when is kept."""
    with database.transaction() as session:
        people = {
            name: Viewer.of(add_user(session, NewUser(name, f"{name}@example.com", role, team)))
            for name, role, team in [
                ("ana", "rep", "North"),
                ("abe", "rep", "North"),
                ("meg", "manager", "North"),
                ("sue", "manager", "South"),
                ("sam", "admin", None),
            ]
        }
    done = add_transcribed(database, settings, "a", stereo(), details=CallDetails(rep_email="ana@example.com"))
    assert done.call_id
    for name, wish in [("ana", SWAP), ("meg", BACK), ("sam", SWAP)]:
        assert correct(database, done.call_id, wish, people[name])
        roles = shown(database, done.call_id).roles
        assert roles is not None
        assert (roles.correction is None) == (wish == BACK)
        assert roles.corrected_by == (name if wish == SWAP else None)
        assert (roles.corrected_at is None) == (wish == BACK)
    for name in ("abe", "sue"):
        assert not correct(database, done.call_id, BACK, people[name])
    assert count(database, RoleCorrection) == [3]
    assert not correct(database, uuid.uuid4(), SWAP)


def test_a_call_without_transcript_cannot_be_corrected(database: Database, settings: Settings) -> None:
    """The refusal says that it is not transcribed yet."""
    done = ingest(database, settings, OPERATOR, io.BytesIO(conversation()), "a.wav")
    assert done.call_id
    with pytest.raises(RolesError, match="not transcribed yet"):
        correct(database, done.call_id, SWAP)


def test_told_roles_keep_their_confidence_until_a_person_speaks(database: Database, settings: Settings) -> None:
    """Voice and confidence are stored and read; a person's yes makes the roles certain, undone they are as told."""
    done = add_transcribed(database, settings, "m", mono(("rep", "customer") * 2, 0.72))
    assert done.call_id
    with database.transaction() as session:
        loaded = latest_transcript(session, done.recording_id)
    assert loaded is not None
    assert loaded.transcript.role_confidence == 0.72
    assert [turn.voice for turn in loaded.transcript.turns] == [0, 1, 0, 1]
    seen = []
    for wish in (BACK, Wish(rep_voice=0), SWAP, BACK):
        correct(database, done.call_id, wish)
        roles = shown(database, done.call_id).roles
        assert roles is not None
        seen.append((roles.correction, roles.confidence, roles.rep_voice, roles.swap))
    assert seen == [
        (None, 0.72, 0, {"swapped": True}),
        ("confirmed", 1.0, 0, {"swapped": True}),
        ("swapped", 1.0, 1, {"swapped": False}),
        (None, 0.72, 0, {"swapped": True}),
    ]


def test_unknown_speakers_get_roles_from_a_person(database: Database, settings: Settings) -> None:
    """Once a voice is named the rep, every turn has a role, and the swap names the other voice."""
    done = add_transcribed(database, settings, "m", mono(("unknown",) * 4, 0.55))
    assert done.call_id
    roles = shown(database, done.call_id).roles
    assert roles is not None
    assert (roles.are_known, roles.voices, roles.swap) == (False, (0, 1), None)
    correct(database, done.call_id, Wish(rep_voice=1))
    detail = shown(database, done.call_id)
    assert speakers(detail) == ["customer", "rep", "customer", "rep"]
    assert detail.roles is not None
    assert (detail.roles.correction, detail.roles.swap) == ("named", {"rep_voice": 0})


def test_a_new_transcript_keeps_what_a_person_said(database: Database, settings: Settings) -> None:
    """A rerun that numbers the voices otherwise, and guesses otherwise, has the same person as the rep."""
    done = add_transcribed(database, settings, "m", mono(("rep", "customer") * 2, 0.72))
    assert done.call_id
    correct(database, done.call_id, SWAP)
    rerun = mono(("customer", "rep") * 2, 0.61, voices=(1, 0, 1, 0))
    with database.transaction() as session:
        add_transcript(session, done.recording_id, Transcription(rerun), "other weights")
        carry_roles(session, done.recording_id)
    detail = shown(database, done.call_id)
    assert speakers(detail) == ["customer", "rep"] * 2
    assert detail.roles is not None
    assert (detail.roles.correction, detail.roles.confidence) == ("confirmed", 1.0)
    correct(database, done.call_id, BACK)
    with database.transaction() as session:
        add_transcript(session, done.recording_id, Transcription(mono(("rep", "customer") * 2, 0.72)), "gold")
        carry_roles(session, done.recording_id)
    detail = shown(database, done.call_id)
    assert (speakers(detail), detail.roles and detail.roles.correction) == (["rep", "customer"] * 2, None)


def test_a_swap_while_the_call_is_analyzed_is_not_lost(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The analysis of the old reading is stored but does not end the call: that of the new one does."""
    done = add_transcribed(database, settings, "a", stereo())
    assert done.call_id
    from service import pipeline

    review = pipeline.review
    call_id = done.call_id

    def interrupted(*arguments: object) -> pipeline.Review:
        monkeypatch.setattr(pipeline, "review", review)
        assert correct(database, call_id, SWAP)
        return review(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "review", interrupted)
    desk = Desk(settings, database, FakeEngines(), lambda: None)
    desk.analyze(done.recording_id)
    assert shown(database, call_id).call.state == "analyzing"
    desk.analyze(done.recording_id)
    detail = shown(database, call_id)
    assert (detail.call.state, [event.speaker for event in detail.events]) == ("scored", ["rep"])


def test_a_rep_on_the_other_channel_is_told_at_ingest(database: Database, settings: Settings) -> None:
    """The transcript follows the recording's own channel, has a name of its own, and a later word is taken too."""
    other = CallDetails(rep_channel=1)
    done = ingest(database, settings, OPERATOR, io.BytesIO(conversation()), "a.wav", other)
    finish_all(database, settings)
    assert done.call_id
    assert speakers(shown(database, done.call_id)) == ["customer", "rep"]
    again = ingest(database, settings, OPERATOR, io.BytesIO(conversation()), "a.wav", CallDetails(rep_channel=0))
    assert again.status == "duplicate"
    finish_all(database, settings)
    assert speakers(shown(database, done.call_id)) == ["rep", "customer"]
    with database.transaction() as session:
        names = session.scalars(select(StoredTranscript.weights_hash).order_by(StoredTranscript.created_at)).all()
        assert names == ["fake-whisper-rep1", "fake-whisper"]
    with pytest.raises(IngestError, match=r"^rep_channel: 2 is no channel of a call; the first is 0, the other 1$"):
        ingest(database, settings, OPERATOR, io.BytesIO(b"x"), "b.wav", CallDetails(rep_channel=2))
    assert count(database, Recording, Call) == [1, 1]


def test_a_job_that_waits_already_undoes_nothing(database: Database, settings: Settings) -> None:
    """A second deferral in a transaction is refused, and what the transaction wrote stays."""
    done = add_transcribed(database, settings, "a", stereo())
    deferred = []
    for name in ("one", "two"):
        with database.transaction() as session:
            session.add(User(name=name, email=f"{name}@example.com", role="rep"))
            deferred.append(queue.defer(session, "analyze", done.recording_id))
    assert deferred == [True, False]
    assert count(database, User) == [2]


def test_the_channel_of_the_rep_is_noted_once_there_are_two(database: Database, settings: Settings) -> None:
    """On one channel it means nothing; brought in again while it fails or is worked on, it is noted and queued."""
    with database.transaction() as session:
        ingest(database, settings, OPERATOR, io.BytesIO(wav(tone(1.0, 1))), "mono.wav", CallDetails(rep_channel=1))
        assert session.scalars(select(Recording.rep_channel)).one() is None
    of_it = "status = 'todo' AND args->>'recording_id' = :id"
    for seconds, state in [(2.0, "failed"), (3.0, "transcribing"), (4.0, "scored")]:
        sound = wav(tone(seconds))
        done = ingest(database, settings, OPERATOR, io.BytesIO(sound), "a.wav")
        mine = {"id": str(done.recording_id)}
        with database.transaction() as session:
            session.get_one(Recording, done.recording_id).state = state
            session.execute(text(f"UPDATE procrastinate_jobs SET status = 'doing' WHERE {of_it}"), mine)
        ingest(database, settings, OPERATOR, io.BytesIO(sound), "a.wav", CallDetails(rep_channel=1))
        with database.transaction() as session:
            recording = session.get_one(Recording, done.recording_id)
            assert (recording.state, recording.rep_channel) == ("queued", 1), state
            assert session.scalar(text(f"SELECT count(*) FROM procrastinate_jobs WHERE {of_it}"), mine) == 1

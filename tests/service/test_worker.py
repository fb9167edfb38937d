"""Workers: every recording ends in one clear state, exactly once, whatever happens to them."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from procrastinate.jobs import Job
from sqlalchemy import func, select, text

from asr.remote import RemoteError
from fakes import FakeEngines, silence, tone, wav
from fakes_time import wait_until
from models.calls import Recording, StoredTranscript, StoredTurn
from models.database import Database
from models.scores import Analysis, StoredKeyEvent, StoredScorecard
from service.calls.ingest import CallDetails, ingest
from service.jobs import rescue
from service.jobs import worker as worker_module
from service.jobs.worker import Worker, in_background
from service.people.viewer import OPERATOR
from service.search.terms import tsquery
from service.settings import Settings
from service.sops.publishing import publish
from service.sops.versions import shipped
from sop.document import dump, parse
from sop.procedure import Vocabulary

ROOT = Path(__file__).parents[2]


def conversation(number: int = 0) -> bytes:
    """A rep's burst of sound and then a customer's; each number sounds different."""
    rep = np.concatenate([tone(1.0, 1, hz=300 + number), silence(1.5, 1)], axis=1)
    customer = np.concatenate([silence(1.5, 1), tone(1.0, 1, hz=500 + number)], axis=1)
    return wav(np.concatenate([rep, customer]))


def bring_in(database: Database, settings: Settings, content: bytes, name: str = "a.wav") -> uuid.UUID:
    """Ingest and return the recording's id."""
    return ingest(database, settings, OPERATOR, io.BytesIO(content), name).recording_id


def states(database: Database) -> list[str]:
    """The states of all recordings."""
    with database.transaction() as session:
        return sorted(session.scalars(select(Recording.state)))


def finish_all(database: Database, settings: Settings, engines: FakeEngines) -> None:
    """Work until every recording is finished."""
    with in_background(Worker(settings, database, engines=engines)):
        wait_until(lambda: all(s in ("scored", "no_speech", "failed") for s in states(database)))


def test_a_recording_becomes_a_scored_call(database: Database, settings: Settings) -> None:
    """Transcript, searchable turns, events, metrics and one scorecard with its three hashes are stored."""
    bring_in(database, settings, conversation())
    finish_all(database, settings, FakeEngines())
    with database.transaction() as session:
        recording = session.scalars(select(Recording)).one()
        card = session.scalars(select(StoredScorecard)).one()
        assert recording.state == "scored"
        assert (recording.progress, recording.state_reason) == (1.0, None)
        assert card.recording_hash == recording.sha256
        assert card.weights_hash == "fake-whisper+fake-tagger-3"
        assert len(card.sop_hash) == 64
        assert [turn.speaker for turn in session.scalars(select(StoredTurn).order_by(StoredTurn.position))] == [
            "rep",
            "customer",
        ]
        assert [event.event for event in session.scalars(select(StoredKeyEvent))] == ["opening"]
        found = text("SELECT text FROM turns WHERE terms @@ CAST(:query AS tsquery)")
        for turn in session.scalars(select(StoredTurn)):
            assert turn.text in session.scalars(found, {"query": tsquery(turn.text)}).all()
        assert session.scalars(found, {"query": tsquery("unsaid")}).all() == []


def test_silence_is_no_speech(database: Database, settings: Settings) -> None:
    """A recording without words ends as such, with no scorecard and no turn."""
    bring_in(database, settings, wav(silence(2.0)))
    finish_all(database, settings, FakeEngines())
    assert states(database) == ["no_speech"]
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(StoredTurn)) == 0
        assert session.scalar(select(func.count()).select_from(StoredScorecard)) == 0


def test_processing_again_adds_nothing(database: Database, settings: Settings) -> None:
    """The same recording, SOP and weights give the same rows, not more of them."""
    from service.calls.changes import reprocess

    done = ingest(database, settings, OPERATOR, io.BytesIO(conversation()), "a.wav")
    finish_all(database, settings, FakeEngines())
    assert done.call_id
    with database.transaction() as session:
        assert reprocess(session, OPERATOR, done.call_id)
    finish_all(database, settings, FakeEngines())
    with database.transaction() as session:
        for table in (StoredTranscript, Analysis, StoredScorecard):
            assert session.scalar(select(func.count()).select_from(table)) == 1


def test_a_stage_that_keeps_failing_ends_with_its_reason(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three attempts the recording has failed, with the error in one line; others go on."""
    monkeypatch.setattr(worker_module, "_RETRY_WAIT_S", 0)
    bring_in(database, settings, conversation())
    bring_in(database, settings, wav(silence(2.0)), "b.wav")
    finish_all(database, settings, FakeEngines(error=RuntimeError("out of memory\nat line 3")))
    with database.transaction() as session:
        rows = {r.state: r for r in session.scalars(select(Recording))}
    assert set(rows) == {"failed", "no_speech"}
    assert rows["failed"].state_reason == "transcribe failed 3 times (RuntimeError: out of memory)"


def test_a_recording_that_vanished_from_disk_fails_clearly(database: Database, settings: Settings) -> None:
    """Without its file a recording fails with that reason."""
    bring_in(database, settings, conversation())
    with database.transaction() as session:
        (settings.recordings / session.scalars(select(Recording.path)).one()).unlink()
    finish_all(database, settings, FakeEngines())
    with database.transaction() as session:
        recording = session.scalars(select(Recording)).one()
    assert recording.state == "failed"
    assert "can't be opened" in (recording.state_reason or "")


def test_a_deleted_recording_is_left_alone(database: Database, settings: Settings) -> None:
    """A job of a deleted recording ends without a transcript."""
    recording_id = bring_in(database, settings, conversation())
    with database.transaction() as session:
        session.execute(text("UPDATE recordings SET deleted_at = now()"))
    with in_background(Worker(settings, database, engines=FakeEngines())):
        wait_until(lambda: jobs_left(database) == 0)
    with database.transaction() as session:
        assert session.get_one(Recording, recording_id).state == "queued"
        assert session.scalar(select(func.count()).select_from(StoredTranscript)) == 0


def jobs_left(database: Database) -> int:
    """Jobs that wait or run."""
    query = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    with database.transaction() as session:
        return session.scalar(text(query)) or 0


def start_worker(database: Database, settings: Settings, seconds: float) -> subprocess.Popen[str]:
    """A worker in a process of its own."""
    script = str(ROOT / "tests" / "service" / "slow_worker.py")
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return subprocess.Popen(
        [sys.executable, script, database.conninfo, str(settings.home), str(seconds)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        text=True,
    )


def test_a_stopped_worker_gives_its_job_back(database: Database, settings: Settings) -> None:
    """SIGTERM in the middle of a recording returns it to the queue at once."""
    bring_in(database, settings, conversation())
    process = start_worker(database, settings, 1.5)
    wait_until(lambda: states(database) == ["transcribing"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert states(database) in (["queued"], ["analyzing"], ["scored"])
    finish_all(database, settings, FakeEngines())
    assert states(database) == ["scored"]


def test_kill_9_loses_nothing_and_does_nothing_twice(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers killed again and again, then one left alive: every call is scored exactly once."""
    monkeypatch.setattr(rescue, "DEAD_AFTER_S", 4.0)
    monkeypatch.setattr(worker_module, "HEARTBEAT_S", 1.0)
    for number in range(5):
        bring_in(database, settings, conversation(number), f"{number}.wav")
    for seconds in (0.4, 0.9):
        process = start_worker(database, settings, seconds)
        wait_until(lambda: "transcribing" in states(database))
        time.sleep(seconds)
        process.kill()
        process.wait()
    finish_all(database, settings, FakeEngines())
    assert states(database) == ["scored"] * 5
    with database.transaction() as session:
        for table in (StoredTranscript, Analysis, StoredScorecard):
            assert session.scalar(select(func.count()).select_from(table)) == 5


def test_a_recording_that_kills_workers_is_given_up(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job over which eight workers died fails instead of killing the next one."""
    monkeypatch.setattr(rescue, "DEAD_AFTER_S", 0.5)
    monkeypatch.setattr(worker_module, "HEARTBEAT_S", 0.2)
    bring_in(database, settings, conversation())
    with database.transaction() as session:
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL"))
        session.execute(text("UPDATE recordings SET worker_deaths = 7"))
    finish_all(database, settings, FakeEngines())
    with database.transaction() as session:
        reason = session.scalars(select(Recording.state_reason)).one()
    assert reason == "the worker died 8 times at transcribe"


def test_earlier_weights_count_again(database: Database, settings: Settings) -> None:
    """Back on earlier weights, the transcript they made counts again, without being made again."""
    from service.calls.changes import reprocess
    from service.calls.store import latest_transcript

    done = ingest(database, settings, OPERATOR, io.BytesIO(conversation()), "a.wav")
    assert done.call_id
    for name in ("base", "small", "base"):
        engines = FakeEngines()
        engines.asr_hash = name
        with database.transaction() as session:
            reprocess(session, OPERATOR, done.call_id)
        finish_all(database, settings, engines)
        with database.transaction() as session:
            loaded = latest_transcript(session, done.recording_id)
            assert loaded is not None
            assert loaded.weights_hash == name
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(StoredTranscript)) == 2


def test_the_names_of_the_sop_are_listened_for(database: Database, settings: Settings) -> None:
    """A changed vocabulary makes another transcript; it is that of the SOP that scores the call."""
    from service.calls.changes import reprocess
    from service.calls.store import latest_transcript

    done = ingest(database, settings, OPERATOR, io.BytesIO(conversation()), "a.wav")
    own = CallDetails(sop_name="zh-telesales")
    other = ingest(database, settings, OPERATOR, io.BytesIO(conversation(1)), "b.wav", own)
    finish_all(database, settings, FakeEngines())
    sop = parse(shipped()["en-b2b"])
    hashes = []
    for words in (("Northlamp", "cold chain"), ("cold chain", "Northlamp"), ()):
        with database.transaction() as session:
            publish(session, dump(replace(sop, vocabulary=Vocabulary(words, words[:1]))), OPERATOR, "ever")
            for call_id in (done.call_id, other.call_id):
                assert call_id
                reprocess(session, OPERATOR, call_id)
        engines = FakeEngines()
        finish_all(database, settings, engines)
        assert engines.recognizer.vocabularies == ([words] if words else [])
        with database.transaction() as session:
            loaded, kept = (latest_transcript(session, item.recording_id) for item in (done, other))
            assert loaded is not None
            assert kept is not None
            assert kept.weights_hash == "fake-whisper"
            hashes.append(loaded.weights_hash)
    assert len({*hashes}) == 3
    assert [name.startswith("fake-whisper-names") for name in hashes] == [True, True, False]
    assert hashes[2] == "fake-whisper"


def test_a_wrong_setting_stops_the_worker_and_no_recording(database: Database, settings: Settings) -> None:
    """When an engine cannot be loaded, the worker says so and recordings stay queued."""
    bring_in(database, settings, conversation())
    wrong = settings.model_copy(update={"sop_en": "no-such-sop"})
    with in_background(Worker(wrong, database, engines=FakeEngines())) as worker:
        wait_until(lambda: worker.failure is not None)
    assert "no SOP named 'no-such-sop' is published" in str(worker.failure)
    assert states(database) == ["queued"]


def test_a_worker_outlives_a_broken_connection(database: Database, settings: Settings) -> None:
    """When the database drops every connection, the worker connects again and goes on."""
    with in_background(Worker(settings, database, engines=FakeEngines())):
        bring_in(database, settings, conversation(1))
        wait_until(lambda: states(database) == ["scored"])
        with database.engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        bring_in(database, settings, conversation(2), "b.wav")
        wait_until(lambda: states(database) == ["scored", "scored"])


def test_a_restored_recording_gets_its_job_back(database: Database, settings: Settings) -> None:
    """Deleted while it waited and restored after its job had come and gone, a call is still scored."""
    from service.calls import changes

    done = ingest(database, settings, OPERATOR, io.BytesIO(conversation()), "a.wav")
    assert done.call_id
    with database.transaction() as session:
        changes.delete(session, OPERATOR, done.call_id)
    with in_background(Worker(settings, database, engines=FakeEngines())):
        wait_until(lambda: jobs_left(database) == 0)
    with database.transaction() as session:
        assert changes.restore(session, OPERATOR, done.call_id)
    finish_all(database, settings, FakeEngines())
    assert states(database) == ["scored"]


URL = "http://gpu-box:8000/v1/audio/transcriptions"


def test_a_recording_waits_for_the_server(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the server is out of reach, the recording waits with the reason, and is scored when it is back."""
    monkeypatch.setattr(worker_module, "_RETRY_WAIT_S", 0.5)
    monkeypatch.setattr(worker_module, "PATIENCE_S", 0.2)
    bring_in(database, settings, conversation())
    error = RemoteError(URL, "can't be reached (refused); is the server running?")
    engines = FakeEngines(error=error)

    def waiting() -> tuple[str, str | None, int]:
        with database.transaction() as session:
            row = session.execute(select(Recording.state, Recording.state_reason, Recording.failures)).one()
            return row.state, row.state_reason, row.failures

    with in_background(Worker(settings, database, engines=engines)) as worker:
        wait_until(lambda: waiting() == ("queued", str(error), 0))
        wait_until(lambda: worker.hindrance is error)
        engines.recognizer.error = None
        wait_until(lambda: waiting() == ("scored", None, 0))
        assert worker.hindrance is None


def test_a_refused_clip_is_the_recordings_failure(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a server that works refuses again and again ends as failed, with the reason."""
    monkeypatch.setattr(worker_module, "_RETRY_WAIT_S", 0)
    bring_in(database, settings, conversation())
    finish_all(database, settings, FakeEngines(error=RemoteError(URL, "refuses the clip (400)", "clip")))
    with database.transaction() as session:
        reason = session.scalars(select(Recording.state_reason)).one()
    assert reason == f"transcribe failed 3 times (RemoteError: {URL}: refuses the clip (400))"


def test_the_wait_grows_and_has_an_end() -> None:
    """5 s, then twice as long each time, up to a minute."""
    waits = []
    for attempts in (0, 1, 2, 3, 4, 100):
        job = Job(id=1, queue="transcribe", lock=None, queueing_lock=None, task_name="transcribe", attempts=attempts)
        decision = worker_module._Retry().get_retry_decision(exception=RemoteError(URL, "busy"), job=job)
        assert decision.retry_at is not None
        waits.append(decision)
    seconds = [round((w.retry_at - waits[0].retry_at).total_seconds()) + 5 for w in waits if w.retry_at]
    assert seconds == [5, 10, 20, 40, 60, 60]

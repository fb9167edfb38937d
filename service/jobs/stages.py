"""The two stages of a recording, each one job: read rows, run the pipeline, store the result.

A stage's result and the next stage's job are written in one transaction, and every result is known
by the hashes of what made it. So a job that runs again, after a crash or beside a slow twin, finds
its result stored and only passes it on: nothing is done twice, nothing is lost.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import InstrumentedAttribute

from asr.audio import DecodeError
from asr.transcript import Language
from models.calls import FINISHED_STATES, Call, Recording
from models.database import Database
from models.sops import Backtest, Rescoring
from nlp.tagging.procedure import procedure_tagger
from service import pipeline
from service.calls import playback, store
from service.calls.context import context_of
from service.calls.correction import carry_roles
from service.calls.reading import rep_party
from service.calls.recording_files import remove_abandoned
from service.engines import Engines
from service.jobs import queue
from service.leads.expiry import expire
from service.leads.grading import regrade_recording
from service.reviews.carrying import carry_reviews
from service.settings import Settings
from service.sops import backtests, rescoring, runs
from service.sops.versions import sop_for, vocabularies

log = structlog.get_logger(__name__)

_PROGRESS_EVERY_S = 0.5
_RUNS: Mapping[queue.RunTask, type[runs.Run]] = {"backtest": Backtest, "rescore": Rescoring}


class Desk:
    """Where a worker does its jobs.

    ``check`` is called often while work goes on; what it raises stops the work.
    """

    def __init__(self, settings: Settings, database: Database, engines: Engines, check: Callable[[], None]) -> None:
        self._settings = settings
        self._database = database
        self._engines = engines
        self._check = check

    def prepare(self, queues: Sequence[str]) -> None:
        """Load what the queues need, so that a wrong setting stops the worker and not every recording.

        Raises:
            WeightsError, WhisperError, HeadError, EncoderError: an engine cannot be loaded.
            UnknownSop: a setting names an SOP that is not published.
        """
        remove_abandoned(self._settings)
        if "transcribe" in queues:
            _ = self._engines.asr_hash
        if "analyze" in queues:
            _ = self._engines.tagger
        with self._database.transaction() as session:
            vocabularies(session, self._settings, None)

    def transcribe(self, recording_id: uuid.UUID) -> None:
        """Recording → transcript, then the job that analyzes it."""
        with self._database.transaction() as session:
            recording = session.get_one(Recording, recording_id)
            if recording.deleted_at is not None:
                return
            rep_channel = recording.rep_channel
            call = session.scalars(select(Call).where(Call.recording_id == recording_id)).one()
            context = context_of(session, call.id)
            vocabulary = vocabularies(session, self._settings, call.sop_name, call.started_at, context)
            weights_hash = self._transcript_hash(rep_channel, vocabulary)
            if store.count_transcript(session, recording_id, weights_hash):
                carry_roles(session, recording_id)
                carry_reviews(session, recording_id)
                _analyze_next(session, recording_id)
                return
            path = self._settings.recordings / recording.path
            container, codec = recording.format, recording.codec
            recording.state, recording.progress, recording.state_reason = "transcribing", 0.0, None
        try:
            self._prepare_playback(path, container, codec)
            report = self._reporter(recording_id)
            transcription = pipeline.transcribe(
                path, self._engines, self._settings, report, rep_channel=rep_channel, vocabulary=vocabulary
            )
        except DecodeError as error:
            self.give_up(recording_id, error.reason)
            return
        with self._database.transaction() as session:
            store.add_transcript(session, recording_id, transcription, weights_hash)
            carry_roles(session, recording_id)
            carry_reviews(session, recording_id)
            if transcription.transcript.turns:
                _analyze_next(session, recording_id)
            else:
                _finish(session, recording_id, "no_speech", "no_speech")
        log.info("transcribed", recording_id=str(recording_id), turns=len(transcription.transcript.turns))

    def analyze(self, recording_id: uuid.UUID) -> None:
        """Transcript → key events, metrics and scorecard."""
        tagger = self._engines.tagger
        with self._database.transaction() as session:
            loaded = store.latest_transcript(session, recording_id)
            if loaded is None:
                return
            language, moment = loaded.transcript.language, loaded.started_at
            version, sop = sop_for(session, self._settings, language, loaded.sop_name, moment, loaded.context)
        review = pipeline.review(loaded.transcript, tagger, sop, moment, loaded.context)
        names = sop.vocabulary.competitors
        named = f"-names{_digest({loaded.transcript.language: names})}" if names else ""
        # The weights come first, whatever an SOP adds: figures of quality are of all calls they tagged.
        own = f"-own{procedure_tagger(tagger, sop).weights_hash[:16]}" if sop.all_events else ""
        tagger_hash = f"{tagger.weights_hash[:32]}-{pipeline.VERSION}{named}{own}"
        with self._database.transaction() as session:
            session.get_one(Recording, recording_id, with_for_update=True)
            store.add_review(session, loaded, review, tagger_hash, version)
            if rep_party(session, loaded.transcript_id) != loaded.rep_party:
                return  # a person has named another rep since: the job that reads it so waits behind this one
            _finish(session, recording_id, "scored", None)
            regrade_recording(session, recording_id)
        log.info("scored", recording_id=str(recording_id), score=review.scorecard.score)

    def backtest(self, run_id: uuid.UUID) -> None:
        """A draft tried on all calls that whoever asked may see."""
        backtests.run(self._database, run_id, self._check, lambda: self._engines.tagger)

    def rescore(self, run_id: uuid.UUID) -> None:
        """One page of past calls scored by a version."""
        self._check()
        rescoring.run(self._database, self._settings, run_id)

    def expire_leads(self) -> None:
        """Leads that nobody called in time flow back."""
        if gone := expire(self._database):
            log.info("leads flowed back", leads=len(gone))

    def wait_again(self, task: queue.RunTask, run_id: uuid.UUID) -> None:
        """A run was interrupted and waits for a worker again."""
        table = _RUNS[task]
        with self._database.transaction() as session:
            session.execute(update(table).where(table.id == run_id, table.state == "running").values(state="waiting"))

    def fail_run(self, task: queue.RunTask, run_id: uuid.UUID, error: str, most: int) -> bool:
        """A try of a run failed; whether that was one too many, and it has ended."""
        with self._database.transaction() as session:
            if runs.count_failure(session, _RUNS[task], run_id) < most:
                return False
            runs.end(session, _RUNS[task], run_id, "failed", error)
        log.warning("failed", task=task, run_id=str(run_id), reason=error)
        return True

    def requeue(self, recording_id: uuid.UUID, reason: str | None = None) -> None:
        """The stage was interrupted, or must wait for a ``reason``: its recording waits again."""
        with self._database.transaction() as session:
            session.execute(
                update(Recording)
                .where(Recording.id == recording_id, Recording.state.not_in(FINISHED_STATES))
                .values(state="queued", progress=0.0, state_reason=reason)
            )

    def count_failure(self, recording_id: uuid.UUID) -> int:
        """A stage of this recording raised; how often that has happened since one ended well."""
        return self._count(recording_id, Recording.failures)

    def count_death(self, recording_id: uuid.UUID) -> int:
        """A worker died over this recording; how often that has happened since a stage ended well."""
        return self._count(recording_id, Recording.worker_deaths)

    def give_up(self, recording_id: uuid.UUID, reason: str) -> None:
        """The recording cannot be processed; ``reason`` tells a person why."""
        with self._database.transaction() as session:
            _finish(session, recording_id, "failed", reason)
        log.warning("failed", recording_id=str(recording_id), reason=reason)

    def _count(self, recording_id: uuid.UUID, column: InstrumentedAttribute[int]) -> int:
        with self._database.transaction() as session:
            raised = update(Recording).where(Recording.id == recording_id).values({column: column + 1})
            return session.scalars(raised.returning(column)).one()

    def _transcript_hash(self, rep_channel: int | None, vocabulary: Mapping[Language, tuple[str, ...]]) -> str:
        """What names a transcript besides its recording: the engines, a channel of its own for the rep, the names."""
        asr_hash = self._engines.asr_hash
        own = rep_channel is not None and rep_channel != self._settings.rep_channel
        named = any(vocabulary.values())
        return asr_hash + (f"-rep{rep_channel}" if own else "") + (f"-names{_digest(vocabulary)}" if named else "")

    def _prepare_playback(self, path: Path, container: str | None, codec: str | None) -> None:
        """What the player needs is made here once, instead of while somebody waits for the page."""
        try:
            playback.prepare(path, container, codec)
        except OSError:
            log.exception("could not prepare the sound for playing", path=str(path))

    def _reporter(self, recording_id: uuid.UUID) -> Callable[[float], None]:
        last = time.monotonic()

        def report(fraction: float) -> None:
            nonlocal last
            self._check()
            if time.monotonic() - last < _PROGRESS_EVERY_S:
                return
            last = time.monotonic()
            with self._database.transaction() as session:
                session.execute(update(Recording).where(Recording.id == recording_id).values(progress=fraction))

        return report


def _digest(vocabulary: Mapping[Language, tuple[str, ...]]) -> str:
    """Eight hex digits over the names and their order."""
    return hashlib.sha256(json.dumps(dict(vocabulary), sort_keys=True).encode()).hexdigest()[:8]


def told(error: Exception) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {str(error).splitlines()[0]}" if str(error) else type(error).__name__


def _finish(session: Session, recording_id: uuid.UUID, state: str, reason: str | None) -> None:
    """Write the end of a recording's way."""
    session.execute(
        update(Recording)
        .where(Recording.id == recording_id)
        .values(
            state=state,
            state_reason=reason,
            progress=1.0,
            failures=0,
            worker_deaths=0,
            finished_at=datetime.now(UTC),
        )
    )


def _analyze_next(session: Session, recording_id: uuid.UUID) -> None:
    session.execute(
        update(Recording)
        .where(Recording.id == recording_id)
        .values(state="analyzing", progress=0.0, failures=0, worker_deaths=0)
    )
    queue.defer(session, "analyze", recording_id)

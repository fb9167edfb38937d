"""A database as the pipeline leaves it, from the demo's calls and gold transcripts, without weights."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, text, update

from asr.guards import Removed
from asr.recording import Transcription
from asr.transcript import Language, Speaker, Transcript, Turn, Word
from fakes import tone, wav
from models.calls import Recording
from models.database import Database
from nlp.manner.observations import observe
from nlp.metrics.call import measure
from nlp.slots.events import with_slots
from service.calls.ingest import CallDetails, Ingested, ingest
from service.calls.store import add_review, add_transcript, latest_transcript
from service.demo.loading import load
from service.people.queries import user_by_email
from service.people.viewer import OPERATOR, Viewer
from service.pipeline import Review, facts
from service.settings import Settings
from service.sops.versions import sop_for
from sop.events import Evidence, KeyEvent, Tagging
from sop.scoring import score

GOLD = Path(__file__).parent / "service" / "data" / "gold"
_RUNS = re.compile(r"[\u4e00-\u9fff]{1,2}|[^\s\u4e00-\u9fff]+")


@dataclass(frozen=True)
class GoldTagger:
    """Stands in for :class:`nlp.tagging.tagger.Tagger`: knows a call's key events by heart.

    The first event of ``doubted`` in each call is only doubtful.
    """

    calls: Mapping[str, list[list[str]]]
    call: str
    doubted: str = "customer_approval"
    weights_hash: str = "gold"

    def tag(self, transcript: Transcript, log_odds: NDArray[np.float64] | None = None) -> Tagging:
        found = [
            KeyEvent(event, Evidence(i, t.start_ms, t.end_ms, t.speaker, t.text, 0.93 - (i % 7) * 0.05))
            for i, t in enumerate(transcript.turns)
            for event in self.calls[self.call][i]
        ]
        doubtful = next((event for event in found if event.event == self.doubted), None)
        present = tuple(event for event in found if event is not doubtful)
        unsure = replace(doubtful, evidence=replace(doubtful.evidence, confidence=0.48)) if doubtful else None
        return Tagging(present, (unsure,) if unsure else ())


def seed(database: Database, settings: Settings) -> dict[str, uuid.UUID]:
    """The demo, scored from gold; the ids of its calls by name."""
    calls: dict[str, uuid.UUID] = {}
    for source in load(database):
        name = source.path.stem
        document = json.loads((GOLD / f"{name}.json").read_text("utf-8"))
        with source.path.open("rb") as file:
            done = ingest(database, settings, OPERATOR, file, source.path.name, source.details)
        assert done.call_id is not None
        # Hold music has a line of its own in the gold, and is no turn.
        document["turns"] = [turn for turn in document["turns"] if "speaker" in turn]
        tagger = GoldTagger({name: [turn["events"] for turn in document["turns"]]}, name)
        finish(database, settings, done.recording_id, transcript_of(document), tagger)
        calls[name] = done.call_id
    return calls


def finish(
    database: Database,
    settings: Settings,
    recording_id: uuid.UUID,
    transcript: Transcript,
    tagger: GoldTagger,
    weights_hash: str = "gold",
    removed: Sequence[Removed] = (),
) -> None:
    """Store what the pipeline would: transcript, key events, metrics, scorecard."""
    with database.transaction() as session:
        duration_ms = session.scalar(select(Recording.duration_ms).where(Recording.id == recording_id))
        transcript = replace(transcript, duration_ms=duration_ms or transcript.duration_ms)
        add_transcript(session, recording_id, Transcription(transcript, tuple(removed)), weights_hash)
        loaded = latest_transcript(session, recording_id)
        assert loaded is not None
        version, sop = sop_for(session, settings, transcript.language, None)
        tagging = with_slots(tagger.tag(transcript), transcript, loaded.started_at, sop.vocabulary.competitors)
        observations = observe(transcript)
        card = score(sop, tagging, facts(transcript, observations))
        review = Review(tagging, measure(transcript), card, observations)
        add_review(session, loaded, review, tagger.weights_hash, version)
        session.execute(update(Recording).where(Recording.id == recording_id).values(state="scored", progress=1.0))


def add_call(
    database: Database,
    settings: Settings,
    name: str,
    texts: list[str] | None = None,
    details: CallDetails | None = None,
    events: list[list[str]] | None = None,
) -> uuid.UUID:
    """One more call: a tone with these words, the rep first and by turns; without words only queued."""
    sound = wav(tone(20.0, hz=200 + crc32(name.encode()) / 2**20))
    done = ingest(database, settings, OPERATOR, io.BytesIO(sound), f"{name}.wav", details or CallDetails())
    assert done.call_id is not None
    if texts is not None:
        turns = tuple(
            turn_of("rep" if i % 2 == 0 else "customer", i % 2, i * 2_000, i * 2_000 + 1_800, said)
            for i, said in enumerate(texts)
        )
        transcript = Transcript(20_000, "en", 2, turns)
        finish(
            database,
            settings,
            done.recording_id,
            transcript,
            GoldTagger({name: events or [[] for _ in texts]}, name),
        )
    return done.call_id


MONO_TEXTS = (
    "Good morning, this is Tom from Northlamp, is now a good time?",
    "Yes, go on.",
    "How do you measure the temperature in your vans today?",
    "By hand, and last summer we lost a whole load.",
)


def mono(speakers: Sequence[Speaker], confidence: float, voices: Sequence[int] = (0, 1, 0, 1)) -> Transcript:
    """A call on one channel in which several voices were told apart."""
    turns = tuple(
        replace(turn_of(speaker, 0, i * 4_000, i * 4_000 + 3_500, said), voice=voice)
        for i, (speaker, voice, said) in enumerate(zip(speakers, voices, MONO_TEXTS, strict=True))
    )
    return Transcript(20_000, "en", 1, turns, role_confidence=confidence)


def add_transcribed(
    database: Database,
    settings: Settings,
    name: str,
    transcript: Transcript,
    removed: Sequence[Removed] = (),
    details: CallDetails = CallDetails(),
) -> Ingested:
    """One more call, a tone, with this transcript; its first turn is heard as the opening."""
    sound = wav(tone(20.0, transcript.channels, hz=200 + crc32(name.encode()) / 2**20))
    done = ingest(database, settings, OPERATOR, io.BytesIO(sound), f"{name}.wav", details)
    events = [["opening"] if i == 0 else [] for i in range(len(transcript.turns))]
    with database.transaction() as session:
        session.execute(
            text("DELETE FROM procrastinate_jobs WHERE args->>'recording_id' = :id"), {"id": str(done.recording_id)}
        )
    finish(database, settings, done.recording_id, transcript, GoldTagger({name: events}, name), removed=removed)
    return done


def set_state(database: Database, file_name: str, state: str, **values: Any) -> None:
    """Put a recording into a state, as a worker would."""
    with database.transaction() as session:
        session.execute(update(Recording).where(Recording.file_name == file_name).values(state=state, **values))
        assert session.scalar(select(Recording.state).where(Recording.file_name == file_name)) == state


def viewer_of(database: Database, email: str) -> Viewer:
    """The viewer who signs in with this address."""
    with database.transaction() as session:
        return Viewer.of(user_by_email(session, email))


def transcript_of(document: Mapping[str, Any]) -> Transcript:
    """The transcript of a gold file, its words spread evenly over each turn."""
    channels: list[str] = document["channels"]
    turns = tuple(
        turn_of(
            cast(Speaker, turn["speaker"]),
            channels.index(turn["speaker"]),
            round(turn["start"] * 1000),
            round(turn["end"] * 1000),
            turn["text"],
        )
        for turn in document["turns"]
    )
    return Transcript(turns[-1].end_ms + 800, cast(Language, document["language"]), len(channels), turns)


def turn_of(speaker: Speaker, channel: int, start_ms: int, end_ms: int, text: str) -> Turn:
    """A turn with words; every eleventh word is unsure."""
    return Turn(speaker, channel, start_ms, end_ms, text, 0.9, tuple(_words(text, start_ms, end_ms)))


def _words(text: str, start_ms: int, end_ms: int) -> Iterator[Word]:
    runs = list(_RUNS.finditer(text))
    for i, run in enumerate(runs):
        starts, ends = (start_ms + (end_ms - start_ms) * at // len(text) for at in run.span())
        yield Word(run.group(), starts, ends, 0.35 if i % 11 == 5 else 0.92)

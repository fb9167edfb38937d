"""Stored calls as a year of work leaves them: the corpus's calls, cut, joined, stretched and doubted at random."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

from psycopg import Connection

from asr.transcript import Language, Speaker, Transcript, Turn
from nlp.corpus.annotations import AnnotatedCall, AnnotatedTurn, read_calls
from nlp.manner.observations import observe

PRESENT, DOUBTFUL = 0.82, 0.12
"""Of the events that a call shows: heard, and heard in doubt; the rest is missed."""
WORD_MS = 240
TEMPLATES = 300
"""Different conversations; every call is one of them, heard otherwise and at another pace."""
REPS, TEAMS, DEALS = 40, 5, 2_000
_FIRST_DAY = datetime(2025, 1, 6, 9, tzinfo=UTC)

COLUMNS: dict[str, tuple[str, ...]] = {
    "teams": ("id", "name"),
    "users": ("id", "name", "email", "role", "team_id"),
    "accounts": ("id", "name"),
    "opportunities": ("id", "external_id", "name", "account_id", "stage", "outcome", "created_at"),
    "stage_changes": ("id", "opportunity_id", "stage", "changed_at", "source"),
    "recordings": ("id", "sha256", "file_name", "path", "size_bytes", "codec", "duration_ms", "state", "progress"),
    "calls": ("id", "recording_id", "rep_id", "opportunity_id", "customer_phone", "direction", "started_at"),
    "transcripts": ("id", "call_id", "weights_hash", "language", "channels", "duration_ms", "role_confidence"),
    "turns": (
        *("transcript_id", "position", "speaker", "channel", "start_ms", "end_ms", "text"),
        *("confidence", "words"),
    ),
    "analyses": ("id", "call_id", "transcript_id", "tagger_hash", "observations"),
    "key_events": (
        *("analysis_id", "position", "event", "doubtful", "turn", "start_ms", "end_ms", "speaker", "quote"),
        *("confidence", "slots"),
    ),
    "scorecards": (
        *("id", "call_id", "analysis_id", "sop_version_id", "recording_hash", "sop_hash", "weights_hash"),
        *("points", "judged_points"),
    ),
}
"""The columns that are written, in an order that keys allow."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A transcript, the events and stored words of each turn, and how it was spoken; both in JSON."""

    transcript: Transcript
    events: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    observations: str


@dataclass
class People:
    """Who calls, and about what."""

    teams: list[uuid.UUID] = field(default_factory=list)
    reps: list[uuid.UUID] = field(default_factory=list)
    deals: list[uuid.UUID] = field(default_factory=list)


def conversations(language: Language, chance: random.Random) -> list[Conversation]:
    """Some hundred conversations made of the corpus's calls in ``language``."""
    folder = resources.files("nlp") / "corpus"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.startswith(f"{language}-"))
    calls = [
        call
        for name in names
        if name.endswith(".jsonl")
        for call in read_calls((folder / name).read_text("utf-8"), name)
        if call.language == language
    ]
    return [_conversation(calls, language, chance) for _ in range(TEMPLATES)]


def _conversation(calls: Sequence[AnnotatedCall], language: Language, chance: random.Random) -> Conversation:
    """One to four calls in a row; one in six ends early, in one of thirty nobody knows who speaks."""
    turns: list[AnnotatedTurn] = []
    for _ in range(chance.choice((1, 1, 2, 2, 2, 3, 4))):
        turns += chance.choice(calls).turns
    if chance.random() < 1 / 6:
        turns = turns[: max(2, len(turns) // 3)]
    untold = chance.random() < 1 / 30
    spoken = tuple(_spoken(turns, language, untold=untold, chance=chance))
    notes = ("truncated",) if chance.random() < 1 / 40 else ()
    transcript = Transcript(spoken[-1].end_ms + 700, language, 2, spoken, notes, 0.4 if untold else 1.0)
    seen = [observation.to_json() for observation in observe(transcript)]
    words = tuple(json.dumps(_words(turn), ensure_ascii=False) for turn in spoken)
    events = tuple(turn.events for turn in turns)
    return Conversation(transcript, events, words, json.dumps(seen, ensure_ascii=False))


def _spoken(
    turns: Sequence[AnnotatedTurn], language: Language, *, untold: bool, chance: random.Random
) -> Iterator[Turn]:
    at_ms = 800
    for turn in turns:
        units = len(turn.text) if language == "zh" else 5 * len(turn.text.split()) // 2
        length_ms = max(400, int(units * WORD_MS * chance.uniform(0.7, 1.2)))
        speaker: Speaker = "unknown" if untold else turn.speaker
        channel = 0 if turn.speaker == "rep" else 1
        yield Turn(speaker, channel, at_ms, at_ms + length_ms, turn.text, chance.uniform(0.6, 0.98))
        at_ms += length_ms + chance.randint(100, 1_500)


def fill(connection: Connection[Any], language: Language, calls: int, version: tuple[uuid.UUID, str], seed: int) -> int:
    """Write so many calls, analyzed and scored by ``version`` (id and hash); how many turns they have."""
    chance = random.Random(seed)
    templates = conversations(language, chance)
    people = _people(connection, chance)
    turns = 0
    for first in range(0, calls, 500):
        tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
        for number in range(first, min(calls, first + 500)):
            said = chance.choice(templates)
            _add_call(tables, number, said, people, version, chance)
            turns += len(said.transcript.turns)
        for name, rows in tables.items():
            _copy(connection, name, rows)
    connection.commit()
    connection.execute("ANALYZE")
    connection.commit()
    return turns


def _people(connection: Connection[Any], chance: random.Random) -> People:
    people = People([_id(chance) for _ in range(TEAMS)], [_id(chance) for _ in range(REPS)])
    people.deals = [_id(chance) for _ in range(DEALS)]
    _copy(connection, "teams", [(team, f"Team {number}") for number, team in enumerate(people.teams)])
    _copy(
        connection,
        "users",
        [
            (rep, f"Rep {number}", f"rep{number}@example.com", "rep", people.teams[number % TEAMS])
            for number, rep in enumerate(people.reps)
        ],
    )
    accounts = [(_id(chance), f"Account {number}") for number in range(DEALS)]
    _copy(connection, "accounts", accounts)
    moment = _FIRST_DAY.isoformat()
    deals = [
        (deal, f"D-{number}", f"Deal {number}", accounts[number][0], "needs", "open", moment)
        for number, deal in enumerate(people.deals)
    ]
    _copy(connection, "opportunities", deals)
    moves = [(_id(chance), deal, "needs", moment, "import") for deal in people.deals]
    _copy(connection, "stage_changes", moves)
    return people


def _add_call(
    tables: dict[str, list[tuple[Any, ...]]],
    number: int,
    said: Conversation,
    people: People,
    version: tuple[uuid.UUID, str],
    chance: random.Random,
) -> None:
    recording, call, transcript, analysis = (_id(chance) for _ in range(4))
    digest = f"{number:064x}"
    pace = chance.uniform(0.8, 1.3)
    length = int(said.transcript.duration_ms * pace)
    started = _FIRST_DAY + timedelta(minutes=12 * number)
    phone = f"+86138{chance.randrange(10**8):08d}"
    tables["recordings"].append((recording, digest, f"{number}.wav", digest, 1, "pcm", length, "scored", 1.0))
    deal = chance.choice(people.deals) if chance.random() < 0.8 else None
    direction = chance.choice(("inbound", "outbound", "outbound"))
    tables["calls"].append((call, recording, chance.choice(people.reps), deal, phone, direction, started.isoformat()))
    confidence = said.transcript.role_confidence
    tables["transcripts"].append((transcript, call, "w", said.transcript.language, 2, length, confidence))
    for position, (turn, words) in enumerate(zip(said.transcript.turns, said.words, strict=True)):
        start, end = int(turn.start_ms * pace), int(turn.end_ms * pace)
        row = (transcript, position, turn.speaker, turn.channel, start, end, turn.text, turn.confidence, words)
        tables["turns"].append(row)
    tables["analyses"].append((analysis, call, transcript, "t", said.observations))
    tables["key_events"] += _events(analysis, said, pace, chance)
    tables["scorecards"].append((_id(chance), call, analysis, version[0], digest, version[1], "w+t", 0, 0))


def _events(analysis: uuid.UUID, said: Conversation, pace: float, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    position = 0
    for index, (turn, events) in enumerate(zip(said.transcript.turns, said.events, strict=True)):
        for event in events:
            luck = chance.random()
            if luck > PRESENT + DOUBTFUL:
                continue
            doubtful = luck > PRESENT
            confidence = chance.uniform(0.3, 0.5) if doubtful else chance.uniform(0.55, 0.99)
            start, end = int(turn.start_ms * pace), int(turn.end_ms * pace)
            yield (analysis, position, event, doubtful, index, start, end, turn.speaker, turn.text, confidence, "[]")
            position += 1


def _words(turn: Turn) -> list[list[Any]]:
    """The words of a turn as they are stored: nobody reads them here, but they lie between what is read."""
    pieces = [turn.text[at : at + 2] for at in range(0, len(turn.text), 2)]
    step = (turn.end_ms - turn.start_ms) / max(1, len(pieces))
    return [
        [piece, turn.start_ms + int(index * step), turn.start_ms + int((index + 1) * step), 0.9]
        for index, piece in enumerate(pieces)
    ]


def _copy(connection: Connection[Any], table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    with connection.cursor().copy(f"COPY {table} ({', '.join(COLUMNS[table])}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _id(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)

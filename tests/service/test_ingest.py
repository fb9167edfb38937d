"""Recordings coming in: once each, whole or not at all, and never by a path a user chose."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select, text

from fakes import silence, tone, wav
from models.calls import Call, Recording
from models.database import Database
from models.opportunities import Opportunity
from models.people import User
from service.calls import changes
from service.calls.ingest import CallDetails, IngestError, ingest
from service.calls.recording_files import remove_abandoned
from service.opportunities.importing import import_opportunities
from service.people.queries import NewUser, add_user
from service.people.viewer import OPERATOR, Viewer, visible_opportunities
from service.settings import Settings

SOUND = wav(tone(1.0))


def people(database: Database) -> dict[str, Viewer]:
    """Two teams with a rep each, and what they see."""
    with database.transaction() as session:
        users = [
            add_user(session, NewUser("ana", "ana@example.com", "rep", "North")),
            add_user(session, NewUser("bo", "bo@example.com", "rep", "South")),
            add_user(session, NewUser("meg", "meg@example.com", "manager", "North")),
        ]
        return {user.name: Viewer.of(user) for user in users}


def jobs(database: Database) -> int:
    """How many jobs wait in the queue."""
    with database.transaction() as session:
        return session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")) or 0


def test_a_recording_and_its_job_come_together(database: Database, settings: Settings) -> None:
    """A stored file has one row, one call and one waiting job, and lies under its hash."""
    done = ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "客户 回访.wav")
    assert (done.file, done.status) == ("客户 回访.wav", "queued")
    with database.transaction() as session:
        recording = session.scalars(select(Recording)).one()
        assert (recording.state, recording.channels, recording.sample_rate_hz) == ("queued", 2, 8000)
        assert recording.duration_ms == 1000
        assert (settings.recordings / recording.path).read_bytes() == SOUND
        assert session.scalars(select(Call)).one().id == done.call_id
    assert jobs(database) == 1
    assert list((settings.recordings / "incoming").iterdir()) == []


def test_the_same_content_is_a_duplicate(database: Database, settings: Settings) -> None:
    """The second time, under another name, nothing is stored or queued, and the first call is named."""
    first = ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "one.wav")
    second = ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "two.wav")
    assert (second.status, second.reason, second.call_id) == ("duplicate", "duplicate of one.wav", first.call_id)
    assert jobs(database) == 1


def test_a_duplicate_of_a_hidden_call_names_nothing(database: Database, settings: Settings) -> None:
    """A rep who brings in another team's recording learns neither its name nor its call."""
    viewers = people(database)
    ingest(database, settings, viewers["bo"], io.BytesIO(SOUND), "secret deal.wav")
    again = ingest(database, settings, viewers["ana"], io.BytesIO(SOUND), "x.wav")
    assert (again.status, again.call_id) == ("duplicate", None)
    assert "secret" not in str(again)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"this is no sound at all, only text that calls itself wav", "not an audio file"),
        (b"#EXTM3U\nhttp://127.0.0.1:9/secret\n", "not an audio file"),
    ],
)
def test_what_is_no_recording_fails_with_its_reason(
    database: Database, settings: Settings, content: bytes, reason: str
) -> None:
    """The row says why, and no job is made."""
    done = ingest(database, settings, OPERATOR, io.BytesIO(content), "a.wav")
    assert done.status == "failed"
    assert (done.reason or "").startswith(reason)
    assert jobs(database) == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "a\x00b\n.wav", ""])
def test_a_name_is_never_a_path(database: Database, settings: Settings, name: str) -> None:
    """Whatever a file calls itself, it lands under its hash, and the shown name has no folder in it."""
    done = ingest(database, settings, OPERATOR, io.BytesIO(SOUND), name)
    assert not set("/\\\x00\n") & set(done.file)
    assert done.file
    files = [p for p in settings.home.rglob("*") if p.is_file()]
    assert [p.parent.parent for p in files] == [settings.recordings]


def test_too_large_is_refused_and_leaves_nothing(database: Database, tmp_path: Path) -> None:
    """A file over the limit is refused by name, and its bytes are removed."""
    settings = Settings(home=tmp_path, max_upload_mb=1)
    with pytest.raises(IngestError, match=r"^big\.wav: larger than 1 MiB"):
        ingest(database, settings, OPERATOR, io.BytesIO(bytes(2 << 20)), "big.wav")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_failed_recording_can_be_brought_in_again(database: Database, settings: Settings) -> None:
    """A duplicate of a failed recording is queued again."""
    done = ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "a.wav")
    with database.transaction() as session:
        session.get_one(Recording, done.recording_id).state = "failed"
        session.execute(text("DELETE FROM procrastinate_jobs"))
    assert ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "a.wav").status == "duplicate"
    assert jobs(database) == 1


def test_a_lost_job_is_made_again(database: Database, settings: Settings) -> None:
    """A recording that waits without a job gets one when it is brought in again."""
    ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "a.wav")
    with database.transaction() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "a.wav")
    assert jobs(database) == 1


def test_details_reach_only_what_the_viewer_sees(database: Database, settings: Settings) -> None:
    """A rep cannot lay a call on another team's rep or opportunity."""
    viewers = people(database)
    with pytest.raises(IngestError, match=r"rep_email: no user 'bo@example\.com' that you may see"):
        ingest(database, settings, viewers["ana"], io.BytesIO(SOUND), "a", CallDetails(rep_email="bo@example.com"))
    with pytest.raises(IngestError, match="opportunity: no opportunity 'O-1' that you may see"):
        ingest(database, settings, viewers["ana"], io.BytesIO(SOUND), "a", CallDetails(opportunity="O-1"))
    assert list(settings.home.rglob("incoming/*")) == []


def test_a_call_finds_its_opportunity_by_phone_within_the_team(database: Database, settings: Settings) -> None:
    """The contact's number links the call, but only to a deal of the rep's own team."""
    viewers = people(database)
    header = "opportunity_id,name,account,contact_name,contact_phone,owner_email,stage,created_at\n"
    rows = header + "O-1,Deal,Acme,Al,+447700900142,ana@example.com,needs,2026-10-01T00:00:00Z\n"
    details = CallDetails(customer_phone="+44 7700 900142", started_at=datetime(2026, 10, 6, tzinfo=UTC))
    with database.transaction() as session:
        import_opportunities(session, rows, "x.csv")
    mine = ingest(database, settings, viewers["ana"], io.BytesIO(SOUND), "a.wav", details)
    other = ingest(database, settings, viewers["bo"], io.BytesIO(wav(tone(2.0))), "b.wav", details)
    with database.transaction() as session:
        deal = session.scalars(select(Opportunity)).one().id
        calls = {call.id: call for call in session.scalars(select(Call))}
    assert calls[mine.call_id].opportunity_id == deal  # type: ignore[index]
    assert calls[other.call_id].opportunity_id is None  # type: ignore[index]


def test_the_callers_clock_is_kept(database: Database, settings: Settings) -> None:
    """The moment and its UTC offset are both stored."""
    started = datetime.fromisoformat("2026-10-12T10:05:00+08:00")
    ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "a.wav", CallDetails(started_at=started))
    with database.transaction() as session:
        call = session.scalars(select(Call)).one()
        assert (call.started_at, call.utc_offset_minutes) == (started, 480)


def test_deleting_can_be_undone(database: Database, settings: Settings) -> None:
    """A deleted call is gone for its viewer, comes back, and cannot come back beside its twin."""
    viewer = people(database)["ana"]
    done = ingest(database, settings, viewer, io.BytesIO(SOUND), "a.wav")
    assert done.call_id
    with database.transaction() as session:
        assert not changes.delete(session, people_other(session), done.call_id)
        assert changes.delete(session, viewer, done.call_id)
    with database.transaction() as session:
        assert not changes.delete(session, viewer, done.call_id)
        assert changes.restore(session, viewer, done.call_id)
        assert changes.delete(session, viewer, done.call_id)
    assert ingest(database, settings, viewer, io.BytesIO(SOUND), "a.wav").status == "queued"
    with database.transaction() as session, pytest.raises(changes.RestoreError):
        changes.restore(session, viewer, done.call_id)


def people_other(session: object) -> Viewer:
    """The rep of the other team."""
    user = session.scalars(select(User).where(User.email == "bo@example.com")).one()  # type: ignore[attr-defined]
    return Viewer.of(user)


def test_many_bring_in_the_same_file_at_once(database: Database, settings: Settings) -> None:
    """Of eight at once, one is queued and seven are its duplicates."""
    from concurrent.futures import ThreadPoolExecutor

    content = wav(np.concatenate([silence(0.5), tone(0.5)], axis=1))
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: ingest(database, settings, OPERATOR, io.BytesIO(content), f"{n}.wav"), range(8)))
    assert sorted(item.status for item in done) == ["duplicate"] * 7 + ["queued"]
    assert len({item.recording_id for item in done}) == 1
    assert jobs(database) == 1
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Recording)) == 1


def test_what_was_not_known_is_filled_in(database: Database, settings: Settings) -> None:
    """Brought in again with a rep and a number, the known call gets them; what it had stays."""
    people(database)
    ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "a.wav")
    ana = CallDetails(rep_email="ana@example.com", customer_phone="+447700900142", direction="inbound")
    ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "a.wav", ana)
    bo = CallDetails(rep_email="bo@example.com", direction="outbound")
    ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "a.wav", bo)
    with database.transaction() as session:
        call = session.scalars(select(Call)).one()
        assert session.get_one(User, call.rep_id).name == "ana"
        assert (call.customer_phone, call.direction) == ("+447700900142", "inbound")


def test_a_managers_recording_is_theirs_until_a_rep_is_named(database: Database, settings: Settings) -> None:
    """What a manager brings in without naming a rep does not vanish from their view."""
    meg = people(database)["meg"]
    done = ingest(database, settings, meg, io.BytesIO(SOUND), "a.wav")
    assert ingest(database, settings, meg, io.BytesIO(SOUND), "a.wav").call_id == done.call_id


def test_an_unknown_sop_is_refused_at_the_door(database: Database, settings: Settings) -> None:
    """A misspelt SOP refuses the file instead of failing it later."""
    with pytest.raises(IngestError, match=r"^sop: no SOP named 'nope' is published; published are: en-b2b"):
        ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "a.wav", CallDetails(sop_name="nope"))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-14:00"])
def test_a_moment_beyond_the_calendar_is_refused(database: Database, settings: Settings, moment: str) -> None:
    """A time that no page could show in the viewer's zone is refused by its field."""
    details = CallDetails(started_at=datetime.fromisoformat(moment))
    with pytest.raises(IngestError, match=r"^started_at: "):
        ingest(database, settings, OPERATOR, io.BytesIO(SOUND), "a.wav", details)


def test_a_rep_cannot_open_a_colleagues_deal_with_a_number(database: Database, settings: Settings) -> None:
    """A rep's upload that claims a colleague's customer is not linked to the colleague's deal."""
    viewers = people(database)
    with database.transaction() as session:
        abe = Viewer.of(add_user(session, NewUser("abe", "abe@example.com", "rep", "North")))
        header = "opportunity_id,name,account,contact_phone,owner_email,stage,created_at\n"
        row = "O-1,Deal,Acme,+447700900142,ana@example.com,needs,2026-10-01T00:00:00Z\n"
        import_opportunities(session, header + row, "x.csv")
    details = CallDetails(customer_phone="+447700900142", started_at=datetime(2026, 10, 6, tzinfo=UTC))
    done = ingest(database, settings, abe, io.BytesIO(b"no sound"), "a.wav", details)
    with database.transaction() as session:
        assert session.get_one(Call, done.call_id).opportunity_id is None
        assert session.scalars(select(Opportunity).where(visible_opportunities(abe))).all() == []
        assert len(session.scalars(select(Opportunity).where(visible_opportunities(viewers["ana"]))).all()) == 1


def test_abandoned_uploads_are_swept(settings: Settings) -> None:
    """What an upload that never ended left behind goes after a day, one under way stays."""
    incoming = settings.recordings / "incoming"
    incoming.mkdir(parents=True)
    old, new = incoming / "old", incoming / "new"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    remove_abandoned(settings)
    assert list(incoming.iterdir()) == [new]

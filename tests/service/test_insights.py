"""Next steps, decision chain, risks and the day list on the demo, and who may see and say what of them."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text, update
from typer.testing import CliRunner

from databases import Demo, statements_sent
from fakes_web import viewer_of
from models.calls import Call, Recording
from models.database import Database
from models.opportunities import Opportunity, StageChange
from models.people import User
from models.records import Change
from models.scores import Analysis
from service.main import create_app
from service.opportunities.chains import chain_of
from service.opportunities.day import day
from service.opportunities.facts import deal_facts
from service.opportunities.next_steps import MarkError, MarkGone, mark_step, steps_of, unmark_step
from service.opportunities.risks import risks_by_deal, risks_of
from service.people.sessions import new_api_token
from service.people.viewer import OPERATOR, Viewer
from service.records.audit import record, trail
from service.settings import Settings
from sop.deals.next_steps import NextStep
from sop.deals.risks import Risk

NOW = datetime(2026, 11, 13, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def seeded(scored_demo: Demo) -> tuple[Database, Settings]:
    """The demo, scored from gold, with the CRM's stage changes before the day of the stories; only read."""
    with scored_demo.database.transaction() as session:
        # The import notes the moment it ran, which is later than the day of the stories.
        late = update(StageChange).where(StageChange.changed_at > NOW)
        session.execute(late.values(changed_at=NOW - timedelta(days=1)))
    return scored_demo.database, scored_demo.settings


@pytest.fixture
def demo(seeded: tuple[Database, Settings]) -> Database:
    """The database of the demo."""
    return seeded[0]


def steps(database: Database, deal: str, viewer: Viewer = OPERATOR, now: datetime = NOW) -> tuple[NextStep, ...]:
    """The next steps of a deal."""
    with database.transaction() as session:
        found = steps_of(session, viewer, deal, now)
    assert found is not None
    return found


def dangers(database: Database, deal: str) -> dict[str, Risk]:
    """The risks of a deal by kind."""
    with database.transaction() as session:
        found = risks_of(session, OPERATOR, deal, NOW)
    assert found is not None
    return {risk.kind: risk for risk in found}


def test_the_silent_deal_shows_its_missed_step_and_its_silence(demo: Database) -> None:
    """OPP-1004: the talk held for Tuesday the 27th never was, and nobody called since."""
    (missed,) = [step for step in steps(demo, "OPP-1004") if step.state == "missed"]
    assert (missed.due.last, missed.owner, missed.owner_name) == (date(2026, 10, 27), "ours", "Priya Nair")
    assert "hold Tuesday at two" in missed.quotes[-1].quote
    found = dangers(demo, "OPP-1004")
    assert list(found)[:2] == ["gone_silent", "missed_next_step"]
    assert found["gone_silent"].severity == "high"
    assert found["missed_next_step"].evidence == missed.quotes[:1]
    assert found["price_objection"].reason.code == "price_again"


def test_the_lost_deal_shows_its_price_objections_and_its_competitor(demo: Database) -> None:
    """OPP-1003: ten objections nobody answered, 蓝霜 in every call, and a call-back the customer waited for."""
    found = dangers(demo, "OPP-1003")
    assert len(found["price_objection"].evidence) == 10
    assert found["competitor"].reason.wording.zh == "3 通电话提到竞品蓝霜"
    assert steps(demo, "OPP-1003")[0].reason.code == "step_missed_rang"


def test_the_rosy_deal_shows_one_contact_and_nobody_who_decides(demo: Database) -> None:
    """OPP-1002: three calls with one person, and not a word on who decides."""
    found = dangers(demo, "OPP-1002")
    assert found["no_power"].severity == "high"
    assert found["single_threaded"].reason.wording.en == "3 calls, all with one person, Martin Doyle"


def test_the_won_deal_kept_its_steps(demo: Database) -> None:
    """OPP-1001: no risk, and the visit, the draft and the call all happened."""
    assert dangers(demo, "OPP-1001") == {}
    assert [step.state for step in steps(demo, "OPP-1001")][:3] == ["kept", "kept", "kept"]


def test_the_chain_tells_a_refused_price_from_an_accepted_one(demo: Database) -> None:
    """Zhou approved after the price was talked of, Wu never got an answer."""
    levels = {}
    with demo.transaction() as session:
        for deal in ("OPP-1001", "OPP-1003"):
            chain = chain_of(session, OPERATOR, deal, NOW)
            assert chain is not None
            (spoken,) = [link for link in chain.links if link.spoken == "yes"]
            levels[deal] = spoken.price.level
            assert spoken.price.evidence
    assert levels == {"OPP-1001": "high", "OPP-1003": "none"}


def test_calls_of_others_are_unknown_and_not_silence(demo: Database) -> None:
    """Zhao sees his call with OPP-1005 and not Lin's: nobody was never spoken to, and nothing is missed."""
    zhao = viewer_of(demo, "zhao.peng@example.com")
    with demo.transaction() as session:
        chain = chain_of(session, zhao, "OPP-1005", NOW)
        assert chain is not None
        assert chain.untold_calls == 1
        assert chain.never_spoken == ()
        kinds = {risk.kind for risk in risks_of(session, zhao, "OPP-1005", NOW) or ()}
    assert kinds.isdisjoint({"gone_silent", "no_power", "single_threaded"})


@pytest.mark.parametrize("deal", ["OPP-1001", "OPP-9999"])
def test_what_the_viewer_does_not_see_does_not_exist(demo: Database, deal: str) -> None:
    """Neither steps nor chain nor risks nor a mark."""
    tom = viewer_of(demo, "tom.becker@example.com")
    with demo.transaction() as session:
        assert steps_of(session, tom, deal, NOW) is None
        assert chain_of(session, tom, deal, NOW) is None
        assert risks_of(session, tom, deal, NOW) is None
        assert mark_step(session, tom, deal, "x", "kept", NOW) is None


def test_a_mark_on_a_step_one_does_not_hear_is_not_taken_back(own_demo: Demo) -> None:
    """Zhao sees the deal and not Lin's call that tells the step; who hears it takes the mark back, to what it tells."""
    database = own_demo.database
    zhao = viewer_of(database, "zhao.peng@example.com")
    own = {step.key for step in steps(database, "OPP-1005", zhao)}
    hidden = next(step for step in steps(database, "OPP-1005") if step.key not in own)
    with database.transaction() as session:
        marked = mark_step(session, OPERATOR, "OPP-1005", hidden.key, "dropped", NOW)
        assert marked is not None
        assert marked.mark is not None
        mark = uuid.UUID(marked.mark.id)
        with pytest.raises(MarkGone, match="OPP-1005 has no such mark"):
            unmark_step(session, zhao, "OPP-1005", mark, NOW)
        assert unmark_step(session, OPERATOR, "OPP-1005", mark, NOW)
        changes = select(Change).where(Change.field == f"next_step {hidden.key}").order_by(Change.id)
        assert [(change.old, change.new) for change in session.scalars(changes)] == [
            (hidden.state, "dropped"),
            ("dropped", hidden.state),
        ]
        deal = session.scalars(select(Opportunity.id).where(Opportunity.external_id == "OPP-1005")).one()
        told = {
            viewer.role: [entry.field for entry in trail(session, viewer, "opportunity", deal)]
            for viewer in (zhao, OPERATOR)
        }
        assert told["admin"].count(f"next_step {hidden.key}") == 2
        assert f"next_step {hidden.key}" not in told["rep"]
        assert told["rep"] == [field for field in told["admin"] if not field.startswith("next_step")]


def test_the_day_is_the_viewers_own(demo: Database) -> None:
    """A rep has the steps of their deals, a manager the team's, an admin all; by the clock of each."""
    found = {}
    with demo.transaction() as session:
        for email in ("tom.becker@example.com", "priya.nair@example.com", "helen.marsh@example.com"):
            listed = day(session, viewer_of(demo, email), NOW)
            found[email] = [
                [(step.opportunity, step.day.day) for step in group]
                for group in (listed.overdue, listed.due, listed.coming, listed.missed)
            ]
    tom = [[("OPP-1002", 11)], [], [("OPP-1002", 18)], []]
    priya = [[("OPP-1006", 12)], [], [("OPP-1006", 16)], [("OPP-1004", 27)]]
    assert found["tom.becker@example.com"] == tom
    assert found["priya.nair@example.com"] == priya
    both = [sorted(mine + theirs, key=lambda each: each[1]) for mine, theirs in zip(tom, priya, strict=True)]
    assert found["helen.marsh@example.com"] == both


def test_today_is_told_by_the_viewers_time_zone(demo: Database) -> None:
    """At 23:00 UTC on the 16th it is the 17th in Shanghai, and the trial of OPP-1005 is due."""
    late = datetime(2026, 11, 16, 23, tzinfo=UTC)
    with demo.transaction() as session:
        listed = day(session, viewer_of(demo, "lin.xiao@example.com"), late)
        assert listed.today == date(2026, 11, 17)
        assert [step.opportunity for step in listed.due] == ["OPP-1005"]
        as_admin = day(session, OPERATOR, late)
        assert as_admin.today == date(2026, 11, 16)
        assert "OPP-1005" in [step.opportunity for step in as_admin.coming]


def test_one_users_day_can_be_asked_for(demo: Database) -> None:
    """Only the deals of that user, and only what the viewer sees."""
    with demo.transaction() as session:
        ids = {user.email: user.id for user in session.scalars(select(User))}
        helen = viewer_of(demo, "helen.marsh@example.com")
        listed = day(session, helen, NOW, ids["tom.becker@example.com"])
        assert {step.opportunity for step in (*listed.overdue, *listed.coming)} == {"OPP-1002"}
        hidden = day(session, helen, NOW, ids["lin.xiao@example.com"])
        assert hidden.overdue == hidden.due == hidden.coming == hidden.missed == ()


def test_many_deals_take_few_statements(demo: Database) -> None:
    """The risks of all deals take no more statements than those of one."""
    numbers = []
    with statements_sent(demo) as sent, demo.transaction() as session:
        deals = list(session.scalars(select(Opportunity.id).order_by(Opportunity.outcome != "open")))
        for wanted in (deals[:1], deals):
            sent.clear()
            risks_by_deal(session, OPERATOR, deal_facts(session, OPERATOR, wanted), NOW)
            numbers.append(len(sent))
    assert numbers[1] == numbers[0]


def test_what_people_say_of_steps_and_dates_counts(own_demo: Demo) -> None:
    """A mark outlives a new analysis and is in the audit trail; a date put off is a risk; the API tells both."""
    database, settings = own_demo.database, own_demo.settings
    priya = viewer_of(database, "priya.nair@example.com")
    (missed,) = [step for step in steps(database, "OPP-1004") if step.state == "missed"]
    with database.transaction() as session:
        step = mark_step(session, priya, "OPP-1004", missed.key, "dropped", NOW)
        assert step is not None
        assert step.mark is not None
        assert (step.state, step.mark.by) == ("dropped", "Priya Nair")
        with pytest.raises(MarkError, match="key: OPP-1004 has no next step 'x'"):
            mark_step(session, priya, "OPP-1004", "x", "kept", NOW)
        with pytest.raises(MarkError, match="state: expected one of kept, missed, dropped"):
            mark_step(session, priya, "OPP-1004", missed.key, "perhaps", NOW)
    with database.transaction() as session:
        change = session.scalars(select(Change).where(Change.field == f"next_step {missed.key}")).one()
        assert (change.old, change.new, change.actor_id) == ("missed", "dropped", priya.user_id)
        deal = session.scalars(select(Opportunity.id).where(Opportunity.external_id == "OPP-1004")).one()
        record(session, None, "import", "opportunity", deal, "expected_close", date(2026, 10, 20), date(2026, 11, 6))
    analyze_again(database)
    assert [step.state for step in steps(database, "OPP-1004") if step.key == missed.key] == ["dropped"]
    told = dangers(database, "OPP-1004")
    assert "missed_next_step" not in told
    later = datetime.now(UTC) + timedelta(days=1)
    with database.transaction() as session:
        found = {risk.kind: risk for risk in risks_of(session, OPERATOR, "OPP-1004", later) or ()}
    assert (
        found["pushed_date"].reason.wording.en
        == "the expected close was put off 1 time, by 17 days, and is 2026-11-06 now"
    )
    check_api(database, settings, missed.key)


def analyze_again(database: Database) -> None:
    """A second analysis of each transcript counts, with the same events."""
    with database.transaction() as session:
        for old in session.scalars(select(Analysis)).all():
            new = Analysis(id=uuid.uuid4(), call_id=old.call_id, transcript_id=old.transcript_id, tagger_hash="again")
            session.add(new)
            session.flush()
            columns = "position, event, doubtful, turn, start_ms, end_ms, speaker, quote, confidence, slots"
            session.execute(
                text(f"INSERT INTO key_events SELECT :new, {columns} FROM key_events WHERE analysis_id = :old"),
                {"new": new.id, "old": old.id},
            )


def check_api(database: Database, settings: Settings, key: str) -> None:
    """Every answer is there for who sees the deal, with the words to play, and 404 for others."""
    tokens = {}
    with database.transaction() as session:
        for email in ("priya.nair@example.com", "tom.becker@example.com"):
            user = session.scalars(select(User).where(User.email == email)).one()
            tokens[email] = new_api_token(session, user, "test")
    app = create_app(settings, database)
    client = TestClient(app, headers={"authorization": f"Bearer {tokens['priya.nair@example.com']}"})
    stranger = TestClient(app, headers={"authorization": f"Bearer {tokens['tom.becker@example.com']}"})
    for part in ("chain", "next-steps", "risks"):
        assert client.get(f"/api/opportunities/OPP-1004/{part}").status_code == 200
        assert stranger.get(f"/api/opportunities/OPP-1004/{part}").status_code == 404
    told = {step["key"]: step for step in client.get("/api/opportunities/OPP-1004/next-steps").json()}
    assert (told[key]["state"], told[key]["marked"]["by"]) == ("dropped", "Priya Nair")
    assert {"call", "start_ms", "quote"} <= set(told[key]["quotes"][0])
    marks = "/api/opportunities/OPP-1004/next-steps/marks"
    assert client.post(marks, json={"key": key, "state": "missed"}).json()["state"] == "missed"
    assert client.post(marks, json={"key": "x", "state": "kept"}).status_code == 422
    assert client.post(marks, json={"key": key, "state": "lost"}).status_code == 422
    assert stranger.post(marks, json={"key": key, "state": "kept"}).status_code == 404
    check_taking_back(client, stranger, marks, key)
    risks = client.get("/api/opportunities/OPP-1004/risks").json()
    assert {"missed_next_step", "pushed_date"} <= {risk["kind"] for risk in risks}
    assert all(risk["reason"]["zh"] and risk["title"]["en"] for risk in risks)
    assert set(client.get("/api/day").json()) == {"today", "due", "overdue", "coming", "missed"}


def check_taking_back(client: TestClient, stranger: TestClient, marks: str, key: str) -> None:
    """The mark that is named is taken back once; the one before it counts again, and is not taken back instead."""

    def marked() -> tuple[str, str]:
        told = {step["key"]: step for step in client.get(marks.removesuffix("/marks")).json()}
        return told[key]["state"], told[key]["marked"]["id"]

    first = marked()
    state, made = client.post(marks, json={"key": key, "state": "kept"}).json()["state"], marked()
    assert (state, made[0]) == ("kept", "kept")
    overtaken = client.delete(f"{marks}/{first[1]}")
    assert (overtaken.status_code, "a later one counts" in overtaken.json()["detail"]) == (409, True)
    assert stranger.delete(f"{marks}/{made[1]}").status_code == 404
    assert client.delete(f"{marks}/{made[1]}").status_code == 204
    again = client.delete(f"{marks}/{made[1]}")
    assert (again.status_code, "taken back already" in again.json()["detail"]) == (409, True)
    assert marked() == first


def test_a_call_nobody_heard_makes_a_missed_step_unknown(demo: Database) -> None:
    """A recording of the promised day that is still waiting to be transcribed may hold it."""
    with demo.transaction() as session:
        last = session.scalars(select(Call).where(Call.external_id == "en-demo-005")).one()
        recording = Recording(sha256="0" * 64, file_name="late.wav", path="0/0", size_bytes=1)
        session.add(recording)
        session.flush()
        waiting = {"recording_id": recording.id, "opportunity_id": last.opportunity_id, "rep_id": last.rep_id}
        session.add(Call(started_at=datetime(2026, 10, 27, 19, tzinfo=UTC), **waiting))
        session.flush()
        found = steps_of(session, OPERATOR, "OPP-1004", NOW) or ()
        session.rollback()
    assert [step.state for step in found if step.due.last == date(2026, 10, 27)] == ["unknown"]


def test_the_day_and_the_links_at_the_command_line(
    seeded: tuple[Database, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines and JSON for a user; an unknown one, an unknown call and an unknown deal are one clear line."""
    from service.cli import app, console

    database, settings = seeded
    monkeypatch.setenv("CLEARCALL_HOME", str(settings.home))
    monkeypatch.setenv("CLEARCALL_DATABASE_URL", database.conninfo)
    runner = CliRunner()
    done = runner.invoke(app, ["day", "--user", "priya.nair@example.com", "--json"])
    assert done.exit_code == 0, done.output
    assert '"opportunity": "OPP-1004"' in done.output
    done = runner.invoke(app, ["link", "simulate", "--opened-after", "0", "--closed-before", "0"])
    assert "15 calls: 0 would move, 0 left to a person, 15 kept as they are" in done.output
    for arguments, message in (
        (["day", "--user", "nobody@example.com"], "no user 'nobody@example.com'"),
        (["link", "set", "en-demo-999", "none"], "no call 'en-demo-999'"),
        (["link", "set", "en-demo-005", "OPP-9"], "no opportunity 'OPP-9'"),
    ):
        failed = runner.invoke(app, arguments)
        assert isinstance(failed.exception, console.Failure)
        assert message in str(failed.exception)

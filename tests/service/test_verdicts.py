"""Gaps that are kept: they are never those of yesterday, and are not judged again while nothing changes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from databases import Demo, statements_sent
from fakes_web import viewer_of
from models.calls import Call, Recording, RoleCorrection, StoredTranscript
from models.database import Database
from models.opportunities import Approval, Collaborator, Contact, DoneAction, Opportunity, OpportunityContact
from models.people import User
from models.scores import Analysis, SopVersion, StoredScorecard
from service.opportunities import verdicts
from service.opportunities.board import Judged, board
from service.opportunities.facts import deal_facts
from service.opportunities.figures import figures
from service.opportunities.filters import OpportunityFilters
from service.opportunities.verdicts import facts_of, gaps_of, judge_ahead, judged_anew, listed
from service.people.viewer import OPERATOR, Viewer
from service.records.configurations import shipped
from service.records.pipelines import pipelines, publish
from service.sops.publishing import publish as publish_sop
from service.sops.versions import shipped as shipped_sops
from service.web.formats import Formats
from service.web.rendering import Reader
from service.web.translation import translator
from sop.deals.facts import DealFacts
from sop.deals.gap import Gap

NOW = datetime(2026, 11, 13, 9, tzinfo=UTC)
ZHAO = "zhao.peng@example.com"
ASKING = "      - {heard: needs_discovery, by: rep}\n"
FURTHER = (
    ASKING
    + "      - {field: budget}\n      - {approval: discount}\n      - {action: site_visit}\n"
    + "      - {took_part: delivery}\n      - {spoken_to: decision_maker}\n"
)


@pytest.fixture(scope="module")
def demo(scored_demo: Demo) -> Database:
    """The demo, scored from gold."""
    return scored_demo.database


@contextmanager
def undone(database: Database) -> Iterator[Session]:
    """A transaction that leaves nothing behind."""
    with database.transaction() as session:
        yield session
        session.rollback()


def kept(session: Session, viewer: Viewer = OPERATOR, now: datetime = NOW) -> dict[str, Gap]:
    """The gaps of all deals that the viewer may ask for, by the CRM's id."""
    deals = session.execute(select(Opportunity.id, Opportunity.external_id, Opportunity.pipeline)).all()
    found = gaps_of(session, viewer, {deal.id: deal.pipeline for deal in deals}, now)
    return {deal.external_id: found[deal.id][1] for deal in deals if deal.id in found}


def anew(session: Session, viewer: Viewer = OPERATOR, now: datetime = NOW) -> dict[str, Gap]:
    """The same, judged from nothing."""
    ids = list(session.scalars(select(Opportunity.id)))
    found = judged_anew(session, viewer, ids, now, pipelines(session))
    return {facts.id: listed(gap) for facts, _, gap in found.values()}


def in_order(found: dict[uuid.UUID, DealFacts]) -> dict[uuid.UUID, list[Any]]:
    """The facts as values that are equal where the facts are: the order within a tuple means nothing."""
    told = {deal: [getattr(facts, each.name) for each in fields(facts)] for deal, facts in found.items()}
    return {
        deal: [sorted(map(repr, v)) if isinstance(v, tuple) else v for v in values] for deal, values in told.items()
    }


def deal_id(session: Session, name: str = "OPP-1002") -> uuid.UUID:
    return session.scalars(select(Opportunity.id).where(Opportunity.external_id == name)).one()


def of_deal(session: Session, column: Any) -> Any:
    """The first of a deal's calls, or what hangs on it."""
    query = select(column).join(Call, Call.id == column.class_.call_id) if column.class_ is not Call else select(column)
    return session.scalars(query.where(Call.opportunity_id == deal_id(session)).limit(1)).one()


def enter(session: Session) -> None:
    session.execute(update(Opportunity).where(Opportunity.id == deal_id(session)).values(stage="close"))


def fill(session: Session) -> None:
    session.execute(update(Opportunity).where(Opportunity.id == deal_id(session)).values(fields={"budget": "60000"}))


def grant(session: Session) -> None:
    session.add(Approval(opportunity_id=deal_id(session), kind="discount", state="approved", decided_at=NOW))


def act(session: Session) -> None:
    session.add(DoneAction(opportunity_id=deal_id(session), action="site_visit", done_at=NOW))


def join_in(session: Session) -> None:
    priya = session.scalars(select(User.id).where(User.name == "Tom Becker")).one()
    session.add(Collaborator(opportunity_id=deal_id(session), user_id=priya, function="delivery"))


def play_a_part(session: Session) -> None:
    who = session.scalars(select(Opportunity.contact_id).where(Opportunity.id == deal_id(session))).one()
    part = OpportunityContact(opportunity_id=deal_id(session), contact_id=who, decision_role="decision_maker")
    session.merge(part)


def change_a_number(session: Session) -> None:
    who = session.scalars(select(Opportunity.contact_id).where(Opportunity.id == deal_id(session))).one()
    session.execute(update(Contact).where(Contact.id == who).values(phone="+441632960999"))


def lose_a_call(session: Session) -> None:
    session.execute(update(Call).where(Call.id == of_deal(session, Call.id)).values(opportunity_id=None))


def take_a_call(session: Session) -> None:
    other = deal_id(session, "OPP-1006")
    session.execute(update(Call).where(Call.opportunity_id == other).values(opportunity_id=deal_id(session)))


def delete_calls(session: Session) -> None:
    session.execute(update(Call).where(Call.opportunity_id == deal_id(session)).values(deleted_at=NOW))


def hear_nothing(session: Session) -> None:
    recordings = select(Call.recording_id).where(Call.opportunity_id == deal_id(session))
    session.execute(update(Recording).where(Recording.id.in_(recordings)).values(state="no_speech"))


def swap_roles(session: Session) -> None:
    transcript = of_deal(session, StoredTranscript.id)
    session.add(RoleCorrection(transcript_id=transcript, rep_party="customer"))


def read_again(session: Session) -> None:
    """Another reading, with nothing heard in it, counts."""
    old = session.get_one(Analysis, of_deal(session, Analysis.id))
    later = func.now() + timedelta(days=1)
    session.add(Analysis(call_id=old.call_id, transcript_id=old.transcript_id, tagger_hash="another", counted_at=later))


def guard(session: Session) -> None:
    """Another SOP, with a gate, judges the calls from now on."""
    gates = "gates:\n  - {stage: needs, needs: [competitor]}\n"
    version, _ = publish_sop(session, f"{shipped_sops()['en-b2b']}\n{gates}", OPERATOR)
    session.execute(update(StoredScorecard).values(sop_version_id=version.id))


def lose_scores(session: Session) -> None:
    other = session.scalars(select(SopVersion.id).order_by(SopVersion.name.desc(), SopVersion.number.desc())).first()
    session.execute(update(StoredScorecard).values(sop_version_id=other))


CHANGES: tuple[Callable[[Session], None], ...] = (
    enter,
    fill,
    grant,
    act,
    join_in,
    play_a_part,
    change_a_number,
    lose_a_call,
    take_a_call,
    delete_calls,
    hear_nothing,
    swap_roles,
    read_again,
    guard,
    lose_scores,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("who", [None, ZHAO])
def test_a_change_is_seen_at_once(demo: Database, change: Callable[[Session], None], who: str | None) -> None:
    """After each kind of change the kept gaps are those that judging everything anew gives, and after it is undone."""
    viewer = OPERATOR if who is None else viewer_of(demo, who)
    with undone(demo) as session:
        publish(session, OPERATOR, shipped("pipeline")["default"].replace(ASKING, FURTHER, 1))
        ids = list(session.scalars(select(Opportunity.id)))
        before, _ = kept(session, viewer), facts_of(session, viewer, ids)
        change(session)
        session.flush()
        assert kept(session, viewer) == anew(session, viewer)
        # Calls that one may not see are numbered as they come.
        if viewer is OPERATOR:
            assert in_order(facts_of(session, viewer, ids)) == in_order(deal_facts(session, viewer, ids))
    with demo.transaction() as session:
        assert kept(session, viewer) == anew(session, viewer) != before


def test_a_pipeline_that_changes_judges_anew(demo: Database) -> None:
    """Other criteria count from the moment they are published."""
    with undone(demo) as session:
        before = kept(session)
        publish(session, OPERATOR, shipped("pipeline")["default"].replace(ASKING, FURTHER, 1))
        assert kept(session) == anew(session) != before


def test_nobody_gets_what_another_may_hear(demo: Database) -> None:
    """A rep's gaps are theirs, whoever asked before them; deals that they don't see have none."""
    zhao = viewer_of(demo, ZHAO)
    with demo.transaction() as session:
        whole = kept(session)
        own = kept(session, zhao)
        assert own == anew(session, zhao)
        assert own["OPP-1005"] != whole["OPP-1005"]
        assert "OPP-1002" not in own
        assert kept(session) == whole == anew(session)


def test_nothing_is_kept_that_changed_while_it_was_judged(demo: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rep who joins a manager's team in the midst of judging, and leaves it, leaves nothing of what they heard."""
    chen = viewer_of(demo, "chen.yun@example.com")
    team = chen.team_id

    def move(session: Session, to: uuid.UUID | None) -> None:
        session.execute(update(User).where(User.email == ZHAO).values(team_id=to))

    with undone(demo) as session:
        ids = [deal_id(session, "OPP-1005")]
        move(session, None)
        own, own_facts = anew(session, chen)["OPP-1005"], in_order(deal_facts(session, chen, ids))

        def joining(reading: Callable[..., Any]) -> Callable[..., Any]:
            def read(asking: Session, *rest: Any) -> Any:
                move(asking, team)
                return reading(asking, *rest)

            return read

        with monkeypatch.context() as patch:
            for name, reading in (("judged_anew", judged_anew), ("deal_facts", deal_facts)):
                patch.setattr(verdicts, name, joining(reading))
            assert kept(session, chen)["OPP-1005"] != own
            move(session, None)
            assert in_order(facts_of(session, chen, ids)) != own_facts
        move(session, None)
        assert kept(session, chen)["OPP-1005"] == own
        assert in_order(facts_of(session, chen, ids)) == own_facts


def test_what_is_kept_takes_no_more_room_than_it_may() -> None:
    """What was asked for longest ago goes first, large things make room for themselves, and none is counted twice."""
    memory: verdicts._Memory[str] = verdicts._Memory(10, len)
    keys = [("db", uuid.uuid4(), 0) for _ in range(4)]
    for key, thing in zip(keys, ("aaa", "bbb", "ccc"), strict=False):
        memory.keep(key, thing)
    memory.keep(keys[2], "cccc")
    assert memory.find(keys[0]) == "aaa"
    memory.keep(keys[3], "dd")
    assert [memory.find(key) for key in keys] == ["aaa", None, "cccc", "dd"]
    memory.keep(keys[1], "b" * 10)
    assert [memory.find(key) for key in keys] == [None, "b" * 10, None, None]


def test_time_alone_makes_a_gap_another(demo: Database) -> None:
    """Where gates count days the kept gaps are those of the hour that is asked for, forwards and backwards."""
    document = shipped("pipeline")["default"]
    document = document.replace("{heard: needs_discovery, by: rep}", "{heard: needs_discovery, within_days: 45}", 1)
    hours = [*range(0, 24 * 40, 47), 5]
    seen = set()
    with undone(demo) as session:
        publish(session, OPERATOR, document)
        for hour in hours:
            now = NOW + timedelta(hours=hour)
            found = kept(session, now=now)
            assert found == anew(session, now=now), hour
            seen.add(found["OPP-1002"].verified)
    assert len(seen) > 1


def test_what_did_not_change_is_not_read_again(demo: Database) -> None:
    """The second look takes no key events, and judges one deal where one has changed."""
    with undone(demo) as session:
        kept(session)
        with statements_sent(demo) as statements:
            kept(session)
        assert statements
        assert not any("key_events" in statement for statement in statements)
        enter(session)
        with statements_sent(demo) as statements:
            assert kept(session)["OPP-1002"].claimed == "close"
        assert any("key_events" in statement for statement in statements)


def test_a_server_that_starts_judges_ahead(demo: Database) -> None:
    """Afterwards the first who looks at open deals reads no key events for their gaps."""
    judge_ahead(demo, NOW)
    with demo.transaction() as session:
        opened = select(Opportunity.id, Opportunity.pipeline).where(Opportunity.outcome == "open")
        deals = dict(session.execute(opened).all())
        with statements_sent(demo) as statements:
            assert len(gaps_of(session, OPERATOR, deals, NOW)) == len(deals) > 0
        assert not any("key_events" in statement for statement in statements)


def test_the_boards_figures_are_those_of_all_deals(demo: Database) -> None:
    """Counts, money and stages of the board are what judging every deal anew comes to."""
    to = Reader(None, translator("en"), Formats("en", UTC))
    filters = OpportunityFilters(outcome="open")
    with demo.transaction() as session:
        drawn = [board(session, OPERATOR, filters, NOW, to) for _ in range(2)]
        gaps = anew(session)
        outcomes = dict(session.execute(select(Opportunity.external_id, Opportunity.outcome)).all())
        opened = [name for name, outcome in outcomes.items() if outcome == "open"]
    for found in drawn:
        cards = {card.row.external_id: card for column in found.columns for card in column.cards}
        assert set(cards) == set(opened)
        assert found.figures.with_gap == sum(gaps[name].stages > 0 for name in opened)
        assert sum(money for _, money in found.figures.at_risk) == sum(gaps[name].at_risk or 0 for name in opened)
        assert {name: card.at_risk for name, card in cards.items()} == {name: gaps[name].at_risk for name in opened}
        judged = [Judged(card.row, None, gaps[name]) for name, card in cards.items()]
        assert found.figures == figures(judged)

"""The questions pages ask: who sees what, what filters let through, and how many statements it takes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from asr.transcript import Transcript
from databases import Demo, statements_sent
from fakes_web import GoldTagger, add_call, finish, turn_of, viewer_of
from models.calls import Call, Recording
from models.database import Database
from service.calls.filters import CallFilters
from service.calls.queries import call_choices, get_call, list_calls
from service.calls.views import CallRow
from service.opportunities.filters import OpportunityFilters
from service.opportunities.matrix import event_matrix
from service.opportunities.queries import get_opportunity, list_opportunities
from service.people.viewer import OPERATOR, Viewer
from service.settings import Settings

ALL = CallFilters()


@pytest.fixture(scope="module")
def demo(scored_demo: Demo) -> tuple[Database, dict[str, uuid.UUID]]:
    """The demo, scored from gold; only read."""
    return scored_demo.database, scored_demo.calls


def rows(database: Database, viewer: Viewer, filters: CallFilters = ALL) -> tuple[CallRow, ...]:
    """The first page of a viewer's list."""
    with database.transaction() as session:
        return list_calls(session, viewer, filters).rows


def names(database: Database, filters: CallFilters, viewer: Viewer = OPERATOR) -> set[str | None]:
    """The names of the calls that filters let through."""
    return {row.external_id for row in rows(database, viewer, filters)}


def test_everyone_sees_their_own(demo: tuple[Database, dict[str, uuid.UUID]]) -> None:
    """An admin sees all calls, a manager the team's, a rep their own; the page agrees with the list."""
    database, ids = demo
    assert len(rows(database, viewer_of(database, "sam.ortiz@example.com"))) == 15
    assert {row.language for row in rows(database, viewer_of(database, "chen.yun@example.com"))} == {"zh"}
    rep = viewer_of(database, "tom.becker@example.com")
    assert {row.rep for row in rows(database, rep)} == {"Tom Becker"}
    with database.transaction() as session:
        assert get_call(session, rep, ids["en-demo-001"]) is not None
        assert get_call(session, rep, ids["zh-demo-001"]) is None
        assert {choice.label for choice in call_choices(session, rep).reps} == {"Tom Becker"}


def test_a_rep_sees_only_the_opportunities_they_work_on(demo: tuple[Database, dict[str, uuid.UUID]]) -> None:
    """An opportunity is there for who owns it or called in it; its numbers count only calls they may see."""
    database, _ids = demo
    zhao = viewer_of(database, "zhao.peng@example.com")
    with database.transaction() as session:
        found = {row.external_id: row for row in list_opportunities(session, zhao)}
        assert set(found) == {"OPP-1003", "OPP-1005"}
        assert found["OPP-1005"].calls == 1
        assert get_opportunity(session, zhao, "OPP-1001") is None
        detail = get_opportunity(session, zhao, "OPP-1005")
        assert detail is not None
        assert [call.external_id for call in detail.calls] == ["zh-demo-007"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("蓝霜", {"zh-demo-002", "zh-demo-004", "zh-demo-005", "zh-demo-006"}),
        ("藍霜", {"zh-demo-002", "zh-demo-004", "zh-demo-005", "zh-demo-006"}),
        ("桐溪药房", {"zh-demo-007", "zh-demo-008"}),
        ("OPP-1004", {"en-demo-004", "en-demo-005"}),
        ("zzzzz", set()),
        ("100%", set()),
        ("'; DROP TABLE calls; --", set()),
    ],
)
def test_search_finds_what_was_said_and_who_it_was_said_to(
    demo: tuple[Database, dict[str, uuid.UUID]], text: str, found: set[str]
) -> None:
    """Two-character words in either script, accounts and CRM ids find their calls; wild text finds none."""
    assert names(demo[0], replace(ALL, text=text)) == found


def test_a_search_hit_names_the_moment(demo: tuple[Database, dict[str, uuid.UUID]]) -> None:
    """A hit is the first turn with the words, by their beginning, with its time and how many there are."""
    database, _ids = demo
    hit = next(row.hit for row in rows(database, OPERATOR, replace(ALL, text="frostm")))
    assert hit is not None
    assert "frostmere" in hit.text.lower()
    assert hit.turns >= 1
    assert hit.start_ms > 0


def test_events_are_asked_for_all_or_any(demo: tuple[Database, dict[str, uuid.UUID]]) -> None:
    """All of two events is what both have in common, any is their union."""
    database, _ids = demo
    one = names(database, replace(ALL, events=("price_objection",)))
    other = names(database, replace(ALL, events=("closing",)))
    both = replace(ALL, events=("price_objection", "closing"))
    assert one
    assert other
    assert names(database, both) == one & other
    assert names(database, replace(both, match="any")) == one | other


def test_days_are_those_of_the_reader(demo: tuple[Database, dict[str, uuid.UUID]]) -> None:
    """A call at 20 October 21:10 UTC is on the 21st for a reader in Shanghai."""
    day = date(2026, 10, 21)
    filters = replace(ALL, since=day, until=day)
    assert "en-demo-005" not in names(demo[0], filters)
    assert "en-demo-005" in names(demo[0], replace(filters, zone=ZoneInfo("Asia/Shanghai")))


def test_scores_bound_and_order_the_list(demo: tuple[Database, dict[str, uuid.UUID]]) -> None:
    """Bounds hold for every row, and sorting by score falls and rises."""
    database, _ids = demo
    falling = replace(ALL, sort="score", descending=True)
    scores = [row.score for row in rows(database, OPERATOR, falling) if row.score is not None]
    assert scores == sorted(scores, reverse=True)
    rising = [row.score for row in rows(database, OPERATOR, replace(falling, descending=False))]
    assert rising == sorted(scores)
    bounded = rows(database, OPERATOR, replace(ALL, min_score=30, max_score=60))
    assert bounded
    assert all(row.score is not None and 30 <= row.score <= 60 for row in bounded)


def test_pages_share_the_list_out(demo: tuple[Database, dict[str, uuid.UUID]]) -> None:
    """Pages are disjoint, in order, and cover the list; a page past the end is the last one."""
    database, _ids = demo
    with database.transaction() as session:
        pages = [list_calls(session, OPERATOR, ALL, number, size=4) for number in (1, 2, 3, 4, 9)]
    assert [len(page.rows) for page in pages] == [4, 4, 4, 3, 3]
    assert len({row.id for page in pages[:4] for row in page.rows}) == 15
    assert (pages[1].first, pages[1].last, pages[4].number, pages[0].pages) == (5, 8, 4, 4)


def test_a_list_takes_the_same_statements_however_long(database: Database, settings: Settings, tmp_path: Path) -> None:
    """Fifty calls with a search take as many statements as one."""
    add_call(database, settings, "first", ["the price is high", "yes"], events=[["opening"], []])
    asked = replace(ALL, text="price")
    with statements_sent(database) as few:
        assert len(rows(database, OPERATOR, asked)) == 1
    for number in range(49):
        add_call(database, settings, f"call {number}", ["the price is high", "yes"], events=[["opening"], []])
    with statements_sent(database) as many:
        assert len(rows(database, OPERATOR, asked)) == 50
    assert len(few) == len(many) <= 5


def test_the_newest_reading_of_a_call_counts(database: Database, settings: Settings) -> None:
    """After a second transcription list and page show its words and events, not the first's."""
    call_id = add_call(database, settings, "again", ["hello this is Ana", "hello"], events=[["opening"], []])
    with database.transaction() as session:
        recording_id = session.scalars(select(Call.recording_id).where(Call.id == call_id)).one()
    again = Transcript(20_000, "en", 2, (turn_of("rep", 0, 0, 900, "shall we sign today"),))
    finish(database, settings, recording_id, again, GoldTagger({"again": [["closing"]]}, "again"), "second")
    with database.transaction() as session:
        detail = get_call(session, OPERATOR, call_id)
    assert detail is not None
    assert [turn.text for turn in detail.turns] == ["shall we sign today"]
    assert [mark.event for mark in detail.events] == ["closing"]
    assert names(database, replace(ALL, text="hello")) == set()


def test_unsure_events_are_neither_heard_nor_never_heard(demo: tuple[Database, dict[str, uuid.UUID]]) -> None:
    """A doubtful event is no mark and no filter hit, but shows as unsure in the matrix."""
    database, ids = demo
    with database.transaction() as session:
        detail = get_opportunity(session, OPERATOR, "OPP-1006")
        call = get_call(session, OPERATOR, ids["en-demo-007"])
    assert detail is not None
    assert call is not None
    assert any(mark.doubtful for mark in call.events)
    assert not any(mark.doubtful for mark in call.call.events)
    row = next(row for row in event_matrix(detail.calls) if row.event == "customer_approval")
    assert any(cell.doubtful for cell in row.cells)


def test_opportunities_show_what_was_never_heard(demo: tuple[Database, dict[str, uuid.UUID]]) -> None:
    """The truth gap of the demo: three calls of OPP-1002, and no need and no decision process in any."""
    with demo[0].transaction() as session:
        detail = get_opportunity(session, OPERATOR, "OPP-1002")
    assert detail is not None
    assert detail.row.calls == len(detail.calls) == 3
    never = {row.event for row in event_matrix(detail.calls) if not row.turns}
    assert {"customer_need", "decision_process"} <= never
    assert not never & set(detail.row.events)


def test_opportunities_are_filtered_and_sorted(demo: tuple[Database, dict[str, uuid.UUID]]) -> None:
    """Words, stage and outcome narrow the list; amounts sort."""
    with demo[0].transaction() as session:
        won = list_opportunities(session, OPERATOR, OpportunityFilters(outcome="won"))
        named = list_opportunities(session, OPERATOR, OpportunityFilters(text="marrowby", stage="negotiate"))
        by_amount = list_opportunities(session, OPERATOR, OpportunityFilters(sort="amount"))
    assert [row.external_id for row in won] == ["OPP-1001"]
    assert [row.external_id for row in named] == ["OPP-1002"]
    amounts = [row.amount for row in by_amount if row.amount is not None]
    assert amounts == sorted(amounts, reverse=True)


def test_names_are_searched_literally(database: Database, settings: Settings) -> None:
    """Signs that mean something in SQL's LIKE are only themselves, in any case of letters."""
    for number, name in enumerate(("50% off", "x_y", "a/b", "a\\b", "500", "xzy", "acb")):
        add_call(database, settings, f"{number}")
        with database.transaction() as session:
            session.execute(
                update(Recording).where(Recording.file_name == f"{number}.wav").values(file_name=f"{name}.wav")
            )
    for text, found in {"50%": "50% off", "X_Y": "x_y", "a/b": "a/b", "A\\B": "a\\b"}.items():
        assert [row.file_name for row in rows(database, OPERATOR, replace(ALL, text=text))] == [f"{found}.wav"]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_first_and_last_day_there_are_bound_nothing(demo: tuple[Database, dict[str, uuid.UUID]], zone: str) -> None:
    """Days at the end of the calendar are days like others."""
    whole = replace(ALL, since=date.min, until=date.max, zone=ZoneInfo(zone))
    assert len(names(demo[0], whole)) == 15

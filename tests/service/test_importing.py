"""Opportunities from a CSV."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from models.database import Database
from models.opportunities import Account, Contact, Opportunity, StageChange
from service.opportunities.importing import import_opportunities
from service.people.queries import NewUser, add_user
from service.records.decoding import decode
from service.records.reasons import ImportFileError

HEADER = "opportunity_id,name,account,contact_name,contact_phone,owner_email,amount,currency,stage,created_at\n"
GOOD = "O-1,十二个冷库,禾岭鲜配,周敏,+86 154 0000 0101,ana@example.com,298000,cny,needs,2026-10-09T14:20:00+08:00\n"


def test_a_second_import_changes_nothing(database: Database) -> None:
    """The same file twice leaves one opportunity, one contact, one stage change."""
    with database.transaction() as session:
        add_user(session, NewUser("Ana", "ana@example.com", "rep", "North"))
        first = import_opportunities(session, HEADER + GOOD, "x.csv")
        second = import_opportunities(session, HEADER + GOOD, "x.csv")
        assert (first.added, first.updated, first.unchanged) == (1, 0, 0)
        assert (second.added, second.updated, second.unchanged) == (0, 0, 1)
        for table in (Opportunity, Account, Contact, StageChange):
            assert session.scalar(select(func.count()).select_from(table)) == 1
        row = session.scalars(select(Opportunity)).one()
        assert (row.amount, row.currency, row.stage) == (Decimal(298000), "CNY", "needs")
        assert session.scalars(select(Contact)).one().phone == "+8615400000101"


def test_a_changed_stage_is_remembered(database: Database) -> None:
    """Moving to another stage updates the row and adds to the stage history."""
    with database.transaction() as session:
        add_user(session, NewUser("Ana", "ana@example.com", "rep", "North"))
        import_opportunities(session, HEADER + GOOD, "x.csv")
        report = import_opportunities(session, HEADER + GOOD.replace("needs", "proposal"), "x.csv")
        assert report.updated == 1
        assert list(session.scalars(select(StageChange.stage).order_by(StageChange.changed_at))) == [
            "needs",
            "proposal",
        ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (GOOD.replace("needs", "neads"), "stage: expected one of qualify, needs"),
        (GOOD.replace("298000", "lots"), "amount: 'lots' is not a number"),
        (GOOD.replace("298000", "-1"), "amount: '-1' is out of range"),
        (GOOD.replace("298000", "nan"), "amount: 'nan' is out of range"),
        (GOOD.replace("2026-10-09T14:20:00+08:00", "yesterday"), "created_at: 'yesterday' is not a time"),
        (GOOD.replace("298000", "99999999999999.999"), "amount: '99999999999999.999' is out of range"),
        (GOOD.replace("2026-10-09", "0001-01-01"), "created_at: '0001-01-01T14:20:00+08:00' is out of range"),
        (GOOD.replace("ana@", "bob@"), "owner_email: no user 'bob@example.com'"),
        (GOOD.replace("O-1", ""), "opportunity_id: empty"),
        (GOOD.rstrip() + ",surplus\n", "more values than columns"),
    ],
)
def test_a_bad_row_is_reported_and_the_others_go_on(database: Database, row: str, reason: str) -> None:
    """The bad row names its line and reason; the good one is imported."""
    good = GOOD.replace("O-1", "O-2")
    with database.transaction() as session:
        add_user(session, NewUser("Ana", "ana@example.com", "rep", "North"))
        report = import_opportunities(session, HEADER + row + good, "x.csv")
        assert [bad.line for bad in report.bad] == [2]
        assert report.bad[0].reason.startswith(reason)
        assert list(session.scalars(select(Opportunity.external_id))) == ["O-2"]


def test_an_id_twice_in_a_file_is_a_bad_row(database: Database) -> None:
    """The second row of the same id is left out and points at the first."""
    with database.transaction() as session:
        add_user(session, NewUser("Ana", "ana@example.com", "rep", "North"))
        report = import_opportunities(session, HEADER + GOOD + GOOD, "x.csv")
    assert [(bad.line, bad.reason) for bad in report.bad] == [(3, "opportunity_id: 'O-1' again, first in line 2")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.csv: empty file; the first line must name the columns"),
        ("opportunity_id,name\n", "x.csv: missing column account, stage"),
        ("opportunity_id,name,account,stage,colour\n", "x.csv: unknown column colour; the columns are"),
        (HEADER + 'O-1,"unclosed', "x.csv: line 2: not a CSV file"),
        (HEADER + GOOD + GOOD.replace("十二", "十\0二"), "x.csv: line 3: a NUL byte"),
        (HEADER.replace("currency", "amount") + GOOD, "x.csv: column amount is there twice"),
    ],
)
def test_a_wrong_file_is_refused_as_a_whole(database: Database, text: str, message: str) -> None:
    """The message names the file and what is wrong with it."""
    with database.transaction() as session, pytest.raises(ImportFileError) as caught:
        import_opportunities(session, text, "x.csv")
    assert str(caught.value).startswith(message)


def test_chinese_spreadsheets_are_read(database: Database) -> None:
    """Excel's GBK and UTF-8 with a byte order mark give the same text; other bytes are refused."""
    for encoding in ("gbk", "utf-8-sig", "utf-8"):
        assert decode("客户,金额".encode(encoding), "x.csv").text == "客户,金额"
    with pytest.raises(ImportFileError, match=r"x\.csv: neither UTF-8 nor GBK"):
        decode(b"\xff\xff\xff\x00", "x.csv")


def test_a_known_number_takes_the_new_name(database: Database) -> None:
    """Another contact name for the same number is stored, as an update, and once."""
    with database.transaction() as session:
        add_user(session, NewUser("Ana", "ana@example.com", "rep", "North"))
        import_opportunities(session, HEADER + GOOD, "x.csv")
        renamed = HEADER + GOOD.replace("周敏", "周敏敏")
        assert import_opportunities(session, renamed, "x.csv").updated == 1
        assert import_opportunities(session, renamed, "x.csv").unchanged == 1
        session.flush()
        assert list(session.scalars(select(Contact.name))) == ["周敏敏"]


def test_people_who_share_a_number_do_not_rename_each_other(database: Database) -> None:
    """Two names for a number in one file: the first counts, and the next import changes nothing."""
    text = HEADER + GOOD + GOOD.replace("O-1", "O-2").replace("周敏", "王磊")
    with database.transaction() as session:
        add_user(session, NewUser("Ana", "ana@example.com", "rep", "North"))
        assert import_opportunities(session, text, "x.csv").added == 2
        assert import_opportunities(session, text, "x.csv").unchanged == 2
        assert list(session.scalars(select(Contact.name))) == ["周敏"]


def test_amounts_are_whole_cents(database: Database) -> None:
    """More decimals are rounded once, and the same file changes nothing later."""
    text = HEADER + GOOD.replace("298000", "298000.125")
    with database.transaction() as session:
        add_user(session, NewUser("Ana", "ana@example.com", "rep", "North"))
        import_opportunities(session, text, "x.csv")
        session.flush()
        session.expire_all()
        assert import_opportunities(session, text, "x.csv").unchanged == 1
        assert session.scalars(select(Opportunity.amount)).one() == Decimal("298000.13")

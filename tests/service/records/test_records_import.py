"""Records from files: what goes in, what is told, and that a second time changes nothing."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.imports import OWNERS, make_export
from models.database import Database
from models.leads import Lead, LeadEvent
from models.opportunities import Account, Collaborator, Contact, Opportunity, OpportunityContact, StageChange
from models.records import Change
from service.people.queries import NewUser, add_user
from service.people.viewer import OPERATOR, Viewer
from service.records.audit import trail
from service.records.importing import ImportReport, import_file, import_text
from service.records.mapping_document import FieldMapping, parse
from service.records.nouns import NounName
from service.records.scope import visible_contacts

HEADER = "opportunity_id,name,account,stage,owner_email"


@pytest.fixture
def viewers(database: Database) -> dict[str, Viewer]:
    """Two teams: a manager and two reps in the north, a rep in the south."""
    people = (("meg", "manager", "North"), ("ana", "rep", "North"), ("abe", "rep", "North"), ("bo", "rep", "South"))
    with database.transaction() as session:
        return {
            name: Viewer.of(add_user(session, NewUser(name, f"{name}@example.com", role, team)))
            for name, role, team in people
        }


def bring(
    session: Session, text: str, noun: NounName = "opportunities", viewer: Viewer = OPERATOR, **more: bool
) -> ImportReport:
    """Import a CSV under our own column names."""
    return import_file(session, viewer, text.encode(), "x.csv", FieldMapping(noun), **more)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """Added, updated, unchanged, bad."""
    return report.added, report.updated, report.unchanged, len(report.bad)


def reasons(report: ImportReport) -> list[str]:
    return [row.reason for row in report.bad]


def test_a_large_file_goes_in_once_with_every_bad_row_told(database: Database) -> None:
    """Of 2,000 rows the good ones go in, each bad one is told with line and reason, and a second time nothing moves."""
    export = make_export(1900, wrong_rows=100, gbk_rows=20)
    with database.transaction() as session:
        for number in range(OWNERS):
            add_user(session, NewUser(f"Rep {number}", f"rep{number}@example.com", "rep", "North"))
    mapping = FieldMapping("opportunities")
    with database.transaction() as session:
        dry = import_file(session, OPERATOR, export.content, "x.csv", mapping, is_dry=True)
        assert session.scalar(select(func.count()).select_from(Opportunity)) == 0
    with database.transaction() as session:
        first = import_file(session, OPERATOR, export.content, "x.csv", mapping)
    told = {row.line: row.reason.split(":")[0] for row in first.bad}
    wanted = {"stage": "stage", "date": "created_at", "owner": "owner_email", "again": "opportunity_id"}
    broken = "neither UTF-8 nor GBK text; save the file as CSV UTF-8"
    assert told == {line: wanted.get(kind, broken) for line, kind in export.wrong.items()}
    assert first.guessed == export.gbk
    assert counts(dry) == counts(first) == (1900, 0, 0, 100)
    with database.transaction() as session:
        changes = session.scalar(select(func.count()).select_from(Change))
        assert session.scalar(select(func.count()).select_from(Opportunity)) == 1900
        names = Counter(name.split()[0] for name in session.scalars(select(Opportunity.name)))
        assert names == {"冷库温度监测": 1900}
        second = import_file(session, OPERATOR, export.content, "x.csv", mapping)
        assert counts(second) == (0, 0, 1900, 100)
        assert second.written is None
        assert session.scalar(select(func.count()).select_from(Change)) == changes
        assert session.scalar(select(func.count()).select_from(StageChange)) == 1900


def test_all_columns_of_an_opportunity(database: Database, viewers: dict[str, Viewer]) -> None:
    """Every column is stored in its place, and the trail of the deal says how it came."""
    columns = {
        "opportunity_id": "O-1",
        "name": "Cold rooms",
        "account": "Acme",
        "account_id": "A-9",
        "contact_name": "Al",
        "contact_phone": "+44 7700 900142",
        "contact_email": "Al@acme.example",
        "contact_title": "Director",
        "contact_role": "决策人",
        "owner_email": "ANA@example.com",
        "amount": "1200.5",
        "currency": "gbp",
        "pipeline": "complex",
        "stage": "投标",
        "source": "fair",
        "created_at": "2026-10-01T09:00:00+01:00",
        "stage_changed_at": "2026-10-20T09:00:00Z",
        "expected_close": "2026-12-01",
        "collaborators": "abe@example.com:solution; bo@example.com:delivery",
        "fields.budget": "2000",
    }
    mapping = parse("noun: opportunities\ncolumns: {fields.budget: fields.budget}\n")
    text = ",".join(columns) + "\n" + ",".join(columns.values()) + "\n"
    with database.transaction() as session:
        assert import_text(session, OPERATOR, text, "x.csv", mapping).added == 1
        assert import_text(session, OPERATOR, text, "x.csv", mapping).unchanged == 1
        deal = session.scalars(select(Opportunity)).one()
        assert (deal.pipeline, deal.stage, deal.outcome, deal.source) == ("complex", "bid", "open", "fair")
        assert (deal.amount, deal.currency, deal.fields) == (Decimal("1200.50"), "GBP", {"budget": "2000"})
        assert deal.owner_id == viewers["ana"].user_id
        assert session.scalars(select(Account.external_id)).one() == "A-9"
        contact = session.scalars(select(Contact)).one()
        assert (contact.phone, contact.email, contact.title) == ("+447700900142", "al@acme.example", "Director")
        assert session.scalars(select(OpportunityContact.decision_role)).one() == "decision_maker"
        assert set(session.scalars(select(Collaborator.function))) == {"solution", "delivery"}
        move = session.scalars(select(StageChange)).one()
        assert (move.stage, move.changed_at) == ("bid", datetime(2026, 10, 20, 9, tzinfo=UTC))
        made = {entry.field: entry for entry in trail(session, OPERATOR, "opportunity", deal.id)}
        assert made[""].new["owner"] == "ana@example.com"
        assert made["collaborators"].new == ["abe@example.com:solution", "bo@example.com:delivery"]
        assert {entry.via for entry in made.values()} == {"import"}


def test_a_dry_run_says_what_would_change(database: Database, viewers: dict[str, Viewer]) -> None:
    """Old and new of each field as people read them; nothing is written."""
    with database.transaction() as session:
        bring(session, f"{HEADER}\nO-1,Cold,Acme,needs,ana@example.com\n")
        report = bring(session, f"{HEADER}\nO-1,Cold,Bolt,won,abe@example.com\n", is_dry=True)
        (row,) = report.results
        told = {change.field: (change.old, change.new) for change in row.changes}
        assert told["stage"] == ("needs", "won")
        assert told["outcome"] == ("open", "won")
        assert told["owner"] == ("ana@example.com", "abe@example.com")
        assert told["account"] == ("Acme", "Bolt")
        assert told["closed_at"][1] is not None
        assert session.scalars(select(Opportunity.stage)).one() == "needs"
        assert session.scalars(select(Account.name)).all() == ["Acme"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"owner_email": ""}, "owner_email: empty"),
        ({"stage": "bid"}, "stage: expected one of qualify, needs, proposal, negotiate, close, won, lost of pipeline"),
        ({"pipeline": "simple"}, "pipeline: expected one of default, complex, telesales, got 'simple'"),
        ({"stage": "won", "outcome": "lost"}, "outcome: 'lost' in stage 'won', which is won"),
        ({"currency": "元"}, "currency: '元' is not a currency like CNY"),
        ({"expected_close": "2026-02-30"}, "expected_close: '2026-02-30' is not a day like 2026-11-06"),
        ({"contact_role": "boss", "contact_name": "Al"}, "contact_role: expected one of decision_maker, influencer"),
        ({"contact_email": "al at acme"}, "contact_email: 'al at acme' is not an e-mail address"),
        ({"collaborators": "abe@example.com"}, "collaborators: 'abe@example.com' is not written like 'who:what; who"),
        ({"collaborators": "eve@example.com:legal"}, "collaborators: no user 'eve@example.com'"),
        ({"contacts": "C-1:user"}, "contacts: no contact 'C-1'; import the contacts first"),
        ({"name": "n" * 501}, "name: 501 characters, at most 500 are kept"),
    ],
)
def test_a_bad_cell_is_told_and_nothing_of_its_row_is_kept(
    database: Database, viewers: dict[str, Viewer], columns: dict[str, str], reason: str
) -> None:
    """The reason names the column; neither deal nor account nor contact of the row is stored."""
    row = {"opportunity_id": "O-1", "name": "n", "account": "Acme", "stage": "needs", "owner_email": "ana@example.com"}
    row |= columns
    with database.transaction() as session:
        report = bring(session, ",".join(row) + "\n" + ",".join(row.values()) + "\n")
        assert [(each.line, each.reason[: len(reason)]) for each in report.bad] == [(2, reason)]
        for table in (Opportunity, Account, Contact, Change):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_column_that_is_not_there_leaves_what_is_known(database: Database, viewers: dict[str, Viewer]) -> None:
    """A partial file updates its columns only, an empty cell clears, and unknown ids are told."""
    with database.transaction() as session:
        bring(session, f"{HEADER},amount,currency\nO-1,Cold,Acme,needs,ana@example.com,10,GBP\n")
        report = bring(session, "opportunity_id,amount,stage\nO-1,,proposal\nO-2,1,needs\n", is_partial=True)
        assert counts(report) == (0, 1, 0, 1)
        assert reasons(report) == ["name: missing in a new opportunity"]
        deal = session.scalars(select(Opportunity)).one()
        assert (deal.amount, deal.currency, deal.stage, deal.name) == (None, "GBP", "proposal", "Cold")
        assert deal.owner_id == viewers["ana"].user_id


def test_how_a_deal_ends_and_opens_again(database: Database, viewers: dict[str, Viewer]) -> None:
    """The close has a time from when it is told, keeps it, and loses it when the deal opens again."""
    with database.transaction() as session:
        for stage in ("needs", "lost", "lost", "negotiate"):
            bring(session, f"{HEADER}\nO-1,Cold,Acme,{stage},ana@example.com\n")
            deal = session.scalars(select(Opportunity)).one()
            assert (deal.closed_at is None) == (stage != "lost")
            assert deal.outcome == ("lost" if stage == "lost" else "open")
        moves = session.scalars(select(StageChange.stage).order_by(StageChange.changed_at))
        assert list(moves) == ["needs", "lost", "negotiate"]


def test_accounts_and_contacts_get_the_ids_of_the_crm(database: Database, viewers: dict[str, Viewer]) -> None:
    """Those that deals have named so far are the ones that the CRM's files mean; two of one name stay apart."""
    with database.transaction() as session:
        bring(session, f"{HEADER},contact_name,contact_phone\nO-1,n,Acme,needs,ana@example.com,Al,+447700900142\n")
        accounts = "account_id,name,industry\nA-1,Acme,food\nA-2,Acme,steel\n"
        assert counts(bring(session, accounts, "accounts")) == (1, 1, 0, 0)
        assert counts(bring(session, accounts, "accounts")) == (0, 0, 2, 0)
        contacts = "contact_id,name,account,account_id,phone,decision_role\n"
        contacts += "C-1,Alan,Acme,A-1,+447700900142,采购\nC-2,Bea,Acme,A-2,,user\n"
        assert counts(bring(session, contacts, "contacts")) == (1, 1, 0, 0)
        assert counts(bring(session, contacts, "contacts")) == (0, 0, 2, 0)
        alan = session.scalars(select(Contact).where(Contact.external_id == "C-1")).one()
        assert (alan.name, alan.decision_role) == ("Alan", "procurement")
        assert session.scalars(select(Opportunity.contact_id)).one() == alan.id
        report = bring(session, f"{HEADER}\nO-2,n,Acme,needs,ana@example.com\n")
        assert reasons(report) == ["account: 2 accounts are called 'Acme'; give account_id"]
        by_id = "opportunity_id,name,account_id,stage\nO-3,n,A-2,needs\nO-4,n,A-3,needs\n"
        assert reasons(bring(session, by_id)) == ["account: no account 'A-3', give its name"]
        more = f"{HEADER},contacts\nO-1,n,Acme,needs,ana@example.com,C-1:blocker\n".replace("account,", "account_id,")
        bring(session, more.replace(",Acme,", ",A-1,"), is_partial=True)
        assert session.scalars(select(OpportunityContact.decision_role)).one() == "blocker"


def test_leads_come_in_and_stay_where_the_pool_put_them(database: Database, viewers: dict[str, Viewer]) -> None:
    """A new lead is graded and has a history; a second import takes neither owner nor state back."""
    text = "lead_id,name,phone,source,owner_email,state\nL-1,Al,+447700900142,web,ana@example.com,\nL-2,Bea,,,,new\n"
    with database.transaction() as session:
        assert counts(bring(session, text, "leads")) == (2, 0, 0, 0)
        lead = session.scalars(select(Lead).where(Lead.external_id == "L-1")).one()
        assert (lead.owner_id, lead.state, lead.phone) == (viewers["ana"].user_id, "assigned", "+447700900142")
        assert lead.grade is not None
        assert set(session.scalars(select(LeadEvent.kind))) >= {"imported"}
        lead.state, lead.owner_id = "contacted", viewers["abe"].user_id
        session.flush()
        assert counts(bring(session, text, "leads")) == (0, 0, 2, 0)
        session.refresh(lead)
        assert (lead.state, lead.owner_id) == ("contacted", viewers["abe"].user_id)


def test_two_imports_at_once_add_a_deal_once(database: Database, viewers: dict[str, Viewer]) -> None:
    """The second waits for the first and finds everything done."""
    text = f"{HEADER},contact_name\n" + "".join(f"O-{i},n,Acme,needs,ana@example.com,Al\n" for i in range(50))

    def once(_: int) -> tuple[int, int, int, int]:
        with database.transaction() as session:
            return counts(bring(session, text))

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(once, range(2))) == [(0, 0, 50, 0), (50, 0, 0, 0)]
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


def test_another_teams_customers_stay_theirs(database: Database, viewers: dict[str, Viewer]) -> None:
    """Who names an account of another team in a deal of their own neither sees nor changes it or its people."""
    with database.transaction() as session:
        bring(session, f"{HEADER},contact_name,contact_phone\nO-1,n,Acme,needs,ana@example.com,Al,+447700900142\n")
        bring(session, "account_id,name\nA-1,Acme\n", "accounts")
        text = f"{HEADER},contact_name,contact_phone\nO-2,n,Acme,needs,bo@example.com,Eve,+447700900142\n"
        refused = bring(session, text, viewer=viewers["bo"])
        assert reasons(refused) == ["account: 'Acme' is an account of another team; ask an admin"]
        assert session.scalars(select(Contact.name)).all() == ["Al"]
        assert session.scalars(select(Contact.name).where(visible_contacts(viewers["bo"]))).all() == []
        report = bring(session, "account_id,name,industry\nA-1,Acme,x\n", "accounts", viewer=viewers["abe"])
        assert reasons(report) == ["account_id: 'A-1' is not yours to change"]


def test_everyone_writes_only_what_is_theirs(database: Database, viewers: dict[str, Viewer]) -> None:
    """A rep their own deals, a manager their team's; the others' rows are told as bad and stay as they were."""
    with database.transaction() as session:
        bring(session, f"{HEADER}\nO-1,n,Acme,needs,ana@example.com\nO-2,n,Bolt,needs,bo@example.com\n")
        text = f"{HEADER}\nO-1,m,Acme,needs,ana@example.com\nO-2,m,Bolt,needs,bo@example.com\n"
        text += "O-3,m,Cup,needs,bo@example.com\n"
        report = bring(session, text, viewer=viewers["meg"])
        assert counts(report) == (0, 1, 0, 2)
        assert reasons(report) == [
            "opportunity_id: 'O-2' is not yours to change",
            "owner_email: 'bo@example.com' is not one of your team",
        ]
        report = bring(session, f"{HEADER}\nO-1,x,Acme,needs,ana@example.com\n", viewer=viewers["abe"])
        assert reasons(report) == ["opportunity_id: 'O-1' is not yours to change"]
        names = session.scalars(select(Opportunity.name).order_by(Opportunity.external_id))
        assert list(names) == ["m", "n"]

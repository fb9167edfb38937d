"""Commands on leads and on performance points."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from service.cli.console import Failure, open_database, output, settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.leads.history import Actor
    from service.leads.points_views import PointsReport
    from service.leads.views import LeadRow

app = typer.Typer(help="Leads: the public pool and who has what.", no_args_is_help=True)

Lead = Annotated[str, typer.Argument(help="The lead's id in the CRM, or its id here.")]
By = Annotated[str, typer.Option("--by", help="E-mail address of who does it; a manager or rep.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON line each.")]


@app.command("list")
def list_(
    pool: Annotated[bool, typer.Option("--pool", help="Those that nobody has, instead of those held.")] = False,
    owner: Annotated[str | None, typer.Option(help="E-mail address of who holds them.")] = None,
    grade: Annotated[str | None, typer.Option(help="A, B, C or D.")] = None,
    as_json: AsJson = False,
) -> None:
    """The leads that are held, those that flow back first; or the public pool, the best first."""
    from service.leads.filters import LeadFilters
    from service.leads.queries import list_leads, list_pool
    from service.people.queries import UserError, user_by_email
    from service.people.viewer import OPERATOR

    with open_database(settings()) as database, database.transaction() as session:
        try:
            held_by = user_by_email(session, owner).id if owner else None
        except UserError as error:
            raise Failure(str(error)) from error
        wanted = grade.upper() if grade else None
        filters = LeadFilters(grade=wanted, owner=held_by, sort="grade" if pool else "due")
        page = (list_pool if pool else list_leads)(session, OPERATOR, filters, size=10_000)
    if as_json:
        for row in page.rows:
            print(json.dumps(_document(row), ensure_ascii=False))
        return
    _table(page.rows)


@app.command()
def claim(lead: Lead, by: By) -> None:
    """Take a lead out of the public pool."""
    from service.leads import claiming

    with _acting(lead, by) as (session, actor, lead_id):
        claiming.claim(session, actor, lead_id)
    _tell(f"{by} has {lead}")


@app.command()
def release(lead: Lead, by: By, reason: Annotated[str, typer.Option(help="Why.")] = "") -> None:
    """Give a lead back into the public pool; for a manager, take it back."""
    from service.leads import claiming

    with _acting(lead, by) as (session, actor, lead_id):
        claiming.release(session, actor, lead_id, reason)
    _tell(f"{lead} is in the public pool")


@app.command()
def assign(
    lead: Annotated[str | None, typer.Argument(help="The lead; without it the rules give the pool out.")] = None,
    to: Annotated[str | None, typer.Option(help="E-mail address of who gets it.")] = None,
) -> None:
    """Give a lead to somebody, or, without one, the whole public pool by the rules."""
    from service.leads import assignment
    from service.leads.history import Actor
    from service.people.queries import UserError, user_by_email
    from service.people.viewer import OPERATOR

    if (lead is None) != (to is None):
        raise Failure("give both a lead and --to, or neither to let the rules give the pool out")
    if lead is None or to is None:
        with open_database(settings()) as database, database.transaction() as session:
            given = assignment.assign_by_rules(session, Actor.at_once(OPERATOR, "cli"))
        _tell(f"{given} lead{'' if given == 1 else 's'} given out")
        return
    with _acting(lead, None) as (session, actor, lead_id):
        try:
            getter = user_by_email(session, to)
        except UserError as error:
            raise Failure(str(error)) from error
        assignment.assign(session, actor, lead_id, getter.id)
    _tell(f"{to} has {lead}")


@app.command()
def expire(as_json: AsJson = False) -> None:
    """Let leads that nobody called in time flow back, and tell who lost them; a worker does so every five minutes."""
    from service.leads import expiry

    with open_database(settings()) as database:
        gone = expiry.expire(database, "cli")
    for one in gone:
        row = {"lead": str(one.lead_id), "name": one.lead, "owner": one.owner}
        if as_json:
            print(json.dumps(row, ensure_ascii=False))
        else:
            _tell(f"{one.lead} flowed back from {one.owner}")
    if not as_json:
        _tell(f"{len(gone)} lead{'' if len(gone) == 1 else 's'} flowed back")


@app.command()
def owner(phone: Annotated[str, typer.Argument(help="Phone number with country code.")]) -> None:
    """Whose a phone number is."""
    from service.leads.contacting import phone_owner
    from service.people.viewer import OPERATOR

    with open_database(settings()) as database, database.transaction() as session:
        found = phone_owner(session, OPERATOR, phone)
    if found.ownership == "incomplete":
        raise Failure(f"{phone}: can't be told without the country code; write it like +447700900142", 2)
    told = {"unknown": "nobody's lead", "pool": "in the public pool", "deal": f"an open deal of {found.owner}"}
    _tell(told.get(found.ownership, f"a lead of {found.owner}"))


@app.command()
def rules(
    file: Annotated[Path | None, typer.Argument(help="YAML that shall count from now on; without it, print.")] = None,
    of_points: Annotated[bool, typer.Option("--points", help="Those of points instead of those of leads.")] = False,
) -> None:
    """The rules of leads (grading, capacity, deadlines, assignment) or of points: print them, or let others count."""
    from service.people.viewer import OPERATOR
    from service.records.configurations import save, stored
    from sop.problems import SopError

    kind: Literal["points", "pool"] = "points" if of_points else "pool"
    try:
        text = file.read_text(encoding="utf-8") if file else None
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file}: can't be read as UTF-8 text ({error})") from error
    with open_database(settings()) as database, database.transaction() as session:
        if text is None:
            print(stored(session, kind), end="")
            return
        try:
            is_new = save(session, OPERATOR, kind, "default", text, "cli")
        except SopError as error:
            raise Failure("\n".join(f"{file}: {problem}" for problem in error.problems)) from error
    _tell(f"{file} counts" if is_new else f"{file} counted already")


def points(
    period: Annotated[str | None, typer.Option(help="2026-11 or 2026-Q4; without it the one that is now.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document with the evidence.")] = False,
) -> None:
    """Performance points of a period, from what calls verified, and suspicious conversions of leads."""
    from service.leads.points import period_named, points_report
    from service.people.viewer import OPERATOR

    now = datetime.now(UTC)
    with open_database(settings()) as database, database.transaction() as session:
        try:
            found = period_named(session, period, now)
        except ValueError as error:
            raise Failure(str(error)) from error
        report = points_report(session, OPERATOR, found, now)
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
        return
    _show_points(report)


def _show_points(report: PointsReport) -> None:
    from rich.markup import escape
    from rich.table import Table

    from sop.deals.points_sentences import explain

    table = Table("rep", "team", "points", "stages", title=report.period.name)
    for person in report.people:
        table.add_row(escape(person.name), escape(person.team or ""), f"{person.total:g}", str(len(person.lines)))
    output.print(table)
    for one in report.suspicious:
        _tell(f"suspicious: {one.lead} -> {one.opportunity}, converted by {one.rep} on {one.converted_at:%Y-%m-%d}")
        for reason in one.reasons:
            _tell(f"  {explain(reason, 'en', one.stages)}")


@contextlib.contextmanager
def _acting(lead: str, email: str | None) -> Iterator[tuple[Session, Actor, uuid.UUID]]:
    """A transaction, who acts in it (None: the operator), and the id of the lead."""
    from service.leads.history import Actor
    from service.leads.refusals import LeadRefused
    from service.people.queries import UserError, user_by_email
    from service.people.viewer import OPERATOR, Viewer

    with open_database(settings()) as database, database.transaction() as session:
        try:
            viewer = Viewer.of(user_by_email(session, email)) if email else OPERATOR
            yield session, Actor.at_once(viewer, "cli"), _lead_id(session, lead)
        except (UserError, LeadRefused) as error:
            raise Failure(f"{lead}: {error}") from error


def _lead_id(session: Session, name: str) -> uuid.UUID:
    from sqlalchemy import select

    from models import leads

    known = (leads.Lead.external_id == name) & leads.Lead.deleted_at.is_(None)
    found = session.scalar(select(leads.Lead.id).where(known))
    if found is not None:
        return found
    try:
        return uuid.UUID(name)
    except ValueError:
        raise Failure(f"{name}: no such lead; 'clearcall leads list' and 'leads list --pool' show them") from None


def _document(row: LeadRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "lead_id": row.external_id,
        "name": row.name,
        "company": row.company,
        "phone": row.phone,
        "source": row.source,
        "state": row.state,
        "grade": row.grade,
        "owner": row.owner,
        "due_at": row.due_at.isoformat() if row.due_at else None,
        "last_action_at": row.last_action_at.isoformat() if row.last_action_at else None,
    }


def _table(rows: tuple[LeadRow, ...]) -> None:
    from rich.markup import escape
    from rich.table import Table

    if not rows:
        _tell("no leads: clearcall import leads FILE.csv")
        return
    table = Table("lead", "grade", "name", "company", "phone", "state", "owner", "flows back")
    for row in rows:
        due = f"{row.due_at:%Y-%m-%d %H:%M}" if row.due_at else ""
        name = row.external_id or str(row.id)
        cells = (name, row.grade or "", row.name, row.company or "", row.phone or "", row.state, row.owner or "", due)
        table.add_row(*map(escape, cells))
    output.print(table)


def _tell(text: str) -> None:
    output.print(text, markup=False, highlight=False)

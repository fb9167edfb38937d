"""Commands on users."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from service.cli.console import Failure, open_database, output, settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from models.people import User

app = typer.Typer(help="People and their API tokens.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]


@app.command()
def add(
    name: Annotated[str, typer.Option(help="Full name.")],
    email: Annotated[str, typer.Option(help="E-mail address, used to sign in.")],
    role: Annotated[str, typer.Option(help="admin, manager or rep.")],
    team: Annotated[str | None, typer.Option(help="Team; made when new.")] = None,
    password: Annotated[
        str | None,
        typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given."),
    ] = None,
) -> None:
    """Add a person."""
    from service.people.queries import NewUser, UserError, add_user

    with open_database(settings()) as database, database.transaction() as session:
        try:
            user = add_user(session, NewUser(name=name, email=email, role=role, team=team, password=password))
        except UserError as error:
            raise Failure(str(error)) from error
        output.print(f"added {user.email} ({user.role})", markup=False, highlight=False)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON line a user.")] = False) -> None:
    """All active users."""
    from rich.table import Table

    from service.people.queries import list_users
    from service.people.viewer import OPERATOR

    with open_database(settings()) as database, database.transaction() as session:
        rows = [
            {"name": u.name, "email": u.email, "role": u.role, "team": u.team.name if u.team else None}
            for u in list_users(session, OPERATOR)
        ]
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    if not rows:
        output.print("no users yet: clearcall users add", markup=False)
        return
    table = Table("name", "e-mail", "role", "team")
    for row in rows:
        table.add_row(row["name"], row["email"], row["role"], row["team"] or "")
    output.print(table)


@app.command()
def token(
    email: Annotated[str, typer.Argument(help="Whose token it is.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "cli",
) -> None:
    """Make an API token; it is shown once."""
    from service.people.queries import UserError, user_by_email
    from service.people.sessions import new_api_token

    with open_database(settings()) as database, database.transaction() as session:
        try:
            secret = new_api_token(session, user_by_email(session, email), name)
        except UserError as error:
            raise Failure(str(error)) from error
    print(secret)


@app.command()
def tokens(
    email: Email, as_json: Annotated[bool, typer.Option("--json", help="One JSON line a token.")] = False
) -> None:
    """A person's API tokens: what each is for, when it was made and last used."""
    from rich.table import Table

    from service.people.queries import list_tokens

    with _person(email) as (session, user):
        rows = [(token.name, token.created_at, token.last_used_at) for token in list_tokens(session, user)]
    if as_json:
        for name, made, used in rows:
            row = {"name": name, "created_at": made.isoformat(), "last_used_at": used.isoformat() if used else None}
            print(json.dumps(row, ensure_ascii=False))
        return
    if not rows:
        output.print(f"no tokens: clearcall users token {email}", markup=False, highlight=False)
        return
    table = Table("name", "made", "last used")
    for name, made, used in rows:
        table.add_row(escape(name), f"{made:%Y-%m-%d %H:%M}", f"{used:%Y-%m-%d %H:%M}" if used else "never")
    output.print(table)


@app.command()
def revoke(email: Email, name: Annotated[str, typer.Option(help="Name of the token.")]) -> None:
    """Make an API token useless."""
    from service.people.queries import revoke_tokens

    with _person(email) as (session, user):
        count = revoke_tokens(session, user, name)
    _tell(f"revoked {count} token{'s' if count > 1 else ''} {name!r} of {user.email}")


@app.command("password")
def set_password(
    email: Email,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given.")
    ],
) -> None:
    """Give a person a new password, and sign them out everywhere."""
    from service.people import queries

    with _person(email) as (session, user):
        queries.set_password(session, user, password)
    _tell(f"{user.email} has a new password and has to sign in again")


@app.command()
def deactivate(email: Email) -> None:
    """Let a person in no more, by password or token; what they did stays."""
    from service.people import queries

    with _person(email) as (session, user):
        queries.deactivate(session, user)
    _tell(f"deactivated {user.email}")


@app.command()
def activate(email: Email) -> None:
    """Let a deactivated person in again."""
    from service.people import queries

    with _person(email) as (_, user):
        queries.activate(user)
    _tell(f"activated {user.email}")


@contextlib.contextmanager
def _person(email: str) -> Iterator[tuple[Session, User]]:
    """A transaction, and the user of an address, deactivated or not."""
    from service.people.queries import UserError, user_by_email

    with open_database(settings()) as database, database.transaction() as session:
        try:
            yield session, user_by_email(session, email, deactivated_too=True)
        except UserError as error:
            raise Failure(str(error)) from error


def _tell(done: str) -> None:
    output.print(done, markup=False, highlight=False)

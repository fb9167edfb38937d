"""Commands on users."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from service.cli.console import Failure, open_database, output, settings

app = typer.Typer(help="People and their API tokens.", no_args_is_help=True)


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

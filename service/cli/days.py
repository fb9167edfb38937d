"""The command that lists a day's next steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import Failure, open_database, output, settings

if TYPE_CHECKING:
    from service.opportunities.day import Day, DayStep


def day(
    user: Annotated[str | None, typer.Option("--user", help="The e-mail of whose day it is; all without.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """List the next steps that are due today, overdue, coming or missed."""
    from datetime import UTC, datetime

    from service.opportunities.day import day as day_of
    from service.people.queries import UserError, user_by_email
    from service.people.viewer import OPERATOR, Viewer

    with open_database(settings()) as database, database.transaction() as session:
        viewer = OPERATOR
        if user is not None:
            try:
                viewer = Viewer.of(user_by_email(session, user))
            except UserError as error:
                raise Failure(str(error)) from error
        listed = day_of(session, viewer, datetime.now(UTC))
    if as_json:
        from service.opportunities.insight_views import day_json

        typer.echo(json.dumps(day_json(listed), ensure_ascii=False))
        return
    _print(listed)


def _print(listed: Day) -> None:
    groups = (("overdue", listed.overdue), ("today", listed.due), ("coming", listed.coming), ("missed", listed.missed))
    for title, steps in groups:
        for each in steps:
            output.print(_line(title, each), markup=False, highlight=False)
    if not any(steps for _, steps in groups):
        output.print(f"{listed.today.isoformat()}: nothing to do", markup=False, highlight=False)


def _line(title: str, each: DayStep) -> str:
    who = each.step.owner_name or {"ours": "we", "theirs": "the customer"}.get(each.step.owner, "?")
    what = each.step.channel or "next step"
    deal = f"{each.opportunity} {each.account}"
    return f"{title:8} {each.day.isoformat()} {deal} · {who}: {what} · {each.step.quotes[0].quote}"

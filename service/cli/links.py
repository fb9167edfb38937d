"""Commands over which opportunity a call belongs to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import Failure, open_database, output, settings

if TYPE_CHECKING:
    from service.opportunities.relinking import Relinking

app = typer.Typer(help="Link calls to opportunities.", no_args_is_help=True)

_AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
_SHOWN = 20


@app.command()
def run(as_json: _AsJson = False) -> None:
    """Link all calls by the settings that count; what a person said stays."""
    from service.opportunities.relinking import relink
    from service.people.viewer import OPERATOR

    with open_database(settings()) as database, database.transaction() as session:
        done = relink(session, OPERATOR, dry_run=False, via="cli")
    _tell(done, as_json, "moved")


@app.command()
def simulate(
    opened_after: Annotated[int | None, typer.Option(min=0, max=365, help="Days after the call.")] = None,
    closed_before: Annotated[int | None, typer.Option(min=0, max=365, help="Days before the call.")] = None,
    as_json: _AsJson = False,
) -> None:
    """Tell which calls would go from which opportunity to which; nothing is changed."""
    from dataclasses import replace

    from service.opportunities.linking import link_settings
    from service.opportunities.relinking import relink
    from service.people.viewer import OPERATOR

    with open_database(settings()) as database, database.transaction() as session:
        tried = link_settings(session)
        if opened_after is not None:
            tried = replace(tried, opened_after_days=opened_after)
        if closed_before is not None:
            tried = replace(tried, closed_before_days=closed_before)
        done = relink(session, OPERATOR, tried)
    _tell(done, as_json, "would move")


@app.command("set")
def set_(
    call: Annotated[str, typer.Argument(help="The call's id, or its name in the system it came from.")],
    opportunity: Annotated[str, typer.Argument(help="The CRM's id, or 'none'.")],
) -> None:
    """Say where a call belongs; it stays so until a person changes it."""
    from service.calls.finding import find_call
    from service.opportunities.linking import LinkError, set_link
    from service.people.viewer import OPERATOR

    with open_database(settings()) as database, database.transaction() as session:
        found = find_call(session, OPERATOR, call)
        wanted = None if opportunity == "none" else opportunity
        try:
            if found is None or not set_link(session, OPERATOR, found, wanted, "cli"):
                raise Failure(f"no call {call!r}; give its id, or its name in the system it came from")
        except LinkError as error:
            raise Failure(str(error)) from error
    output.print(f"{call}: {wanted or 'belongs to no opportunity'}", markup=False, highlight=False)


def _tell(done: Relinking, as_json: bool, verb: str) -> None:
    if as_json:
        from service.opportunities.insight_views import relinking_json

        typer.echo(json.dumps(relinking_json(done), ensure_ascii=False))
        return
    for move in done.moves[:_SHOWN]:
        told = (
            f"{move.external_id or move.call_id}: {move.from_opportunity or 'none'} → {move.to_opportunity or 'none'}"
        )
        output.print(f"{told} ({move.why.en})", markup=False, highlight=False)
    if len(done.moves) > _SHOWN:
        output.print(f"… and {done.moved - _SHOWN} more", markup=False, highlight=False)
    told = f"{done.calls} calls: {done.moved} {verb}, {done.ambiguous} left to a person, {done.kept} kept as they are"
    output.print(f"{told} (the rule agrees with {done.agreeing} of these)", markup=False, highlight=False)

"""Commands on calls that are stored: who of one is the rep, and analyzing old ones again."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import Failure, errors, open_database, output, settings

if TYPE_CHECKING:
    from models.database import Database
    from service.calls.roles import NoSuchVoice, Wish
    from service.calls.views import CallDetail
    from service.jobs.worker import Worker

app = typer.Typer(help="Corrections to a stored call.", no_args_is_help=True)

_POLL_S = 0.2


@app.command("swap-roles")
def swap_roles(
    call: Annotated[str, typer.Argument(help="Id of the call: the last part of its page's address.")],
    undo: Annotated[bool, typer.Option("--undo", help="Take back what was said of the roles.")] = False,
    rep_voice: Annotated[
        int | None,
        typer.Option(min=1, help="The rep is this voice, counted from 1; for one channel with several voices."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The call's roles and score as one JSON line.")] = False,
) -> None:
    """Take the rep of a call for the customer and the customer for the rep, and analyze it again.

    The transcript stays as it was made; the correction is kept beside it with its time, and --undo takes it back.
    Doing it twice changes nothing.
    """
    from service.calls.roles import Wish

    if undo and rep_voice is not None:
        raise Failure("--undo, --rep-voice: one of them, not both", 2)
    wish = Wish(swapped=not undo) if rep_voice is None else Wish(rep_voice=rep_voice - 1)
    with open_database(settings()) as database:
        detail = _corrected(database, call_id_of(call), wish)
    if as_json:
        print(json.dumps(_result(detail), ensure_ascii=False))
    else:
        output.print(_line(detail), markup=False, highlight=False)
    if detail.call.state == "failed":
        raise Failure(f"{call}: {detail.call.state_reason}")


@app.command("analyze-again")
def analyze_again() -> None:
    """Queue all calls that an older version analyzed, so that what this one also hears (slots, events) is there.

    Transcripts, reviews and corrections stay. A worker (clearcall serve, clearcall worker) does the work.
    """
    from service.calls.reanalysis import analyze_outdated

    with open_database(settings()) as database, database.transaction() as session:
        count = analyze_outdated(session)
    if not count:
        output.print("all calls were analyzed by this version: nothing to do", highlight=False)
    else:
        told = "1 call waits" if count == 1 else f"{count} calls wait"
        output.print(f"{told} to be analyzed again: clearcall serve or clearcall worker does it", highlight=False)


def call_id_of(text: str) -> uuid.UUID:
    """The id of a call as a person typed it."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Failure(f"{text}: not the id of a call; it is the last part of the address of its page") from None


def _corrected(database: Database, call_id: uuid.UUID, wish: Wish) -> CallDetail:
    """The call after the correction and, unless it is still being transcribed, its analysis."""
    from service.calls.correction import correct_roles
    from service.calls.roles import NoSuchVoice, RolesError
    from service.jobs.worker import Worker, in_background
    from service.people.viewer import OPERATOR

    try:
        with database.transaction() as session:
            found = correct_roles(session, OPERATOR, call_id, wish)
    except NoSuchVoice as error:
        raise Failure(f"{call_id}: {_unknown_voice(error)}") from error
    except RolesError as error:
        raise Failure(f"{call_id}: {error}") from error
    if not found:
        raise Failure(f"{call_id}: no such call")
    detail = _detail(database, call_id)
    if detail.call.state != "analyzing":
        return detail
    with in_background(Worker(settings(), database, queues=["analyze"])) as worker, errors.status("analyzing"):
        return _analyzed(database, call_id, worker)


def _unknown_voice(error: NoSuchVoice) -> str:
    """The error with voices counted from 1, as the option counts them."""
    known = ", ".join(str(voice + 1) for voice in error.voices)
    told = f"its voices are {known}" if known else "none were told apart in it"
    return f"there is no voice {error.voice + 1} in this call; {told}"


def _analyzed(database: Database, call_id: uuid.UUID, worker: Worker) -> CallDetail:
    while (detail := _detail(database, call_id)).call.state == "analyzing":
        if worker.failure:
            raise Failure(str(worker.failure)) from worker.failure
        time.sleep(_POLL_S)
    return detail


def _detail(database: Database, call_id: uuid.UUID) -> CallDetail:
    from service.calls.queries import get_call
    from service.people.viewer import OPERATOR

    with database.transaction() as session:
        detail = get_call(session, OPERATOR, call_id)
    if detail is None:
        raise Failure(f"{call_id}: the call was deleted")
    return detail


def _result(detail: CallDetail) -> dict[str, Any]:
    call, roles = detail.call, detail.roles
    return {
        "call_id": str(call.id),
        "file": call.file_name,
        "state": call.state,
        "roles": (roles.correction if roles else None) or "as_told",
        "score": call.score,
        "low": call.low,
        "high": call.high,
    }


def _line(detail: CallDetail) -> str:
    call, roles = detail.call, detail.roles
    told = "roles as a person says" if roles and roles.correction else "roles as the machine told them"
    if call.state != "scored":
        return f"{call.file_name}: {told}; {call.state}"
    return f"{call.file_name}: {told}; " + ("no score" if call.score is None else f"score {call.score:.0f}")

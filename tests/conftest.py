"""What all tests share: one embedded PostgreSQL, and a fresh database on it for every test that asks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import HealthCheck
from hypothesis import settings as laws

from databases import copy_of
from models.database import Database, open_database
from service.jobs.queue import ensure_schema
from service.people import passwords
from service.people.viewer import OPERATOR
from service.settings import Settings
from service.settings import settings as read_settings
from service.sops.publishing import publish_shipped

# How long an example takes is the machine's business: tests run side by side.
laws.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
laws.load_profile("laws")


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """A home whose path is short enough for UNIX sockets, and reachable by the server's own user."""
    home = Path(tempfile.mkdtemp(prefix="cc-", dir="/var/tmp"))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server_home: Path) -> str:
    """The address of a migrated database with the shipped SOPs, that others are copied from."""
    database = open_database(server_home)
    ensure_schema(database)
    with database.transaction() as session:
        publish_shipped(session, OPERATOR)
    database.close()
    # Test data may be lost in a power cut; waiting for the disk would be most of the tests' time.
    with psycopg.connect(database.conninfo, autocommit=True) as admin:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            admin.execute(f"ALTER SYSTEM SET {setting} = off")
        admin.execute("SELECT pg_reload_conf()")
    return database.conninfo


@pytest.fixture
def database(template: str) -> Iterator[Database]:
    """A database of this test's own: commits are real, and other tests don't see them."""
    with copy_of(template) as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """A hash that is meant to be slow would be much of the tests' time; here it is of the same kind, and cheap."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", cheap)
        patch.setattr(passwords, "_NOBODY", cheap.hash("a password that nobody has"))
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Errors are logged as the commands log them, without the values of variables: those take seconds to draw."""
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


@pytest.fixture(autouse=True)
def unread_settings() -> None:
    """The environment is read anew: what another test set in it must not be remembered."""
    read_settings.cache_clear()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a home of this test's own."""
    return Settings(home=tmp_path)

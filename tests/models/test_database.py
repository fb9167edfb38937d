"""The database: migrations, sharing the embedded server, and the tables' own rules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from models import Table
from models.calls import Recording
from models.database import Database, DatabaseError, open_database
from models.people import User


def test_migrations_make_the_tables_that_the_code_describes(database: Database) -> None:
    """After all migrations nothing is left for Alembic to change."""
    options = {"include_name": lambda name, kind, _: not (kind == "table" and str(name).startswith("procrastinate"))}
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={**options, "target_metadata": Table.metadata})
        assert compare_metadata(context, Table.metadata) == []


def test_every_table_has_a_primary_key(database: Database) -> None:
    """No table of ours is without a primary key."""
    inspector = inspect(database.engine)
    ours = [name for name in inspector.get_table_names() if name in Table.metadata.tables]
    assert len(ours) == len(Table.metadata.tables)
    assert all(inspector.get_pk_constraint(name)["constrained_columns"] for name in ours)


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    """What was added before an error is rolled back with it."""

    def add_and_fail() -> None:
        with database.transaction() as session:
            session.add(User(name="A", email="a@example.com", role="admin"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_and_fail()
    with database.transaction() as session:
        assert session.query(User).count() == 0


def test_unknown_roles_are_refused_by_the_database(database: Database) -> None:
    """A role outside the list does not get in, whatever code writes it."""
    with pytest.raises(IntegrityError, match="ck_users_role"), database.transaction() as session:
        session.add(User(name="A", email="a@example.com", role="king"))


def test_a_recording_is_stored_once_until_it_is_deleted(database: Database) -> None:
    """Two rows of the same content are refused, but a deleted one makes room."""

    def recording() -> Recording:
        return Recording(sha256="0" * 64, file_name="a.wav", path="00/0", size_bytes=1)

    with database.transaction() as session:
        session.add(recording())
    with pytest.raises(IntegrityError, match="uq_recordings_sha256"), database.transaction() as session:
        session.add(recording())
    with database.transaction() as session:
        session.execute(text("UPDATE recordings SET deleted_at = now()"))
        session.add(recording())


def test_processes_share_one_embedded_server(server_home: Path, template: str) -> None:
    """Another process on the same home sees the same server, and its end does not stop it."""
    code = (
        "import sys; from pathlib import Path; from models.database import open_database;"
        "from sqlalchemy import text;"
        "d = open_database(Path(sys.argv[1]));"
        "print(d.engine.connect().scalar(text('SELECT pg_postmaster_start_time()')))"
    )
    run = [sys.executable, "-c", code, str(server_home)]
    root = Path(__file__).parents[2]
    first, second = (subprocess.run(run, cwd=root, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == second
    own = open_database(server_home)
    with own.engine.connect() as connection:
        assert str(connection.scalar(text("SELECT pg_postmaster_start_time()"))) == first.strip()
    own.close()


def test_other_databases_are_refused_in_one_line() -> None:
    """A SQLite address is refused with the name of the setting."""
    with pytest.raises(DatabaseError, match=r"^CLEARCALL_DATABASE_URL names 'sqlite'; only postgresql"):
        open_database(Path("unused"), "sqlite:///x.db")


def test_an_unreachable_database_is_one_line() -> None:
    """A wrong port gives an error that names the address without its password."""
    with pytest.raises(DatabaseError, match=r"cannot reach the database at .*127\.0\.0\.1:1/x") as caught:
        open_database(Path("unused"), "postgresql://u:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)

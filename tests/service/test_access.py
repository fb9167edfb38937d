"""The transaction of a request."""

from __future__ import annotations

from sqlalchemy import text

from models.database import Database
from service.access import transaction


def test_a_dropped_request_gives_its_connection_up(database: Database) -> None:
    """A server that stops drops requests; the database may be gone by then, and nothing may be raised of that."""
    request = transaction(database)
    session = next(request)
    backend = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.transaction() as other:
        other.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": backend})
    request.close()  # type: ignore[attr-defined]
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_dropped_request_writes_nothing(database: Database) -> None:
    request = transaction(database)
    session = next(request)
    session.execute(text("CREATE TABLE half_done (id integer)"))
    request.close()  # type: ignore[attr-defined]
    with database.transaction() as other:
        assert other.execute(text("SELECT to_regclass('half_done')")).scalar_one() is None

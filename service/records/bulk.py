"""Many rows into a table in one go, and one writer at a time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, ColumnElement, String, any_, bindparam, func, inspect, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.table import Table

_Column = InstrumentedAttribute[Any] | ColumnElement[Any]
_LOCK = 0x7265636F726473  # "records"


class RecordsChanged(Exception):
    """Somebody else wrote the same records at the same time; nothing was written, and trying again works."""


def lock_records(session: Session) -> None:
    """Wait until nobody else imports or pushes records; held to the end of the transaction.

    What is compared with the tables must not change before it is written.
    """
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def insert_all(session: Session, table: type[Table], rows: Sequence[Mapping[str, Any]]) -> None:
    """Copy ``rows``, which all have the same columns, into a table.

    Raises:
        RecordsChanged: one of them is there already.
    """
    if not rows:
        return
    columns = tuple(rows[0])
    is_json = {column.name for column in inspect(table).columns if isinstance(column.type, JSONB)}
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(str(table.__tablename__)), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    session.flush()
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError(f"expected a connection of psycopg, got {type(connection).__name__}")
    try:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_plain(row[name], name in is_json) for name in columns])
    except psycopg.errors.UniqueViolation as error:
        raise RecordsChanged("records were changed meanwhile; nothing was written, try again") from error


def update_all(session: Session, table: type[Table], changes: Mapping[uuid.UUID, Mapping[str, Any]]) -> None:
    """Set the given columns of the rows with these ids, in the order of the ids so that two writers can't block each
    other for ever."""
    rows = [{"id": id_, **changes[id_]} for id_ in sorted(changes)]
    if rows:
        session.execute(update(table), rows)


def among(column: InstrumentedAttribute[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column of text is one of any number of values: an array, where ``IN`` ends at 65,535."""
    return column == any_(bindparam(None, sorted(set(values)), type_=ARRAY(String)))


def among_ids(
    column: InstrumentedAttribute[Any] | ColumnElement[Any], values: Iterable[uuid.UUID]
) -> ColumnElement[bool]:
    """Whether a column of ids is one of any number of values."""
    return column == any_(bindparam(None, sorted(set(values)), type_=ARRAY(column.type)))


def _plain(value: Any, is_json: bool) -> Any:
    return Jsonb(value) if is_json and value is not None else value

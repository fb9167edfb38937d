"""The demo's CSV files, and of these the rows that a home never had."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.leads import Lead
from models.opportunities import Opportunity


def rows_of(text: str) -> Iterator[dict[str, str]]:
    """The rows by their columns."""
    return csv.DictReader(io.StringIO(text))


def missing(session: Session, table: type[Opportunity] | type[Lead], id_column: str, text: str) -> str:
    """The CSV with those rows only whose record never was in this home: neither is it there, nor was it deleted."""
    known = set(session.scalars(select(table.external_id)))
    reader = csv.DictReader(io.StringIO(text))
    kept = io.StringIO()
    writer = csv.DictWriter(kept, reader.fieldnames or ())
    writer.writeheader()
    writer.writerows(row for row in reader if row[id_column] not in known)
    return kept.getvalue()

"""Opportunities from a CRM's CSV under our own column names, as the operator brings them in."""

from __future__ import annotations

from sqlalchemy.orm import Session

from service.people.viewer import OPERATOR
from service.records.importing import ImportReport, import_text
from service.records.mapping_document import FieldMapping


def import_opportunities(session: Session, text: str, name: str) -> ImportReport:
    """Add or update the opportunities of a CSV; a second import of the same file changes nothing.

    Raises:
        ImportFileError: there is no header, a required column is missing, a column is unknown or
            there twice, or the text is no CSV.
    """
    return import_text(session, OPERATOR, text, name, FieldMapping("opportunities"))

"""Bringing a CSV in: what it would change first, and then doing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import Response
from sqlalchemy.orm import Session

from service.access import Transaction, check_csrf
from service.records.bulk import RecordsChanged
from service.records.configurations import documents
from service.records.importing import ImportReport, RowResult, import_file
from service.records.mapping_document import FieldMapping, parse
from service.records.nouns import NOUN_NAMES, NOUNS, NounName
from service.records.reasons import ImportFileError
from service.setup.access import Editor
from service.web.rendering import reader, render

router = APIRouter(include_in_schema=False)

_SHOWN = 100


@router.get("/settings/import")
def import_page(request: Request, viewer: Editor, session: Transaction) -> Response:
    """The form."""
    return render(request, "settings/import.html", viewer, _form(session))


@router.post("/settings/import", dependencies=[Depends(check_csrf)])
def bring_in(
    request: Request,
    viewer: Editor,
    session: Transaction,
    file: UploadFile,
    noun: Annotated[NounName, Form()],
    wish: Annotated[Literal["preview", "apply"], Form()] = "preview",
    mapping: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """What the file would change, or with ``wish`` "apply" what it did; bad rows are left out, each with its reason."""
    report: ImportReport | None = None
    problem = ""
    to = reader(request, viewer)
    content = file.file.read()
    if not content:
        problem = to.t("settings.choose")
    else:
        try:
            chosen = _mapping(session, noun, mapping)
            name = file.filename or "CSV"
            report = import_file(session, viewer, content, name, chosen, is_dry=wish == "preview")
        except ImportFileError as error:
            problem = error.told(to.t)
        except RecordsChanged:
            problem = to.t("settings.records_changed")
    linked = report.linked if report else 0
    context = {**_form(session), "report": report, "problem": problem, "linked": linked, "noun": noun}
    context |= _listed(report.results) if report else {}
    is_part = bool(request.headers.get("hx-request"))
    return render(request, "settings/import_result.html" if is_part else "settings/import.html", viewer, context)


def _mapping(session: Session, noun: NounName, name: str) -> FieldMapping:
    """The stored mapping of that name if it is for this noun, else our own columns."""
    document = documents(session, "mapping").get(name)
    found = parse(document) if document else None
    return found if found and found.noun == noun else FieldMapping(noun)


def _form(session: Session) -> dict[str, Any]:
    found = {name: parse(text).noun for name, text in documents(session, "mapping").items()}
    columns = {noun: NOUNS[noun].columns for noun in NOUN_NAMES}
    return {"tab": "import", "nouns": NOUN_NAMES, "mappings": found, "columns": columns, "report": None, "problem": ""}


def _listed(results: Sequence[RowResult]) -> dict[str, Any]:
    bad = [row for row in results if row.state == "bad"]
    changed = [row for row in results if row.state in ("added", "updated")]
    return {
        "bad": bad[:_SHOWN],
        "more_bad": max(0, len(bad) - _SHOWN),
        "changed": changed[:_SHOWN],
        "more_changed": max(0, len(changed) - _SHOWN),
    }

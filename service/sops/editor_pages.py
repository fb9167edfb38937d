"""The editor: the text of an SOP, the form beside it, and what they would do to a call."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from service.access import SignedInViewer, Transaction, check_csrf
from service.people.viewer import Viewer
from service.sops import publishing
from service.sops.changes import changed
from service.sops.checking import checked
from service.sops.overview import sop_row, template_row
from service.sops.own_events import readable
from service.sops.pages import found_sop, found_version, require_editing
from service.sops.publishing import PublishingError
from service.sops.trying import TriedCall, recent_calls, tried
from service.sops.views import SopRow
from service.web.rendering import Reader, reader, render, rendered
from sop import editing
from sop.editing import EditError
from sop.outline import Outline, outline
from sop.problems import Problem, SopError
from sop.procedure import Sop
from sop.yaml_tree import MAX_CHARACTERS

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Field(max_length=2 * MAX_CHARACTERS)]


class Written(BaseModel, extra="forbid"):
    """The text in the editor; ``name`` is the SOP whose draft it is, empty for a new one."""

    document: Text
    name: str = Field(default="", max_length=200)


class Edit(BaseModel, extra="forbid"):
    """One change of the form: what ``kind`` does to the place at ``path``."""

    kind: Literal["value", "title", "events", "move", "add", "remove"]
    path: list[str | int] = Field(default=[], max_length=8)
    key: str = Field(default="", max_length=40)
    value: str | float | bool | list[str] | None = None


class EditWish(Written):
    """An edit of the text."""

    edit: Edit


class TryWish(Written):
    """A call to try the text on."""

    call_id: uuid.UUID


@router.get("/templates/{template}/edit")
def new_page(request: Request, viewer: SignedInViewer, session: Transaction, template: str) -> Response:
    """The editor with a template in it; nothing is saved before somebody says so."""
    require_editing(viewer)
    row = template_row(template)
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return _editor(request, viewer, session, None, row.document)


@router.get("/sops/{name}/edit")
def edit_page(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    name: str,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """The editor with the draft; without one, or with ``?version=``, with that version's text."""
    require_editing(viewer)
    row = found_sop(session, viewer, name)
    if version is not None:
        return _editor(request, viewer, session, row, found_version(row, version).document)
    shown = row.draft or row.current or row.newest
    assert shown is not None
    return _editor(request, viewer, session, row, shown.document)


@router.post("/sops/check", dependencies=[Depends(check_csrf)])
def check(request: Request, wish: Written, viewer: SignedInViewer, session: Transaction) -> dict[str, Any]:
    """What is wrong with the text, each with its line, and the form and the changes that go with it."""
    require_editing(viewer)
    return _state(request, viewer, session, wish)


@router.post("/sops/change", dependencies=[Depends(check_csrf)])
def change(request: Request, wish: EditWish, viewer: SignedInViewer, session: Transaction) -> dict[str, Any]:
    """The text with one change of the form in it, or why it cannot be made there."""
    require_editing(viewer)
    try:
        document = edited(wish.document, wish.edit)
    except (EditError, SopError) as refused:
        return {"document": wish.document, "refused": str(refused)}
    return {"document": document} | _state(request, viewer, session, Written(document=document, name=wish.name))


@router.post("/sops/try", dependencies=[Depends(check_csrf)])
def try_on_call(request: Request, wish: TryWish, viewer: SignedInViewer, session: Transaction) -> Response:
    """A call's card under the text, beside the one it has."""
    require_editing(viewer)
    sop = readable(wish.document)
    found: TriedCall | None = None
    if sop is not None:
        found = tried(session, viewer, wish.call_id, sop, wish.document, reader(request, viewer).language)
        if found is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
    return render(request, "sops/tried.html", viewer, {"tried": found})


@router.post("/sops/{name}/draft", dependencies=[Depends(check_csrf)])
def save(name: str, wish: Written, viewer: SignedInViewer, session: Transaction) -> Response:
    """Keep the text as the draft of an SOP; a mistake is no hindrance, another name is."""
    require_editing(viewer)
    try:
        draft = publishing.save_draft(session, viewer, name, wish.document)
    except PublishingError as refused:
        # A script reads this: no error page.
        return JSONResponse({"detail": str(refused)}, status.HTTP_409_CONFLICT)
    return JSONResponse({"address": f"/sops/{draft.name}/edit"})


@router.post("/sops/{name}/discard", dependencies=[Depends(check_csrf)])
def discard(name: str, viewer: SignedInViewer, session: Transaction) -> Response:
    """Throw the draft away."""
    require_editing(viewer)
    publishing.discard_draft(session, viewer, name)
    is_left = sop_row(session, viewer, name) is not None
    return RedirectResponse(f"/sops/{name}" if is_left else "/sops", status.HTTP_303_SEE_OTHER)


def edited(document: str, edit: Edit) -> str:
    """``document`` with ``edit`` made.

    Raises:
        SopError: the text is no YAML.
        EditError: the edit cannot be made there.
    """
    path = tuple(edit.path)
    if edit.kind == "title":
        return editing.set_title(document, path, edit.key, _said(edit.value))
    if edit.kind == "events":
        return editing.set_events(document, path, edit.value if isinstance(edit.value, list) else [])
    if edit.kind == "value":
        value = tuple(edit.value) if isinstance(edit.value, list) else edit.value
        return editing.set_value(document, (*path, edit.key), value)
    index = path[-1] if path and isinstance(path[-1], int) else -1
    if edit.kind == "move":
        return editing.move_step(document, index, 1 if edit.value == "down" else -1)
    if edit.kind == "remove":
        return editing.remove_step(document, index)
    return editing.add_step(document, index, _free_id(document), _said(edit.value), "needs_discovery")


def _free_id(document: str) -> str:
    taken = {step.id for step in outline(document).steps}
    return next(name for number in range(1, len(taken) + 2) if (name := f"step_{number}") not in taken)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _editor(request: Request, viewer: Viewer, session: Session, row: SopRow | None, document: str) -> Response:
    to = reader(request, viewer)
    shown = _shown(session, viewer, to, document, row.name if row else "")
    context = {
        "sop": row,
        "document": document,
        "found": [_problem(problem) for problem in shown["problems"]],
        "calls": recent_calls(session, viewer),
        "zone": to.formats.zone.key if isinstance(to.formats.zone, ZoneInfo) else "UTC",
        "today": datetime.now(to.formats.zone).date(),
        **shown,
    }
    return render(request, "sops/editor.html", viewer, context)


def _state(request: Request, viewer: Viewer, session: Session, wish: Written) -> dict[str, Any]:
    shown = _shown(session, viewer, reader(request, viewer), wish.document, wish.name)
    return {
        "problems": [_problem(problem) for problem in shown["problems"]],
        "name": shown["parsed"].name if shown["parsed"] else "",
        "form": rendered(request, "sops/form.html", viewer, shown),
        "changes": rendered(request, "sops/changes.html", viewer, shown),
    }


def _shown(session: Session, viewer: Viewer, to: Reader, document: str, name: str) -> dict[str, Any]:
    """What form, problems and changes are drawn from."""
    sop, problems = _judged(document)
    row = sop_row(session, viewer, name) if name else None
    base = row.current or row.newest if row else None
    before = readable(base.document) if base else None
    return {
        "parsed": sop,
        "problems": problems,
        "outline": _outline(document),
        "base": base,
        "changes": changed(before, sop, to.language) if before and sop else (),
        "own_titles": {event: title.to(_language(to)) for event, title in sop.own_titles.items()} if sop else {},
    }


def _language(to: Reader) -> Literal["zh", "en"]:
    return "zh" if to.language == "zh" else "en"


def _judged(document: str) -> tuple[Sop | None, tuple[Problem, ...]]:
    try:
        return checked(document), ()
    except SopError as wrong:
        return None, wrong.problems


def _outline(document: str) -> Outline | None:
    try:
        return outline(document)
    except SopError:
        return None


def _problem(problem: Problem) -> dict[str, Any]:
    return {"path": problem.path, "line": problem.line, "message": problem.message, "hint": problem.hint}

"""Pipelines in words, and the editor of their documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, status
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from service.access import Transaction, check_csrf
from service.records.configurations import documents, shipped
from service.records.pipelines import deals_by_stage, pipelines, publish
from service.setup.access import Editor
from service.setup.pipeline_words import PipelineView, described
from service.web.rendering import Reader, reader, render, rendered
from sop.deals.pipeline_document import parse
from sop.problems import Problem, SopError
from sop.yaml_tree import MAX_CHARACTERS

router = APIRouter(include_in_schema=False)


class Written(BaseModel, extra="forbid"):
    """The text in the editor."""

    document: Annotated[str, Field(max_length=2 * MAX_CHARACTERS)]


@router.get("/settings/pipelines")
def pipelines_page(request: Request, viewer: Editor, session: Transaction) -> Response:
    """All pipelines in words."""
    to = reader(request, viewer)
    stored, came = documents(session, "pipeline"), shipped("pipeline")
    views = [
        described(pipeline, to, deals_by_stage(session, viewer, name), stored[name] == came.get(name))
        for name, pipeline in pipelines(session).items()
    ]
    return render(request, "settings/pipelines.html", viewer, {"views": views, "tab": "pipelines"})


@router.get("/settings/pipelines/{name}")
def pipeline_page(request: Request, viewer: Editor, session: Transaction, name: str) -> Response:
    """The editor with one pipeline's document."""
    document = documents(session, "pipeline").get(name)
    if document is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    context = {"document": document, "tab": "pipelines", "name": name, **_shown(reader(request, viewer), document)}
    return render(request, "settings/pipeline.html", viewer, context)


@router.post("/settings/pipelines/check", dependencies=[Depends(check_csrf)])
def check(request: Request, viewer: Editor, wish: Written) -> dict[str, Any]:
    """What is wrong with the text, each with its line, or what it says in words."""
    shown = _shown(reader(request, viewer), wish.document)
    words = rendered(request, "settings/pipeline_words.html", viewer, shown) if shown["view"] else ""
    return {"problems": shown["found"], "words": words}


@router.post("/settings/pipelines", dependencies=[Depends(check_csrf)])
def save(viewer: Editor, session: Transaction, wish: Written) -> Response:
    """Let the text count from now on."""
    try:
        pipeline, is_new = publish(session, viewer, wish.document)
    except SopError as wrong:
        return JSONResponse({"problems": _problems(wrong.problems)}, status.HTTP_422_UNPROCESSABLE_CONTENT)
    return JSONResponse({"name": pipeline.id, "changed": is_new})


def _shown(to: Reader, document: str) -> dict[str, Any]:
    view: PipelineView | None = None
    problems: Sequence[Problem] = ()
    try:
        view = described(parse(document), to, {}, False)
    except SopError as wrong:
        problems = wrong.problems
    return {"view": view, "found": _problems(problems)}


def _problems(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [{"path": each.path, "line": each.line, "message": each.message, "hint": each.hint} for each in problems]

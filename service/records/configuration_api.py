"""The JSON API of pipelines and of all documents that configure the records."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, HTTPException, status
from pydantic import BaseModel, Field

from service.access import SignedInViewer, Transaction, check_csrf
from service.records import configurations
from service.records.configurations import Kind, UnknownConfiguration
from service.records.pipelines import deals_by_stage, pipelines, publish
from service.records.scope import NotAllowed
from sop.deals.pipeline import Pipeline
from sop.deals.pipeline_document import stage_document
from sop.problems import SopError

router = APIRouter(prefix="/api", tags=["records"])

MOST_CHARACTERS = 100_000


class Wording(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class StageView(BaseModel):
    """A stage; ``criteria`` are what must hold to leave it, as in the document, with what each is called."""

    id: str
    title: Wording
    kind: str
    probability: float
    criteria: list[dict[str, Any]]
    criteria_titles: list[Wording]
    participants: list[str]
    approval: str | None
    deals: int


class PipelineView(BaseModel):
    """A pipeline and how many deals of the viewer's are in each stage."""

    id: str
    title: Wording
    stages: list[StageView]


class Document(BaseModel, extra="forbid"):
    """A configuration as YAML."""

    document: str = Field(max_length=MOST_CHARACTERS)


class Saved(BaseModel):
    """Whether the document says anything new."""

    kind: str
    name: str
    is_new: bool


@router.get("/pipelines")
def list_pipelines(viewer: SignedInViewer, session: Transaction) -> list[PipelineView]:
    """All pipelines, the default first."""
    return [_view(each, deals_by_stage(session, viewer, each.id)) for each in pipelines(session).values()]


@router.get("/configurations/{kind}")
def list_documents(kind: Kind, _viewer: SignedInViewer, session: Transaction) -> dict[str, str]:
    """All documents of a kind, by name."""
    return configurations.documents(session, kind)


@router.get("/configurations/{kind}/{name}")
def get_document(kind: Kind, name: str, _viewer: SignedInViewer, session: Transaction) -> Document:
    """One document."""
    try:
        return Document(document=configurations.stored(session, kind, name))
    except UnknownConfiguration as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(error)) from error


@router.put("/configurations/{kind}/{name}", dependencies=[Depends(check_csrf)])
def put_document(kind: Kind, name: str, wish: Document, viewer: SignedInViewer, session: Transaction) -> Saved:
    """Let a document count from now on; managers and admins may. Mistakes are answered with path and line."""
    try:
        configurations.check(kind, name, wish.document)
        if kind == "pipeline":
            _, is_new = publish(session, viewer, wish.document, "api")
        else:
            is_new = configurations.save(session, viewer, kind, name, wish.document, "api")
    except NotAllowed as error:
        raise HTTPException(status.HTTP_403_FORBIDDEN, str(error)) from error
    except UnknownConfiguration as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(error)) from error
    except SopError as error:
        detail = [{"path": p.path, "line": p.line, "message": p.message, "hint": p.hint} for p in error.problems]
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, detail) from error
    return Saved(kind=kind, name=name, is_new=is_new)


def _view(pipeline: Pipeline, deals: dict[str, int]) -> PipelineView:
    return PipelineView(
        id=pipeline.id,
        title=Wording(zh=pipeline.title.zh, en=pipeline.title.en),
        stages=[
            StageView(
                id=stage.id,
                title=Wording(zh=stage.title.zh, en=stage.title.en),
                kind=stage.kind,
                probability=stage.probability,
                criteria=stage_document(stage).get("criteria", []),
                criteria_titles=[Wording(zh=each.title.zh, en=each.title.en) for each in stage.criteria],
                participants=list(stage.participants),
                approval=stage.approval,
                deals=deals.get(stage.id, 0),
            )
            for stage in pipeline.stages
        ],
    )

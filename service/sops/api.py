"""The JSON API of SOPs: versions, drafts, differences, publishing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal, Self

from fastapi import APIRouter, Depends, HTTPException, status
from pydantic import BaseModel, Field

from models.sops import SopVersion
from service.access import SignedInViewer, Transaction, check_csrf
from service.sops import publishing, rescoring
from service.sops.checking import checked
from service.sops.publishing import PublishingError, Start
from service.sops.rescoring import RescoringView
from service.sops.versions import NotAllowed, UnknownSop, find_version, list_versions, require_editor, templates
from sop.comparison import differences, in_words
from sop.document import Sop, content_hash, json_schema
from sop.problems import Problem, SopError

router = APIRouter(prefix="/api", tags=["sops"])

MOST_CHARACTERS = 400_000


class Version(BaseModel):
    """An SOP version and its document; a draft has number 0.

    It scores calls that began at ``effective_from`` or later; null is ever since.
    """

    name: str
    number: int
    state: Literal["draft", "published", "retired"]
    content_hash: str
    created_by_id: uuid.UUID | None
    updated_at: datetime | None
    published_at: datetime | None
    published_by_id: uuid.UUID | None
    effective_from: datetime | None
    retired_at: datetime | None
    retired_by_id: uuid.UUID | None
    document: str

    @classmethod
    def of(cls, version: SopVersion) -> Self:
        return cls.model_validate(version, from_attributes=True)


class DocumentWish(BaseModel, extra="forbid"):
    """An SOP as YAML."""

    document: str = Field(max_length=MOST_CHARACTERS)


class Mistake(BaseModel):
    """One problem of a document; ``line`` counts from 1."""

    path: str
    line: int | None
    message: str
    hint: str | None

    @classmethod
    def of(cls, problem: Problem) -> Self:
        return cls(path=problem.path, line=problem.line, message=problem.message, hint=problem.hint)


class Checked(BaseModel):
    """Whether a document can be published; name and hash where it can."""

    valid: bool
    name: str | None = None
    content_hash: str | None = None
    problems: list[Mistake] = []


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what the service refuses into answers of the API."""
    try:
        yield
    except NotAllowed as error:
        raise HTTPException(status.HTTP_403_FORBIDDEN, str(error)) from error
    except UnknownSop as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(error)) from error
    except PublishingError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    except SopError as error:
        detail = [Mistake.of(problem).model_dump() for problem in error.problems]
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, detail) from error


@router.get("/sops")
def versions(viewer: SignedInViewer, session: Transaction) -> list[Version]:
    """All versions, by name and newest first, drafts before them. Everybody reads what was published."""
    return [Version.of(version) for version in list_versions(session, viewer)]


@router.get("/sops/schema")
def schema(_viewer: SignedInViewer) -> dict[str, Any]:
    """The JSON Schema of the document, for editors."""
    return json_schema()


@router.get("/sops/templates")
def shipped_templates(_viewer: SignedInViewer) -> dict[str, str]:
    """Documents to start one's own from, by name."""
    return templates()


@router.post("/sops/validate", dependencies=[Depends(check_csrf)])
def validate(wish: DocumentWish, _viewer: SignedInViewer) -> Checked:
    """All mistakes of a document, each with its path and line."""
    try:
        sop = checked(wish.document)
    except SopError as error:
        return Checked(valid=False, problems=[Mistake.of(problem) for problem in error.problems])
    return Checked(valid=True, name=sop.name, content_hash=content_hash(sop))


class DiffWish(BaseModel, extra="forbid"):
    """What to compare: versions such as ``en-b2b@2`` or ``en-b2b@draft``, or the text itself."""

    old: str | None = Field(default=None, max_length=100)
    new: str | None = Field(default=None, max_length=100)
    old_document: str | None = Field(default=None, max_length=MOST_CHARACTERS)
    new_document: str | None = Field(default=None, max_length=MOST_CHARACTERS)


class Diff(BaseModel):
    """What the second text says otherwise: each difference, and a line for each place."""

    differences: list[dict[str, Any]]
    words: dict[str, list[str]]


@router.post("/sops/diff", dependencies=[Depends(check_csrf)])
def diff(wish: DiffWish, viewer: SignedInViewer, session: Transaction) -> Diff:
    """The differences of two texts in words, in Chinese and English."""

    def read(name: str, reference: str | None, document: str | None) -> Sop:
        if (reference is None) == (document is None):
            message = f"give either '{name}' or '{name}_document'"
            raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, message)
        return checked(document if document is not None else find_version(session, viewer, str(reference)).document)

    with refusals():
        old, new = read("old", wish.old, wish.old_document), read("new", wish.new, wish.new_document)
    found = differences(old, new)
    words = {"zh": list(in_words(found, "zh")), "en": list(in_words(found, "en"))}
    return Diff(differences=[difference.to_json() for difference in found], words=words)


@router.get("/sops/{reference}")
def version(reference: str, viewer: SignedInViewer, session: Transaction) -> Version:
    """One version: ``NAME@3``, ``NAME@draft``, or ``NAME`` for the one in force."""
    with refusals():
        return Version.of(find_version(session, viewer, reference))


@router.put("/sops/{name}/draft", dependencies=[Depends(check_csrf)])
def save_draft(name: str, wish: DocumentWish, viewer: SignedInViewer, session: Transaction) -> Version:
    """Keep a document as the draft of this name, in place of the one there was; it may still have mistakes."""
    with refusals():
        return Version.of(publishing.save_draft(session, viewer, name, wish.document))


@router.delete("/sops/{name}/draft", dependencies=[Depends(check_csrf)])
def discard_draft(name: str, viewer: SignedInViewer, session: Transaction) -> dict[str, str]:
    """Throw the draft of this name away."""
    with refusals():
        if not publishing.discard_draft(session, viewer, name):
            raise UnknownSop(f"{name!r} has no draft")
    return {"state": "discarded"}


class PublishWish(BaseModel, extra="forbid"):
    """From which calls on the version scores: those that begin now or later, at a time or later, or all.

    ``rescore`` also scores past calls: those since the time that is given, else all.
    """

    document: str | None = Field(default=None, max_length=MOST_CHARACTERS, description="the draft where it is null")
    since: datetime | None = None
    rescore: bool = False


class Published(BaseModel):
    """The version, whether it is new, and the re-scoring that was asked for."""

    version: Version
    is_new: bool
    rescoring_id: uuid.UUID | None = None


@router.post("/sops/{name}/publish", dependencies=[Depends(check_csrf)])
def publish(name: str, wish: PublishWish, viewer: SignedInViewer, session: Transaction) -> Published:
    """Publish the draft of this name, or a document of it."""
    with refusals():
        require_editor(viewer)
        document = wish.document
        if document is None:
            document = find_version(session, viewer, f"{name}@draft").document
        if (sop := checked(document)).name != name:
            raise PublishingError(f"the document is named {sop.name!r}, not {name!r}")
        start: Start = wish.since or ("ever" if wish.rescore else "now")
        made, is_new = publishing.publish(session, document, viewer, start)
        job = rescoring.start(session, viewer, made, wish.since) if wish.rescore else None
    return Published(version=Version.of(made), is_new=is_new, rescoring_id=job.run.id if job else None)


@router.post("/sops/{reference}/retire", dependencies=[Depends(check_csrf)])
def retire(reference: str, viewer: SignedInViewer, session: Transaction) -> Version:
    """Let a version, ``NAME@3``, score no more calls; what it scored stays, and names it."""
    with refusals():
        return Version.of(publishing.retire(session, viewer, reference))


class RescoreWish(BaseModel, extra="forbid"):
    """Which past calls: those that began then or later; null is all."""

    since: datetime | None = None


@router.post("/sops/{reference}/rescore", status_code=status.HTTP_202_ACCEPTED, dependencies=[Depends(check_csrf)])
def rescore(reference: str, wish: RescoreWish, viewer: SignedInViewer, session: Transaction) -> RescoringView:
    """Score past calls by a published version, from stored key events."""
    with refusals():
        return rescoring.start(session, viewer, find_version(session, viewer, reference), wish.since)

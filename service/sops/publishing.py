"""The life of an SOP version: written as a draft, published for good, retired."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.sops import DRAFT_NUMBER, SopVersion
from service.people.viewer import Viewer
from service.sops.checking import checked
from service.sops.versions import UnknownSop, find_version, require_editor, shipped
from sop.document import SopError, content_hash

Start = datetime | Literal["now", "ever"]
"""From which calls on a version scores: those that begin now or later, at a time or later, or all."""


class PublishingError(Exception):
    """A version cannot be changed so; the message says why and what to do."""


def save_draft(session: Session, viewer: Viewer, name: str, document: str) -> SopVersion:
    """Keep ``document`` as the draft of ``name``, in place of the one there was; it may still have mistakes.

    Raises:
        NotAllowed: the viewer may not write SOPs.
        PublishingError: the document is without mistakes and has another name.
    """
    require_editor(viewer)
    _lock(session, name)
    try:
        sop = checked(document)
    except SopError:
        digest = ""
    else:
        digest = content_hash(sop)
        if sop.name != name:
            raise PublishingError(f"the document is named {sop.name!r}, not {name!r}: save it as the draft of that SOP")
    draft = _draft(session, name)
    if draft is None:
        draft = SopVersion(name=name, number=DRAFT_NUMBER, state="draft", created_by_id=viewer.user_id)
        session.add(draft)
    draft.document, draft.content_hash, draft.updated_at = document, digest, datetime.now(UTC)
    session.flush()
    return draft


def discard_draft(session: Session, viewer: Viewer, name: str) -> bool:
    """Throw the draft away; False when there is none.

    Raises:
        NotAllowed: the viewer may not write SOPs.
    """
    require_editor(viewer)
    draft = _draft(session, name)
    if draft is not None:
        session.delete(draft)
        session.flush()
    return draft is not None


def publish(session: Session, document: str, viewer: Viewer, start: Start = "now") -> tuple[SopVersion, bool]:
    """Publish a document as the next version of its SOP, for the calls from ``start`` on.

    The first version of a name scores all calls unless ``start`` is a time. What the newest version says already, for
    calls from then on, is no new version; an older text published again is one: that is how a change is taken back.
    A draft that says the same is done with. Returns the version and whether it is new.

    Raises:
        NotAllowed: the viewer may not publish.
        SopError: the document has mistakes.
        PublishingError: ``start`` has no time zone.
    """
    require_editor(viewer)
    sop = checked(document)
    _lock(session, sop.name)
    digest, begins = content_hash(sop), _begins(start)
    newest = _newest(session, sop.name)
    if start == "now" and newest is None:
        begins = None
    draft = _draft(session, sop.name)
    author = draft.created_by_id if draft is not None and draft.content_hash == digest else viewer.user_id
    if draft is not None and draft.content_hash == digest:
        session.delete(draft)
    if newest is not None and _says_so_already(newest, digest, begins):
        session.flush()
        return newest, False
    version = SopVersion(
        name=sop.name,
        number=newest.number + 1 if newest else 1,
        document=document,
        content_hash=digest,
        created_by_id=author,
        published_at=datetime.now(UTC),
        published_by_id=viewer.user_id,
        effective_from=begins,
    )
    session.add(version)
    session.flush()
    return version, True


def publish_draft(session: Session, viewer: Viewer, name: str, start: Start = "now") -> SopVersion:
    """Publish the draft of ``name``.

    Raises:
        NotAllowed, SopError, PublishingError: as :func:`publish` does.
        UnknownSop: there is no draft.
    """
    require_editor(viewer)
    draft = _draft(session, name)
    if draft is None:
        raise UnknownSop(f"{name!r} has no draft")
    return publish(session, draft.document, viewer, start)[0]


def publish_shipped(session: Session, viewer: Viewer) -> None:
    """Publish the shipped SOPs that no version of is known; a company's own version is never replaced."""
    known = set(session.scalars(select(SopVersion.name).where(SopVersion.state != "draft").distinct()))
    for name, document in shipped().items():
        if name not in known:
            publish(session, document, viewer, "ever")


def retire(session: Session, viewer: Viewer, reference: str) -> SopVersion:
    """Let a version, ``NAME@3``, score no more calls; what it scored stays, and names it.

    Raises:
        NotAllowed: the viewer may not.
        UnknownSop: there is no such version.
        PublishingError: it is a draft, or retired already.
    """
    require_editor(viewer)
    if "@" not in reference:
        raise PublishingError(f"say which version to retire, such as {reference}@1")
    version = find_version(session, viewer, reference)
    _lock(session, version.name)
    session.refresh(version, with_for_update=True)
    if version.state != "published":
        told = "a draft: discard it" if version.state == "draft" else "retired already"
        raise PublishingError(f"{reference} is {told}")
    version.state, version.retired_at, version.retired_by_id = "retired", datetime.now(UTC), viewer.user_id
    session.flush()
    return version


def _begins(start: Start) -> datetime | None:
    if isinstance(start, str):
        return datetime.now(UTC) if start == "now" else None
    if start.tzinfo is None:
        raise PublishingError(f"{start.isoformat()} has no time zone: write one, such as {start.isoformat()}+08:00")
    return start


def _says_so_already(newest: SopVersion, digest: str, begins: datetime | None) -> bool:
    if newest.content_hash != digest or newest.state != "published":
        return False
    return newest.effective_from is None or (begins is not None and newest.effective_from <= begins)


def _newest(session: Session, name: str) -> SopVersion | None:
    query = select(SopVersion).where(SopVersion.name == name, SopVersion.state != "draft")
    return session.scalars(query.order_by(SopVersion.number.desc()).limit(1)).one_or_none()


def _draft(session: Session, name: str) -> SopVersion | None:
    query = select(SopVersion).where(SopVersion.name == name, SopVersion.state == "draft")
    return session.scalars(query).one_or_none()


def _lock(session: Session, name: str) -> None:
    """One change of an SOP at a time, so that numbers follow each other."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"sop:{name}"})

"""Published SOPs: immutable versions, known by the hash of their content."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.scores import SopVersion
from service.people.viewer import Viewer
from service.settings import Settings
from service.sops.checking import checked
from sop.document import Sop, content_hash, parse
from sop.procedure import LANGUAGES, Language


class UnknownSop(Exception):
    """No SOP of this name is published; the message lists those that are."""


def shipped() -> dict[str, str]:
    """The documents that come with Clearcall, by name."""
    folder = resources.files("sop") / "shipped"
    return {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }


def publish(session: Session, document: str, viewer: Viewer) -> tuple[SopVersion, bool]:
    """Publish a document as the next version of its SOP; the content of the current one is no new version.

    An older text published again becomes the newest version: that is how a change is taken back.
    Returns the version and whether it is new.

    Raises:
        SopError: the document has mistakes.
    """
    sop = checked(document)
    digest = content_hash(sop)
    newest = session.scalars(
        select(SopVersion).where(SopVersion.name == sop.name).order_by(SopVersion.number.desc()).limit(1)
    ).one_or_none()
    if newest is not None and newest.content_hash == digest:
        return newest, False
    version = SopVersion(
        name=sop.name,
        number=newest.number + 1 if newest else 1,
        document=document,
        content_hash=digest,
        published_at=datetime.now(UTC),
        published_by_id=viewer.user_id,
    )
    session.add(version)
    session.flush()
    return version, True


def publish_shipped(session: Session, viewer: Viewer) -> None:
    """Publish the shipped SOPs that no version of is known; a company's own version is never replaced."""
    known = set(session.scalars(select(SopVersion.name).distinct()))
    for name, document in shipped().items():
        if name not in known:
            publish(session, document, viewer)


def list_versions(session: Session) -> list[SopVersion]:
    """All versions, by name and newest first."""
    return list(session.scalars(select(SopVersion).order_by(SopVersion.name, SopVersion.number.desc())))


def current_version(session: Session, name: str) -> SopVersion:
    """The newest published version of an SOP.

    Raises:
        UnknownSop: there is none.
    """
    query = (
        select(SopVersion)
        .where(SopVersion.name == name, SopVersion.state == "published")
        .order_by(SopVersion.number.desc())
        .limit(1)
    )
    version = session.scalars(query).one_or_none()
    if version is None:
        names = ", ".join(sorted(set(session.scalars(select(SopVersion.name))))) or "none"
        raise UnknownSop(f"no SOP named {name!r} is published; published are: {names}")
    return version


def sop_for(session: Session, settings: Settings, language: str, name: str | None) -> tuple[SopVersion, Sop]:
    """The version that scores a call: the one named for it, else the default of its language."""
    version = current_version(session, name or (settings.sop_zh if language == "zh" else settings.sop_en))
    return version, parsed(version.document)


def vocabularies(session: Session, settings: Settings, name: str | None) -> dict[Language, tuple[str, ...]]:
    """By language, the words of the SOP that would score a call in it; a call's language is not known beforehand.

    Raises:
        UnknownSop: there is no such SOP.
    """
    return {language: sop_for(session, settings, language, name)[1].words_in(language) for language in LANGUAGES}


@lru_cache(maxsize=64)
def parsed(document: str) -> Sop:
    """A published document as a value; parsed once a process."""
    return parse(document)

"""Which versions of SOPs there are, who may see them, and which one scores a call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from models.sops import SopVersion
from service.people.viewer import Viewer
from service.settings import Settings
from sop.choice import choose
from sop.document import Sop, parse
from sop.facts import CallContext
from sop.problems import SopError
from sop.procedure import LANGUAGES, Applicability, Language

_REFERENCE = re.compile(r"(?P<name>[a-z0-9][a-z0-9_-]*)(?:@(?P<number>[0-9]{1,6}|draft))?")


class UnknownSop(Exception):
    """There is no such SOP or version for this viewer; the message lists what there is."""


class NotAllowed(Exception):
    """This viewer may read SOPs and not change them."""


def shipped() -> dict[str, str]:
    """The documents that come with Clearcall, by name."""
    return _documents("shipped")


def templates() -> dict[str, str]:
    """The documents that come with Clearcall to start one's own from, by name; they score nothing by themselves."""
    return _documents("templates")


def _documents(folder: str) -> dict[str, str]:
    return {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        for entry in sorted((resources.files("sop") / folder).iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }


def may_edit(viewer: Viewer) -> bool:
    """Whether the viewer may write, test, publish and retire SOPs."""
    return viewer.role in ("admin", "manager")


def require_editor(viewer: Viewer) -> None:
    """Refuse those who may not change SOPs.

    Raises:
        NotAllowed: this viewer may not.
    """
    if not may_edit(viewer):
        raise NotAllowed("only managers and admins may change SOPs")


def visible_versions(viewer: Viewer) -> ColumnElement[bool]:
    """SOPs are the company's: everybody reads what was published, and those who write them the drafts."""
    return true() if may_edit(viewer) else SopVersion.state != "draft"


def list_versions(session: Session, viewer: Viewer, name: str | None = None) -> list[SopVersion]:
    """The versions this viewer may see, by name and newest first, a draft before all."""
    query = select(SopVersion).where(visible_versions(viewer))
    if name is not None:
        query = query.where(SopVersion.name == name)
    order = (SopVersion.name, (SopVersion.state == "draft").desc(), SopVersion.number.desc())
    return list(session.scalars(query.order_by(*order)))


def find_version(session: Session, viewer: Viewer, reference: str) -> SopVersion:
    """The version that ``NAME@3`` names; ``NAME@draft`` is its draft, ``NAME`` alone the newest published one.

    Raises:
        UnknownSop: there is none for this viewer.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise UnknownSop(f"{reference!r} names no version: write NAME, NAME@3 or NAME@draft")
    name, number = found["name"], found["number"]
    if number is None:
        return current_version(session, name)
    wanted = 0 if number == "draft" else int(number)
    query = select(SopVersion).where(SopVersion.name == name, SopVersion.number == wanted, visible_versions(viewer))
    version = session.scalars(query).one_or_none()
    if version is None:
        known = [v.number or "draft" for v in list_versions(session, viewer, name)]
        told = f"{name} has {', '.join(str(n) for n in known)}" if known else _published_names(session)
        raise UnknownSop(f"no version {reference!r}; {told}")
    return version


def current_version(session: Session, name: str, at: datetime | None = None) -> SopVersion:
    """The version of an SOP that scores calls that begin ``at``, by default now.

    That is the newest published one in force by then. Before the first came into force there was nothing else, so it
    is that one.

    Raises:
        UnknownSop: none is published.
    """
    moment = at or datetime.now(UTC)
    published = select(SopVersion).where(SopVersion.name == name, SopVersion.state == "published")
    newest = published.where(_in_force(moment)).order_by(SopVersion.number.desc()).limit(1)
    first = published.order_by(SopVersion.effective_from.nulls_first(), SopVersion.number.desc()).limit(1)
    version = session.scalars(newest).one_or_none() or session.scalars(first).one_or_none()
    if version is None:
        raise UnknownSop(f"no SOP named {name!r} is published; {_published_names(session)}")
    return version


def sop_for(
    session: Session,
    settings: Settings,
    language: str,
    name: str | None,
    at: datetime | None = None,
    context: CallContext = CallContext(),  # noqa: B008 - a frozen value
) -> tuple[SopVersion, Sop]:
    """The version that scores a call in ``language`` that began ``at``, by default now.

    It is that of the SOP named for the call; else of the most specific one that says which calls it is for and suits
    the ``context``; else of the default of the language.

    Raises:
        UnknownSop: the SOP is not published.
    """
    default = settings.sop_zh if language == "zh" else settings.sop_en
    chosen = None if name else _specific(session, default, language, at or datetime.now(UTC), context)
    version = chosen or current_version(session, name or default, at)
    return version, parsed(version.document)


def _specific(session: Session, default: str, language: str, at: datetime, context: CallContext) -> SopVersion | None:
    """The version in force whose document says best that it is for such a call; None where the default is to score."""
    versions = _in_force_of_each(session, at)
    if all(sop.applies_to == Applicability() for _, sop in versions):
        return None
    candidates = [sop for _, sop in versions if sop.applies_to != Applicability() or sop.name == default]
    chosen = choose(candidates, language, context)
    return next((version for version, sop in versions if sop is chosen), None)


def _in_force_of_each(session: Session, at: datetime) -> list[tuple[SopVersion, Sop]]:
    """Of each SOP the version in force; what another version of Clearcall wrote is left out."""
    query: Select[SopVersion] = (
        select(SopVersion)
        .where(SopVersion.state == "published", _in_force(at))
        .ext(distinct_on(SopVersion.name))
        .order_by(SopVersion.name, SopVersion.number.desc())
    )
    found = []
    for version in session.scalars(query):
        try:
            found.append((version, parsed(version.document)))
        except SopError:
            continue
    return found


def vocabularies(
    session: Session,
    settings: Settings,
    name: str | None,
    at: datetime | None = None,
    context: CallContext = CallContext(),  # noqa: B008 - a frozen value
) -> dict[Language, tuple[str, ...]]:
    """By language, the words of the SOP that would score a call in it; a call's language is not known beforehand.

    Raises:
        UnknownSop: there is no such SOP.
    """
    return {
        language: sop_for(session, settings, language, name, at, context)[1].words_in(language)
        for language in LANGUAGES
    }


@lru_cache(maxsize=64)
def parsed(document: str) -> Sop:
    """A published document as a value; parsed once a process."""
    return parse(document)


def _in_force(at: datetime) -> ColumnElement[bool]:
    return or_(SopVersion.effective_from.is_(None), SopVersion.effective_from <= at)


def _published_names(session: Session) -> str:
    names: Sequence[str] = session.scalars(select(SopVersion.name).where(SopVersion.state == "published")).all()
    return f"published are: {', '.join(sorted(set(names))) or 'none'}"

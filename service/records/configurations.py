"""Configuration documents: the stored one of a kind and name, or the one that is shipped.

Shipped documents lie beside this module: ``shipped/pipeline/complex.yaml`` is the pipeline ``complex``; a kind that has
one document only lies at ``shipped/<kind>.yaml`` and its name is ``default``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from models.records import Configuration
from service.people.viewer import Viewer
from service.records import mapping_document
from service.records.audit import Via, record
from service.records.scope import require_editor
from sop.deals import linking_document, pipeline_document, points_document, pool_document
from sop.deals.pipeline import Pipeline
from sop.problems import Problem, SopError

Kind = Literal["pipeline", "linking", "pool", "points", "mapping"]
KINDS: tuple[Kind, ...] = get_args(Kind)
DEFAULT = "default"
ONE_OF_A_KIND: tuple[Kind, ...] = ("linking", "pool", "points")
"""Kinds that have one document, named ``default``."""

_PARSERS: Mapping[Kind, Callable[[str], object]] = {
    "pipeline": pipeline_document.parse,
    "linking": linking_document.parse_linking,
    "pool": pool_document.parse,
    "points": points_document.parse,
    "mapping": mapping_document.parse,
}


class UnknownConfiguration(LookupError):
    """There is no document of that kind and name; the message lists those there are."""


def stored(session: Session, kind: Kind, name: str = DEFAULT) -> str:
    """The document that counts: the stored one, or the one that is shipped.

    Raises:
        UnknownConfiguration: there is neither.
    """
    document = session.scalar(
        select(Configuration.document).where(Configuration.kind == kind, Configuration.name == name)
    )
    if document is None:
        document = shipped(kind).get(name)
    if document is None:
        known = ", ".join(names(session, kind)) or "none"
        raise UnknownConfiguration(f"no {kind} {name!r}; there are: {known}")
    return document


def documents(session: Session, kind: Kind) -> dict[str, str]:
    """All documents of a kind that count, by name."""
    own = select(Configuration.name, Configuration.document).where(Configuration.kind == kind)
    found = {**shipped(kind), **{row.name: row.document for row in session.execute(own)}}
    return dict(sorted(found.items()))


def names(session: Session, kind: Kind) -> tuple[str, ...]:
    """The names that :func:`stored` knows, in alphabetical order."""
    return tuple(documents(session, kind))


def save(session: Session, viewer: Viewer, kind: Kind, name: str, text: str, via: Via = "web") -> bool:
    """Let ``text`` count from now on; False when it did already.

    Raises:
        NotAllowed: the viewer is neither manager nor admin.
        SopError: all mistakes of the document, each with its path and line.
        UnknownConfiguration: this kind has one document only, and it has another name.
    """
    require_editor(viewer, "change configurations")
    if kind in ONE_OF_A_KIND and name != DEFAULT:
        raise UnknownConfiguration(f"there is one {kind} only, named {DEFAULT!r}, not {name!r}")
    check(kind, name, text)
    is_known = name in names(session, kind)
    old = stored(session, kind, name) if is_known else None
    if old == text:
        return False
    values = {"document": text, "changed_at": datetime.now(UTC), "changed_by_id": viewer.user_id}
    session.execute(
        upsert(Configuration)
        .values(kind=kind, name=name, **values)
        .on_conflict_do_update(index_elements=["kind", "name"], set_=values)
    )
    record(session, viewer.user_id, via, "configuration", f"{kind}/{name}", "document", old, text)
    return True


def check(kind: Kind, name: str, text: str) -> None:
    """Refuse a document with mistakes.

    Raises:
        SopError: all mistakes, each with its path and line.
    """
    parsed = _PARSERS[kind](text)
    if isinstance(parsed, Pipeline) and parsed.id != name:
        raise SopError([Problem("id", None, f"{parsed.id!r} is not {name!r}", "save it under its own id")])


@cache
def shipped(kind: Kind) -> Mapping[str, str]:
    """The documents of a kind that come with Clearcall, by name."""
    folder = resources.files("service.records") / "shipped"
    if kind in ONE_OF_A_KIND:
        entry = folder / f"{kind}.yaml"
        return {DEFAULT: entry.read_text(encoding="utf-8")} if entry.is_file() else {}
    return {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        for entry in sorted((folder / kind).iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }

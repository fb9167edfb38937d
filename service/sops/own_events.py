"""The events that published SOPs add to the built-in ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from models.scores import SopVersion
from service.sops.versions import parsed
from sop.problems import SopError
from sop.procedure import Language, Sop, Wording


def own_titles(session: Session) -> dict[str, Wording]:
    """The titles of the events of one's own by id, of each SOP's newest version; of two the one published last."""
    newest = (
        select(SopVersion)
        .where(SopVersion.state == "published")
        .ext(distinct_on(SopVersion.name))
        .order_by(SopVersion.name, SopVersion.number.desc())
    )
    versions = sorted(session.scalars(newest), key=lambda version: (version.created_at, version.name))
    titles: dict[str, Wording] = {}
    for version in versions:
        sop = readable(version.document)
        titles.update(sop.own_titles if sop else {})
    return titles


def titles_to(session: Session, language: str, document: str | None = None) -> Mapping[str, str]:
    """:func:`own_titles` in ``language``, those of ``document`` (an SOP's YAML) before all others."""
    sop = readable(document) if document else None
    titles = {**own_titles(session), **(sop.own_titles if sop else {})}
    return {event: title.to(cast(Language, language)) for event, title in titles.items()}


def readable(document: str) -> Sop | None:
    """The SOP, or None when it was written for another version of Clearcall."""
    try:
        return parsed(document)
    except SopError:
        return None

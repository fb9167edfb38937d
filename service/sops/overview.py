"""The SOPs a viewer may see, with their versions and what those have scored; and the templates."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.calls import Call
from models.people import User
from models.scores import StoredScorecard
from models.sops import SopVersion
from service.people.viewer import Viewer, visible_calls
from service.sops.own_events import readable
from service.sops.versions import UnknownSop, current_version, list_versions, parsed, templates
from service.sops.views import SopRow, TemplateRow, VersionRow
from sop.procedure import Wording


def sop_rows(session: Session, viewer: Viewer) -> tuple[SopRow, ...]:
    """All SOPs by name."""
    rows = _version_rows(session, viewer, list_versions(session, viewer))
    return tuple(_sop_row(name, list(found)) for name, found in groupby(rows, key=lambda row: row.name))


def sop_row(session: Session, viewer: Viewer, name: str) -> SopRow | None:
    """One SOP; None when the viewer knows none of that name."""
    rows = _version_rows(session, viewer, list_versions(session, viewer, name))
    return _sop_row(name, rows) if rows else None


@cache
def template_rows() -> tuple[TemplateRow, ...]:
    """The documents to start from, by name."""
    return tuple(
        TemplateRow(name, document, parsed(document), tuple(_about(document))) for name, document in templates().items()
    )


def template_row(name: str) -> TemplateRow | None:
    """The template of that name."""
    return next((row for row in template_rows() if row.name == name), None)


def _about(document: str) -> Iterable[str]:
    """The notes at the top of a document, up to the first line that is none."""
    for line in document.splitlines():
        if not line.startswith("#"):
            return
        if said := line.lstrip("# "):
            yield said


def _sop_row(name: str, rows: list[VersionRow]) -> SopRow:
    sop = next((found for row in rows if (found := readable(row.document))), None)
    return SopRow(
        name=name,
        title=sop.title if sop else Wording(name, name),
        languages=sop.languages if sop else (),
        versions=tuple(row for row in rows if row.number),
        draft=next((row for row in rows if not row.number), None),
    )


def _version_rows(session: Session, viewer: Viewer, versions: list[SopVersion]) -> list[VersionRow]:
    people = {v.published_by_id if v.number else v.created_by_id for v in versions} - {None}
    names = {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(people)))}
    scored = _scored(session, viewer)
    current = {_current(session, name) for name in {version.name for version in versions}}
    return [_version_row(version, names, scored, version.id in current) for version in versions]


def _version_row(
    version: SopVersion, names: Mapping[uuid.UUID, str], scored: Mapping[uuid.UUID, int], is_current: bool
) -> VersionRow:
    sop = readable(version.document)
    by = version.published_by_id if version.number else version.created_by_id
    return VersionRow(
        id=version.id,
        name=version.name,
        number=version.number,
        state=version.state,
        document=version.document,
        by=names.get(by) if by else None,
        at=version.published_at if version.number else version.updated_at or version.created_at,
        effective_from=version.effective_from,
        retired_at=version.retired_at,
        calls=scored.get(version.id, 0),
        is_current=is_current,
        steps=len(sop.steps) if sop else None,
    )


def _current(session: Session, name: str) -> uuid.UUID | None:
    try:
        return current_version(session, name).id
    except UnknownSop:
        return None


def _scored(session: Session, viewer: Viewer) -> dict[uuid.UUID, int]:
    """By version, how many calls of those the viewer sees have a scorecard under it."""
    counted = (
        select(StoredScorecard.sop_version_id, func.count(func.distinct(StoredScorecard.call_id)).label("calls"))
        .join(Call, Call.id == StoredScorecard.call_id)
        .where(visible_calls(viewer))
        .group_by(StoredScorecard.sop_version_id)
    )
    return {row.sop_version_id: row.calls for row in session.execute(counted)}

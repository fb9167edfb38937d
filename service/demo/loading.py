"""Puts the demo's people, opportunities and SOPs into the database and names its recordings.

What the stories show is told in ``data/README.md``.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, cast

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database import Database
from models.people import User
from models.scores import SopVersion
from service.calls.ingest import CallDetails, Direction, Source
from service.demo.deals import add_collaborators, add_customers, add_deals
from service.demo.leads import add_leads
from service.demo.tables import rows_of
from service.people.queries import NewUser, add_user
from service.people.viewer import OPERATOR
from service.sops.publishing import publish
from service.sops.versions import shipped
from sop.document import content_hash, dump, parse
from sop.procedure import Vocabulary

PASSWORD = "northlamp"
"""Everybody's password in the demo; the demo refuses a home that holds other users."""

_ROLE_ORDER = ("admin", "manager", "rep")
_LANGUAGE_OF_TEAM = {"华东": ("zh", "Asia/Shanghai"), "UK & US": ("en", "Europe/London")}


class DemoError(Exception):
    """The demo cannot be loaded here; the message says what to do."""


def load(database: Database) -> list[Source]:
    """Make sure the demo's people, opportunities and SOPs exist; returns its recordings.

    In a home that an earlier version of the demo made what is missing is added; what people changed there stays.

    Raises:
        DemoError: this home already holds users who are not the demo's, or pipelines that its deals do not fit.
    """
    with database.transaction() as session:
        _add_people(session)
        _publish_sops(session)
        calls = [json.loads(line) for line in _data("calls.jsonl").splitlines() if line.strip()]
        try:
            add_deals(session, _data("opportunities.csv"), calls)
        except ValueError as error:
            raise DemoError(f"the demo's deals do not fit this home: {error}") from error
        add_customers(session, _data("contacts.csv"))
        add_collaborators(session, _data("collaborators.csv"))
        add_leads(session, _data("leads.csv"))
    return [_source(call) for call in calls]


def logins() -> list[tuple[str, str, str, str]]:
    """Role, team, e-mail and password of everybody, admin first."""
    people = sorted(_people(), key=lambda person: (_ROLE_ORDER.index(person["role"]), person["team"]))
    return [(person["role"], person["team"] or "–", person["email"], PASSWORD) for person in people]


def _add_people(session: Session) -> None:
    people = _people()
    emails = {person["email"] for person in people}
    known = set(session.scalars(select(User.email)))
    if known - emails:
        raise DemoError(
            "this home already holds users of yours, and the demo's passwords are public; "
            "set CLEARCALL_HOME to another folder for the demo"
        )
    for person in people:
        if person["email"] in known:
            continue
        locale, time_zone = _LANGUAGE_OF_TEAM.get(person["team"], (None, None))
        add_user(
            session,
            NewUser(
                name=person["name"],
                email=person["email"],
                role=person["role"],
                team=person["team"] or None,
                password=PASSWORD,
                locale=locale,
                time_zone=time_zone,
            ),
        )


def _publish_sops(session: Session) -> None:
    """The shipped SOPs with the names that the demo's company knows, unless somebody has published others since."""
    documents = shipped()
    for name, words in yaml.safe_load(_data("vocabulary.yaml")).items():
        sop = parse(documents[name])
        newest = select(SopVersion).where(SopVersion.name == name).order_by(SopVersion.number.desc()).limit(1)
        version = session.scalars(newest).one_or_none()
        if version is None or version.content_hash == content_hash(sop):
            publish(session, dump(replace(sop, vocabulary=_vocabulary(words))), OPERATOR, "ever")


def _vocabulary(words: dict[str, list[str]]) -> Vocabulary:
    return Vocabulary(**{key: tuple(names) for key, names in words.items()})


def _people() -> list[dict[str, str]]:
    return list(rows_of(_data("users.csv")))


def _source(call: dict[str, Any]) -> Source:
    path = Path(str(resources.files("service.demo") / "data" / "audio" / f"{call['call_id']}.ogg"))
    details = CallDetails(
        rep_email=call["rep_email"],
        customer_phone=call["customer_phone"],
        direction=cast(Direction, call["direction"]),
        started_at=datetime.fromisoformat(call["started_at"]),
        external_id=call["call_id"],
        opportunity=call["opportunity_id"],
    )
    return Source(path, details)


def _data(name: str) -> str:
    return (resources.files("service.demo") / "data" / name).read_text(encoding="utf-8")

"""Rows of opportunities, checked and compared with what is stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.opportunities import Collaborator, Opportunity, OpportunityContact, StageChange
from service.opportunities.relinking import link_unlinked
from service.records.audit import Line, Via
from service.records.bulk import among, insert_all
from service.records.cells import Cells, cached_phone, named
from service.records.clients import given
from service.records.customers import Customers, Person
from service.records.drafts import Draft, FieldChange, Shelf
from service.records.people import People
from service.records.pipelines import pipelines
from service.records.places import place
from service.records.reasons import CellError, Forbidden
from service.records.ties import Tie, Ties
from sop.deals.labels import DECISION_ROLE_LABELS

_UNTOLD = ("id", "deleted_at", "updated_at")
_SAME = (
    ("name", Cells.need),
    ("currency", Cells.currency),
    ("amount", Cells.amount),
    ("source", Cells.text),
    ("loss_reason", Cells.text),
    ("expected_close", Cells.day),
)
"""Columns that are stored under their own name, and how each is read."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a row says of a deal, checked. ``team`` and ``contacts`` are None where it says nothing of them; a contact
    is told by CRM id, phone, e-mail address or name."""

    values: dict[str, Any]
    person: Person
    role: str | None
    moved_at: datetime | None
    team: tuple[Tie, ...] | None
    contacts: tuple[Tie, ...] | None


class Deals:
    """The opportunities that an import names. ``source`` is told of the stages they enter ("import", "api")."""

    def __init__(self, session: Session, people: People, now: datetime, source: str) -> None:
        self._people = people
        self._now = now
        self._source = source
        self._pipelines = pipelines(session)
        self._customers = Customers(people, now)
        self._deals = Shelf(Opportunity, "opportunity", self._shown)
        self._team = Ties(Collaborator, "collaborators", "user_id", "function", people.email)
        self._contacts = Ties(
            OpportunityContact, "contacts", "contact_id", "decision_role", self._customers.contact_name
        )
        self._by_id: dict[str, Draft] = {}
        self._moves: list[dict[str, Any]] = []

    def load(self, session: Session, rows: Sequence[Cells]) -> None:
        """Take in hand what ``rows`` name."""
        query = select(*Opportunity.__table__.c).where(Opportunity.deleted_at.is_(None))
        wanted = among(Opportunity.external_id, given(rows, "opportunity_id"))
        for row in session.execute(query.where(wanted)).mappings():
            self._by_id[row["external_id"]] = self._deals.keep(dict(row))
        known = [draft.id for draft in self._deals]
        others = {who for row in rows for who, _ in _pairs_or_none(row, "contacts")}
        self._customers.load(
            session,
            names=given(rows, "account"),
            account_ids=given(rows, "account_id"),
            contact_ids=given(rows, "contact_id") | others,
            own_ids=[draft.values["account_id"] for draft in self._deals],
        )
        if any("collaborators" in row for row in rows):
            self._team.load(session, known)
        if any("contacts" in row or "contact_role" in row for row in rows):
            self._contacts.load(session, known)

    def take(self, row: Cells) -> tuple[Draft, bool]:
        """Bring the deal of a row to what the row says; also whether that changes anything.

        Raises:
            CellError: the row can't be right; nothing of it is taken.
        """
        external_id = row.need("opportunity_id")
        stored = self._by_id.get(external_id)
        told = self._told(row, stored)
        account = self._account(row, stored)
        contact, is_touched = None, False
        if told.person.is_told:
            last = stored.values["contact_id"] if stored else None
            contact, is_touched = self._customers.contact(account, told.person, last)
        values = {**told.values, "account_id": account.id, "contact_id": contact.id if contact else None}
        if stored is not None and contact is None and not _names_contact(row):
            values["contact_id"] = stored.values["contact_id"]
        deal = stored or self._add(external_id, values)
        is_moved = stored is None or any(stored.values[name] != values[name] for name in ("stage", "pipeline"))
        changed = [deal.set(name, value) for name, value in values.items()]
        if is_moved:
            self._enter(deal, told.moved_at)
        is_changed = any((stored is None, is_touched, *changed, *self._tie(deal, contact, told)))
        if is_changed:
            deal.set("updated_at", self._now)
        return deal, is_changed

    def changes(self, deal: Draft) -> tuple[FieldChange, ...]:
        """What will be otherwise of a deal."""
        return (*self._deals.changes(deal), *self._team.changes(deal.id), *self._contacts.changes(deal.id))

    def write(self, session: Session) -> Iterator[Line]:
        """Store everything that was taken; the lines of the audit trail."""
        for shelf in (self._customers.accounts, self._customers.contacts, self._deals):
            yield from shelf.write(session)
        insert_all(session, StageChange, self._moves)
        for ties in (self._team, self._contacts):
            for deal in self._deals:
                for change in ties.changes(deal.id):
                    yield Line("opportunity", str(deal.id), change.field, change.old, change.new)
            ties.write(session)

    def finish(self, session: Session, via: Via) -> int:
        """Link calls that had no opportunity so far; how many."""
        return link_unlinked(session, via)

    def _may_change(self, owner: uuid.UUID | None) -> bool:
        """Whether a stored deal of this owner may be changed; one that nobody owns may be another team's to see."""
        return self._people.is_ours(owner) and (owner is not None or self._people.viewer.role == "admin")

    def _told(self, row: Cells, stored: Draft | None) -> Told:
        old: Mapping[str, Any] = stored.values if stored else {}
        if stored is not None and not self._may_change(old["owner_id"]):
            raise Forbidden("not_yours", "opportunity_id", value=old["external_id"])
        if stored is None:
            _check_complete(row)
        values: dict[str, Any] = {name: read(row, name) for name, read in _SAME if name in row}
        values["owner_id"] = self._people.owner(row, old.get("owner_id"), is_new=stored is None)
        if row.text("created_at"):
            values["created_at"] = row.moment("created_at")
        values["fields"] = merged(old.get("fields", {}), row.fields())
        values |= place(row, old, self._pipelines, self._now)
        account = self._customers.find_account(row.text("account_id"), row.text("account")) if _names(row) else None
        if account is not None and account.id != old.get("account_id"):
            self._customers.refuse_others("account", account)
        self._refuse_contact("contact_id", self._customers.known_contact(row.text("contact_id") or ""), stored)
        return Told(
            values=values,
            person=_person(row),
            role=row.named("contact_role", DECISION_ROLE_LABELS),
            moved_at=row.moment("stage_changed_at"),
            team=self._told_team(row),
            contacts=self._told_contacts(row, account, stored),
        )

    def _refuse_contact(self, column: str, contact: Draft | None, stored: Draft | None) -> None:
        """A contact of another team's account, unless the deal has them already."""
        had = {stored.values["contact_id"], *(who for who, _ in self._contacts.of(stored.id))} if stored else set()
        if contact is not None and contact.id not in had:
            self._customers.refuse_contact_of_others(column, contact)

    def _told_team(self, row: Cells) -> tuple[Tie, ...] | None:
        if "collaborators" not in row:
            return None
        return tuple(
            (self._people.user("collaborators", email), function) for email, function in row.pairs("collaborators")
        )

    def _told_contacts(self, row: Cells, account: Draft | None, stored: Draft | None) -> tuple[Tie, ...] | None:
        if "contacts" not in row:
            return None
        found: dict[uuid.UUID, str] = {}
        for who, role in row.pairs("contacts"):
            contact = self._customers.named_contact(account, who) or self._customers.named_contact(
                account, cached_phone(who) or who
            )
            if contact is None:
                raise CellError("no_contact", "contacts", value=who)
            self._refuse_contact("contacts", contact, stored)
            found[contact.id] = named("contacts", role, DECISION_ROLE_LABELS)
        return tuple(found.items())

    def _account(self, row: Cells, stored: Draft | None) -> Draft:
        if _names(row):
            return self._customers.account(row.text("account_id"), row.text("account"))
        known = self._customers.accounts.get(stored.values["account_id"]) if stored else None
        if known is None:
            raise CellError("missing_in_opportunity", "account")
        return known

    def _tie(self, deal: Draft, contact: Draft | None, told: Told) -> Iterator[bool]:
        if told.team is not None:
            yield self._team.put(deal.id, told.team)
        if told.contacts is not None:
            yield self._contacts.put(deal.id, told.contacts)
        if told.role is not None and contact is not None:
            others = {tie for tie in self._contacts.of(deal.id) if tie[0] != contact.id}
            yield self._contacts.put(deal.id, {*others, (contact.id, told.role)})

    def _add(self, external_id: str, values: Mapping[str, Any]) -> Draft:
        empty = dict.fromkeys(name for name, _ in _SAME)
        moments = {"created_at": self._now, "updated_at": self._now, "deleted_at": None}
        draft = self._deals.add({"external_id": external_id, **empty, **moments, **values})
        self._by_id[external_id] = draft
        return draft

    def _enter(self, deal: Draft, moved_at: datetime | None) -> None:
        stage, moment = deal.values["stage"], moved_at or self._now
        move = {"opportunity_id": deal.id, "stage": stage, "changed_at": moment, "source": self._source}
        self._moves.append({"id": uuid.uuid4(), **move})

    def _shown(self, name: str, value: Any) -> tuple[str, Any]:
        if name == "owner_id":
            return "owner", self._people.email(value)
        if name == "account_id":
            return "account", self._customers.account_name(value)
        if name == "contact_id":
            return "contact", self._customers.contact_name(value)
        return ("" if name in _UNTOLD else name), value


def merged(old: Mapping[str, Any], told: Mapping[str, str]) -> dict[str, Any]:
    """The further fields with what a row says of them; an empty value clears one."""
    return {name: value for name, value in {**old, **told}.items() if value != ""}


def _person(row: Cells) -> Person:
    return Person(
        external_id=row.text("contact_id"),
        name=row.text("contact_name"),
        phone=row.phone("contact_phone"),
        email=row.email("contact_email"),
        title=row.text("contact_title"),
    )


def _check_complete(row: Cells) -> None:
    for name in ("name", "account", "stage"):
        if not row.text(name) and not (name == "account" and row.text("account_id")):
            raise CellError("empty" if name in row else "missing_in_opportunity", name)


def _names(row: Cells) -> bool:
    return "account" in row or "account_id" in row


def _names_contact(row: Cells) -> bool:
    return any(name in row for name in ("contact_id", "contact_name", "contact_phone", "contact_email"))


def _pairs_or_none(row: Cells, column: str) -> tuple[tuple[str, str], ...]:
    try:
        return row.pairs(column)
    except CellError:
        return ()

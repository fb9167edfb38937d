"""Rows of accounts and of contacts, checked and compared with what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.opportunities.relinking import link_unlinked
from service.records.audit import Line, Via
from service.records.cells import Cells
from service.records.customers import Customers, Person
from service.records.drafts import Draft, FieldChange
from service.records.people import People
from service.records.reasons import CellError, Forbidden
from sop.deals.labels import DECISION_ROLE_LABELS


class Accounts:
    """The accounts that an import names, by the CRM's id; one that only deals have named so far gets its id."""

    def __init__(self, people: People, now: datetime) -> None:
        self._people = people
        self._customers = Customers(people, now)

    def load(self, session: Session, rows: Sequence[Cells]) -> None:
        """Take in hand what ``rows`` name."""
        self._customers.load(
            session, names=given(rows, "name"), account_ids=given(rows, "account_id"), contact_ids=(), own_ids=()
        )

    def take(self, row: Cells) -> tuple[Draft, bool]:
        """Bring the account of a row to what the row says; also whether that changes anything.

        Raises:
            CellError: the row can't be right; nothing of it is taken.
        """
        external_id = row.need("account_id")
        known = self._customers.find_account(external_id, row.text("name"))
        old: Mapping[str, Any] = known.values if known else {}
        owner = old.get("owner_id")
        is_others = owner is not None and not self._people.is_ours(owner)
        if known is not None and (is_others or not self._customers.may_change(known)):
            raise Forbidden("not_yours", "account_id", value=external_id)
        values: dict[str, Any] = {"name": row.need("name")} if "name" in row else {}
        if "industry" in row:
            values["industry"] = row.text("industry")
        values["owner_id"] = self._people.owner(row, old.get("owner_id"), is_new=known is None)
        is_numbered = known is not None and old["external_id"] == external_id
        account = self._customers.account(external_id, values.get("name"))
        changed = [account.set(name, value) for name, value in values.items()]
        return account, any(changed) or not is_numbered

    def changes(self, account: Draft) -> tuple[FieldChange, ...]:
        """What will be otherwise of an account."""
        return self._customers.accounts.changes(account)

    def write(self, session: Session) -> Iterator[Line]:
        """Store everything that was taken; the lines of the audit trail."""
        yield from self._customers.accounts.write(session)

    def finish(self, _session: Session, _via: Via) -> int:
        """Nothing follows."""
        return 0


class Contacts:
    """The contacts that an import names, by the CRM's id; one that only deals have named so far gets its id."""

    def __init__(self, people: People, now: datetime) -> None:
        self._people = people
        self._customers = Customers(people, now)

    def load(self, session: Session, rows: Sequence[Cells]) -> None:
        """Take in hand what ``rows`` name."""
        self._customers.load(
            session,
            names=given(rows, "account"),
            account_ids=given(rows, "account_id"),
            contact_ids=given(rows, "contact_id"),
        )

    def take(self, row: Cells) -> tuple[Draft, bool]:
        """Bring the contact of a row to what the row says; also whether that changes anything.

        Raises:
            CellError: the row can't be right; nothing of it is taken.
        """
        external_id = row.need("contact_id")
        known = self._customers.known_contact(external_id)
        values = self._values(row)
        if known is None and not row.text("name"):
            raise CellError("missing_in_contact", "name")
        self._check_owner(row, known)
        account = self._account(row, known)
        person = Person(external_id, values.get("name"), values.get("phone"), values.get("email"), values.get("title"))
        contact, is_changed = (known, False) if known else self._customers.contact(account, person)
        values["account_id"] = account.id
        changed = [contact.set(name, value) for name, value in values.items()]
        return contact, any(changed) or is_changed

    def changes(self, contact: Draft) -> tuple[FieldChange, ...]:
        """What will be otherwise of a contact."""
        return self._customers.contacts.changes(contact)

    def write(self, session: Session) -> Iterator[Line]:
        """Store everything that was taken; the lines of the audit trail."""
        yield from self._customers.accounts.write(session)
        yield from self._customers.contacts.write(session)

    def finish(self, session: Session, via: Via) -> int:
        """Link calls whose numbers nobody had so far; how many."""
        return link_unlinked(session, via)

    def _values(self, row: Cells) -> dict[str, Any]:
        readers = {"name": row.need, "phone": row.phone, "email": row.email, "title": row.text}
        values: dict[str, Any] = {name: read(name) for name, read in readers.items() if name in row}
        if "decision_role" in row:
            values["decision_role"] = row.named("decision_role", DECISION_ROLE_LABELS) or "unknown"
        return values

    def _check_owner(self, row: Cells, known: Draft | None) -> None:
        account = self._customers.accounts.get(known.values["account_id"]) if known else None
        if account is not None and not self._customers.may_change(account):
            raise Forbidden("not_yours", "contact_id", value=row.need("contact_id"))

    def _account(self, row: Cells, known: Draft | None) -> Draft:
        if "account" in row or "account_id" in row:
            told = row.text("account_id"), row.text("account")
            self._customers.refuse_others("account", self._customers.find_account(*told))
            return self._customers.account(*told)
        account = self._customers.accounts.get(known.values["account_id"]) if known else None
        if account is None:
            raise CellError("missing_in_contact", "account")
        return account


def given(rows: Sequence[Cells], column: str) -> set[str]:
    """The values of a column."""
    return {value for row in rows if (value := row.values.get(column))}

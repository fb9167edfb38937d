"""Accounts and contacts in hand: found by the CRM's id, or by what deals and people call them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.opportunities import Account, Contact
from service.records.bulk import among, among_ids
from service.records.drafts import Draft, Shelf
from service.records.people import People
from service.records.reasons import CellError, Forbidden
from service.records.scope import as_team, visible_accounts


@dataclass(frozen=True, slots=True)
class Person:
    """What a row says of a contact; what is None was not said."""

    external_id: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    title: str | None = None

    @property
    def is_told(self) -> bool:
        return any((self.external_id, self.name, self.phone, self.email))


class Customers:
    """The accounts and contacts that the rows of one import name, and those they add."""

    def __init__(self, people: People, now: datetime) -> None:
        self._people = people
        self._now = now
        self.accounts = Shelf(Account, "account", self._account_shown)
        self.contacts = Shelf(Contact, "contact", self._contact_shown)
        self._accounts_by_id: dict[str, Draft] = {}
        self._accounts_by_name: defaultdict[str, list[Draft]] = defaultdict(list)
        self._contacts_by_id: dict[str, Draft] = {}
        self._contacts_of: defaultdict[uuid.UUID, list[Draft]] = defaultdict(list)
        self._named: set[uuid.UUID] = set()
        self._seen: set[uuid.UUID] = set()
        self._near: set[uuid.UUID] = set()

    def load(
        self,
        session: Session,
        names: Iterable[str],
        account_ids: Iterable[str],
        contact_ids: Iterable[str],
        own_ids: Iterable[uuid.UUID] = (),
    ) -> None:
        """Take in hand what may be meant: the accounts of these names, CRM ids and own ids, and their contacts."""
        wanted = or_(
            among(Account.name, names), among(Account.external_id, account_ids), among_ids(Account.id, own_ids)
        )
        self._keep_accounts(session, select(*Account.__table__.c).where(Account.deleted_at.is_(None), wanted))
        of_accounts = among_ids(Contact.account_id, [draft.id for draft in self.accounts])
        theirs = or_(of_accounts, among(Contact.external_id, contact_ids))
        query = select(*Contact.__table__.c).where(Contact.deleted_at.is_(None), theirs)
        for row in session.execute(query.order_by(Contact.created_at, Contact.id)).mappings():
            self._file_contact(self.contacts.keep(dict(row)))
        unknown = {draft.values["account_id"] for draft in self.contacts} - {draft.id for draft in self.accounts}
        if unknown:
            self._keep_accounts(session, select(*Account.__table__.c).where(among_ids(Account.id, unknown)))
        if self._people.viewer.role != "admin":
            known = among_ids(Account.id, [draft.id for draft in self.accounts])
            self._seen = set(session.scalars(select(Account.id).where(visible_accounts(self._people.viewer), known)))
            team = as_team(self._people.viewer)
            self._near = set(session.scalars(select(Account.id).where(visible_accounts(team), known)))

    def may_change(self, account: Draft) -> bool:
        """Whether the viewer may change an account and its contacts: theirs, their team's, or of deals they see."""
        if account.is_new or self._people.viewer.role == "admin" or account.id in self._seen:
            return True
        owner = account.values["owner_id"]
        return owner is not None and self._people.is_ours(owner)

    def refuse_others(self, column: str, account: Draft | None) -> None:
        """Refuse to tie a record to an account that no one of the viewer's team sees: its people would be seen then.

        Raises:
            Forbidden: the account is another team's.
        """
        if account is not None and not self._is_near(account):
            raise Forbidden("account_of_others", column, value=account.values["name"])

    def refuse_contact_of_others(self, column: str, contact: Draft | None) -> None:
        """The same for one of its people.

        Raises:
            Forbidden: the contact is of an account of another team.
        """
        account = None if contact is None else self.accounts.get(contact.values["account_id"])
        if contact is not None and account is not None and not self._is_near(account):
            raise Forbidden("contact_of_others", column, value=contact.values["external_id"] or "")

    def _is_near(self, account: Draft) -> bool:
        return account.id in self._near or self.may_change(account)

    def find_account(self, external_id: str | None, name: str | None) -> Draft | None:
        """The account of that id, or else of that name; None where it is still to be added.

        Raises:
            CellError: several accounts of that name, or nothing to call a new one.
        """
        known = self._accounts_by_id.get(external_id) if external_id else None
        if known is not None:
            return known
        if not name:
            if external_id:
                raise CellError("no_account", "account", value=external_id)
            raise CellError("empty", "account")
        namesakes = self._accounts_by_name[name]
        unnumbered = [draft for draft in namesakes if draft.values["external_id"] is None]
        found = unnumbered if external_id else unnumbered or namesakes
        if len(found) > 1:
            raise CellError("several_accounts", "account", count=len(found), value=name)
        return found[0] if found else None

    def account(self, external_id: str | None, name: str | None) -> Draft:
        """The account that :meth:`find_account` finds, with the CRM's id if only deals have named it so far; added
        where there is none."""
        found = self.find_account(external_id, name)
        if found is None:
            return self._add_account(external_id, name or "")
        if external_id and found.set("external_id", external_id):
            self._accounts_by_id[external_id] = found
        return found

    def known_contact(self, external_id: str) -> Draft | None:
        """The contact of that id."""
        return self._contacts_by_id.get(external_id)

    def contact(self, account: Draft, person: Person, last: uuid.UUID | None = None) -> tuple[Draft, bool]:
        """The contact that is meant, and whether anything of them is new; ``last`` is the one the deal had.

        What is known of a contact that is not the viewer's to change stays as it is.
        They are known by the CRM's id, or at their account by phone, e-mail or name, in this order.
        """
        found = self._find(account, person, last)
        if found is None:
            return self._add_contact(account, person), True
        theirs = self.accounts.get(found.values["account_id"]) or account
        return found, self.may_change(theirs) and self._complete(found, person)

    def named_contact(self, account: Draft | None, who: str) -> Draft | None:
        """The contact with that CRM id, or at the account with that phone, e-mail address or name."""
        if who in self._contacts_by_id:
            return self._contacts_by_id[who]
        for column in ("phone", "email", "name"):
            for draft in self._contacts_of[account.id] if account else ():
                if draft.values[column] == who:
                    return draft
        return None

    def contact_name(self, contact_id: uuid.UUID | None) -> str | None:
        """The name of a contact in hand."""
        draft = self.contacts.get(contact_id)
        return None if draft is None else draft.values["name"]

    def account_name(self, account_id: uuid.UUID | None) -> str | None:
        """The name of an account in hand."""
        draft = self.accounts.get(account_id)
        return None if draft is None else draft.values["name"]

    def file_account(self, draft: Draft) -> None:
        """Let an account be found by its id and name."""
        if draft.values["external_id"]:
            self._accounts_by_id[draft.values["external_id"]] = draft
        self._accounts_by_name[draft.values["name"]].append(draft)

    def _keep_accounts(self, session: Session, query: Any) -> None:
        for row in session.execute(query.order_by(Account.created_at, Account.id)).mappings():
            self.file_account(self.accounts.keep(dict(row)))

    def _file_contact(self, draft: Draft) -> None:
        if draft.values["external_id"]:
            self._contacts_by_id[draft.values["external_id"]] = draft
        self._contacts_of[draft.values["account_id"]].append(draft)

    def _add_account(self, external_id: str | None, name: str) -> Draft:
        draft = self.accounts.add(
            {
                "external_id": external_id,
                "name": name,
                "industry": None,
                "owner_id": None,
                "created_at": self._now,
                "deleted_at": None,
            }
        )
        self.file_account(draft)
        return draft

    def _find(self, account: Draft, person: Person, last: uuid.UUID | None) -> Draft | None:
        if person.external_id and person.external_id in self._contacts_by_id:
            return self._contacts_by_id[person.external_id]
        known = self._contacts_of[account.id]
        if person.external_id:
            known = [draft for draft in known if draft.values["external_id"] is None]
        if person.phone:
            return _best([draft for draft in known if draft.values["phone"] == person.phone], person, last) or _best(
                [draft for draft in known if draft.values["phone"] is None and _same_name(draft, person)], person, last
            )
        if person.email:
            same = [draft for draft in known if draft.values["email"] == person.email]
            if same:
                return _best(same, person, last)
        return _best([draft for draft in known if _same_name(draft, person)], person, last)

    def _add_contact(self, account: Draft, person: Person) -> Draft:
        draft = self.contacts.add(
            {
                "external_id": person.external_id,
                "account_id": account.id,
                "name": person.name or person.phone or person.email or person.external_id,
                "phone": person.phone,
                "email": person.email,
                "title": person.title,
                "decision_role": "unknown",
                "created_at": self._now,
                "deleted_at": None,
            }
        )
        self._named.add(draft.id)
        self._file_contact(draft)
        return draft

    def _complete(self, draft: Draft, person: Person) -> bool:
        """Give the contact what the row says; whether that changes anything.

        Two people may share a number: the first of a file names it, or every import would change it twice.
        """
        is_first = draft.id not in self._named
        changed = False
        if person.name and is_first:
            self._named.add(draft.id)
            changed |= draft.set("name", person.name)
        for name in ("phone", "email", "title", "external_id"):
            value = getattr(person, name)
            if value and (is_first or draft.values[name] is None):
                changed |= draft.set(name, value)
        if person.external_id:
            self._contacts_by_id[person.external_id] = draft
        return changed

    def _account_shown(self, name: str, value: Any) -> tuple[str, Any]:
        if name == "owner_id":
            return "owner", self._people.email(value)
        return ("" if name in _UNTOLD else name), value

    def _contact_shown(self, name: str, value: Any) -> tuple[str, Any]:
        if name == "account_id":
            return "account", self.account_name(value)
        return ("" if name in _UNTOLD else name), value


_UNTOLD = ("id", "created_at", "deleted_at")


def _same_name(draft: Draft, person: Person) -> bool:
    return person.name is not None and draft.values["name"] == person.name


def _best(drafts: Sequence[Draft], person: Person, last: uuid.UUID | None) -> Draft | None:
    """The one the deal had, or else one of the same name, or else the oldest."""
    for fits in (lambda draft: draft.id == last, lambda draft: _same_name(draft, person), lambda _draft: True):
        for draft in drafts:
            if fits(draft):
                return draft
    return None

"""The people on the customer's side of deals, with the part they play in each."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.opportunities import Contact, OpportunityContact
from service.opportunities.heard_calls import among
from sop.deals.facts import ContactFact


@dataclass(frozen=True, slots=True)
class DealContact:
    """A person at the deal's account; ``is_linked`` says whether they are the deal's, ``is_main`` its main contact."""

    fact: ContactFact
    phone: str | None
    is_main: bool
    is_linked: bool


def deal_contacts(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> dict[uuid.UUID, list[DealContact]]:
    """Everybody at the deals' accounts and whoever is linked to a deal, with the role they play in it."""
    linked = _linked_roles(session, [row.id for row in rows])
    named = {contact for deal in linked.values() for contact in deal} | {row.contact_id for row in rows}
    accounts = {row.account_id for row in rows}
    query = select(Contact.id, Contact.account_id, Contact.name, Contact.phone, Contact.decision_role).where(
        Contact.deleted_at.is_(None),
        among(Contact.account_id, accounts) | among(Contact.id, named - {None}),
    )
    people = {person.id: person for person in session.execute(query.order_by(Contact.name, Contact.id))}
    at_account: defaultdict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for person in people.values():
        at_account[person.account_id].append(person.id)
    found: dict[uuid.UUID, list[DealContact]] = {}
    for row in rows:
        roles = linked.get(row.id, {})
        ids = dict.fromkeys([row.contact_id, *roles, *at_account[row.account_id]])
        found[row.id] = [_contact(people[each], row.contact_id, roles) for each in ids if each in people]
    return found


def _contact(person: Any, main: uuid.UUID | None, roles: Mapping[uuid.UUID, str]) -> DealContact:
    told = roles.get(person.id, "unknown")
    role = person.decision_role if told == "unknown" else told
    fact = ContactFact(str(person.id), person.name, None if role == "unknown" else role)
    return DealContact(fact, person.phone, person.id == main, person.id == main or person.id in roles)


def _linked_roles(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[uuid.UUID, str]]:
    found: defaultdict[uuid.UUID, dict[uuid.UUID, str]] = defaultdict(dict)
    for link in session.scalars(select(OpportunityContact).where(among(OpportunityContact.opportunity_id, ids))):
        found[link.opportunity_id][link.contact_id] = link.decision_role
    return found


def contact_of(phone: str | None, contacts: Sequence[DealContact]) -> str | None:
    """Whose number that is; of several who share it the deal's main contact, else nobody can tell."""
    if phone is None:
        return None
    having = [each for each in contacts if each.phone == phone]
    for narrowed in (
        [each for each in having if each.is_main],
        [each for each in having if each.is_linked],
        having,
    ):
        if len(narrowed) == 1:
            return narrowed[0].fact.id
    return None

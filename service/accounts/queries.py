"""Every question about accounts and contacts, as SQL. What the viewer may not see does not exist."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from models.calls import Call
from models.opportunities import Account, Contact, Opportunity, OpportunityContact
from models.people import User
from service.accounts.filters import AccountFilters
from service.accounts.views import AccountDeal, AccountDetail, AccountRow, ContactDetail, ContactRow, Money, Said
from service.calls.queries import recent_calls
from service.calls.views import CallRow
from service.people.viewer import Viewer, visible_calls, visible_opportunities
from service.records.scope import visible_accounts, visible_contacts
from service.web.paging import Page, pages

PAGE_SIZE = 50
_TELLING = (
    "customer_need",
    "decision_process",
    "price_objection",
    "objection",
    "competitor",
    "customer_approval",
)
_MOST_SAID = 12


def list_accounts(
    session: Session, viewer: Viewer, filters: AccountFilters, page: int = 1, size: int = PAGE_SIZE
) -> Page[AccountRow]:
    """One page of the accounts that ``filters`` let through; ``page`` counts from 1."""
    conditions = [visible_accounts(viewer), *_named(filters.text)]
    total = session.scalar(select(func.count()).select_from(Account).where(*conditions)) or 0
    page = min(max(1, page), pages(total, size))
    counts = _Counts(viewer)
    query = counts.rows().where(*conditions).order_by(*counts.order(filters)).limit(size).offset((page - 1) * size)
    return Page(_account_rows(session, viewer, session.execute(query).all()), total, page, size)


def get_account(session: Session, viewer: Viewer, account_id: uuid.UUID) -> AccountDetail | None:
    """One account, or None when it does not exist for this viewer."""
    query = _Counts(viewer).rows().where(visible_accounts(viewer), Account.id == account_id)
    rows = _account_rows(session, viewer, session.execute(query).all())
    if not rows:
        return None
    contacts = _contacts(session, viewer, Contact.account_id == account_id)
    phones = [contact.phone for contact in contacts if contact.phone]
    calls = recent_calls(
        session, viewer, or_(Opportunity.account_id == account_id, Call.customer_phone.in_(phones)), limit=PAGE_SIZE
    )
    return AccountDetail(rows[0], _deals(session, viewer, account_id), contacts, calls, said(calls))


def get_contact(session: Session, viewer: Viewer, contact_id: uuid.UUID) -> ContactDetail | None:
    """One contact, or None when it does not exist for this viewer."""
    found = _contacts(session, viewer, Contact.id == contact_id)
    if not found:
        return None
    contact = found[0]
    calls: tuple[CallRow, ...] = ()
    if contact.phone:
        calls = recent_calls(session, viewer, Call.customer_phone == contact.phone, limit=PAGE_SIZE)
    return ContactDetail(contact, _deals_of_contact(session, viewer, contact_id), calls, said(calls))


def said(calls: Iterable[CallRow]) -> tuple[Said, ...]:
    """What customers said that tells most, the newest call first; of one kind at most two a call."""
    found: list[Said] = []
    for call in calls:
        counts: defaultdict[str, int] = defaultdict(int)
        for mark in call.events:
            counts[mark.event] += 1
            if mark.event in _TELLING and mark.speaker != "rep" and counts[mark.event] <= 2:
                found.append(
                    Said(
                        mark.event,
                        call.id,
                        call.started_at,
                        call.contact,
                        mark.speaker,
                        mark.start_ms,
                        mark.end_ms,
                        mark.quote,
                    )
                )
    return tuple(found[:_MOST_SAID])


class _Counts:
    """The list's columns: what hangs on each account that the viewer sees."""

    def __init__(self, viewer: Viewer) -> None:
        is_open = Opportunity.outcome == "open"
        self.deals = (
            select(
                Opportunity.account_id,
                func.count().label("deals"),
                func.count().filter(is_open).label("open_deals"),
                func.sum(Opportunity.amount).filter(is_open).label("amount"),
            )
            .where(visible_opportunities(viewer))
            .group_by(Opportunity.account_id)
            .subquery()
        )
        self.contacts = (
            select(Contact.account_id, func.count().label("contacts"))
            .where(Contact.deleted_at.is_(None))
            .group_by(Contact.account_id)
            .subquery()
        )
        self.calls = (
            select(
                Opportunity.account_id,
                func.count().label("calls"),
                func.max(Call.started_at).label("last_call_at"),
            )
            .join(Opportunity, Opportunity.id == Call.opportunity_id)
            .where(visible_calls(viewer), Opportunity.deleted_at.is_(None))
            .group_by(Opportunity.account_id)
            .subquery()
        )

    def rows(self) -> Select[*tuple[Any, ...]]:
        """One row an account."""
        return (
            select(
                Account.id,
                Account.external_id,
                Account.name,
                Account.industry,
                User.name.label("owner"),
                func.coalesce(self.deals.c.deals, 0).label("deals"),
                func.coalesce(self.deals.c.open_deals, 0).label("open_deals"),
                func.coalesce(self.contacts.c.contacts, 0).label("contacts"),
                func.coalesce(self.calls.c.calls, 0).label("calls"),
                self.calls.c.last_call_at,
            )
            .outerjoin(User, User.id == Account.owner_id)
            .outerjoin(self.deals, self.deals.c.account_id == Account.id)
            .outerjoin(self.contacts, self.contacts.c.account_id == Account.id)
            .outerjoin(self.calls, self.calls.c.account_id == Account.id)
        )

    def order(self, filters: AccountFilters) -> list[ColumnElement[Any]]:
        """The order that ``filters`` ask for, ties by name."""
        column: ColumnElement[Any] | Any = {
            "name": Account.name,
            "deals": func.coalesce(self.deals.c.deals, 0),
            "amount": self.deals.c.amount,
            "contacts": func.coalesce(self.contacts.c.contacts, 0),
            "calls": func.coalesce(self.calls.c.calls, 0),
            "last_call": self.calls.c.last_call_at,
        }[filters.sort]
        ordered = column.desc() if filters.descending else column.asc()
        return [ordered.nulls_last(), Account.name.asc(), Account.id.asc()]


def _named(text: str) -> list[ColumnElement[bool]]:
    if not text:
        return []
    people = select(Contact.account_id).where(
        Contact.deleted_at.is_(None),
        or_(*(c.icontains(text, autoescape=True) for c in (Contact.name, Contact.phone, Contact.email))),
    )
    named = (Account.name, Account.external_id, Account.industry)
    return [or_(Account.id.in_(people), *(column.icontains(text, autoescape=True) for column in named))]


def _account_rows(session: Session, viewer: Viewer, found: Sequence[Row[*tuple[Any, ...]]]) -> tuple[AccountRow, ...]:
    money = _open_amounts(session, viewer, [row.id for row in found])
    return tuple(AccountRow(open_amount=money.get(row.id, ()), **row._asdict()) for row in found)


def _open_amounts(session: Session, viewer: Viewer, accounts: Sequence[uuid.UUID]) -> dict[uuid.UUID, Money]:
    query = (
        select(Opportunity.account_id, Opportunity.currency, func.sum(Opportunity.amount).label("amount"))
        .where(
            visible_opportunities(viewer),
            Opportunity.account_id.in_(accounts),
            Opportunity.outcome == "open",
            Opportunity.amount.is_not(None),
        )
        .group_by(Opportunity.account_id, Opportunity.currency)
    )
    sums: defaultdict[uuid.UUID, list[tuple[str | None, Decimal]]] = defaultdict(list)
    for row in session.execute(query):
        sums[row.account_id].append((row.currency, row.amount))
    return {account: tuple(sorted(listed, key=lambda pair: -pair[1])) for account, listed in sums.items()}


def _contacts(session: Session, viewer: Viewer, condition: ColumnElement[bool]) -> tuple[ContactRow, ...]:
    calls = _calls_by_phone(viewer)
    query = (
        select(
            Contact.id,
            Contact.name,
            Contact.title,
            Contact.email,
            Contact.phone,
            Contact.decision_role,
            Contact.account_id,
            Account.name.label("account"),
            func.coalesce(calls.c.calls, 0).label("calls"),
            calls.c.last_call_at,
        )
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(calls, true())
        .where(visible_contacts(viewer), condition)
        .order_by(calls.c.last_call_at.desc().nulls_last(), Contact.name, Contact.id)
    )
    return tuple(ContactRow(**row._asdict()) for row in session.execute(query))


def _calls_by_phone(viewer: Viewer) -> LateralFromClause:
    """How often each contact was spoken to."""
    return (
        select(func.count().label("calls"), func.max(Call.started_at).label("last_call_at"))
        .where(visible_calls(viewer), Call.customer_phone == Contact.phone)
        .correlate(Contact)
        .lateral()
    )


def _deal_columns() -> Select[*tuple[Any, ...]]:
    return select(
        Opportunity.external_id,
        Opportunity.name,
        Opportunity.pipeline,
        Opportunity.stage,
        Opportunity.outcome,
        Opportunity.amount,
        Opportunity.currency,
        User.name.label("owner"),
        Opportunity.expected_close,
    ).outerjoin(User, User.id == Opportunity.owner_id)


def _deals(session: Session, viewer: Viewer, account_id: uuid.UUID) -> tuple[AccountDeal, ...]:
    query = (
        _deal_columns()
        .where(visible_opportunities(viewer), Opportunity.account_id == account_id)
        .order_by(Opportunity.outcome != "open", Opportunity.created_at.desc(), Opportunity.external_id)
    )
    return tuple(AccountDeal(**row._asdict()) for row in session.execute(query))


def _deals_of_contact(session: Session, viewer: Viewer, contact_id: uuid.UUID) -> tuple[AccountDeal, ...]:
    part = OpportunityContact
    query = (
        _deal_columns()
        .add_columns(part.decision_role)
        .outerjoin(part, (part.opportunity_id == Opportunity.id) & (part.contact_id == contact_id))
        .where(
            visible_opportunities(viewer),
            or_(Opportunity.contact_id == contact_id, part.contact_id.is_not(None)),
        )
        .order_by(Opportunity.outcome != "open", Opportunity.created_at.desc(), Opportunity.external_id)
    )
    return tuple(AccountDeal(**row._asdict()) for row in session.execute(query))

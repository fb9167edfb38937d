"""Opportunities from a CRM's CSV: good rows in, every bad row reported with its line and reason."""

from __future__ import annotations

import csv
import io
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from models.opportunities import OUTCOMES, STAGES, Account, Contact, Opportunity, StageChange
from models.people import User
from service.opportunities.phones import e164

REQUIRED = ("opportunity_id", "name", "account", "stage")
OPTIONAL = (
    "contact_name",
    "contact_phone",
    "owner_email",
    "amount",
    "currency",
    "created_at",
    "expected_close",
    "outcome",
)

_CENT = Decimal("0.01")
_LARGEST_AMOUNT = Decimal("99999999999999.99")
_YEARS = range(1900, 3000)


class ImportFileError(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out. ``line`` counts from 1, the header being line 1."""

    line: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What an import did."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    bad: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OpportunityRow:
    """One checked row of the file."""

    external_id: str
    name: str
    account: str
    contact_name: str | None
    contact_phone: str | None
    owner_email: str | None
    amount: Decimal | None
    currency: str | None
    stage: str
    outcome: str
    created_at: datetime | None
    expected_close: date | None


def decode_csv(content: bytes, name: str) -> str:
    """The text of a CSV file in UTF-8 (with or without a byte order mark) or GB 18030.

    Raises:
        ImportFileError: it is neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportFileError(f"{name}: neither UTF-8 nor GBK text; save it as CSV UTF-8")


def import_opportunities(session: Session, text: str, name: str) -> ImportReport:
    """Add or update the opportunities of a CSV; a second import of the same file changes nothing.

    Raises:
        ImportFileError: there is no header, a required column is missing, a column is unknown or
            there twice, or the text is no CSV.
    """
    report = ImportReport()
    seen: dict[str, int] = {}
    named: set[uuid.UUID] = set()
    for line, record in _records(text, name):
        try:
            row = _checked(record)
            if row.external_id in seen:
                raise ValueError(f"opportunity_id: {row.external_id!r} again, first in line {seen[row.external_id]}")
            owner = _owner(session, row)
        except ValueError as error:
            report.bad.append(BadRow(line, str(error)))
            continue
        seen[row.external_id] = line
        _write(session, row, owner, named, report)
    return report


def _records(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ImportFileError(f"{name}: line {line}: a NUL byte, which no text has; save it as CSV UTF-8")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="")
    try:
        header = [column.strip() for column in reader.fieldnames or []]
        _check_header(header, name)
        reader.fieldnames = header
        for record in reader:
            if any(isinstance(value, str) and value.strip() for value in record.values()):
                yield reader.line_num, record
    except csv.Error as error:
        raise ImportFileError(f"{name}: line {reader.line_num + 1}: not a CSV file ({error})") from error


def _check_header(header: list[str], name: str) -> None:
    if not header:
        raise ImportFileError(f"{name}: empty file; the first line must name the columns")
    if repeated := [column for column, count in Counter(header).items() if count > 1]:
        raise ImportFileError(f"{name}: column {', '.join(repeated)} is there twice; leave one")
    if missing := [column for column in REQUIRED if column not in header]:
        raise ImportFileError(f"{name}: missing column {', '.join(missing)}")
    if unknown := [column for column in header if column not in REQUIRED + OPTIONAL]:
        known = ", ".join(REQUIRED + OPTIONAL)
        raise ImportFileError(f"{name}: unknown column {', '.join(unknown)}; the columns are {known}")


def _checked(record: dict[str, str]) -> OpportunityRow:
    if "" in record:
        raise ValueError("more values than columns")
    cells = {key: (value or "").strip() for key, value in record.items()}
    for column in REQUIRED:
        if not cells[column]:
            raise ValueError(f"{column}: empty")
    stage = _choice("stage", cells["stage"], STAGES)
    outcome = cells.get("outcome") or (stage if stage in ("won", "lost") else "open")
    return OpportunityRow(
        external_id=cells["opportunity_id"],
        name=cells["name"],
        account=cells["account"],
        contact_name=cells.get("contact_name") or None,
        contact_phone=e164(cells.get("contact_phone")),
        owner_email=(cells.get("owner_email") or "").lower() or None,
        amount=_amount(cells.get("amount")),
        currency=(cells.get("currency") or "").upper() or None,
        stage=stage,
        outcome=_choice("outcome", outcome, OUTCOMES),
        created_at=_moment("created_at", cells.get("created_at")),
        expected_close=_day("expected_close", cells.get("expected_close")),
    )


def _choice(column: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{column}: expected one of {', '.join(allowed)}, got {value!r}")
    return value


def _amount(value: str | None) -> Decimal | None:
    if not value:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"amount: {value!r} is not a number") from None
    if not amount.is_finite() or not 0 <= amount <= _LARGEST_AMOUNT:
        raise ValueError(f"amount: {value!r} is out of range")
    # As the database would round it, or every import would find it changed.
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _moment(column: str, value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{column}: {value!r} is not a time like 2026-10-09T14:20:00+08:00") from None
    if moment.year not in _YEARS:
        raise ValueError(f"{column}: {value!r} is out of range")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(column: str, value: str | None) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{column}: {value!r} is not a day like 2026-11-06") from None


def _owner(session: Session, row: OpportunityRow) -> User | None:
    if row.owner_email is None:
        return None
    owner = session.scalars(select(User).where(User.email == row.owner_email)).one_or_none()
    if owner is None:
        raise ValueError(f"owner_email: no user {row.owner_email!r}; add them with 'clearcall users add'")
    return owner


def _write(
    session: Session, row: OpportunityRow, owner: User | None, named: set[uuid.UUID], report: ImportReport
) -> None:
    session.execute(upsert(Account).values(name=row.account).on_conflict_do_nothing())
    account = session.scalars(select(Account).where(Account.name == row.account)).one()
    contact = _contact(session, account, row)
    is_renamed = contact is not None and _rename(contact, row, named)
    values = {
        "name": row.name,
        "account_id": account.id,
        "contact_id": contact.id if contact else None,
        "owner_id": owner.id if owner else None,
        "amount": row.amount,
        "currency": row.currency,
        "stage": row.stage,
        "outcome": row.outcome,
        "expected_close": row.expected_close,
    }
    if row.created_at:
        values["created_at"] = row.created_at
    query = select(Opportunity).where(Opportunity.external_id == row.external_id, Opportunity.deleted_at.is_(None))
    known = session.scalars(query).one_or_none()
    if known is None:
        opportunity = Opportunity(external_id=row.external_id, **{"created_at": datetime.now(UTC), **values})
        session.add(opportunity)
        session.flush()
        _entered(session, opportunity)
        report.added += 1
        return
    changed = {key: value for key, value in values.items() if getattr(known, key) != value}
    for key, value in changed.items():
        setattr(known, key, value)
    if "stage" in changed:
        _entered(session, known)
    is_updated = is_renamed or bool(changed)
    report.updated += is_updated
    report.unchanged += not is_updated


def _contact(session: Session, account: Account, row: OpportunityRow) -> Contact | None:
    if not row.contact_name and not row.contact_phone:
        return None
    query = select(Contact).where(Contact.account_id == account.id, Contact.deleted_at.is_(None))
    if row.contact_phone:
        query = query.where(Contact.phone == row.contact_phone)
    else:
        query = query.where(Contact.name == row.contact_name)
    contact = session.scalars(query.limit(1)).one_or_none()
    if contact is None:
        name = row.contact_name or row.contact_phone or ""
        contact = Contact(account_id=account.id, name=name, phone=row.contact_phone)
        session.add(contact)
        session.flush()
    return contact


def _rename(contact: Contact, row: OpportunityRow, named: set[uuid.UUID]) -> bool:
    """Give the contact the row's name; whether that changes it.

    Two people may share a number: the first of a file names it, or every import would change it twice.
    """
    if not row.contact_name or contact.id in named:
        return False
    named.add(contact.id)
    is_new = contact.name != row.contact_name
    contact.name = row.contact_name
    return is_new


def _entered(session: Session, opportunity: Opportunity) -> None:
    session.add(
        StageChange(
            opportunity_id=opportunity.id,
            stage=opportunity.stage,
            changed_at=datetime.now(UTC),
            source="import",
        )
    )

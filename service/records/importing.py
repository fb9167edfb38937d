"""Records brought in, many at a time: good rows in, every bad row with its line and reason, a second time nothing.

A row is first checked and compared with what is stored, all in memory; only then everything is written in a few
statements. A dry run stops before that.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from sqlalchemy.orm import Session

from service.people.viewer import Viewer
from service.records.audit import Line, Via, record_all
from service.records.bulk import lock_records
from service.records.cells import PLAIN, Cells, Form
from service.records.clients import Accounts, Contacts
from service.records.deals import Deals
from service.records.decoding import Decoded, decode
from service.records.drafts import Draft, FieldChange
from service.records.leads import Leads
from service.records.mapping_document import FieldMapping
from service.records.nouns import NOUNS, Noun, NounName
from service.records.people import People
from service.records.reasons import CellError, Forbidden, RowReason
from service.records.sheets import BadRow, Row, Sheet, read_sheet

State = Literal["added", "updated", "unchanged", "bad"]
Progress = Callable[[float], None]

_ROWS_A_STEP = 500


class Desk(Protocol):
    """Where the rows of one kind of record are worked on."""

    def load(self, session: Session, rows: Sequence[Cells]) -> None:
        """Take in hand what ``rows`` name."""

    def take(self, row: Cells) -> tuple[Draft, bool]:
        """Bring a record to what its row says; CellError where that can't be."""

    def changes(self, record: Draft) -> tuple[FieldChange, ...]:
        """What will be otherwise of a record."""

    def write(self, session: Session) -> Iterator[Line]:
        """Store everything that was taken; the lines of the audit trail."""

    def finish(self, session: Session, via: Via) -> int:
        """What follows from records that were written; how many calls it linked."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row, or would. ``changes`` are those of a record that was there; ``why`` tells why a row is
    bad (None: it is not), ``is_forbidden`` whether it is the viewer who may not."""

    line: int
    id: str
    state: State
    changes: tuple[FieldChange, ...] = ()
    why: RowReason | None = None
    is_forbidden: bool = False

    @property
    def reason(self) -> str:
        """Why it is bad, in English; empty where it is not."""
        return "" if self.why is None else str(self.why)


@dataclass(frozen=True, slots=True)
class Written:
    """``batch_id`` is on all changes of an import in the audit trail; ``linked`` calls got an opportunity by it."""

    batch_id: uuid.UUID
    linked: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or a dry run would do: one result a row, in order of line.

    ``guessed`` are the lines that were read in another encoding than the rest of the file. ``written`` marks the
    changes in the audit trail and counts the calls that got linked; None where nothing was written.
    """

    noun: NounName
    results: tuple[RowResult, ...]
    guessed: tuple[int, ...] = ()
    is_dry: bool = False
    written: Written | None = None
    _counts: Counter[str] = field(default_factory=Counter, repr=False)

    def count(self, state: State) -> int:
        """How many rows came to that."""
        if not self._counts:
            self._counts.update(result.state for result in self.results)
        return self._counts[state]

    @property
    def added(self) -> int:
        return self.count("added")

    @property
    def updated(self) -> int:
        return self.count("updated")

    @property
    def unchanged(self) -> int:
        return self.count("unchanged")

    @property
    def linked(self) -> int:
        """How many calls got an opportunity by it."""
        return self.written.linked if self.written else 0

    @property
    def bad(self) -> tuple[BadRow, ...]:
        return tuple(BadRow(result.line, result.why) for result in self.results if result.why is not None)


def import_file(
    session: Session,
    viewer: Viewer,
    content: bytes,
    name: str,
    mapping: FieldMapping,
    *,
    is_dry: bool = False,
    is_partial: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Bring the records of a CSV file in; ``name`` is what messages call it.

    Raises:
        ImportFileError: the file as a whole can't be read.
        RecordsChanged: somebody else wrote the same records at the same time.
    """
    sheet = read_sheet(decode(content, name), name, mapping, is_partial=is_partial)
    return import_sheet(session, viewer, sheet, mapping, is_dry=is_dry, progress=progress)


def import_text(session: Session, viewer: Viewer, text: str, name: str, mapping: FieldMapping) -> ImportReport:
    """Bring the records of a CSV in that was read already.

    Raises:
        ImportFileError: the text as a whole is no such CSV.
    """
    return import_sheet(session, viewer, read_sheet(Decoded(text), name, mapping), mapping)


def import_sheet(
    session: Session,
    viewer: Viewer,
    sheet: Sheet,
    mapping: FieldMapping,
    *,
    is_dry: bool = False,
    via: Via = "import",
    progress: Progress | None = None,
) -> ImportReport:
    """Bring rows in that were read already."""
    noun = NOUNS[mapping.noun]
    form = Form(mapping.dates, mapping.zone or UTC, mapping.decimal)
    required = noun.filled if mapping.required is None else mapping.required
    results, written = write_rows(
        session, viewer, noun, sheet.rows, form, via=via, required=required, is_dry=is_dry, progress=progress
    )
    bad = [RowResult(row.line, "", "bad", why=row.why) for row in sheet.bad]
    ordered = tuple(sorted((*results, *bad), key=lambda result: result.line))
    return ImportReport(noun.name, ordered, sheet.guessed, is_dry, written)


def write_rows(
    session: Session,
    viewer: Viewer,
    noun: Noun,
    rows: Sequence[Row],
    form: Form = PLAIN,
    *,
    via: Via,
    required: Sequence[str] = (),
    is_dry: bool = False,
    progress: Progress | None = None,
) -> tuple[list[RowResult], Written | None]:
    """Check, compare and write rows; the result of each, and what was written if anything."""
    lock_records(session)
    now = datetime.now(UTC)
    desk = _desk(session, viewer, noun, now, via)
    cells = [Cells(row.cells, form) for row in rows]
    desk.load(session, cells)
    tell = progress or _nowhere
    taken: list[tuple[Row, Draft, bool]] = []
    results: list[RowResult] = []
    for row, answer in _take_all(desk, noun, rows, cells, required, tell):
        if isinstance(answer, RowResult):
            results.append(answer)
        else:
            taken.append((row, *answer))
    results += [_result(desk, noun, *each) for each in taken]
    written = None if is_dry else _write(session, viewer, desk, via)
    tell(1.0)
    return results, written


def _desk(session: Session, viewer: Viewer, noun: Noun, now: datetime, via: Via) -> Desk:
    people = People(session, viewer)
    if noun.name == "opportunities":
        return Deals(session, people, now, via)
    if noun.name == "accounts":
        return Accounts(people, now)
    if noun.name == "contacts":
        return Contacts(people, now)
    return Leads(people, now)


def _take_all(
    desk: Desk,
    noun: Noun,
    rows: Sequence[Row],
    cells: Sequence[Cells],
    required: Sequence[str],
    tell: Progress,
) -> Iterator[tuple[Row, RowResult | tuple[Draft, bool]]]:
    first: dict[str, int] = {}
    for place, (row, cell) in enumerate(zip(rows, cells, strict=True)):
        if place % _ROWS_A_STEP == 0:
            tell(0.8 * place / len(rows))
        id_ = cell.values.get(noun.id_column, "")
        try:
            _check_first(noun, id_, first)
            _check_filled(cell, required)
            answer: RowResult | tuple[Draft, bool] = desk.take(cell)
        except CellError as error:
            answer = RowResult(row.line, id_, "bad", why=error.reason, is_forbidden=isinstance(error, Forbidden))
        else:
            first[id_] = row.line
        yield row, answer


def _check_first(noun: Noun, id_: str, first: dict[str, int]) -> None:
    if id_ in first:
        raise CellError("again", noun.id_column, value=id_, line=first[id_])


def _check_filled(cells: Cells, required: Iterable[str]) -> None:
    owners = ("owner_email", "owner_name")
    for column in required:
        if column in cells and cells.text(column) is None:
            if column in owners and any(cells.text(other) for other in owners):
                continue
            raise CellError("empty", column)


def _result(desk: Desk, noun: Noun, row: Row, record: Draft, is_changed: bool) -> RowResult:
    id_ = row.cells.get(noun.id_column, "")
    if record.is_new:
        return RowResult(row.line, id_, "added")
    if not is_changed:
        return RowResult(row.line, id_, "unchanged")
    return RowResult(row.line, id_, "updated", desk.changes(record))


def _write(session: Session, viewer: Viewer, desk: Desk, via: Via) -> Written | None:
    batch_id = uuid.uuid4()
    count = record_all(session, viewer.user_id, via, desk.write(session), batch_id)
    # What the session has read before is not what the tables hold now.
    session.expire_all()
    return Written(batch_id, desk.finish(session, via)) if count else None


def _nowhere(_fraction: float) -> None:
    """Nobody watches."""

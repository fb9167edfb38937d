"""A CSV file as rows under our own columns; a row that can't be one is told with its line."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.records.decoding import Decoded
from service.records.mapping_document import FieldMapping, mapped
from service.records.nouns import NOUNS, STAND_INS, Noun
from service.records.reasons import ImportFileError, RowReason

if TYPE_CHECKING:
    from _csv import Reader

_SEPARATORS = (",", ";", "\t")
_UNCLOSED = "unexpected end of data"
"""How the csv module says that a quote is never closed."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a record by our columns, without blanks around. ``line`` counts from 1, the header being line 1."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out. ``line`` counts from 1, the header being line 1."""

    line: int
    why: RowReason

    @property
    def reason(self) -> str:
        """Why, in English."""
        return str(self.why)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: the rows, those that are none, and the lines in another encoding than the rest."""

    rows: tuple[Row, ...]
    bad: tuple[BadRow, ...] = ()
    guessed: tuple[int, ...] = ()


def read_sheet(decoded: Decoded, name: str, mapping: FieldMapping, *, is_partial: bool = False) -> Sheet:
    """The rows of a CSV, its columns and values told by ``mapping``; with ``is_partial`` only the id's column must
    be there.

    Raises:
        ImportFileError: no header, a required column is missing, a column is unknown or there twice, a quote that is
            never closed, a NUL byte.
    """
    if "\0" in decoded.text:
        line = decoded.text.count("\n", 0, decoded.text.index("\0")) + 1
        raise ImportFileError(name, "nul_byte", line)
    first = decoded.text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(decoded.text, newline=""), strict=True, delimiter=separator)
    header = _header(reader, name)
    columns = _columns(header, mapping, name, is_partial=is_partial)
    rows: list[Row] = []
    bad: list[BadRow] = []
    for line, last, values, problem in _records(reader, name):
        broken = any(number in decoded.broken for number in range(line, last + 1)) if decoded.broken else False
        if broken:
            bad.append(BadRow(line, RowReason("encoding")))
        elif problem or len(values) > len(header):
            bad.append(BadRow(line, problem or RowReason("too_many")))
        else:
            rows.append(Row(line, _cells(columns, values, mapping)))
    return Sheet(tuple(rows), tuple(bad), decoded.guessed)


def _header(reader: Reader, name: str) -> list[str]:
    line = 1
    try:
        for values in reader:
            if any(value.strip() for value in values):
                return [value.strip() for value in values]
            line = reader.line_num + 1
    except csv.Error as error:
        raise ImportFileError(name, "open_quote" if _UNCLOSED in str(error) else "bad_header", line) from error
    raise ImportFileError(name, "no_header")


def _records(reader: Reader, name: str) -> Iterator[tuple[int, int, list[str], RowReason | None]]:
    """First line, last line, values and problem of each record that is not blank."""
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if _UNCLOSED in str(error):
                raise ImportFileError(name, "open_quote", line) from error
            yield line, reader.line_num, [], _not_csv(error)
            continue
        if any(value and not value.isspace() for value in values):
            yield line, reader.line_num, values, None


def _not_csv(error: csv.Error) -> RowReason:
    """What the csv module found, which it says in English words only."""
    said = str(error)
    if "expected after" in said:
        return RowReason("after_quote")
    if "field larger" in said:
        return RowReason("cell_too_long", values={"most": csv.field_size_limit()})
    return RowReason("not_csv")


def _columns(
    header: Sequence[str], mapping: FieldMapping, name: str, *, is_partial: bool
) -> list[tuple[int, str, Mapping[str, str]]]:
    """Place, our column and the meaning of values, for each column that is read."""
    noun = NOUNS[mapping.noun]
    if repeated := [column for column, count in Counter(header).items() if column and count > 1]:
        raise ImportFileError(name, "column_twice", columns=", ".join(repeated))
    targets = mapped(header, mapping)
    _check_targets(header, targets, mapping, noun, name)
    given = {*targets.values(), *mapping.constants}
    wanted = (noun.id_column,) if is_partial else noun.required
    if missing := [column for column in wanted if not given & {column, STAND_INS.get(column, column)}]:
        raise ImportFileError(name, "no_column", columns=", ".join(missing))
    return [
        (place, targets[column], mapping.values.get(targets[column], {}))
        for place, column in enumerate(header)
        if column in targets
    ]


def _check_targets(
    header: Sequence[str], targets: Mapping[str, str], mapping: FieldMapping, noun: Noun, name: str
) -> None:
    unknown = [column for column in header if column and column not in targets and column not in mapping.ignore]
    if unknown and mapping.others == "refuse":
        known = ", ".join(noun.columns)
        raise ImportFileError(name, "unknown_column", columns=", ".join(unknown), known=known)
    for target, count in Counter(targets.values()).items():
        if count > 1:
            both = ", ".join(column for column in header if targets.get(column) == target)
            raise ImportFileError(name, "same_meaning", columns=both, target=target)


def _cells(
    columns: Sequence[tuple[int, str, Mapping[str, str]]], values: Sequence[str], mapping: FieldMapping
) -> dict[str, str]:
    cells = dict(mapping.constants)
    for place, column, meanings in columns:
        value = values[place].strip() if place < len(values) else ""
        if meanings:
            value = meaning(value, meanings)
        if value or column not in mapping.constants:
            cells[column] = value
    return cells


def meaning(value: str, meanings: Mapping[str, str]) -> str:
    """What a value of a foreign file means; one that is not told means itself."""
    if value in meanings:
        return meanings[value]
    folded = value.casefold()
    return next((ours for theirs, ours in meanings.items() if theirs.casefold() == folded), value)

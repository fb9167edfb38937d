"""How a foreign file says what we call otherwise, as YAML: its columns, values, dates and numbers.

``docs/records.md`` explains each key::

    noun: opportunities
    columns: {商机编号: opportunity_id, 商机名称: name, 客户: account, 阶段: stage, 地区: fields.region}
    values:
      stage: {谈判: negotiate, 赢单: won}
    dates: [YYYY/MM/DD]
    time_zone: Asia/Shanghai
    constants: {currency: CNY}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast
from zoneinfo import ZoneInfo, available_timezones

from service.records.nouns import FIELDS, NOUN_NAMES, NOUNS, Noun, NounName
from sop.fields import Notes, Section
from sop.problems import SopError, suggestion
from sop.yaml_tree import compose

Others = Literal["refuse", "ignore", "fields"]
KEYS = ("noun", "columns", "values", "dates", "time_zone", "decimal", "constants", "required", "ignore", "others")
OTHERS: tuple[Others, ...] = ("refuse", "ignore", "fields")

_DIRECTIVES = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "AM": "%p"}
_TOKEN = re.compile("YYYY|MM|DD|HH|hh|mm|ss|AM|[A-Za-z%]")


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """What a file's words mean.

    ``columns`` leads from the file's column to ours, ``values`` from a column of ours and a value of the file to our
    value. ``dates`` are formats of :func:`datetime.datetime.strptime`, tried after ISO 8601. ``decimal`` is the sign
    between whole and fraction, the other of ``.`` and ``,`` then groups digits. ``required`` replaces the noun's own
    list of columns that must not be empty. ``others`` is what becomes of columns that are not named.
    """

    noun: NounName
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    time_zone: str | None = None
    decimal: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    others: Others = "refuse"

    @property
    def zone(self) -> ZoneInfo | None:
        return ZoneInfo(self.time_zone) if self.time_zone else None


def parse(text: str) -> FieldMapping:
    """The mapping in ``text``.

    Raises:
        SopError: all mistakes, in order of line, each with its path.
    """
    notes = Notes()
    section = Section(compose(text, "begin with 'noun: opportunities'"), "", KEYS, notes)
    section.require("noun", f"one of: {', '.join(NOUN_NAMES)}")
    noun = NOUNS[cast(NounName, section.choice("noun", NOUN_NAMES, "noun") or "opportunities")]
    mapping = FieldMapping(
        noun=noun.name,
        columns=_targets(section, "columns", noun),
        values=_values(section, noun),
        dates=_dates(section),
        time_zone=_zone(section),
        decimal=section.choice("decimal", (".", ","), "decimal sign"),
        constants=_constants(section, noun),
        required=_required(section, noun),
        ignore=section.texts("ignore"),
        others=cast(Others, section.choice("others", OTHERS, "choice") or "refuse"),
    )
    if notes.problems:
        raise SopError(sorted(notes.problems, key=lambda problem: problem.line or 0))
    return mapping


def _targets(section: Section, key: str, noun: Noun) -> dict[str, str]:
    part = section.words_of(key, "such as 'Deal name: name'")
    if part is None:
        return {}
    found = {column: target for column in part.keys if (target := part.text(column)) is not None}
    for column, target in found.items():
        if not noun.has(target):
            part.note(column, f"{noun.name} have no column {target!r}", _hint(target, noun))
    return found


def _values(section: Section, noun: Noun) -> dict[str, dict[str, str]]:
    part = section.words_of("values", "such as 'stage: {Won: won}'")
    if part is None:
        return {}
    _check_columns(part, noun)
    found: dict[str, dict[str, str]] = {}
    for column in part.keys:
        words = part.words_of(column, "such as '{Won: won}'")
        if words is not None:
            found[column] = {key: value for key in words.keys if (value := words.text(key)) is not None}
    return found


def _constants(section: Section, noun: Noun) -> dict[str, str]:
    part = section.words_of("constants", "such as 'currency: CNY'")
    if part is None:
        return {}
    _check_columns(part, noun)
    return {column: value for column in part.keys if (value := part.text(column)) is not None}


def _check_columns(part: Section, noun: Noun) -> None:
    for column in part.keys:
        if not noun.has(column):
            part.note(column, f"{noun.name} have no column {column!r}", _hint(column, noun))


def _hint(target: str, noun: Noun) -> str:
    near = suggestion(target, noun.columns)
    further = f"; others go to '{FIELDS}...'" if noun.has_fields and not near.startswith("did") else ""
    return near + further


def _required(section: Section, noun: Noun) -> tuple[str, ...] | None:
    if "required" not in section:
        return None
    if section.is_empty_list("required"):
        return ()
    columns = section.texts("required")
    for place, column in enumerate(columns):
        if not noun.has(column):
            section.note("required", f"entry {place}: {noun.name} have no column {column!r}", _hint(column, noun))
    return columns


def _dates(section: Section) -> tuple[str, ...]:
    formats: list[str] = []
    for written in section.words("dates", "format"):
        unknown = [token for token in _TOKEN.findall(written) if token not in _DIRECTIVES]
        if unknown or not all(part in written for part in ("YYYY", "MM", "DD")):
            section.note("dates", f"{written!r} is no date format", "such as YYYY/MM/DD or 'DD.MM.YYYY HH:mm'")
        formats.append(_TOKEN.sub(lambda found: _DIRECTIVES.get(found[0], ""), written))
    return tuple(formats)


def _zone(section: Section) -> str | None:
    name = section.text("time_zone")
    if name is not None and name not in available_timezones():
        section.note("time_zone", f"unknown time zone {name!r}", "such as Asia/Shanghai or Europe/London")
        return None
    return name


def mapped(names: Sequence[str], mapping: FieldMapping) -> dict[str, str]:
    """Our column for each of a file's columns that has one; capitals and spaces around make no difference."""
    folded = {_fold(column): target for column, target in mapping.columns.items()}
    noun = NOUNS[mapping.noun]
    found: dict[str, str] = {}
    for name in names:
        target = folded.get(_fold(name))
        if target is None and noun.has(name):
            target = name
        if target is None and mapping.others == "fields" and noun.has_fields and name not in mapping.ignore:
            target = FIELDS + name
        if target is not None:
            found[name] = target
    return found


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()

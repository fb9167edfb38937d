"""Why a row of an import is left out, or a file refused, as a code with its values: told in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.web.translation import DEFAULT_LANGUAGE, Translator, translator

Value = str | int


@dataclass(frozen=True, slots=True)
class RowReason:
    """``code`` is a key under ``row_reasons`` of the catalogues; ``column`` is empty where it is the row as a whole."""

    code: str
    column: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)

    def told(self, t: Translator) -> str:
        """One line that names the column and the reason."""
        values = {name: _one_line(value) if isinstance(value, str) else value for name, value in self.values.items()}
        words = t(f"row_reasons.{self.code}", **values)
        return t("row_reasons.in_column", column=self.column, words=words) if self.column else words

    def __str__(self) -> str:
        """The line in English, for the command line and the API."""
        return self.told(translator(DEFAULT_LANGUAGE))


class CellError(ValueError):
    """A row that is left out; the message names the column and the reason."""

    def __init__(self, code: str, column: str = "", **values: Value) -> None:
        self.reason = RowReason(code, column, values)
        super().__init__(str(self.reason))


class Forbidden(CellError):
    """A row that is not for this viewer to write."""


class ImportFileError(Exception):
    """The file as a whole cannot be read; the message says why. ``code`` is a key under ``file_reasons`` of the
    catalogues; ``line`` counts from 1 and is None where it is the file as a whole."""

    def __init__(self, name: str, code: str, line: int | None = None, **values: Value) -> None:
        self._name, self._code, self._line = _one_line(name), code, line
        self._values = {key: _one_line(value) if isinstance(value, str) else value for key, value in values.items()}
        super().__init__(self.told(translator(DEFAULT_LANGUAGE)))

    def told(self, t: Translator) -> str:
        """One line that names the file, the line and the reason."""
        words = t(f"file_reasons.{self._code}", **self._values)
        if self._line is None:
            return t("file_reasons.in_file", name=self._name, words=words)
        return t("file_reasons.in_line", name=self._name, line=self._line, words=words)


def _one_line(value: str) -> str:
    """The value as it can stand between quotes: control characters written out."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in value)

"""What is wrong with a document, said so that its author can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where (``steps[2].event``; 1-based ``line``), what, and what to do about it.

    ``line`` is None for a value that never was text, such as a scorecard's JSON.
    """

    path: str
    line: int | None
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path} (line {self.line})"
        return f"{where}: {self.message}" + (f", {self.hint}" if self.hint else "")


class SopError(ValueError):
    """Everything this package refuses. ``problems`` is never empty; ``str()`` is one line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def suggestion(word: str, known: Iterable[str]) -> str:
    """The hint for an unknown word: the nearest known one, or the list of all."""
    choices = list(known)
    near = difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"expected one of: {', '.join(choices)}" if choices else "remove it"

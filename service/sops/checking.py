"""An SOP document checked to the end: also what only shows when its rules are made ready for use."""

from __future__ import annotations

from nlp.rules.hits import problems as problems_of_rule
from sop.document import Sop, SopError, parse


def checked(document: str) -> Sop:
    """The SOP written in ``document``.

    Raises:
        SopError: all problems of the document, or of its rules' patterns, each with path and line.
    """
    sop = parse(document)
    problems = [
        problem
        for event in sop.all_events
        if event.rule is not None
        for problem in problems_of_rule(event.rule, sop.languages)
    ]
    if problems:
        raise SopError(sorted(problems, key=lambda problem: problem.line or 0))
    return sop

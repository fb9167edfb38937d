"""YAML text as a tree of nodes that know their lines, within limits; nothing is constructed from a tag."""

from __future__ import annotations

from typing import Any

import yaml

from sop.problems import Problem, SopError

MAX_CHARACTERS = 100_000
MAX_DEPTH = 20
ROOT = "document"


def compose(text: str, begin: str = "begin with 'name:', 'title:', 'language:' and 'steps:'") -> yaml.MappingNode:
    """The root mapping of the one YAML document in ``text``; ``begin`` is the hint for an empty one.

    Raises:
        SopError: not YAML, empty, not a mapping, several documents, anchors, tags, too long or too deep.
    """
    if len(text) > MAX_CHARACTERS:
        raise _error(1, f"{len(text)} characters, at most {MAX_CHARACTERS} are read", "split it")
    try:
        _check_events(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _error(line, "a character that YAML does not allow", "remove the control character") from error
    if root is None:
        raise _error(1, "empty", begin)
    if not isinstance(root, yaml.MappingNode):
        raise _error(root.start_mark.line + 1, "expected keys and values", "begin with 'name: ...'")
    return root


def _check_events(text: str) -> None:
    depth = documents = 0
    event: Any
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _error(line, "a second document begins here", "remove the '---' and keep one SOP a file")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _error(line, "anchors and aliases (& and *) are not allowed", "write the value out")
        if getattr(event, "tag", None):
            raise _error(line, f"tags are not allowed, found {event.tag!r}", "remove it")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _error(line, f"nested deeper than {MAX_DEPTH} levels", "an SOP needs about six")


def _syntax_error(error: yaml.MarkedYAMLError) -> SopError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    reason = (error.problem or error.context or "not YAML").replace("\n", " ")
    if "\\t" in reason:
        return _error(line, "a tab is used for indentation", "use spaces")
    return _error(line, f"not valid YAML: {reason}", "check indentation, colons and quotes near this line")


def _error(line: int, message: str, hint: str) -> SopError:
    return SopError([Problem(ROOT, line, message, hint)])

"""Changing an SOP's text in one place: comments, order and formatting of all the rest stay as they are.

Every edit finds its place by the spans of the YAML's nodes, and is checked before it is returned: read again, the
new text must differ from the old one in just what was asked for. What cannot be changed so is refused in one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import yaml

from sop.spans import (
    blocks,
    end_of,
    entry,
    has_note,
    indent_of,
    line_end,
    line_start,
    node_at,
    plain,
    shown_path,
)
from sop.yaml_tree import compose

Scalar = str | int | float | bool
Value = Scalar | tuple[str, ...]
Path = tuple[str | int, ...]

STEP_ORDER = (
    "id",
    "title",
    "points",
    "required",
    "auto_fail",
    "weight",
    "when",
    "event",
    "any_of",
    "speaker",
    "min_count",
    "within_first_s",
    "before_end_s",
    "after_step",
    "answers",
    "answer_within_turns",
)
"""Where a new key goes: below the last of those before it that is there."""


class EditError(ValueError):
    """The text cannot be changed in this one place; the message is one line that says why."""


def set_value(text: str, path: Path, value: Value | None) -> str:
    """``text`` with ``value`` under ``path``, such as ``("steps", 2, "points")``; None takes the key away.

    Raises:
        SopError: the text is no YAML.
        EditError: the place is not there, or is written in a way that only a person can change.
    """
    if isinstance(value, str) and "\n" in value:
        raise EditError(f"{shown_path(path)}: a text of one line, please")
    parent, key = node_at(compose(text), path[:-1]), path[-1]
    if not isinstance(parent, yaml.MappingNode) or not isinstance(key, str):
        raise EditError(f"{shown_path(path)}: there is no such place in the text")
    if value is None:
        return _checked(text, _without(text, parent, key, path), path, None)
    found = entry(parent, key)
    changed = _added(text, parent, key, value, path) if found is None else _replaced(text, *found, value, path)
    return _checked(text, changed, path, value)


def set_title(text: str, path: Path, language: str, value: str) -> str:
    """The title of what lies at ``path`` ("zh" or "en") changed; one text for both becomes one for each.

    Raises:
        SopError, EditError: as for :func:`set_value`.
    """
    title = node_at(compose(text), (*path, "title"))
    if isinstance(title, yaml.ScalarNode):
        if title.value == value:
            return text
        both = {"zh": str(title.value), "en": str(title.value)} | {language: value}
        inside = ", ".join(f"{key}: {rendered(said)}" for key, said in both.items())
        changed = text[: title.start_mark.index] + f"{{{inside}}}" + text[title.end_mark.index :]
        return _checked(text, changed, (*path, "title"), both)
    return set_value(text, (*path, "title", language), value)


def set_events(text: str, path: Path, events: Sequence[str]) -> str:
    """What is to be heard at ``path`` changed: one under ``event``, several under ``any_of``.

    Raises:
        SopError, EditError: as for :func:`set_value`; also where a statement stands in place of events.
    """
    if not events:
        raise EditError(f"{shown_path(path)}: name at least one event")
    place = node_at(compose(text), path)
    found = next((both for key in ("event", "any_of") if (both := entry(place, key))), None)
    if found is None:
        raise EditError(f"{shown_path(path)}: it names no event, change it in the text")
    new, old = ("event", str(found[0].value)) if len(events) == 1 else ("any_of", str(found[0].value))
    value: Value = events[0] if len(events) == 1 else tuple(events)
    changed = _replaced(text, *found, value, (*path, old))
    start = found[0].start_mark.index
    changed = changed[:start] + new + changed[found[0].end_mark.index :]
    wanted = _edited(plain(compose(text)), (*path, old), None)
    return _agreed(changed, _edited(wanted, (*path, new), value), path)


def move_step(text: str, index: int, by: int) -> str:
    """The step at ``index`` one place up (``by`` -1) or down (1), with the notes above it.

    Raises:
        SopError, EditError: as for :func:`set_value`; also where there is no place to move to.
    """
    steps = _steps(text)
    first, second = sorted((index, index + by))
    if abs(by) != 1 or first < 0 or second >= len(steps.value):
        raise EditError("steps: there is no place to move to")
    spans = blocks(text, steps)
    (a, b), (c, d) = spans[first], spans[second]
    # The last line of a text may lack its line break, and would run into the next one.
    above, below = (part if part.endswith("\n") else f"{part}\n" for part in (text[c:d], text[a:b]))
    changed = text[:a] + above + text[b:c] + below + text[d:]
    wanted = plain(compose(text))
    listed = wanted["steps"]
    listed[first], listed[second] = listed[second], listed[first]
    return _agreed(changed, wanted, ("steps",))


def add_step(text: str, after: int, step_id: str, title: str, event: str) -> str:
    """A new step below the one at ``after``, worth ten points.

    Raises:
        SopError, EditError: as for :func:`set_value`.
    """
    steps = _steps(text)
    spans = blocks(text, steps)
    if not 0 <= after < len(spans):
        raise EditError("steps: there is no such step")
    node = steps.value[after]
    dash = " " * (indent_of(text, node) - 2)
    keys: dict[str, Scalar] = {"id": step_id, "title": title, "points": 10, "event": event}
    lines = [f"{key}: {rendered(value)}" for key, value in keys.items()]
    end = spans[after][1]
    gap = "" if text[:end].endswith("\n") else "\n"
    block = f"{gap}\n{dash}- " + f"\n{dash}  ".join(lines) + "\n"
    wanted = plain(compose(text))
    wanted["steps"].insert(after + 1, {key: str(value) for key, value in keys.items()})
    return _agreed(text[:end] + block + text[end:], wanted, ("steps", after + 1))


def remove_step(text: str, index: int) -> str:
    """The step at ``index`` taken away, with the notes above it.

    Raises:
        SopError, EditError: as for :func:`set_value`; also where it is the only one.
    """
    spans = blocks(text, _steps(text))
    if not 0 <= index < len(spans):
        raise EditError("steps: there is no such step")
    if len(spans) == 1:
        raise EditError("steps: an SOP needs at least one step")
    wanted = plain(compose(text))
    del wanted["steps"][index]
    start, end = spans[index]
    return _agreed(text[:start].rstrip("\n") + "\n" + text[end:], wanted, ("steps",))


def rendered(value: Value) -> str:
    """``value`` as YAML on one line, in quotes where it needs them, in lists too."""
    if isinstance(value, tuple):
        return f"[{', '.join(rendered(item) for item in value)}]"
    if isinstance(value, float) and value == int(value):
        value = int(value)
    listed = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=100_000)
    return listed.strip()[1:-1]


def _steps(text: str) -> yaml.SequenceNode:
    steps = node_at(compose(text), ("steps",))
    if not isinstance(steps, yaml.SequenceNode) or steps.flow_style:
        raise EditError("steps: they are not written as a list with a line for each, change them in the text")
    return steps


def _replaced(text: str, key: yaml.Node, node: yaml.Node, value: Value, path: Path) -> str:
    start, end = node.start_mark.index, end_of(node)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        raise EditError(f"{shown_path(path)}: it is written over several lines, change it in the text")
    if isinstance(node, yaml.CollectionNode) and (isinstance(node, yaml.MappingNode) or has_note(text[start:end])):
        raise EditError(f"{shown_path(path)}: it holds more than the form shows, change it in the text")
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        colon = text.index(":", key.end_mark.index)
        return text[: colon + 1] + f" {rendered(value)}" + text[end:]
    # A key without a value has nothing between its colon and the line's end.
    gap = " " if start and text[start - 1] == ":" else ""
    return text[:start] + gap + rendered(value) + text[end:]


def _added(text: str, parent: yaml.MappingNode, key: str, value: Value, path: Path) -> str:
    if not parent.value:
        raise EditError(f"{shown_path(path)}: there is nothing to stand beside, change it in the text")
    above = _above(parent, key)
    end = end_of(above)
    if parent.flow_style:
        return text[:end] + f", {key}: {rendered(value)}" + text[end:]
    stop = line_end(text, end)
    new = f"{' ' * indent_of(text, parent)}{key}: {rendered(value)}\n"
    return text[:stop] + ("" if text[:stop].endswith("\n") else "\n") + new + text[stop:]


def _above(parent: yaml.MappingNode, key: str) -> yaml.Node:
    """The value below which ``key`` is written."""
    order = STEP_ORDER.index(key) if key in STEP_ORDER else len(STEP_ORDER)
    below: yaml.Node = parent.value[0][1]
    for name, node in parent.value:
        if name.value in STEP_ORDER[:order]:
            below = node
    return below if key in STEP_ORDER else parent.value[-1][1]


def _without(text: str, parent: yaml.MappingNode, key: str, path: Path) -> str:
    found = entry(parent, key)
    if found is None:
        return text
    name, node = found
    names = [one for one, _ in parent.value]
    if len(names) == 1:
        raise EditError(f"{shown_path(path)}: it is all there is, change it in the text")
    if parent.flow_style:
        at = names.index(name)
        if at:
            return text[: end_of(parent.value[at - 1][1])] + text[end_of(node) :]
        return text[: name.start_mark.index] + text[names[1].start_mark.index :]
    start, stop = line_start(text, name.start_mark.index), line_end(text, end_of(node))
    if text[start : name.start_mark.index].strip():
        raise EditError(f"{shown_path(path)}: it stands beside the dash of its entry, change it in the text")
    if has_note(text[start:stop]):
        raise EditError(f"{shown_path(path)}: a note stands beside it, change it in the text")
    return text[:start] + text[stop:]


def _checked(old: str, new: str, path: Path, value: Any) -> str:
    return _agreed(new, _edited(plain(compose(old)), path, value), path)


def _agreed(new: str, wanted: Any, path: Path) -> str:
    if plain(compose(new)) != wanted:
        raise EditError(f"{shown_path(path)}: it cannot be changed without touching what stands around it")
    return new


def _edited(tree: Any, path: Path, value: Any) -> Any:
    """``tree`` with the value of ``path`` in the form of :func:`sop.spans.plain`."""
    tree = deepcopy(tree)
    place = tree
    for part in path[:-1]:
        place = place[part]
    if value is None:
        place.pop(path[-1], None)
    elif isinstance(value, tuple):
        place[path[-1]] = list(value)
    elif isinstance(value, dict):
        place[path[-1]] = value
    else:
        place[path[-1]] = plain(compose(f"value: {rendered(value)}"))["value"]
    return tree

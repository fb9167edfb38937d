"""Where the parts of a YAML text lie: nodes by path, and the stretches of text that are theirs."""

from __future__ import annotations

from typing import Any

import yaml


def node_at(root: yaml.Node, path: tuple[str | int, ...]) -> yaml.Node | None:
    """The node at ``path`` of keys and positions, such as ``("steps", 2, "points")``; None where there is none."""
    node: yaml.Node | None = root
    for part in path:
        if isinstance(part, str):
            found = entry(node, part)
            node = found[1] if found else None
        elif isinstance(node, yaml.SequenceNode) and 0 <= part < len(node.value):
            node = node.value[part]
        else:
            return None
    return node


def entry(node: yaml.Node | None, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and value nodes of ``key`` in a mapping; None where there is none."""
    if not isinstance(node, yaml.MappingNode):
        return None
    return next(((name, value) for name, value in node.value if name.value == key), None)


def plain(node: yaml.Node) -> Any:
    """The tree as lists, mappings and texts as they are written, without styles and places."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    return str(node.value)


def end_of(node: yaml.Node) -> int:
    """Behind the last character of a node. (YAML counts the empty lines and notes below a block as its own.)"""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return end_of(last[1] if isinstance(node, yaml.MappingNode) else last)
    return int(node.end_mark.index)


def line_start(text: str, at: int) -> int:
    """Where the line of a character begins."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Behind the line break that ends the line of a character; the text's end where there is none.

    A block scalar ends with its line break, and so at the start of a line.
    """
    if at and text[at - 1] == "\n":
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def indent_of(text: str, node: yaml.Node) -> int:
    """The column in which a block's keys stand."""
    return int(node.start_mark.column)


def has_note(text: str) -> bool:
    """Whether a stretch may hold a note (``# ...``); in doubt it does."""
    return any(line.lstrip().startswith("#") or " #" in line for line in text.splitlines())


def blocks(text: str, listed: yaml.SequenceNode) -> list[tuple[int, int]]:
    """For each entry of a block list its own lines, with the notes above it and without empty lines around."""
    spans: list[tuple[int, int]] = []
    floor = line_start(text, listed.value[0].start_mark.index) if listed.value else 0
    while floor and _is_note(text, line_start(text, floor - 1)):
        floor = line_start(text, floor - 1)
    for node in listed.value:
        end = line_end(text, end_of(node))
        start = floor
        while text[start:end].startswith("\n"):
            start += 1
        spans.append((start, end))
        floor = end
    return spans


def shown_path(path: tuple[str | int, ...]) -> str:
    """``steps[2].points``."""
    told = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return told.removeprefix(".") or "document"


def _is_note(text: str, start: int) -> bool:
    return text[start:].partition("\n")[0].lstrip().startswith("#")

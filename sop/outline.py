"""The steps of a document as they are written, mistakes and all: what a form beside the text shows."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from sop.spans import node_at
from sop.yaml_tree import compose

_YES = ("true", "yes", "on")


@dataclass(frozen=True, slots=True)
class PartOutline:
    """One thing to hear, as written. Numbers are texts: they may be no numbers yet; empty where nothing is written.

    ``path`` is where its keys stand; ``events`` are empty where a ``statement`` says what is to be heard.
    """

    path: tuple[str | int, ...]
    zh: str
    en: str
    events: tuple[str, ...]
    statement: tuple[str, ...]
    within_first_s: str
    answers: tuple[str, ...]
    answer_within_turns: str


@dataclass(frozen=True, slots=True)
class StepOutline:
    """One step, as written. ``line`` counts from 1; a step of one part has that part's keys itself."""

    index: int
    line: int
    id: str
    zh: str
    en: str
    points: str
    required: bool
    auto_fail: bool
    parts: tuple[PartOutline, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The head of a document and its steps."""

    name: str
    zh: str
    en: str
    own_events: tuple[str, ...]
    steps: tuple[StepOutline, ...]


def outline(text: str) -> Outline:
    """What ``text`` says of its steps, whatever else is wrong with it.

    Raises:
        SopError: the text is no YAML.
    """
    root = compose(text)
    steps, events = node_at(root, ("steps",)), node_at(root, ("events",))
    own = events.value if isinstance(events, yaml.SequenceNode) else []
    listed = steps.value if isinstance(steps, yaml.SequenceNode) else []
    zh, en = _title(root)
    return Outline(
        name=_text(root, "name"),
        zh=zh,
        en=en,
        own_events=tuple(filter(None, (_text(event, "id") for event in own))),
        steps=tuple(_step(node, index) for index, node in enumerate(listed) if isinstance(node, yaml.MappingNode)),
    )


def _step(node: yaml.MappingNode, index: int) -> StepOutline:
    zh, en = _title(node)
    path = ("steps", index)
    criteria = node_at(node, ("criteria",))
    inner = criteria.value if isinstance(criteria, yaml.SequenceNode) else []
    parts = [_part(part, (*path, "criteria", at)) for at, part in enumerate(inner)] or [_part(node, path)]
    return StepOutline(
        index=index,
        line=node.start_mark.line + 1,
        id=_text(node, "id"),
        zh=zh,
        en=en,
        points=_text(node, "points"),
        required=_text(node, "required").lower() not in ("false", "no", "off"),
        auto_fail=_text(node, "auto_fail").lower() in _YES,
        parts=tuple(parts),
    )


def _part(node: yaml.Node, path: tuple[str | int, ...]) -> PartOutline:
    zh, en = _title(node)
    return PartOutline(
        path=path,
        zh=zh,
        en=en,
        events=_words(node, "event") or _words(node, "any_of"),
        statement=_words(node, "examples"),
        within_first_s=_text(node, "within_first_s"),
        answers=_words(node, "answers"),
        answer_within_turns=_text(node, "answer_within_turns"),
    )


def _title(node: yaml.Node) -> tuple[str, str]:
    title = node_at(node, ("title",))
    if isinstance(title, yaml.MappingNode):
        return _text(title, "zh"), _text(title, "en")
    written = _text(node, "title")
    return written, written


def _text(node: yaml.Node, key: str) -> str:
    found = node_at(node, (key,))
    return str(found.value).strip() if isinstance(found, yaml.ScalarNode) else ""


def _words(node: yaml.Node, key: str) -> tuple[str, ...]:
    found = node_at(node, (key,))
    if isinstance(found, yaml.SequenceNode):
        return tuple(str(item.value) for item in found.value if isinstance(item, yaml.ScalarNode))
    word = _text(node, key)
    return (word,) if word else ()

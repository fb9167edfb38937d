"""Typed reading of a YAML tree: every mistake is noted with its path and line, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

import yaml

from sop.problems import Problem, suggestion
from sop.procedure import Wording

MAX_TEXT = 200
MAX_ITEMS = 500

_SLUG = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
_WHOLE = re.compile(r"[+-]?\d{1,12}")
_NUMBER = re.compile(r"[+-]?\d{1,12}(\.\d{1,6})?")
_KINDS = {"int": "a number", "float": "a number", "bool": "yes/no", "null": "nothing", "timestamp": "a date"}


class Notes:
    """The problems met so far, in the order of reading."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, path: str, node: yaml.Node, message: str, hint: str | None = None) -> None:
        """Note one problem at the line where ``node`` starts."""
        self.problems.append(Problem(path, node.start_mark.line + 1, message, hint))


class Section:
    """A mapping of the document and the keys it may have.

    Readers return None (or an empty tuple) for an absent key and, after noting it, for a wrong value.
    """

    def __init__(self, node: yaml.MappingNode, path: str, keys: Sequence[str], notes: Notes) -> None:
        self.node = node
        self.notes = notes
        self._path = path
        self._entries: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            self._enter(key_node, value, keys)

    def _enter(self, key_node: yaml.Node, value: yaml.Node, keys: Sequence[str]) -> None:
        if not isinstance(key_node, yaml.ScalarNode):
            self.notes.add(self._path or "document", key_node, "a key must be a word")
            return
        key = str(key_node.value)
        if key not in keys:
            self.notes.add(self.at(key), key_node, f"unknown key {_shown(key)}", suggestion(key, keys))
        elif key in self._entries:
            first = self._entries[key].start_mark.line + 1
            self.notes.add(self.at(key), key_node, f"written twice (first in line {first})", "keep one")
        else:
            self._entries[key] = value

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that are written and known, in their order."""
        return tuple(self._entries)

    def at(self, key: str) -> str:
        """The path of ``key`` in this section."""
        return f"{self._path}.{key}" if self._path else key

    def note(self, key: str, message: str, hint: str | None = None) -> None:
        """Note a problem with the value of ``key``, or with the section where it is absent."""
        self.notes.add(self.at(key), self._entries.get(key, self.node), message, hint)

    def line(self, key: str) -> int:
        """The line where the value of ``key`` begins, or the section where it is absent; 1-based."""
        return int(self._entries.get(key, self.node).start_mark.line) + 1

    def is_empty_list(self, key: str) -> bool:
        """Whether a list without entries is written under ``key``."""
        node = self._entries.get(key)
        return isinstance(node, yaml.SequenceNode) and not node.value

    def is_mapping(self, key: str) -> bool:
        """Whether keys and values are written under ``key``."""
        return isinstance(self._entries.get(key), yaml.MappingNode)

    def require(self, key: str, hint: str) -> None:
        """Note that ``key`` is missing, if it is."""
        if key not in self._entries:
            self.note(key, "missing", hint)

    def text(self, key: str) -> str | None:
        """A short text."""
        node = self._entries.get(key)
        return None if node is None else self._text(node, self.at(key))

    def slug(self, key: str) -> str | None:
        """A name of lower-case letters, digits, ``-`` and ``_``."""
        value = self.text(key)
        if value is not None and not _SLUG.fullmatch(value):
            self.note(key, f"{_shown(value)} is not a plain name", "use lower-case letters, digits, '-' and '_'")
            return None
        return value

    def choice(self, key: str, options: Sequence[str], what: str) -> str | None:
        """One word of ``options``."""
        node = self._entries.get(key)
        return None if node is None else self._choice(node, self.at(key), options, what)

    def choices(self, key: str, options: Sequence[str], what: str) -> tuple[str, ...]:
        """One word of ``options`` or a list of different ones."""
        node = self._entries.get(key)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            word = self._choice(node, self.at(key), options, what)
            return () if word is None else (word,)
        if not node.value:
            self.note(key, "an empty list", f"name at least one {what}")
        words = [self._choice(item, path, options, what) for path, item in self._items(key, node)]
        return self._different(key, node, words)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of different short texts."""
        node = self._entries.get(key)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.note(key, "expected a list", "write each entry on a line of its own after '- '")
            return ()
        return self._different(key, node, [self._text(item, path) for path, item in self._items(key, node)])

    def words(self, key: str, what: str) -> tuple[str, ...]:
        """A short text, or a list of different ones."""
        node = self._entries.get(key)
        if node is None or isinstance(node, yaml.SequenceNode):
            if self.is_empty_list(key):
                self.note(key, "an empty list", f"name at least one {what}")
            return self.texts(key)
        value = self._text(node, self.at(key))
        return () if value is None else (value,)

    def wording(self, key: str) -> Wording | None:
        """A text for both languages, or one for each: ``{zh: ..., en: ...}``."""
        node = self._entries.get(key)
        if isinstance(node, yaml.MappingNode):
            section = Section(node, self.at(key), ("zh", "en"), self.notes)
            for language in ("zh", "en"):
                section.require(language, "give the text in both languages, or one text without 'zh' and 'en'")
            zh, en = section.text("zh"), section.text("en")
            return Wording(zh, en) if zh is not None and en is not None else None
        value = self.text(key)
        return None if value is None else Wording(value, value)

    def flag(self, key: str) -> bool | None:
        """``true`` or ``false``."""
        node = self._entries.get(key)
        if node is None:
            return None
        if _kind(node) == "bool":
            return str(node.value).lower() in ("true", "yes", "on")
        self.note(key, f"expected true or false, got {_described(node)}")
        return None

    def whole(self, key: str, low: int, high: int) -> int | None:
        """A whole number in [low, high]."""
        value = self._number(key, _WHOLE, "a whole number", low, high)
        return None if value is None else int(value)

    def number(self, key: str, low: float, high: float) -> float | None:
        """A number in [low, high], with at most six decimals."""
        value = self._number(key, _NUMBER, "a number", low, high)
        return None if value is None else float(value)

    def section(self, key: str, keys: Sequence[str]) -> Section | None:
        """The mapping under ``key``."""
        node = self._entries.get(key)
        return None if node is None else self._section(node, self.at(key), keys)

    def words_of(self, key: str, hint: str) -> Section | None:
        """The mapping under ``key``, whose keys are the author's own words."""
        node = self._entries.get(key)
        if isinstance(node, yaml.MappingNode):
            own = [str(name.value) for name, _ in node.value if isinstance(name, yaml.ScalarNode)]
            return Section(node, self.at(key), own, self.notes)
        if node is not None:
            self.note(key, f"expected keys and values, got {_described(node)}", hint)
        return None

    def sections(self, key: str, keys: Sequence[str]) -> tuple[Section, ...]:
        """The list of mappings under ``key``; those that are none are noted and left out."""
        node = self._entries.get(key)
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.note(key, f"expected a list, got {_described(node)}", "write each entry after '- '")
            return ()
        found = (self._section(item, path, keys) for path, item in self._items(key, node))
        return tuple(section for section in found if section is not None)

    def _section(self, node: yaml.Node, path: str, keys: Sequence[str]) -> Section | None:
        if isinstance(node, yaml.MappingNode):
            return Section(node, path, keys, self.notes)
        self.notes.add(path, node, f"expected keys and values, got {_described(node)}", f"such as '{keys[0]}: ...'")
        return None

    def _items(self, key: str, node: yaml.SequenceNode) -> Iterator[tuple[str, yaml.Node]]:
        if len(node.value) > MAX_ITEMS:
            self.note(key, f"{len(node.value)} entries, at most {MAX_ITEMS} are read", "shorten the list")
        for index, item in enumerate(node.value[:MAX_ITEMS]):
            yield f"{self.at(key)}[{index}]", item

    def _different(self, key: str, node: yaml.SequenceNode, words: Sequence[str | None]) -> tuple[str, ...]:
        kept: list[str] = []
        for index, word in enumerate(words):
            if word in kept:
                path = f"{self.at(key)}[{index}]"
                self.notes.add(path, node.value[index], f"{_shown(str(word))} is in the list twice", "keep one")
            elif word is not None:
                kept.append(word)
        return tuple(kept)

    def _text(self, node: yaml.Node, path: str) -> str | None:
        if _kind(node) != "str":
            quotes = isinstance(node, yaml.ScalarNode) and node.value
            self.notes.add(path, node, f"expected text, got {_described(node)}", "put it in quotes" if quotes else None)
            return None
        value = str(node.value).strip()
        if not value or len(value) > MAX_TEXT:
            self.notes.add(path, node, "empty text" if not value else f"text longer than {MAX_TEXT} characters")
            return None
        return value

    def _choice(self, node: yaml.Node, path: str, options: Sequence[str], what: str) -> str | None:
        value = self._text(node, path)
        if value is None or value in options:
            return value
        self.notes.add(path, node, f"unknown {what} {_shown(value)}", suggestion(value, options))
        return None

    def _number(self, key: str, pattern: re.Pattern[str], what: str, low: float, high: float) -> Fraction | None:
        node = self._entries.get(key)
        if node is None:
            return None
        if _kind(node) not in ("int", "float") or not pattern.fullmatch(node.value):
            self.note(key, f"expected {what}, got {_described(node)}")
            return None
        value = Fraction(node.value)
        if not low <= value <= high:
            self.note(key, f"{node.value} is out of range", f"give {what} from {low:g} to {high:g}")
            return None
        return value


def _kind(node: yaml.Node) -> str:
    return str(node.tag).rsplit(":", 1)[-1] if isinstance(node, yaml.ScalarNode) else "collection"


def _described(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "keys and values"
    if isinstance(node, yaml.SequenceNode):
        return "a list" if node.value else "an empty list"
    kind = _KINDS.get(_kind(node), "the text")
    return kind if kind == "nothing" or not node.value else f"{kind} {_shown(node.value)}"


def _shown(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")

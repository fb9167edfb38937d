"""The text of a file that came from a spreadsheet, line by line where one encoding won't do."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass

_Reader = Callable[[bytes], str | None]
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class ImportFileError(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """``text`` with the lines (from 1) that are in another encoding than the rest, and those that are in none.

    In the latter U+FFFD stands for what can't be read.
    """

    text: str
    guessed: tuple[int, ...] = ()
    broken: frozenset[int] = frozenset()


def decode(content: bytes, name: str) -> Decoded:
    """Read UTF-8 (with or without a byte order mark), GB 18030, UTF-16 with its mark, or a mixture of the first two.

    Raises:
        ImportFileError: it is none of them.
    """
    try:
        return Decoded(content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig"))
    except UnicodeDecodeError:
        pass
    lines = content.removeprefix(codecs.BOM_UTF8).split(b"\n")
    telling = [line for line in lines if not line.isascii()]
    as_utf8 = sum(_utf8(line) is not None for line in telling)
    first, second = (_utf8, _gbk) if 2 * as_utf8 > len(telling) else (_gbk, _utf8)
    return _by_line(lines, first, second, name)


def _utf8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _gbk(line: bytes) -> str | None:
    """The line as GB 18030, if half of what it says is in everyday use: nearly any bytes can be read as some signs."""
    try:
        text = line.decode("gb18030")
    except UnicodeDecodeError:
        return None
    signs = [sign for sign in text if ord(sign) > 127]
    everyday = sum(_is_everyday(sign) for sign in signs)
    return text if 2 * everyday >= len(signs) else None


def _is_everyday(sign: str) -> bool:
    """Whether GB 2312 has it: the 6763 characters that nearly all text is written with."""
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _by_line(lines: list[bytes], first: _Reader, second: _Reader, name: str) -> Decoded:
    texts: list[str] = []
    guessed: list[int] = []
    broken: set[int] = set()
    for number, line in enumerate(lines, start=1):
        text = first(line)
        if text is None:
            text = second(line)
            if text is not None:
                guessed.append(number)
        if text is None:
            broken.add(number)
            text = line.decode("utf-8", "replace")
        texts.append(text)
    if 1 in broken:
        raise ImportFileError(f"{name}: neither UTF-8 nor GBK text; save it as CSV UTF-8")
    return Decoded("\n".join(texts), tuple(guessed), frozenset(broken))

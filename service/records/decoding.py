"""The text of a file that came from a spreadsheet, line by line where one encoding won't do."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from service.records.reasons import ImportFileError

_THREE_BYTES = 0x800
"""From this sign on UTF-8 takes three bytes: all Chinese characters do."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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
    is_utf8 = 2 * sum(_utf8(line) is not None for line in telling) >= len(telling)
    is_gbk = not is_utf8 and 2 * sum(_gbk(line) is not None for line in telling) >= len(telling)
    return _by_line(lines, is_utf8, is_gbk, name)


def _utf8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _gbk(line: bytes, is_likely: bool = False) -> str | None:
    """The line as GB 18030, if that ``is_likely`` or half of what it says is in everyday use: nearly any bytes can be
    read as some signs."""
    try:
        text = line.decode("gb18030")
    except UnicodeDecodeError:
        return None
    signs = [sign for sign in text if ord(sign) > 127]
    everyday = sum(_is_everyday(sign) for sign in signs)
    return text if is_likely or 2 * everyday >= len(signs) else None


def _is_everyday(sign: str) -> bool:
    """Whether GB 2312 has it: the 6763 characters that nearly all text is written with."""
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _by_line(lines: list[bytes], is_utf8: bool, is_gbk: bool, name: str) -> Decoded:
    """The lines, most of which are UTF-8 or GB 18030."""
    texts: list[str] = []
    guessed: list[int] = []
    broken: set[int] = set()
    for number, line in enumerate(lines, start=1):
        utf8, gbk = _utf8(line), _gbk(line, is_gbk)
        # Three bytes a sign are hardly ever anything but UTF-8; two may well be one Chinese character.
        is_sure = utf8 is not None and any(ord(sign) >= _THREE_BYTES for sign in utf8)
        found = utf8 if utf8 is not None and (is_sure or is_utf8 or gbk is None) else gbk
        if found is None:
            broken.add(number)
        elif not line.isascii() and (found is utf8) != is_utf8:
            guessed.append(number)
        texts.append(line.decode("utf-8", "replace") if found is None else found)
    if 1 in broken:
        raise ImportFileError(name, "no_text")
    return Decoded("\n".join(texts), tuple(guessed), frozenset(broken))

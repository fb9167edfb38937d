"""Text of files that were saved as anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.records.decoding import decode
from service.records.reasons import ImportFileError

LINES = ["id,客户", "1,禾岭鲜配", "2,屿澜水产", "3,Tallow Creek", "4,喆昇冷链公司"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_what_spreadsheets_save_is_read(encoding: str) -> None:
    """A file in one encoding gives its text, and nothing is told of it."""
    found = decode("\n".join(LINES).encode(encoding), "x.csv")
    assert (found.text, found.broken) == ("\n".join(LINES), frozenset())
    assert not found.guessed


@given(st.sets(st.integers(1, len(LINES) - 1), max_size=2))
def test_single_lines_in_gbk_lose_nothing(foreign: set[int]) -> None:
    """In a file of UTF-8 each such line is read as what it is, and its number is told."""
    content = b"\n".join(line.encode("gbk" if place in foreign else "utf-8") for place, line in enumerate(LINES))
    found = decode(content, "x.csv")
    assert found.text == "\n".join(LINES)
    assert list(found.guessed) == [place + 1 for place in sorted(foreign) if not LINES[place].isascii()]


def test_single_lines_in_utf_8_are_read_in_a_file_of_gbk() -> None:
    """The majority of the lines decides what the file is in; the others lose nothing either."""
    content = b"\n".join(line.encode("utf-8" if place == 2 else "gbk") for place, line in enumerate(LINES))
    found = decode(content, "x.csv")
    assert (found.text, found.guessed) == ("\n".join(LINES), (3,))


def test_a_line_in_no_encoding_is_told_and_the_others_are_read() -> None:
    """Western text with umlauts in a file of UTF-8 is not taken for rare Chinese characters."""
    content = "\n".join(LINES).encode() + "\n5,Müller & Söhne".encode("latin-1") + b"\n6,ok"
    found = decode(content, "x.csv")
    assert found.broken == {6}
    assert found.text.split("\n")[:5] == LINES
    assert found.text.endswith("\n6,ok")


def test_a_file_without_a_readable_header_is_refused() -> None:
    """Nothing of it could be trusted."""
    with pytest.raises(ImportFileError, match=r"^x\.csv: neither UTF-8 nor GBK text; save it as CSV UTF-8$"):
        decode(b"\xff\xff\xff", "x.csv")

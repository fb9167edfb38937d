"""Documents with mistakes in them, kept as files, each beside the messages its author must get.

``RENEW_BROKEN=1`` writes today's messages; read the difference before keeping it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from sop.document import SopError, parse

BROKEN = sorted((Path(__file__).parent / "data" / "broken").glob("*.yaml"))
PLACE = re.compile(r"^[a-z_]+[a-z_.\[\]0-9]* \(line (\d+)\): \S")


def told(path: Path) -> str:
    """The messages for the document, a line each."""
    with pytest.raises(SopError) as refused:
        parse(path.read_text(encoding="utf-8"))
    return f"{refused.value}\n"


def test_there_are_enough_of_them() -> None:
    """At least 25 ways of getting a document wrong are written down."""
    assert len(BROKEN) >= 25


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_document_gets_exactly_its_messages(path: Path) -> None:
    """All mistakes of a document are told at once, in these words, each with its place, and nothing else is."""
    expected = path.with_suffix(".txt")
    if os.environ.get("RENEW_BROKEN") == "1":
        expected.write_text(told(path), encoding="utf-8")
        return
    assert told(path) == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_message_names_its_place_from_top_to_bottom(path: Path) -> None:
    """Each message begins with a path and a line of the document, and the lines ascend."""
    lines = [PLACE.match(line) for line in told(path).splitlines()]
    assert all(lines)
    numbers = [int(found.group(1)) for found in lines if found]
    assert numbers == sorted(numbers)
    assert max(numbers) <= path.read_text(encoding="utf-8").count("\n") + 1

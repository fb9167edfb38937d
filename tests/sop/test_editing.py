"""One change at a time in an SOP's text: what was asked for changes, and nothing else does."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sop.document import parse
from sop.editing import (
    EditError,
    add_step,
    move_step,
    remove_step,
    rendered,
    set_events,
    set_title,
    set_value,
)

TEXT = """\
# A short one.
name: short
title: {zh: 短, en: Short}   # what people read
language: en

steps:
  # Hello first.
  - id: opening
    title: {zh: 开场白, en: Opening}
    points: 10   # worth ten
    event: opening
    within_first_s: 60

  # Then ask.
  - id: ask
    title: Discovery
    any_of:
      - needs_discovery
      - customer_need

  - {id: close, title: Close, event: closing, points: 5}
"""


def changed_lines(old: str, new: str) -> list[str]:
    """The lines of ``new`` that ``old`` has not."""
    before = old.splitlines()
    return [line for line in new.splitlines() if line not in before]


def test_a_number_changes_in_its_line() -> None:
    """The note behind it stays, and no other line is touched."""
    new = set_value(TEXT, ("steps", 0, "points"), 15)
    assert changed_lines(TEXT, new) == ["    points: 15   # worth ten"]
    assert parse(new).step("opening").points == 15


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("steps", 0, "required"), False, "    required: false"),
        (("steps", 1, "points"), 2.5, "    points: 2.5"),
        (("steps", 1, "min_count"), 3, "    min_count: 3"),
        (("steps", 2, "required"), False, "  - {id: close, title: Close, event: closing, points: 5, required: false}"),
        (("steps", 2, "points"), 8, "  - {id: close, title: Close, event: closing, points: 8}"),
        (("name",), "other", "name: other"),
    ],
)
def test_a_key_is_set_where_it_belongs(path: tuple[str | int, ...], value: object, line: str) -> None:
    """A new key gets a line of its own at its entry's depth, or a place within its braces."""
    new = set_value(TEXT, path, value)  # type: ignore[arg-type]
    assert changed_lines(TEXT, new) == [line]
    parse(new)


def test_a_key_is_taken_away() -> None:
    """Its line goes, within braces its part; a key with a note beside it is a person's to remove."""
    new = set_value(TEXT, ("steps", 0, "within_first_s"), None)
    assert new == TEXT.replace("    within_first_s: 60\n", "")
    assert "{id: close, title: Close, event: closing}" in set_value(TEXT, ("steps", 2, "points"), None)
    assert set_value(TEXT, ("steps", 1, "within_first_s"), None) == TEXT
    with pytest.raises(EditError, match=r"^steps\[0\].points: a note stands beside it, change it in the text$"):
        set_value(TEXT, ("steps", 0, "points"), None)
    with pytest.raises(EditError, match="beside the dash"):
        set_value(TEXT, ("steps", 0, "id"), None)


def test_titles_change_in_one_language() -> None:
    """A title for both languages becomes one for each."""
    new = set_title(TEXT, ("steps", 0), "en", "Hello: who, why")
    assert changed_lines(TEXT, new) == ["    title: {zh: 开场白, en: 'Hello: who, why'}"]
    new = set_title(TEXT, ("steps", 1), "zh", "挖掘需求")
    assert changed_lines(TEXT, new) == ["    title: {zh: 挖掘需求, en: Discovery}"]
    assert set_title(TEXT, ("steps", 1), "en", "Discovery") == TEXT
    assert parse(set_title(TEXT, (), "zh", "更短")).title.zh == "更短"


def test_events_change_between_one_and_several() -> None:
    """One stands under ``event``, several under ``any_of``, however the list was written."""
    new = set_events(TEXT, ("steps", 0), ["opening", "next_step"])
    assert changed_lines(TEXT, new) == ["    any_of: [opening, next_step]"]
    new = set_events(TEXT, ("steps", 1), ["needs_discovery"])
    assert changed_lines(TEXT, new) == ["    event: needs_discovery"]
    assert "  - {id: close" in new
    assert "any_of: [closing, next_step]" in set_events(TEXT, ("steps", 2), ["closing", "next_step"])
    with pytest.raises(EditError, match="at least one event"):
        set_events(TEXT, ("steps", 0), [])


def test_a_list_with_notes_is_left_to_people() -> None:
    """Notes inside a list would be lost, and so the edit is refused."""
    text = TEXT.replace("      - customer_need", "      # or what they say themselves\n      - customer_need")
    with pytest.raises(EditError, match=r"steps\[1\].any_of: it holds more than the form shows"):
        set_events(text, ("steps", 1), ["closing"])


def test_a_step_moves_with_its_notes() -> None:
    """The note above a step goes with it, empty lines stay between the steps; back it is as it was."""
    new = move_step(TEXT, 0, 1)
    assert [step.id for step in parse(new).steps] == ["ask", "opening", "close"]
    assert "steps:\n  # Then ask.\n  - id: ask" in new
    assert "      - customer_need\n\n  # Hello first.\n  - id: opening" in new
    assert move_step(new, 1, -1) == TEXT
    assert [step.id for step in parse(move_step(TEXT.rstrip(), 2, -1)).steps] == ["opening", "close", "ask"]
    for index, by in ((0, -1), (2, 1), (7, 1)):
        with pytest.raises(EditError, match="no place to move to"):
            move_step(TEXT, index, by)


def test_steps_are_added_and_removed() -> None:
    """A new one stands below the one named; removed it is gone with its notes."""
    new = add_step(TEXT, 1, "price", "Price: told", "price_discussion")
    assert [step.id for step in parse(new).steps] == ["opening", "ask", "price", "close"]
    assert parse(new).step("price").title.zh == "Price: told"
    assert remove_step(new, 2) == TEXT
    assert "Then ask" not in remove_step(TEXT, 1)
    with pytest.raises(EditError, match="needs at least one step"):
        remove_step(remove_step(remove_step(TEXT, 0), 0), 0)


def test_what_is_not_there_is_told() -> None:
    """A place that the text has not is named in one line."""
    with pytest.raises(EditError, match=r"^steps\[9\].points: there is no such place in the text$"):
        set_value(TEXT, ("steps", 9, "points"), 3)
    with pytest.raises(EditError, match="one line"):
        set_value(TEXT, ("steps", 0, "title"), "a\nb")
    with pytest.raises(EditError, match="not written as a list"):
        move_step("name: a\nsteps: [{id: a}, {id: b}]\n", 0, 1)


@settings(max_examples=20, deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"], max_codepoint=0xFFFD), max_size=40))
def test_any_text_is_written_so_that_it_is_read_back(value: str) -> None:
    """Whatever people type as a title is the title, in a block and within braces."""
    for path in ((), ("steps", 0)):
        new = set_title(TEXT, path, "en", value)
        assert len(new.splitlines()) >= len(TEXT.splitlines())
        assert f"en: {rendered(value)}" in new


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from((-1, 1))), max_size=3), st.data())
def test_edits_of_the_shipped_sops_keep_every_note(moves: list[tuple[int, int]], data: st.DataObject) -> None:
    """However steps are moved and numbers set, all notes and all else stay in the text."""
    name = data.draw(st.sampled_from(("en-b2b.yaml", "zh-telesales.yaml")))
    text = (resources.files("sop") / "shipped" / name).read_text("utf-8")
    new = text
    for index, by in moves:
        try:
            new = set_value(move_step(new, index, by), ("steps", 0, "points"), 7)
        except EditError:
            continue
    assert sorted(line for line in new.splitlines() if "#" in line) == sorted(
        line for line in text.splitlines() if "#" in line
    )

"""How cores are shared out."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from asr.lanes import Split, fastest, remembered, splits


@given(st.integers(1, 128))
def test_every_split_uses_all_cores(cores: int) -> None:
    """Lanes times threads are the cores; both ends are among the choices."""
    choices = splits(cores)
    assert all(choice.lanes * choice.threads == cores for choice in choices)
    assert choices[0] == Split(cores, 1)
    assert choices[-1] == Split(1, cores)


def test_the_least_time_wins() -> None:
    """What takes the least time is taken, the first of equals."""
    seconds = {Split(4, 1): 3.0, Split(2, 2): 1.0, Split(1, 4): 1.0}
    assert fastest(splits(4), lambda split: seconds[split]) == Split(2, 2)


def test_found_once(tmp_path: Path) -> None:
    """What was found for a machine is noted and not found again; another machine has a note of its own."""
    file, found = tmp_path / "lanes.json", []

    def find() -> Split:
        found.append(1)
        return Split(2, len(found))

    assert [remembered(file, "a", find) for _ in range(2)] == [Split(2, 1)] * 2
    assert remembered(file, "b", find) == Split(2, 2)
    assert remembered(file, "a", find) == Split(2, 1)


def test_damaged_notes_are_made_anew(tmp_path: Path) -> None:
    """A file that is no notes is as good as none; one that can't be written does no harm."""
    file = tmp_path / "lanes.json"
    for damaged in ("", "[1]", '{"a": 3}', '{"a": [1, "x"]}'):
        file.write_text(damaged, encoding="utf-8")
        assert remembered(file, "a", lambda: Split(3, 1)) == Split(3, 1)
    assert remembered(tmp_path / "no" / "folder.json", "a", lambda: Split(1, 1)) == Split(1, 1)

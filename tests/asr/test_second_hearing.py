"""What is heard once more."""

from asr.chunks import Window
from asr.guards import Guarded, Removed
from asr.regions import Region
from asr.second_hearing import heard_again, passed_over
from asr.transcript import Word

WINDOW = Window(0, (Region(0, 3_000), Region(5_000, 8_000)), (Region(0, 3_000), Region(5_000, 8_000)))
REMOVED = (Removed(0, 0, 8_000, "la la", "unlikely"),)


def test_speech_that_was_passed_over_is_found() -> None:
    """A long region without a word comes back; short ones, and windows without any word, do not."""
    regions = (Region(0, 2_000), Region(5_000, 7_000), Region(9_000, 9_500), Region(12_000, 14_000))
    window = Window(0, (Region(0, 9_500), Region(12_000, 14_000)), regions)
    said = [Word("hello", 100, 1_900, 0.9), Word("there", 13_000, 13_400, 0.9)]
    assert passed_over(window, said) == [Region(5_000, 7_000)]
    assert passed_over(window, []) == []
    alone, at_ms = window.alone(Region(12_500, 13_500))
    assert (alone.parts, at_ms) == ((Region(12_500, 13_500),), 10_000)


def test_all_stretches_of_a_refused_window_are_heard_again() -> None:
    """Each by itself; a window of one stretch has nothing that could be heard otherwise."""
    assert heard_again(WINDOW, Guarded((), REMOVED)) == list(WINDOW.parts)
    single = Window(0, WINDOW.parts[:1], WINDOW.regions[:1])
    assert heard_again(single, Guarded((), REMOVED)) == []


def test_a_window_of_which_some_is_believed_is_heard_again_only_if_nothing_was_removed() -> None:
    """A loop or a tail that was cut off may well be what the silent stretch made of itself."""
    said = (Word("hello", 100, 2_900, 0.9),)
    assert heard_again(WINDOW, Guarded(said)) == [Region(5_000, 8_000)]
    assert heard_again(WINDOW, Guarded(said, REMOVED)) == []

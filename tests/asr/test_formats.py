"""The files that other programs read."""

from asr.formats import FORMATS, to_rttm, to_srt, to_text, to_vtt
from asr.transcript import Transcript, Turn

CALL = Transcript(
    3_700_000,
    "en",
    2,
    (
        Turn("rep", 0, 600, 4_060, "Hello, is this A & B?", 0.91234),
        Turn("customer", 1, 3_661_004, 3_662_010, "Yes -->\nwho <is> this?", 0.5),
    ),
)
EMPTY = Transcript(1_000, "zh", 2, ())


def test_text_has_a_line_a_turn() -> None:
    """Time, speaker, text."""
    assert to_text(CALL).splitlines()[0] == "[00:00:00] rep: Hello, is this A & B?"
    assert to_text(EMPTY) == ""


def test_vtt_names_voices_and_escapes() -> None:
    """Marks that WebVTT would read as tags or arrows are escaped, and a cue has no blank line."""
    assert to_vtt(CALL) == (
        "WEBVTT\n\n00:00:00.600 --> 00:00:04.060\n<v rep>Hello, is this A &amp; B?\n\n"
        "01:01:01.004 --> 01:01:02.010\n<v customer>Yes --&gt; who &lt;is&gt; this?\n"
    )
    assert to_vtt(EMPTY) == "WEBVTT\n"


def test_srt_counts_cues_and_uses_commas() -> None:
    """SubRip's clock has a comma before the milliseconds."""
    assert to_srt(CALL).startswith("1\n00:00:00,600 --> 00:00:04,060\nrep: Hello, is this A & B?\n\n2\n")
    assert to_srt(EMPTY) == ""


def test_rttm_has_ten_fields() -> None:
    """Also when the file's name has spaces."""
    lines = to_rttm(CALL, "张总 call 1.wav").splitlines()
    assert [len(line.split()) for line in lines] == [10, 10]
    assert lines[0] == "SPEAKER 张总_call_1.wav 1 0.600 3.460 <NA> <NA> rep 0.912 <NA>"


def test_formats_are_found_by_name() -> None:
    """The names of the command line."""
    assert set(FORMATS) == {"txt", "vtt", "srt", "rttm"}
    assert all(isinstance(write(CALL, "a.wav"), str) for write in FORMATS.values())

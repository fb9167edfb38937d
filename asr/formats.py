"""A transcript as files that other programs read: plain text, WebVTT, SRT, RTTM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from asr.transcript import Transcript, Turn


def to_text(transcript: Transcript) -> str:
    """One line a turn: ``[00:01:02] rep: Hello.``"""
    return "".join(f"[{_clock(t.start_ms)[:8]}] {t.speaker}: {t.text}\n" for t in transcript.turns)


def to_vtt(transcript: Transcript) -> str:
    """WebVTT (W3C) with the speaker as the cue's voice."""
    cues = [
        f"{_clock(turn.start_ms)} --> {_clock(turn.end_ms)}\n<v {turn.speaker}>{_cue_text(turn.text)}\n"
        for turn in transcript.turns
    ]
    return "\n".join(["WEBVTT\n", *cues])


def to_srt(transcript: Transcript) -> str:
    """SubRip, the speaker in front of the text."""
    cues = [
        f"{number}\n{_clock(turn.start_ms, ',')} --> {_clock(turn.end_ms, ',')}\n"
        f"{turn.speaker}: {_one_line(turn.text)}\n"
        for number, turn in enumerate(transcript.turns, 1)
    ]
    return "\n".join(cues)


def to_rttm(transcript: Transcript, recording: str) -> str:
    """NIST RTTM, ten fields a turn; ``recording`` names the file, its spaces become underscores.

    Channels count from 1 there.
    """
    name = "_".join(recording.split()) or "recording"
    return "".join(_rttm_line(turn, name) for turn in transcript.turns)


FORMATS: Mapping[str, Callable[[Transcript, str], str]] = {
    "txt": lambda transcript, _: to_text(transcript),
    "vtt": lambda transcript, _: to_vtt(transcript),
    "srt": lambda transcript, _: to_srt(transcript),
    "rttm": to_rttm,
}
"""Writers by the name of their format; the second argument names the recording."""


def _rttm_line(turn: Turn, name: str) -> str:
    start, duration = turn.start_ms / 1000, (turn.end_ms - turn.start_ms) / 1000
    return (
        f"SPEAKER {name} {turn.channel + 1} {start:.3f} {duration:.3f} <NA> <NA> {turn.speaker} "
        f"{turn.confidence:.3f} <NA>\n"
    )


def _clock(time_ms: int, decimal: str = ".") -> str:
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{decimal}{milliseconds:03}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cue_text(text: str) -> str:
    return escape(_one_line(text), quote=False)

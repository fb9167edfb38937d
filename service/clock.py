"""How a place in a recording is written, on pages and at the command line."""

from __future__ import annotations


def clock(ms: int) -> str:
    """A place in a recording: ``3:07``, or ``1:02:07`` from an hour on."""
    seconds = max(0, ms) // 1000
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"

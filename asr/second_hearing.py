"""What of a window is heard once more, each stretch by itself."""

from __future__ import annotations

from collections.abc import Sequence

from asr.chunks import Window
from asr.guards import Guarded
from asr.regions import Region
from asr.transcript import Word

PASSED_OVER_MS = 1_000
"""Speech of that length without a word in it is heard once more."""


def heard_again(window: Window, guarded: Guarded) -> list[Region]:
    """The stretches of a window to hear alone, given what was believed of it.

    Of a window that was refused, all, if it has several: a noise or music in one spoils what is understood of the
    others. Else those that were passed over.
    """
    if guarded.refused:
        return list(window.parts) if len(window.parts) > 1 else []
    return [] if guarded.removed else passed_over(window, guarded.words)


def passed_over(window: Window, words: Sequence[Word]) -> list[Region]:
    """The long regions of a window in which none of its words lies, though it has words elsewhere.

    Whisper goes on with the next sentence at times as if a stretch were not there.
    """
    if not words:
        return []
    return [
        region
        for region in window.regions
        if region.duration_ms >= PASSED_OVER_MS
        and not any(word.start_ms < region.end_ms and region.start_ms < word.end_ms for word in words)
    ]

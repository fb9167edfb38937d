"""Commands as a person runs them: what tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

DEMO = Path(__file__).parents[1] / "service" / "demo" / "data"
SPEECH = str(Path(__file__).parent / "asr" / "data" / "en-call.ogg")
RATE_HZ = 16_000
Run = Callable[..., tuple[int, list[str], str]]

"""The way of a recording, without database or web: audio → transcript → review."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from asr import recording
from asr.recording import TranscribeOptions, Transcription
from asr.transcript import Language, Transcript
from nlp import metrics
from nlp.metrics import CallMetrics
from nlp.tagger import Tagger
from service.engines import Engines
from service.settings import Settings
from sop.document import Sop
from sop.events import Tagging
from sop.scorecard import Scorecard
from sop.scoring import CallFacts, score

VERSION = 1
"""Raise it when a change to tagging, metrics or scoring makes the same call come out otherwise: scores are
told apart by it, beside the hashes of recording, SOP and weights."""


@dataclass(frozen=True, slots=True)
class Review:
    """What was heard in a call and what it earned."""

    tagging: Tagging
    metrics: CallMetrics
    scorecard: Scorecard

    def to_json(self) -> dict[str, Any]:
        """What ``clearcall analyze --json`` adds to the transcript."""
        return {
            "events": [event.to_json() for event in self.tagging.present],
            "doubtful": [event.to_json() for event in self.tagging.doubtful],
            "metrics": self.metrics.to_json(),
            "scorecard": self.scorecard.to_json(),
        }


def transcribe(
    path: Path,
    engines: Engines,
    settings: Settings,
    progress: Callable[[float], None] | None = None,
    language: Language | Literal["auto"] = "auto",
) -> Transcription:
    """Recording → transcript. ``language`` "auto" detects it; what ``progress`` raises stops the work.

    Raises:
        DecodeError: the file is no recording.
    """
    options = TranscribeOptions(rep_channel=settings.rep_channel, language=language)
    return recording.transcribe(path, options, engines.recognizer, engines.detector, progress)


def review(transcript: Transcript, tagger: Tagger, sop: Sop) -> Review:
    """Transcript → key events, metrics and scorecard; the same arguments give the same review."""
    tagging = tagger.tag(transcript)
    return Review(tagging, metrics.measure(transcript), score(sop, tagging, facts(transcript)))


def facts(transcript: Transcript) -> CallFacts:
    """What scoring must know of a transcript besides its events."""
    return CallFacts.from_turns(
        transcript.turns,
        duration_ms=transcript.duration_ms,
        language=transcript.language,
        roles_known=all(turn.speaker != "unknown" for turn in transcript.turns),
        truncated="truncated" in transcript.notes,
    )

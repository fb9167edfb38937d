"""The way of a recording, without database or web: audio → transcript → review."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from asr import recording
from asr.recording import Transcription
from asr.transcript import Language, Transcript
from nlp.manner.observations import observe
from nlp.metrics.call import CallMetrics, measure
from nlp.roles.teller import LEAST_CONFIDENCE
from nlp.slots.events import with_slots
from nlp.tagging.procedure import procedure_tagger
from nlp.tagging.tagger import Tagger
from service.engines import Engines, transcribe_options
from service.settings import Settings
from sop.document import Sop
from sop.events import Tagging
from sop.facts import CallContext
from sop.observations import Observation
from sop.scorecard import Scorecard
from sop.scoring import CallFacts, score

VERSION = 3
"""Raise it when a change to tagging, metrics or scoring makes the same call come out otherwise: scores are
told apart by it, beside the hashes of recording, SOP and weights."""


@dataclass(frozen=True, slots=True)
class Review:
    """What was heard in a call and what it earned. ``observations`` are None where its manner was not measured."""

    tagging: Tagging
    metrics: CallMetrics
    scorecard: Scorecard
    observations: tuple[Observation, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """What ``clearcall analyze --json`` adds to the transcript."""
        return {
            "events": [event.to_json() for event in self.tagging.present],
            "doubtful": [event.to_json() for event in self.tagging.doubtful],
            "metrics": self.metrics.to_json(),
            "observations": [seen.to_json() for seen in self.observations] if self.observations is not None else None,
            "scorecard": self.scorecard.to_json(),
        }


def transcribe(
    path: Path,
    engines: Engines,
    settings: Settings,
    progress: Callable[[float], None] | None = None,
    language: Language | Literal["auto"] = "auto",
    *,
    rep_channel: int | None = None,
    vocabulary: Mapping[Language, tuple[str, ...]] = MappingProxyType({}),
) -> Transcription:
    """Recording → transcript. ``language`` "auto" detects it; what ``progress`` raises stops the work.

    ``rep_channel`` is that of the recording; None is that of the settings. Where one channel carries all, the roles are
    told from what the voices say; the note "voices_untold" says that nothing is installed to tell them apart.
    ``vocabulary`` holds, by language, names that may well be said, the most important first. Where the engines have
    a respeller, Mandarin is spelt anew by its sound.

    Raises:
        RespellingError: the weights of respelling cannot be read.
        DecodeError: the file is no recording.
    """
    channel = settings.rep_channel if rep_channel is None else rep_channel
    options = replace(transcribe_options(settings), rep_channel=channel, language=language, vocabulary=vocabulary)
    embedder = engines.embedder
    heard = recording.transcribe(path, options, engines.recognizer, engines.detector, progress, embedder)
    transcript = _respelled(heard.transcript, engines, vocabulary)
    heard = replace(heard, transcript=transcript)
    if transcript.channels > 1 or not transcript.turns:
        return heard
    if embedder is None:
        return replace(heard, transcript=replace(transcript, notes=(*transcript.notes, "voices_untold")))
    return replace(heard, transcript=engines.role_teller.told(transcript))


def _respelled(transcript: Transcript, engines: Engines, vocabulary: Mapping[Language, tuple[str, ...]]) -> Transcript:
    respeller = engines.respeller
    return respeller.respelled(transcript, vocabulary.get(transcript.language, ())) if respeller else transcript


def review(
    transcript: Transcript,
    tagger: Tagger,
    sop: Sop,
    started_at: datetime | None = None,
    context: CallContext = CallContext(),  # noqa: B008 - a frozen value
) -> Review:
    """Transcript → key events, metrics and scorecard; the same arguments give the same review.

    ``started_at`` is when the call began, with the time zone of its place: without it 明天 and "next Wednesday" stay
    without a date. ``context`` is what is known of the call that can't be heard in it.

    Raises:
        SlotError: ``started_at`` has no time zone.
        RuleError: a rule of the SOP cannot be used.
        EncoderError: the SOP adds events and the embedded encoder cannot be loaded.
    """
    heard = procedure_tagger(tagger, sop).tag(transcript)
    tagging = with_slots(heard, transcript, started_at, sop.vocabulary.competitors)
    observations = observe(transcript)
    card = score(sop, tagging, facts(transcript, observations, context))
    return Review(tagging, measure(transcript), card, observations)


def facts(
    transcript: Transcript,
    observations: tuple[Observation, ...] | None = None,
    context: CallContext = CallContext(),  # noqa: B008 - a frozen value
) -> CallFacts:
    """What scoring must know of a transcript besides its events."""
    return CallFacts.from_turns(
        transcript.turns,
        duration_ms=transcript.duration_ms,
        language=transcript.language,
        roles_known=roles_known(transcript.role_confidence, (turn.speaker for turn in transcript.turns)),
        truncated="truncated" in transcript.notes,
        observations=observations,
        context=context,
    )


def roles_known(role_confidence: float, speakers: Iterable[str]) -> bool:
    """Whether the speakers of a call's turns are no guesses."""
    return role_confidence >= LEAST_CONFIDENCE and all(speaker != "unknown" for speaker in speakers)

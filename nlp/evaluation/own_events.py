"""How well events of a company's own are heard in annotated calls."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asr.transcript import Language, Transcript, Turn
from nlp.corpus.annotations import AnnotatedCall, AnnotatedTurn
from nlp.evaluation.scores import EventScore, OwnEventScore
from nlp.own_events.learner import Learner
from nlp.tagging.procedure import hear_own_events
from nlp.text.folding import fold
from nlp.text.tokens import count_spoken_units
from sop.procedure import OwnEvent, Sop

UNITS_PER_SECOND: Mapping[Language, float] = {"zh": 4.2, "en": 2.7}
"""Characters (zh) and words (en) at an easy pace: annotated calls have no times, and some rules ask for them."""
PAUSE_MS = 300
_LEAST_MS = 400


@dataclass(frozen=True)
class OwnListener:
    """Hears in annotated calls the events that ``sop`` has of its own, from their examples and rules."""

    learner: Learner
    sop: Sop

    @property
    def events(self) -> tuple[OwnEvent, ...]:
        """The events that are measured, in the document's order."""
        return tuple(event for event in self.sop.events if not event.is_built_in)

    def scores(
        self, calls: Sequence[AnnotatedCall], shown: Sequence[Mapping[str, Mapping[int, float]]], language: Language
    ) -> tuple[OwnEventScore, ...]:
        """One for each event; none where the procedure is not for calls in ``language``.

        Args:
            calls: all in ``language``.
            shown: of each call the turns of the built-in events, with their probability: rules may name them.
            language: of the calls.

        Raises:
            RuleError: a rule cannot be applied.
            EncoderError: the encoder cannot be used.
        """
        if language not in self.sop.languages:
            return ()
        heard = [self._heard(call, seen) for call, seen in zip(calls, shown, strict=True)]
        return tuple(_score(event, calls, heard) for event in self.events)

    def _heard(self, call: AnnotatedCall, shown: Mapping[str, Mapping[int, float]]) -> frozenset[tuple[str, int]]:
        tagging = hear_own_events(as_transcript(call), self.learner, self.sop, shown)
        return frozenset((found.event, found.evidence.turn) for found in tagging.present)


def as_transcript(call: AnnotatedCall) -> Transcript:
    """The call as if it had been spoken at an easy pace, each party on a channel, every word heard for sure."""
    turns: list[Turn] = []
    at = 0
    for turn in call.turns:
        seconds = count_spoken_units(turn.text, call.language) / UNITS_PER_SECOND[call.language]
        end = at + max(_LEAST_MS, round(1000 * seconds))
        turns.append(Turn(turn.speaker, 0 if turn.speaker == "rep" else 1, at, end, turn.text, 1.0))
        at = end + PAUSE_MS
    return Transcript(at, call.language, 2, tuple(turns))


def _score(
    event: OwnEvent, calls: Sequence[AnnotatedCall], heard: Sequence[frozenset[tuple[str, int]]]
) -> OwnEventScore:
    """Turns that the event was taught by tell nothing of how it is heard in others, so they are left out."""
    taught = [fold(text) for text in (*event.examples, *event.counter_examples)]
    found: Counter[tuple[bool, bool]] = Counter()
    left_out = 0
    for call, said in zip(calls, heard, strict=True):
        for row, turn in enumerate(call.turns):
            if not turn.is_known(event.id):
                continue
            if _holds(turn, taught):
                left_out += 1
                continue
            found[event.id in turn.own_events, (event.id, row) in said] += 1
    counts = EventScore(found[True, True], found[False, True], found[True, False])
    return OwnEventScore(event.id, counts if counts.gold else None, found[True, True] + found[False, True], left_out)


def _holds(turn: AnnotatedTurn, taught: Sequence[str]) -> bool:
    """Whether it says one of the folded texts, as whole words where words are apart: "trial" is not in "industrial"."""
    folded = fold(turn.text)
    return any(re.search(rf"(?<![a-z0-9]){re.escape(text)}(?![a-z0-9])", folded) for text in taught)

"""The tagger of a procedure: the shipped one, and the events that the procedure's document adds or adds to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr.transcript import Transcript, Turn
from nlp.encoders.encoder import SmallE5Encoder
from nlp.own_events.background import background_digest
from nlp.own_events.learner import DEFAULT_CUT, Learner
from nlp.probability.calibration import sigmoid
from nlp.rules.call import UNRELATED, RuleCall, events_shown
from nlp.rules.hits import RuleHit, hits
from nlp.tagging.combination import RULE_PRIOR, example_evidence, logit, rule_evidence
from nlp.tagging.tagger import Tagger
from nlp.text.evidence import quotable, spoken_at
from nlp.text.sentences import Sentence
from sop.conditions import Shows, walk
from sop.events import EVENTS, Evidence, KeyEvent, Tagging
from sop.own_events import events_hash
from sop.procedure import OwnEvent, Sop

Logits = NDArray[np.float64]


@cache
def default_learner(threads: int = 1) -> Learner:
    """Learns over multilingual-e5-small: of the two embedded encoders it tells more by few examples."""
    return Learner(SmallE5Encoder(threads))


def procedure_tagger(tagger: Tagger, sop: Sop) -> Tagger:
    """``tagger`` itself where the procedure adds no events, else one that hears those too.

    Raises:
        EncoderError: events are added and the embedded encoder cannot be loaded.
    """
    return ProcedureTagger(tagger, default_learner(), sop) if sop.all_events else tagger


def hear_own_events(
    transcript: Transcript, learner: Learner, sop: Sop, shown: Mapping[str, Mapping[int, float]]
) -> Tagging:
    """The events of ``sop`` that are not built in; ``shown`` are the turns of the built-in ones that rules may name.

    Raises:
        RuleError: a rule cannot be applied.
        EncoderError: the encoder cannot be used.
    """
    return _Desk(transcript, learner, sop).own_events(shown)


@dataclass(frozen=True)
class ProcedureTagger:
    """Built-in events by ``tagger``, with what ``sop`` adds to them as evidence, and the events of its own.

    Rules that name an event see the built-in ones as ``tagger`` hears them without help, and the events of the
    document above their own.
    """

    tagger: Tagger
    learner: Learner
    sop: Sop

    @cached_property
    def weights_hash(self) -> str:
        """Besides the tagger's, what the events, the competitors' names and the encoder make of a transcript."""
        parts = [
            self.tagger.weights_hash,
            self.learner.encoder.weights_hash,
            background_digest(),
            events_hash(self.sop.all_events),
        ]
        return hashlib.sha256("\n".join([*parts, *self.sop.vocabulary.competitors]).encode()).hexdigest()

    def tag(self, transcript: Transcript, log_odds: Logits | None = None) -> Tagging:
        if not transcript.turns:
            return Tagging()
        desk = _Desk(transcript, self.learner, self.sop)
        added = [event for event in self.sop.all_events if event.is_built_in]
        # Tagging costs more than all that is added here: the plain answer is worked out only where somebody asks.
        plain = self.tagger.tag(transcript, log_odds) if not added or self._names_events else Tagging()
        shown = events_shown(plain)
        tagging = self._with_evidence(added, desk, desk.call(shown), log_odds) if added else plain
        return _joined(tagging, desk.own_events(shown))

    @property
    def _names_events(self) -> bool:
        rules = [event.rule for event in self.sop.all_events if event.rule is not None]
        return any(isinstance(part, Shows) for rule in rules for part in walk(rule))

    def _with_evidence(
        self, added: Sequence[OwnEvent], desk: _Desk, call: RuleCall, log_odds: Logits | None
    ) -> Tagging:
        """The built-in events with the evidence for ``added``, quoted where a rule proves them."""
        evidence = np.zeros((len(desk.transcript.turns), len(EVENTS))) if log_odds is None else log_odds.copy()
        quotes: dict[tuple[str, int], RuleHit] = {}
        for event in added:
            found = desk.hits(event, call)
            column = EVENTS.index(event.id)
            evidence[:, column] += rule_evidence(desk.strengths(found))
            if event.examples:
                evidence[desk.rows(event), column] += example_evidence(desk.best(event)[0])
            quotes.update({(event.id, turn): hit for turn, hit in found.items()})
        tagging = self.tagger.tag(desk.transcript, evidence)
        return Tagging(
            present=tuple(_quoted(event, quotes, desk.transcript) for event in tagging.present),
            doubtful=tuple(_quoted(event, quotes, desk.transcript) for event in tagging.doubtful),
        )


class _Desk:
    """One call and what is worked out about it once, however many events ask."""

    def __init__(self, transcript: Transcript, learner: Learner, sop: Sop) -> None:
        self.transcript = transcript
        self._learner = learner
        self._sop = sop
        self._sentences = [quotable(turn.text) for turn in transcript.turns]
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def call(self, shown: Mapping[str, Mapping[int, float]]) -> RuleCall:
        """The call as rules see it; ``shown`` are the turns of the events that they may name."""
        return RuleCall(
            self.transcript,
            encode=self.encode,
            unrelated=UNRELATED.get(self._learner.encoder.name, UNRELATED["use-multilingual-3"]),
            competitors=self._sop.vocabulary.competitors,
            events=shown,
        )

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), dim) unit vectors; each text of the call is encoded once."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors.update(zip(new, self._learner.encoder.encode(new), strict=True))
        return np.stack([self._vectors[text] for text in texts])

    def rows(self, event: OwnEvent) -> list[int]:
        """The turns of those who can show the event; an unknown speaker can show all."""
        speakers = event.speakers | {"unknown"}
        return [row for row, turn in enumerate(self.transcript.turns) if turn.speaker in speakers and turn.text.strip()]

    def hits(self, event: OwnEvent, call: RuleCall) -> dict[int, RuleHit]:
        """The rule's hits by turn, in turns of those who can show the event."""
        if event.rule is None:
            return {}
        rows = set(self.rows(event))
        return {hit.turn: hit for hit in hits(event.rule, call) if hit.turn in rows}

    def strengths(self, found: Mapping[int, RuleHit]) -> Logits:
        """(turns,) the hits' strengths, 0 where there is none."""
        return np.array([found[row].strength if row in found else 0.0 for row in range(len(self.transcript.turns))])

    def best(self, event: OwnEvent) -> tuple[Logits, list[Sentence]]:
        """For each of :meth:`rows` the best sentence by the event's examples, and its log odds."""
        rows = self.rows(event)
        said = [sentence for row in rows for sentence in self._sentences[row]]
        if not said:
            return np.zeros(0), []
        logits = self._learner.head(event).logits(self.encode([sentence.text for sentence in said]))
        ends = np.cumsum([len(self._sentences[row]) for row in rows])
        chosen = [int(np.argmax(part)) for part in np.split(logits, ends[:-1])]
        best = [self._sentences[row][choice] for row, choice in zip(rows, chosen, strict=True)]
        return np.array([part.max() for part in np.split(logits, ends[:-1])]), best

    def own_events(self, built_in: Mapping[str, Mapping[int, float]]) -> Tagging:
        """The events that are not built in, in the document's order; ``built_in`` are those that rules may name."""
        shown = dict(built_in)
        present: list[KeyEvent] = []
        doubtful: list[KeyEvent] = []
        for event in self._sop.all_events:
            if event.is_built_in:
                continue
            cut = self._learner.head(event).cut if event.examples else DEFAULT_CUT
            heard = list(self._heard(event, self.call(shown), cut.doubt_from))
            sure = [found for found in heard if found.evidence.confidence >= cut.threshold]
            present += sure
            doubtful += [found for found in heard if found.evidence.confidence < cut.threshold]
            shown[event.id] = {found.evidence.turn: found.evidence.confidence for found in sure}
        return Tagging(tuple(present), tuple(doubtful))

    def _heard(self, event: OwnEvent, call: RuleCall, least: float) -> Iterator[KeyEvent]:
        rows, found = self.rows(event), self.hits(event, call)
        if event.examples:
            logits, quotes = self.best(event)
        else:
            logits, quotes = np.full(len(rows), logit(RULE_PRIOR)), [self._sentences[row][0] for row in rows]
        logits = logits + rule_evidence(self.strengths(found))[rows]
        for row, confidence, quote in zip(rows, sigmoid(logits), quotes, strict=True):
            if confidence >= least:
                turn = self.transcript.turns[row]
                proof = _sentence_at(turn, found[row]) if row in found else quote
                start_ms, end_ms = spoken_at(turn, proof)
                evidence = Evidence(row, start_ms, end_ms, turn.speaker, proof.text, float(confidence))
                yield KeyEvent(event.id, evidence)


def _quoted(event: KeyEvent, quotes: Mapping[tuple[str, int], RuleHit], transcript: Transcript) -> KeyEvent:
    """The event with the sentence that a rule's hit proves it by, if one does."""
    hit = quotes.get((event.event, event.evidence.turn))
    if hit is None:
        return event
    turn = transcript.turns[hit.turn]
    sentence = _sentence_at(turn, hit)
    start_ms, end_ms = spoken_at(turn, sentence)
    moved: dict[str, Any] = {"start_ms": start_ms, "end_ms": end_ms, "quote": sentence.text}
    return replace(event, evidence=replace(event.evidence, **moved))


def _sentence_at(turn: Turn, hit: RuleHit) -> Sentence:
    """The turn's sentence in which the hit begins."""
    choices = quotable(turn.text)
    return next((sentence for sentence in choices if sentence.end > hit.start), choices[-1])


def _joined(first: Tagging, second: Tagging) -> Tagging:
    """Both, each list in order of time."""
    return Tagging(_by_time(first.present, second.present), _by_time(first.doubtful, second.doubtful))


def _by_time(first: Sequence[KeyEvent], second: Sequence[KeyEvent]) -> tuple[KeyEvent, ...]:
    return tuple(sorted((*first, *second), key=lambda found: (found.evidence.start_ms, found.evidence.turn)))

"""A procedure's own events beside the built-in ones: rules, examples and the tagger's word together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from asr.transcript import Speaker, Transcript, Turn, Word
from nlp.own_events.learner import Learner
from nlp.tagging.combination import combined
from nlp.tagging.procedure import ProcedureTagger, procedure_tagger
from sop.document import parse
from sop.events import EVENTS, Evidence, KeyEvent, Tagging
from sop.procedure import Sop
from tests.fakes_nlp import HashedEncoder, WordTagger


@dataclass(frozen=True)
class EvenTagger:
    """Gives every event of every turn the same probability, and believes what the evidence lifts to one half."""

    probability: float = 0.02
    weights_hash: str = "e" * 64

    def tag(self, transcript: Transcript, log_odds: NDArray[np.float64] | None = None) -> Tagging:
        shape = (len(transcript.turns), len(EVENTS))
        scores = combined(np.full(shape, self.probability), np.zeros(shape) if log_odds is None else log_odds)
        return Tagging(
            present=tuple(
                KeyEvent(EVENTS[column], Evidence(row, turn.start_ms, turn.end_ms, turn.speaker, turn.text, score))
                for row, turn in enumerate(transcript.turns)
                for column, score in enumerate(scores[row].tolist())
                if score >= 0.5
            )
        )


def sop_of(events: str) -> Sop:
    """A procedure with these events."""
    return parse(
        f"name: tiny\ntitle: Tiny\nlanguage: en\nevents:\n{events}"
        "steps:\n  - {id: opening, title: Opening, event: opening}\n"
    )


def call_of(*spoken: tuple[Speaker, str]) -> Transcript:
    """A call whose turns last 4 s each, with a word's time for every word."""
    turns = []
    for i, (speaker, text) in enumerate(spoken):
        words = text.split()
        times = [
            (i * 5000 + 4000 * k // len(words), i * 5000 + 4000 * (k + 1) // len(words)) for k in range(len(words))
        ]
        timed = tuple(Word(word, start, end, 0.9) for word, (start, end) in zip(words, times, strict=True))
        turns.append(Turn(speaker, int(speaker == "customer"), i * 5000, i * 5000 + 4000, text, 0.9, timed))
    return Transcript(len(spoken) * 5000, "en", 2, tuple(turns))


def tagged(events: str, transcript: Transcript, tagger: Any = None) -> Tagging:
    """The tagging under a procedure with these events."""
    return ProcedureTagger(tagger or WordTagger({}), Learner(HashedEncoder()), sop_of(events)).tag(transcript)


CLAUSE = "  - id: clause\n    title: Clause\n    speaker: customer\n    rule: {keywords: [liability]}\n"
COMPETITOR = "  - id: competitor\n    rule: {keywords: [Frostmere]}\n"
CALL = call_of(
    ("rep", "Hello. The liability is on page two."),
    ("customer", "Fine. What about the liability? We have Frostmere. They are cheap."),
    ("customer", "Goodbye."),
)


def test_a_procedure_without_events_is_tagged_as_before() -> None:
    """Without events there is nothing to add: the tagger itself is asked, under its own hash."""
    tagger = WordTagger()
    assert procedure_tagger(tagger, parse(sop_text_without_events())) is tagger


def sop_text_without_events() -> str:
    """A procedure of one step."""
    return "name: tiny\ntitle: Tiny\nlanguage: en\nsteps:\n  - {id: opening, title: Opening, event: opening}\n"


def test_a_rule_finds_an_event_of_ones_own() -> None:
    """Only the turn of one who can say it is a hit; its quote is the sentence that proves it, with its time."""
    (found,) = tagged(CLAUSE, CALL).present
    assert (found.event, found.evidence.turn, found.evidence.speaker) == ("clause", 1, "customer")
    assert found.evidence.quote == "What about the liability?"
    assert 5000 < found.evidence.start_ms < found.evidence.end_ms < 9000
    assert 0.8 < found.evidence.confidence < 1.0


def test_a_rule_adds_to_a_built_in_event() -> None:
    """A hit lifts what the tagger thought unlikely, in that turn alone, and is what the evidence quotes."""
    (found,) = tagged(COMPETITOR, CALL, EvenTagger()).present
    assert (found.event, found.evidence.turn) == ("competitor", 1)
    assert found.evidence.quote == "We have Frostmere."
    assert found.evidence.confidence == pytest.approx(0.752, abs=0.01)


def test_a_rule_alone_does_not_overrule_the_tagger() -> None:
    """Where the tagger is nearly sure that there is no such event, one hit is not enough."""
    assert tagged(COMPETITOR, CALL, EvenTagger(0.001)).present == ()


def test_rules_may_name_built_in_events_and_those_above() -> None:
    """A rule sees what the tagger heard, and the events of one's own that stand before it."""
    events = (
        CLAUSE
        + "  - id: answered\n    title: Answered\n    rule: {keywords: [goodbye], after: {event: clause, turns: 1}}\n"
    )
    heard = tagged(events, CALL).present
    assert [(found.event, found.evidence.turn) for found in heard] == [("clause", 1), ("answered", 2)]
    priced = "  - id: priced\n    title: Priced\n    rule: {keywords: [liability], event: price_discussion}\n"
    tagger = WordTagger({"price_discussion": "page"})
    assert [found.evidence.turn for found in tagged(priced, CALL, tagger).present if found.event == "priced"] == [0]


def test_examples_find_an_event_of_ones_own() -> None:
    """A turn that repeats an example is found, others are not; the best sentence is the quote."""
    events = (
        "  - id: references\n    title: References\n    speaker: customer\n    examples:\n"
        "      - 'Who else is using this gadget?'\n      - 'Which neighbours bought the gadget?'\n"
        "      - 'Name some neighbours using it'\n"
    )
    call = call_of(
        ("rep", "Who else is using this gadget?"),
        ("customer", "Well, hello. Who else is using this gadget?"),
        ("customer", "Tomorrow at ten suits us."),
    )
    found = [event for event in tagged(events, call).present if event.event == "references"]
    assert [(event.evidence.turn, event.evidence.quote) for event in found] == [(1, "Who else is using this gadget?")]


def test_the_hash_tells_events_apart() -> None:
    """Another rule, another tagger or other competitors give another hash; the same give the same."""

    def named(events: str, weights: str = "e" * 64) -> str:
        tagger = EvenTagger(weights_hash=weights)
        return ProcedureTagger(tagger, Learner(HashedEncoder()), sop_of(events)).weights_hash

    hashes = [named(CLAUSE), named(COMPETITOR), named(CLAUSE + COMPETITOR), named(CLAUSE, "d" * 64)]
    assert len(set(hashes)) == 4
    assert named(CLAUSE) == hashes[0]


def test_a_call_without_turns_has_no_events() -> None:
    """Silence is tagged with nothing, whatever the procedure asks for."""
    assert tagged(CLAUSE + COMPETITOR, Transcript(1000, "en", 2, ())) == Tagging()
    blank = Transcript(1000, "en", 2, (Turn("customer", 1, 0, 500, " ", 0.5),))
    assert tagged(CLAUSE, blank) == Tagging()


def test_a_statement_of_a_criterion_is_heard_like_an_event() -> None:
    """What a criterion says by rule is heard of its speaker alone, by the names of its step and itself."""
    sop = parse(
        "name: tiny\ntitle: Tiny\nlanguage: en\nsteps:\n"
        "  - id: terms\n    title: Terms\n    criteria:\n"
        "      - {id: named, title: Named, speaker: rep, rule: {keywords: [liability]}}\n"
        "      - {id: agreed, title: Agreed, speaker: customer, rule: {keywords: [fine]}}\n"
    )
    found = ProcedureTagger(WordTagger({}), Learner(HashedEncoder()), sop).tag(CALL).present
    assert [(event.event, event.evidence.turn) for event in found] == [("terms.named", 0), ("terms.agreed", 1)]
    plain = parse(sop_text_without_events())
    assert not plain.all_events
    assert isinstance(procedure_tagger(WordTagger(), sop), ProcedureTagger)


def test_a_price_term_is_evidence_for_talk_of_the_price() -> None:
    """A word of the vocabulary's price terms lifts the price discussion where it is said, and nothing else."""
    sop = parse(sop_text_without_events() + "vocabulary: {price_terms: [liability]}\n")
    found = ProcedureTagger(EvenTagger(), Learner(HashedEncoder()), sop).tag(CALL).present
    assert [(event.event, event.evidence.turn) for event in found] == [("price_discussion", 0), ("price_discussion", 1)]

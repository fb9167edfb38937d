"""Events learned from examples: a hand-made check of two of them, and what holds of any."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from asr.transcript import Transcript, Turn
from nlp.corpus.annotations import read_calls
from nlp.encoders.encoder import RememberingEncoder, SmallE5Encoder
from nlp.own_events.background import (
    SENTENCES_PER_LANGUAGE,
    VECTORS_PATH,
    background,
    background_digest,
    draw,
    ordinary_sentences,
)
from nlp.own_events.learner import DOUBT_REACH, THRESHOLDS, Learner, choose_cut, learn
from nlp.probability.calibration import sigmoid
from nlp.tagging.procedure import ProcedureTagger
from sop.events import EVENTS
from sop.procedure import OwnEvent, Sop, Wording
from tests.fakes_nlp import HashedEncoder, WordTagger

CHECKS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "data" / "own_events.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def learner() -> Learner:
    """The real encoder, each text encoded once."""
    return Learner(RememberingEncoder(SmallE5Encoder()))


def event_of(name: str, counter_examples: bool = True) -> OwnEvent:
    """The event that a check is about."""
    definition = CHECKS[name]["definition"]
    return OwnEvent(
        id=name,
        title=Wording(definition["title"]["zh"], definition["title"]["en"]),
        speakers=frozenset({"rep", "customer"}),
        examples=tuple(definition["examples"]),
        counter_examples=tuple(definition["counter_examples"]) if counter_examples else (),
    )


def call_of(texts: list[str], language: Any) -> Transcript:
    """A call in which the customer says these turns."""
    turns = [Turn("customer", 1, i * 4000, i * 4000 + 3000, text, 0.9) for i, text in enumerate(texts)]
    return Transcript(len(texts) * 4000, language, 2, tuple(turns))


def heard(event: OwnEvent, learner: Learner) -> tuple[set[int], set[int], int]:
    """Turns in which the event is present, those where it is at least doubtful, and how many show it (the first)."""
    check = CHECKS[event.id]
    sop = Sop("check", Wording("", ""), (check["language"],), (), events=(event,))
    tagging = ProcedureTagger(WordTagger({}), learner, sop).tag(
        call_of([*check["shows"], *check["others"]], check["language"])
    )
    present = {found.evidence.turn for found in tagging.present if found.event == event.id}
    return present, present | {found.evidence.turn for found in tagging.doubtful}, len(check["shows"])


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_ten_examples_find_a_new_event(learner: Learner, name: str) -> None:
    """Ten examples and ten counter-examples find what is said in other words; four hits in five are right."""
    check = CHECKS[name]
    assert len(check["definition"]["examples"]) == len(check["definition"]["counter_examples"]) == 10
    assert len(check["shows"]) >= 20
    assert len(check["others"]) >= 40
    present, perhaps, shown = heard(event_of(name), learner)
    right = sum(turn < shown for turn in present)
    assert right / len(present) >= 0.8
    assert right / shown >= 0.6
    assert sum(turn < shown for turn in perhaps) / shown >= 0.8


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_ten_examples_alone_leave_ordinary_talk_alone(learner: Learner, name: str) -> None:
    """Among sentences of sales calls that were no part of learning, ten examples alone find what is meant."""
    language = CHECKS[name]["language"]
    corpus = files("nlp").joinpath("corpus", f"{language}-dev.jsonl").read_text("utf-8")
    ordinary = [sentence.text for sentence in draw(read_calls(corpus), SENTENCES_PER_LANGUAGE + 60)]
    head = learner.head(event_of(name, counter_examples=False))

    def found(texts: list[str]) -> int:
        return int((sigmoid(head.logits(learner.encoder.encode(texts))) >= head.cut.threshold).sum())

    right, wrong = found(CHECKS[name]["shows"]), found(ordinary[SENTENCES_PER_LANGUAGE:])
    assert right / len(CHECKS[name]["shows"]) >= 0.7
    assert right / (right + wrong) >= 0.8


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_counter_examples_raise_precision(learner: Learner, name: str) -> None:
    """What counter-examples say is not meant is found less, and most of what is meant is found still."""
    taught, _, shown = heard(event_of(name), learner)
    untaught, _, _ = heard(event_of(name, counter_examples=False), learner)
    assert sum(turn >= shown for turn in taught) < sum(turn >= shown for turn in untaught)
    assert sum(turn < shown for turn in taught) >= 0.75 * sum(turn < shown for turn in untaught)


def test_examples_are_found_and_counter_examples_are_not(learner: Learner) -> None:
    """Every example of an event is present by its own head, and no counter-example is."""
    for name in CHECKS:
        event = event_of(name)
        head = learner.head(event)
        shows = sigmoid(head.logits(learner.encoder.encode(event.examples)))
        others = sigmoid(head.logits(learner.encoder.encode(event.counter_examples)))
        assert shows.min() >= head.cut.threshold
        assert others.max() < head.cut.threshold


def test_learning_is_deterministic() -> None:
    """The same examples give the same head, bit for bit."""
    encoder = HashedEncoder()
    event = event_of("mentions_contract_terms")
    first, second = (learn(event, encoder, background(encoder)) for _ in range(2))
    assert (first.model.slopes == second.model.slopes).all()
    assert (first.slope, first.offset, first.cut) == (second.slope, second.offset, second.cut)


def test_a_built_in_event_is_not_set_off_against_itself() -> None:
    """The background of an event holds no sentence of a turn that shows it, and both languages alike."""
    ordinary = background(HashedEncoder())
    assert len(ordinary.sentences) == 440
    for event in EVENTS:
        shown = sum(event in sentence.events for sentence in ordinary.sentences)
        assert len(ordinary.without(event)) == 440 - shown
    assert len(ordinary.without("asks_for_reference")) == 440


def test_shipped_vectors_are_those_of_the_sentences() -> None:
    """The file holds what the default encoder makes of today's sentences, so nobody waits for them."""
    encoder = SmallE5Encoder()
    drawn = ordinary_sentences()
    few = encoder.encode([sentence.text for sentence in drawn[:3]])
    assert VECTORS_PATH.is_file()
    # Processors round otherwise by some 0.002 in a place; other sentences are less alike than 0.95.
    likenesses = background(encoder).vectors[:3] @ few.T
    assert likenesses.diagonal() == pytest.approx(1.0, abs=1e-3)
    assert likenesses[~np.eye(3, dtype=np.bool_)].max() < 0.95
    assert len(background_digest()) == 64


@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=30))
def test_doubt_lies_below_the_threshold(unseen: list[float]) -> None:
    """Whatever the examples get, there is a threshold within its limits and a doubt band below it."""
    cut = choose_cut(np.array(unseen))
    assert THRESHOLDS[0] <= cut.threshold <= THRESHOLDS[1]
    assert DOUBT_REACH[0] * cut.threshold - 1e-4 <= cut.doubt_from <= DOUBT_REACH[1] * cut.threshold + 1e-4


def test_three_examples_are_enough_to_learn() -> None:
    """The least number of examples gives a head whose logits are finite."""
    encoder = HashedEncoder()
    event = replace(event_of("mentions_contract_terms"), examples=("合同", "条款", "违约金"), counter_examples=())
    head = learn(event, encoder, background(encoder))
    assert np.isfinite(head.logits(encoder.encode(["合同条款", "你好"]))).all()
    assert head.logits(encoder.encode([])).shape == (0,)

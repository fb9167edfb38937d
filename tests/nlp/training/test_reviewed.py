"""Learning from turns that people reviewed, beside calls that were annotated whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nlp.corpus.annotations import AnnotatedCall, AnnotatedTurn
from nlp.corpus.shipped import shipped_corpus
from nlp.evaluation.measurement import Prediction, score_calls
from nlp.tagging.augmentation import Example, Noise, perturbed
from nlp.tagging.head import HeadOptions
from nlp.tagging.second_reading import fit_second_reading
from nlp.tagging.tagger import HeadTagger
from nlp.training import head as training
from nlp.training.head import TrainingOptions, features_of, known_of, labels_of, train, train_bytes
from sop.events import EVENTS
from tests.fakes_nlp import HashedEncoder

ONCE = TrainingOptions(head=HeadOptions(projection=16, hidden=8, lexical=4, epochs=1, batch=4, seeds=(1,)), folds=2)
LONGER = replace(ONCE, head=replace(ONCE.head, epochs=20))
NEED, ANSWER = "The zorbulator gadget keeps jamming in winter.", "I see."


@pytest.fixture(scope="module")
def corpus() -> list[AnnotatedCall]:
    """Six calls in each language."""
    calls = shipped_corpus("*-dev.jsonl")
    return [*calls[:6], *calls[-6:]]


def reviewed(events: tuple[str, ...], mask: tuple[str, ...], number: int = 0) -> AnnotatedCall:
    """A call whose customer's turn holds ``events``, of which those in ``mask`` are a person's word."""
    customer = AnnotatedTurn("customer", f"{NEED} Number {number}.", events, reviewed=mask)
    return AnnotatedCall(f"reviewed-{number}", "en", (customer, AnnotatedTurn("rep", ANSWER, reviewed=())))


def test_what_nobody_judged_is_not_learned(corpus: Sequence[AnnotatedCall]) -> None:
    """The tagger's own guesses, right or wrong, leave the head as it is to the bit; a person's word does not."""
    plain = train_bytes([*corpus, reviewed((), ("closing",))], HashedEncoder(), ONCE)
    guessed = train_bytes([*corpus, reviewed(("customer_need", "competitor"), ("closing",))], HashedEncoder(), ONCE)
    judged = train_bytes([*corpus, reviewed((), ("customer_need",))], HashedEncoder(), ONCE)
    assert plain == guessed
    assert plain != judged


def test_a_persons_word_is_learned(corpus: Sequence[AnnotatedCall]) -> None:
    """What people confirmed in a few calls seems likelier in the next one than what they rejected."""
    column = EVENTS.index("customer_need")
    seen = reviewed((), (), number=99)

    def likelihood(events: tuple[str, ...]) -> float:
        further = [reviewed(events, ("customer_need",), number) for number in range(8)]
        tagger = HeadTagger(HashedEncoder(), train([*corpus, *further], HashedEncoder(), LONGER))
        return float(tagger.scores(features_of(seen, tagger.encoder, tagger.scaling))[0, column])

    assert likelihood(("customer_need",)) > 3 * likelihood(())


def test_thresholds_are_of_calls_annotated_whole(
    corpus: Sequence[AnnotatedCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reviewed calls are in no calibration fold; every other call is in one."""
    tested: list[Example] = []

    def recorded(examples: Sequence[Example], logits: Sequence[Any]) -> Any:
        tested.extend(examples)
        return fit_second_reading(examples, logits)

    monkeypatch.setattr(training, "fit_second_reading", recorded)
    further = [reviewed(("customer_need",), ("customer_need",), number) for number in range(3)]
    head = train([*further, *corpus], HashedEncoder(), ONCE)
    assert len(tested) == len(corpus)
    assert all(example.known is None for example in tested)
    assert {call.digest for call in further} <= head.trained_on


def test_turns_joined_are_known_as_far_as_they_were() -> None:
    """Heard in one is heard in both together; not heard is known only where both were judged."""
    turns = (
        AnnotatedTurn(
            "customer", "We need a pump.", ("customer_need", "objection"), reviewed=("customer_need", "closing")
        ),
        AnnotatedTurn("customer", "It leaks.", (), reviewed=("price_objection",)),
    )
    call = AnnotatedCall("a", "en", turns)
    encoder = HashedEncoder()
    scaling = np.zeros(encoder.dim, dtype=np.float32), np.ones(encoder.dim, dtype=np.float32)
    example = Example(features_of(call, encoder, scaling), labels_of(call), known=known_of(call))
    joining = Noise(0, 0, 0, joined_turns=1, lost_grams=0, lost_signs=0, blur=0)
    joined = perturbed(example, joining, np.random.default_rng(0))
    assert len(joined.labels) == 1
    assert joined.known is not None
    assert [event for event, is_known in zip(EVENTS, joined.known[0], strict=True) if is_known] == ["customer_need"]


def test_figures_count_only_what_was_judged() -> None:
    """A guess that nobody looked at is neither right nor wrong."""
    call = reviewed(("customer_need",), ("customer_need", "objection"))
    everything = np.ones((2, len(EVENTS)), dtype=np.bool_)
    heard = Prediction(everything.astype(np.float64), everything, everything, everything, ~everything)
    (score,) = score_calls([call], [heard])
    told = {event: counts for event, counts in zip(EVENTS, score.events, strict=True) if counts.f1 is not None}
    assert {event: (c.true_positives, c.false_positives) for event, c in told.items()} == {
        "customer_need": (1, 0),
        "objection": (0, 1),
    }
    assert score.trust.precision == 0.5

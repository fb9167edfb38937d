"""A call read a second time, on calls whose rule is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from nlp.tagging.augmentation import Example
from nlp.tagging.features import SpokenTurn, call_features
from nlp.tagging.second_reading import COLUMNS, Logits, SecondReading, common_numbers, common_terms, fit_second_reading
from sop.events import EVENTS

COMPETITOR, OBJECTION, HANDLING = (EVENTS.index(name) for name in ("competitor", "objection", "objection_handling"))


def example(texts: list[str], labels: list[tuple[int, int]]) -> Example:
    """A call of a rep and a customer in turn; ``labels`` are (turn, event)."""
    turns = [SpokenTurn("customer" if i % 2 else "rep", text) for i, text in enumerate(texts)]
    told = np.zeros((len(turns), len(EVENTS)), dtype=np.float32)
    for turn, event in labels:
        told[turn, event] = 1.0
    return Example(call_features(turns, "en", np.zeros((len(turns), 4), dtype=np.float32)), told)


def calls_with_names() -> tuple[list[Example], list[Logits]]:
    """In half of the calls a name is a competitor's, plainly in one turn and doubtfully in another one; in the others
    that turn is as doubtful and the name is nobody's."""
    examples, logits = [], []
    for number in range(40):
        name = "zq" + "abcdefghij"[number % 10] + "klmn"[number // 10]
        rival = number % 2 == 0
        texts = ["hello there", f"we use {name}", "right I see", "well so it is", f"{name} is fine"]
        labels = [(1, COMPETITOR), (4, COMPETITOR)] if rival else []
        own = np.full((5, len(EVENTS)), -4.0, dtype=np.float32)
        own[1, COMPETITOR] = 3.0 if rival else -3.0
        own[4, COMPETITOR] = 0.0
        examples.append(example(texts, labels))
        logits.append(own)
    return examples, logits


def test_turns_that_share_a_name_share_what_it_is() -> None:
    """A doubtful turn is read as its plain one, in calls that were learned from and in a new one."""
    examples, logits = calls_with_names()
    second, unseen = fit_second_reading(examples, logits)
    told = [own[4, COMPETITOR] for own in unseen]
    assert min(told[0::2]) > 0.5
    assert max(told[1::2]) < -0.5
    texts = ["good day", "we use frostmere", "oh really", "yes we do", "frostmere is cheap"]
    new = example(texts, []).features
    read = second.logits(new, logits[0])
    assert read[4, COMPETITOR] > 0.5
    assert second.logits(new, logits[1])[4, COMPETITOR] < -0.5


def test_a_reading_has_a_row_for_each_turn() -> None:
    """Also of a call without turns and of one turn."""
    examples, logits = calls_with_names()
    second, unseen = fit_second_reading(examples, logits)
    assert [own.shape for own in unseen] == [own.shape for own in logits]
    assert second.slopes.shape == (len(EVENTS), COLUMNS)
    for count in (0, 1):
        features = example(["we use paper"] * count, []).features
        assert second.logits(features, np.zeros((count, len(EVENTS)), dtype=np.float32)).shape == (count, len(EVENTS))


def test_a_handling_follows_an_objection() -> None:
    """The same doubtful answer is a handling after an objection, and none without."""
    examples, logits = [], []
    for number in range(40):
        objected = number % 2 == 0
        own = np.full((4, len(EVENTS)), -4.0, dtype=np.float32)
        own[1, OBJECTION] = 3.0 if objected else -3.0
        own[2, HANDLING] = 0.0
        examples.append(example(["so", "no", "well", "hm"], [(1, OBJECTION), (2, HANDLING)] if objected else []))
        logits.append(own)
    second, _ = fit_second_reading(examples, logits)
    read = [second.logits(one.features, own)[2, HANDLING] for one, own in zip(examples[:2], logits[:2], strict=True)]
    assert read[0] > 0.5
    assert read[1] < -0.5


def test_common_terms_survive_their_file() -> None:
    """Numbers and back."""
    common = np.random.default_rng(0).random(1 << 20) < 0.1
    assert (common_terms(common_numbers(common)) == common).all()


@pytest.mark.parametrize(
    "numbers",
    [
        np.array([-1], dtype=np.int32),
        np.array([1 << 20], dtype=np.int32),
        np.zeros(1 << 17, dtype=np.uint8),
        np.zeros((2, 2), dtype=np.int32),
    ],
)
def test_what_numbers_no_terms_is_refused(numbers: NDArray[np.int32]) -> None:
    """Out of range, of another kind (the bits of an older file), of another form."""
    with pytest.raises(ValueError, match=r"second\.common: expected whole numbers from 0"):
        common_terms(numbers)


def test_nothing_is_said_of_what_a_speaker_cannot_show() -> None:
    """A logit of an event that is not the speaker's has no say in the reading of others."""
    examples, logits = calls_with_names()
    second, _ = fit_second_reading(examples, logits)
    features = examples[0].features
    changed = logits[0].copy()
    changed[~features.allowed] = 5.0
    assert_same = second.logits(features, logits[0])[features.allowed]
    np.testing.assert_array_equal(second.logits(features, changed)[features.allowed], assert_same)


def test_without_slopes_a_reading_says_what_its_intercepts_say() -> None:
    """The regression is linear: of zero slopes only the intercepts are left."""
    nothing = SecondReading(
        first=np.array([[1.0] * len(EVENTS), [0.0] * len(EVENTS)], dtype=np.float32),
        slopes=np.zeros((len(EVENTS), COLUMNS), dtype=np.float32),
        intercepts=np.arange(len(EVENTS), dtype=np.float32),
        common=np.zeros(1 << 20, dtype=np.bool_),
    )
    examples, logits = calls_with_names()
    read = nothing.logits(examples[0].features, logits[0])
    assert (read == np.arange(len(EVENTS), dtype=np.float32)).all()

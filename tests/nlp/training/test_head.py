"""Training and the head file, on small data."""

from dataclasses import replace
from pathlib import Path

import pytest

from nlp.corpus.annotations import AnnotatedCall, AnnotatedTurn
from nlp.corpus.folds import split_by_call
from nlp.evaluation.measurement import evaluate
from nlp.tagging.head import HeadOptions
from nlp.tagging.tagger import HeadTagger
from nlp.tagging.trained_head import FORMAT, HeadError, read_head
from nlp.training.head import LEAST_CALIBRATING, TrainingOptions, calibrating_on, train, train_bytes
from tests.annotated import some_calls
from tests.fakes_nlp import HashedEncoder

TINY = TrainingOptions(head=HeadOptions(projection=16, hidden=8, lexical=4, epochs=4, batch=4, seeds=(1, 2)), folds=2)


def test_training_twice_gives_the_same_bytes() -> None:
    """The head file is a function of calls, encoder and options; another seed gives another file."""
    calls = some_calls(4)
    first = train_bytes(calls, HashedEncoder(), TINY)
    assert first == train_bytes(calls, HashedEncoder(), TINY)
    other = replace(TINY, head=replace(TINY.head, seeds=(3, 4)))
    assert first != train_bytes(calls, HashedEncoder(), other)


def test_a_head_survives_its_file(tmp_path: Path) -> None:
    """Written and read, a head has the same hash and says the same."""
    calls = some_calls(3)
    path = tmp_path / "head.safetensors"
    path.write_bytes(train_bytes(calls, HashedEncoder(), TINY))
    kept, direct = read_head(path), train(calls, HashedEncoder(), TINY)
    assert kept.sha256 == direct.sha256
    assert kept.trained_on == {call.digest for call in calls}
    left, right = (evaluate(HeadTagger(HashedEncoder(), head), calls) for head in (kept, direct))
    assert left == right


def test_a_broken_head_file_is_named(tmp_path: Path) -> None:
    """Missing, truncated and foreign files give one line with the file and the remedy."""
    path = tmp_path / "head.safetensors"
    with pytest.raises(HeadError, match=r"head\.safetensors: cannot be read .*retrain with .* --output FILE"):
        read_head(path)
    for content in (b"", b"\x01", b"x" * 100, train_bytes(some_calls(2), HashedEncoder(), TINY)[:-10]):
        path.write_bytes(content)
        with pytest.raises(HeadError, match=r"head\.safetensors: not a readable tagging head") as caught:
            read_head(path)
        assert "\n" not in str(caught.value)


def test_a_head_refuses_another_encoder() -> None:
    """Vectors of an encoder the head was not trained over would be read as noise."""
    head = train(some_calls(2), HashedEncoder(), TINY)
    other = HashedEncoder()
    other.name = "other"
    with pytest.raises(HeadError, match=r"trained over hashed-words, not other.* unset CLEARCALL_HEAD"):
        HeadTagger(other, head)


def test_a_head_refuses_other_weights_of_its_encoder() -> None:
    """An encoder that was learned anew puts the same words elsewhere."""
    head = train(some_calls(2), HashedEncoder(), TINY)
    renewed = HashedEncoder()
    renewed.weights_hash = "1" * 64
    with pytest.raises(HeadError, match=r"over other weights of hashed-words.* renewed with 'clearcall nlp train'"):
        HeadTagger(renewed, head)


def test_a_head_of_another_version_is_told_from_a_broken_file(tmp_path: Path) -> None:
    """Who has one of their own learns what to do with it."""
    content = train_bytes(some_calls(2), HashedEncoder(), TINY)
    path = tmp_path / "ours.safetensors"
    path.write_bytes(content.replace(FORMAT.encode(), b"clearcall-head-3"))
    with pytest.raises(HeadError, match=r"ours\.safetensors: .*another version.* unset CLEARCALL_HEAD.* --reviews"):
        read_head(path)


def test_folds_part_the_calls_by_language() -> None:
    """Each call is in one fold and each fold has its share of each language."""
    calls = some_calls(8)
    parts = split_by_call(calls, 4, seed=1)
    assert sorted(i for part in parts for i in part) == list(range(16))
    assert all(sum(calls[i].language == "zh" for i in part) == 2 for part in parts)


def test_a_call_of_one_turn_is_no_trouble() -> None:
    """The shortest call goes through training, tagging and scoring."""
    call = AnnotatedCall("one", "en", (AnnotatedTurn("rep", "Hi, Ann from Paylark", ("opening",)),))
    head = train([*some_calls(2), call], HashedEncoder(), TINY)
    assert evaluate(HeadTagger(HashedEncoder(), head), [call]).languages[0].turns == 1


def test_a_head_is_calibrated_on_calls_new_to_its_encoder() -> None:
    """What the encoder learned from is left out as long as enough is left, and so is what people reviewed."""
    calls = some_calls(LEAST_CALIBRATING)[: LEAST_CALIBRATING + 2]
    taught = frozenset(call.digest for call in calls[:2])
    assert calibrating_on(calls, taught) == list(range(2, len(calls)))
    assert calibrating_on(calls, frozenset()) == list(range(len(calls)))
    reviewed = replace(calls[-1], turns=tuple(replace(turn, reviewed=frozenset()) for turn in calls[-1].turns))
    assert calibrating_on([*calls, reviewed], taught) == list(range(2, len(calls)))
    assert calibrating_on(calls[:-1], taught) == list(range(len(calls) - 1)), "too few without those it knows"

"""Training, the head file and evaluation, on small data."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nlp.annotations import AnnotatedCall, AnnotatedTurn, CorpusError, read_calls
from nlp.augmentation import Example, Noise, perturbed
from nlp.evaluation import (
    Prediction,
    evaluate,
    evaluate_corpus,
    evaluate_held_out,
    score_calls,
)
from nlp.features import PLACE_COLUMNS, allowed_events, places
from nlp.head import HeadOptions
from nlp.scores import EventScore, LanguageScore, Trust
from nlp.tagger import HeadTagger
from nlp.trained_head import HeadError, read_head
from nlp.training import TrainingOptions, features_of, labels_of, split_by_call, train, train_bytes
from tests.fakes_nlp import HashedEncoder

CORPUS = Path(__file__).parents[2] / "nlp" / "corpus"
TINY = TrainingOptions(head=HeadOptions(projection=16, hidden=8, lexical=4, epochs=4, batch=4, seeds=(1, 2)), folds=2)


def some_calls(count: int) -> list[AnnotatedCall]:
    return [
        call
        for language in ("zh", "en")
        for call in read_calls((CORPUS / f"{language}-dev.jsonl").read_text(encoding="utf-8"))[:count]
    ]


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
    with pytest.raises(HeadError, match=r"head\.safetensors: cannot be read .*retrain"):
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
    with pytest.raises(HeadError, match="trained over hashed-words, not other"):
        HeadTagger(other, head)


def test_folds_part_the_calls_by_language() -> None:
    """Each call is in one fold and each fold has its share of each language."""
    calls = some_calls(8)
    parts = split_by_call(calls, 4, seed=1)
    assert sorted(i for part in parts for i in part) == list(range(16))
    assert all(sum(calls[i].language == "zh" for i in part) == 2 for part in parts)


def test_known_calls_are_measured_held_out_and_others_directly() -> None:
    """One known call among those asked about is enough to ask for held-out figures."""
    calls = some_calls(4)
    tagger = HeadTagger(HashedEncoder(), train(calls[:2], HashedEncoder(), TINY))
    direct = evaluate_corpus(calls[2:], tagger)
    assert not direct.held_out
    report = evaluate_held_out(calls[:4], HashedEncoder(), calls[4:], TINY, folds=2)
    assert report.held_out
    assert sorted(call for fold in report.folds for call in fold.calls) == [c.call_id for c in calls[:4]]
    assert sum(score.calls for score in report.languages) == 4
    document = report.to_json()
    assert document["method"] == "held_out"
    assert document["languages"]["zh"]["events"]["opening"]["gold"] > 0
    assert "held-out" in report.to_text()


def test_too_few_calls_to_hold_out_are_refused() -> None:
    """Three calls make no four folds: one line says how many are needed."""
    with pytest.raises(CorpusError, match=r"3 calls are too few .* at least 8"):
        evaluate_held_out(some_calls(2)[:3], HashedEncoder())


def said(call: AnnotatedCall, believed: NDArray[np.bool_]) -> Prediction:
    """What a tagger without any doubt makes of a call."""
    allowed = allowed_events([turn.speaker for turn in call.turns])
    return Prediction(believed.astype(np.float64), allowed, believed, believed, np.zeros_like(believed))


def test_a_perfect_tagger_scores_one_and_a_silent_one_none_or_zero() -> None:
    """The figures of two taggers whose answers are known."""
    calls = some_calls(2)
    perfect = score_calls(calls, [said(call, labels_of(call) > 0) for call in calls])
    assert [score.macro_f1 for score in perfect] == [1.0, 1.0]
    assert all(score.trust.calibration_error == 0 and score.trust.precision == 1.0 for score in perfect)
    silent = score_calls(calls, [said(call, np.zeros((len(call.turns), 13), dtype=np.bool_)) for call in calls])
    assert [score.macro_f1 for score in silent] == [0.0, 0.0]
    assert all(score.trust.calibration_error > 0 and score.trust.precision is None for score in silent)


def test_an_event_without_gold_counts_only_once_predicted() -> None:
    """Neither in the gold nor predicted: left out; predicted all the same: F1 of 0."""
    nothing, invented, right = EventScore(0, 0, 0), EventScore(0, 3, 0), EventScore(2, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert (invented.precision, invented.recall, invented.f1) == (0.0, None, 0.0)
    trust = Trust(0.0, (), (), None, None, 0.0)
    assert LanguageScore("en", 1, 5, (nothing, right), trust).macro_f1 == 1.0
    assert LanguageScore("en", 1, 5, (invented, right), trust).macro_f1 == 0.5


def test_noise_keeps_every_event_and_speaker() -> None:
    """Noise loses turns without events, joins neighbours, blurs words; the events stay what they were."""
    rng = np.random.default_rng(3)
    encoder = HashedEncoder()
    scaling = np.zeros(encoder.dim, dtype=np.float32), np.ones(encoder.dim, dtype=np.float32)
    sure = Noise(unknown_speakers=0.0, cropped=0.0, lost_turns=0.5, joined_turns=0.5)
    for call in some_calls(5):
        example = Example(features_of(call, encoder, scaling), labels_of(call))
        noisy = perturbed(example, sure, rng)
        assert 0 < len(noisy.features) < len(example.features)
        assert noisy.features.embeddings.shape == (len(noisy.features), encoder.dim)
        assert (noisy.labels.any(axis=0) == example.labels.any(axis=0)).all()
        assert not (noisy.labels.astype(bool) & ~noisy.features.allowed).any()
        grams = np.unique(np.concatenate(example.features.lexical))
        assert np.isin(np.concatenate(noisy.features.lexical), grams).all()


def test_a_stretch_is_heard_as_if_it_were_all() -> None:
    """A cropped call is a run of its turns, whose first and last have the places of a first and a last turn."""
    call = some_calls(1)[0]
    encoder = HashedEncoder()
    scaling = np.zeros(encoder.dim, dtype=np.float32), np.ones(encoder.dim, dtype=np.float32)
    example = Example(features_of(call, encoder, scaling), labels_of(call))
    only = Noise(unknown_speakers=0, cropped=1, lost_turns=0, joined_turns=0, lost_grams=0, lost_signs=0, blur=0)
    sizes = set()
    for seed in range(20):
        heard = perturbed(example, only, np.random.default_rng(seed))
        count = len(heard.features)
        sizes.add(count)
        rows = [(heard.labels == example.labels[i : i + count]).all() for i in range(len(call.turns) - count + 1)]
        assert any(rows)
        np.testing.assert_array_equal(heard.features.context[:, PLACE_COLUMNS], places(count))
    assert len(sizes) > 5


def test_without_noise_nothing_changes() -> None:
    """All shares zero give the call back."""
    call = some_calls(1)[0]
    encoder = HashedEncoder()
    scaling = np.zeros(encoder.dim, dtype=np.float32), np.ones(encoder.dim, dtype=np.float32)
    example = Example(features_of(call, encoder, scaling), labels_of(call))
    same = perturbed(example, Noise(0, 0, 0, 0, 0, 0, 0), np.random.default_rng(0))
    np.testing.assert_array_equal(same.features.embeddings, example.features.embeddings)
    np.testing.assert_array_equal(same.features.context, example.features.context)
    np.testing.assert_array_equal(same.labels, example.labels)


def test_a_call_of_one_turn_is_no_trouble() -> None:
    """The shortest call goes through training, tagging and scoring."""
    call = AnnotatedCall("one", "en", (AnnotatedTurn("rep", "Hi, Ann from Paylark", ("opening",)),))
    head = train([*some_calls(2), call], HashedEncoder(), TINY)
    assert evaluate(HeadTagger(HashedEncoder(), head), [call]).languages[0].turns == 1

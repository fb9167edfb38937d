"""Evaluation of a tagger, on small data."""

import numpy as np
import pytest
from numpy.typing import NDArray

from nlp.corpus.annotations import AnnotatedCall, CorpusError
from nlp.evaluation.measurement import Prediction, evaluate, evaluate_corpus, evaluate_held_out, score_calls
from nlp.evaluation.scores import EventScore, LanguageScore, Trust
from nlp.tagging.features import allowed_events
from nlp.tagging.head import HeadOptions
from nlp.tagging.tagger import HeadTagger
from nlp.training.head import TrainingOptions, labels_of, train
from tests.annotated import some_calls
from tests.fakes_nlp import HashedEncoder

TINY = TrainingOptions(head=HeadOptions(projection=16, hidden=8, lexical=4, epochs=4, batch=4, seeds=(1, 2)), folds=2)


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


def test_calls_that_the_encoder_knows_are_told() -> None:
    """Figures on what the encoder itself has learned from flatter, held out or not, and the report says so."""
    calls = some_calls(4)
    encoder = HashedEncoder()
    assert evaluate(HeadTagger(encoder, train(calls, encoder, TINY)), calls).taught_calls == 0
    knowing = _Knowing(frozenset(call.digest for call in calls[:3]))
    direct = evaluate(HeadTagger(knowing, train(calls, knowing, TINY)), calls)
    held_out = evaluate_held_out(calls, knowing, options=TINY, folds=2)
    assert (direct.taught_calls, held_out.taught_calls) == (3, 3)
    assert "learned from 3 of these calls" in direct.to_text()
    assert direct.to_json()["taught_calls"] == 3


class _Knowing(HashedEncoder):
    """An encoder that learned from some calls."""

    def __init__(self, trained_on: frozenset[str]) -> None:
        super().__init__()
        self.trained_on = trained_on

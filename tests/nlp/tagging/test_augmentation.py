"""Calls as a recogniser might have heard them."""

import numpy as np

from nlp.tagging.augmentation import Example, Noise, perturbed
from nlp.tagging.features import PLACE_COLUMNS, places
from nlp.training.head import features_of, labels_of
from tests.annotated import some_calls
from tests.fakes_nlp import HashedEncoder


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

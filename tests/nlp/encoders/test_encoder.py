"""The contract of encoders, on the fake, the embedded ones and a tiny transformer."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from nlp.encoders.encoder import (
    Encoder,
    EncoderError,
    JoinedEncoder,
    RememberingEncoder,
    SmallE5Encoder,
    TransformersEncoder,
    UniversalSentenceEncoder,
    Vectors,
)
from nlp.encoders.turn_encoder import TurnEncoder
from tests.fakes_nlp import HashedEncoder
from tests.fakes_transformers import tiny_bert


@pytest.fixture(scope="module")
def tiny_transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("tiny-bert"))


@cache
def small_e5() -> Encoder:
    return SmallE5Encoder()


@cache
def universal() -> Encoder:
    return UniversalSentenceEncoder()


ENCODERS: dict[str, Callable[[], Encoder]] = {
    "fake": HashedEncoder,
    "use": universal,
    "e5": small_e5,
    "turns": TurnEncoder,
    "joined": lambda: JoinedEncoder([HashedEncoder(), universal()]),
    "remembering": lambda: RememberingEncoder(HashedEncoder()),
}


def check_contract(encoder: Encoder) -> None:
    texts = ["the price is high", "价格太贵了", "", "a\x00b", "the price is high"]
    vectors = encoder.encode(texts)
    assert vectors.shape == (5, encoder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(encoder.encode(texts[:1])[0], vectors[0], atol=1e-4)
    assert encoder.encode([]).shape == (0, encoder.dim)
    assert len(encoder.weights_hash) == 64


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_keeps_the_contract(name: str) -> None:
    """Unit float32 rows, one per text, each independent of its neighbours; empty texts are allowed."""
    check_contract(ENCODERS[name]())


def test_a_transformers_folder_keeps_the_contract(tiny_transformer: Path) -> None:
    """A folder is loaded without the network; padding does not change a text's vector."""
    check_contract(TransformersEncoder(tiny_transformer, device="cpu"))


def test_the_hash_follows_the_weights(tiny_transformer: Path) -> None:
    """The same folder hashes the same; one changed parameter changes the hash."""
    encoder = TransformersEncoder(tiny_transformer, device="auto")
    before = encoder.weights_hash
    assert before == TransformersEncoder(tiny_transformer).weights_hash
    next(encoder.model.parameters()).data[0, 0] += 1
    assert encoder.weights_hash != before


def test_nothing_is_downloaded_unasked() -> None:
    """A hub name that is not on disk is refused with one line, without a request."""
    with pytest.raises(EncoderError, match="encoder nobody/nothing: cannot be loaded") as caught:
        TransformersEncoder("nobody/nothing")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_is_refused_where_there_is_none(tiny_transformer: Path) -> None:
    """Asked for by name, a missing device is an error, not a silent fall-back."""
    with pytest.raises(EncoderError, match="use cpu or auto"):
        TransformersEncoder(tiny_transformer, device="cuda")


@pytest.mark.parametrize("encoder", [universal, small_e5])
def test_the_embedded_encoders_know_both_languages(encoder: Callable[[], Encoder]) -> None:
    """A sentence is nearer to its translation than to another sentence of its own language."""
    zh, en, other = encoder().encode(["这个价格太贵了", "This price is too expensive", "我们周三下午见面吧"])
    assert zh @ en > zh @ other


def test_remembered_texts_are_not_encoded_again() -> None:
    """Each distinct text reaches the encoder once."""
    asked: list[str] = []

    class Counting(HashedEncoder):
        def encode(self, texts: Sequence[str]) -> Vectors:
            asked.extend(texts)
            return super().encode(texts)

    encoder = RememberingEncoder(Counting())
    encoder.encode(["a", "b", "a"])
    encoder.encode(["b", "c"])
    assert asked == ["a", "b", "c"]

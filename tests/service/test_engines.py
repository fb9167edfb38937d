"""What names a transcript, and how the jobs of a process share the cores."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from asr.diarize import CamPlusEmbedder, VoiceError
from asr.lanes import Split
from asr.vad import VadOptions
from asr.weights import find_weights
from fakes import FakeRespeller, FakeRoleTeller
from service.engines import LazyEngines
from service.settings import Settings, SettingsError


def no_voices(threads: int) -> CamPlusEmbedder:
    """As where the voices' weights are not installed."""
    raise VoiceError("not installed")


@pytest.fixture(scope="module")
def home(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the joined weights, and without notes of how fast this machine is."""
    home = tmp_path_factory.mktemp("home")
    (home / "weights").mkdir()
    joined = find_weights(cache=weights)
    (home / "weights" / joined.name).symlink_to(joined)
    return home


def name(home: Path, **settings: Any) -> str:
    """The name of what engines with these settings transcribe."""
    return LazyEngines(Settings(home=home, **{"device": "cpu", "threads": 1, **settings})).asr_hash


@pytest.fixture(scope="module")
def usual(home: Path) -> str:
    """The name by the usual settings, taken once: an engine is loaded for it."""
    return name(home)


def test_the_name_of_a_transcript_is_short_and_stays(home: Path, usual: str) -> None:
    """Two processes with the same settings, on any number of threads, agree."""
    assert usual == name(home) == name(home, threads=2)
    assert len(usual) == 32
    assert int(usual, 16)


@pytest.mark.parametrize(
    "settings", [{"rep_channel": 1}, {"compute_type": "float32"}, {"speakers": "auto"}, {"respell": "off"}]
)
def test_settings_that_change_a_transcript_change_its_name(home: Path, usual: str, settings: dict[str, Any]) -> None:
    """A recording is transcribed again when what is asked for differs."""
    assert name(home, **settings) != usual


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("service.engines.recording.VERSION", 1_000_000),
        ("service.engines.weights_hash", lambda folder: "other"),
        ("asr.vad.SileroDetector.weights_hash", "other"),
        ("asr.diarize.CamPlusEmbedder.weights_hash", "other"),
        ("service.engines.load_roles", FakeRoleTeller),
        ("service.engines.load_respeller", FakeRespeller),
        ("service.engines.CamPlusEmbedder", no_voices),
        ("asr.vad.VadOptions", lambda: VadOptions(threshold=0.5)),
    ],
)
def test_code_and_weights_change_the_name(
    home: Path, usual: str, target: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transcript of older code or of other weights is not taken for a new one."""
    monkeypatch.setattr(target, value)
    assert name(home) != usual


def test_as_many_transcriptions_run_at_once_as_jobs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each job has its share of the cores, at least one, split into lanes as was fastest; workers serve all lanes."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(4)), raising=False)
    monkeypatch.setattr("service.engines.fastest", lambda choices, seconds: choices[0])
    monkeypatch.setattr("service.engines.remembered", lambda path, key, measure: measure())
    for concurrency, threads, lanes in ((1, 1, 4), (2, 1, 2), (3, 1, 1), (8, 1, 1)):
        options = LazyEngines(Settings(home=home, device="cpu"), concurrency)._options()
        assert (options.cpu_threads, options.lanes) == (threads, lanes)
        assert options.workers == concurrency * lanes


def test_a_split_is_measured_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fastest of the splits is taken, and the next start takes it from the notes without measuring."""
    measured: list[Split] = []

    def fastest(choices: Sequence[Split], seconds: Callable[[Split], float]) -> Split:
        measured.extend(choices)
        return choices[-1]

    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(3)), raising=False)
    monkeypatch.setattr("service.engines.fastest", fastest)
    settings = Settings(home=home, device="cpu")
    options = [LazyEngines(settings)._options() for _ in range(2)]
    assert measured == [Split(3, 1), Split(1, 3)]
    assert [(o.lanes, o.cpu_threads) for o in options] == [(1, 3), (1, 3)]


def remote_name(**settings: Any) -> str:
    """The name of what a server with these settings transcribes."""
    return LazyEngines(Settings(engine="openai", **{"remote_url": "http://gpu-box:8000", **settings})).asr_hash


def test_server_and_model_name_the_transcript() -> None:
    """Another server or model transcribes again; the key, the patience and the way of writing the address don't."""
    changes: list[dict[str, Any]] = [{}, {"remote_url": "http://other"}, {"remote_model": "big"}, {"rep_channel": 1}]
    assert len({remote_name(**change) for change in changes}) == 4
    same = remote_name(
        remote_url="http://gpu-box:8000/v1/", remote_key=SecretStr("k"), remote_timeout_s=5, remote_parallel=1
    )
    assert same == remote_name()


def test_a_server_needs_an_address() -> None:
    """Without one the setting is named before anything is transcribed."""
    with pytest.raises(SettingsError, match="CLEARCALL_REMOTE_URL: missing; engine 'openai' needs"):
        _ = LazyEngines(Settings(engine="openai")).asr_hash


@pytest.mark.parametrize(
    ("engine", "respell", "wanted"),
    [
        ("whisper", "auto", True),
        ("openai", "auto", False),
        ("openai", "on", True),
        ("whisper", "off", False),
    ],
)
def test_only_our_own_recognizer_is_respelt_unasked(engine: str, respell: str, wanted: bool) -> None:
    """A server may tell no confidence, and then nothing says which of its characters are in doubt."""
    settings = Settings.model_validate({"engine": engine, "respell": respell})
    assert (LazyEngines(settings).respeller is not None) == wanted

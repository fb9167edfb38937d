"""Settings come from the environment, once, and wrong ones are named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.settings import Settings, SettingsError, settings

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A variable sets its field, and what derives from it follows."""
    monkeypatch.setenv("CLEARCALL_HOME", str(tmp_path))
    monkeypatch.setenv("CLEARCALL_REP_CHANNEL", "1")
    assert settings().recordings == tmp_path / "recordings"
    assert settings().rep_channel == 1


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CLEARCALL_DEVICE", "tpu", "CLEARCALL_DEVICE: Input should be 'auto', 'cpu' or 'cuda', got 'tpu'"),
        ("CLEARCALL_COLOUR", "red", "unknown setting CLEARCALL_COLOUR; the settings are CLEARCALL_HOME"),
        ("CLEARCALL_MAX_UPLOAD_MB", "0", "CLEARCALL_MAX_UPLOAD_MB: Input should be greater than or equal to 1"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    """The message names the variable, what is allowed and what was given."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        settings()
    assert str(caught.value).startswith(message)


def test_the_readme_lists_every_setting() -> None:
    """No setting is missing from the README's table."""
    text = README.read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"`CLEARCALL_{name.upper()}`" not in text]
    assert missing == []


def test_the_key_is_not_shown() -> None:
    """Settings in a log or a traceback hide the key."""
    assert "sk-secret" not in repr(Settings(remote_key=SecretStr("sk-secret")))

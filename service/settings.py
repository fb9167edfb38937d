"""Every setting of Clearcall, read once from the environment (``CLEARCALL_…``)."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.database import default_home

_PREFIX = "CLEARCALL_"


class SettingsError(Exception):
    """A setting that cannot be used; one line a setting."""


class Settings(BaseSettings):
    """The settings table of the README is made from these fields and their descriptions."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid")

    home: Path = Field(
        default_factory=default_home, description="folder of recordings, weights and the embedded database"
    )
    database_url: str | None = Field(
        default=None, description="a PostgreSQL of your own; without it the embedded one is used"
    )
    engine: Literal["whisper", "openai"] = Field(
        default="whisper", description="what transcribes: Whisper here, or a server of the OpenAI transcription API"
    )
    model: str = Field(default="base", description="Whisper size, folder or hub name")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="where Whisper runs")
    compute_type: str = Field(
        default="auto", description="CTranslate2 compute type; auto is int8 on a CPU, float16 on a GPU"
    )
    threads: int = Field(default=0, ge=0, description="threads of one transcription; 0 is all cores")
    remote_url: str | None = Field(
        default=None, description="address of the server of engine `openai`, such as `http://gpu-box:8000/v1`"
    )
    remote_model: str = Field(default="whisper-1", description="what the server calls the model it is to use")
    remote_key: SecretStr = Field(default=SecretStr(""), description="the server's API key")
    remote_timeout_s: float = Field(default=60.0, gt=0, description="how long one answer of the server may take")
    remote_parallel: int = Field(
        default=4, ge=1, le=64, description="clips of one recording sent to the server at once"
    )
    rep_channel: int = Field(default=0, ge=0, le=1, description="channel of the rep in two-channel recordings")
    speakers: Annotated[int, Field(ge=1, le=8)] | Literal["auto"] = Field(
        default=2, description="voices told apart in recordings with one channel for all; `auto` finds out how many"
    )
    respell: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Mandarin in likelier characters of the same sound where the recognizer was in doubt; "
        "`auto` does so for Whisper here, not for a server",
    )
    cautious: bool = Field(
        default=False,
        description="key events count as present only when that is right nine times in ten; more stay unknown",
    )
    head: Path | None = Field(
        default=None,
        description="tagging head of your own, as `clearcall nlp train --output` writes it; without it the shipped one",
    )
    sop_zh: str = Field(default="zh-telesales", description="SOP that scores Chinese calls")
    sop_en: str = Field(default="en-b2b", description="SOP that scores English calls")
    max_upload_mb: int = Field(default=1024, ge=1, description="largest recording and largest upload request, in MiB")
    session_hours: int = Field(default=12, ge=1, description="how long a sign-in lasts")
    secure_cookies: bool = Field(
        default=False, description="send cookies over https only; set it wherever https is served"
    )
    login_attempts: int = Field(default=8, ge=1, description="failed sign-ins before an account has to wait")
    login_window_s: int = Field(default=300, ge=1, description="seconds in which failed sign-ins are counted")

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @property
    def voices(self) -> int | None:
        """``speakers`` as a number, None to find out."""
        return None if self.speakers == "auto" else self.speakers

    @property
    def respells(self) -> bool:
        """Whether Mandarin is spelt anew; servers often tell no confidence, and theirs may be a better model."""
        return self.respell == "on" or (self.respell == "auto" and self.engine == "whisper")

    @property
    def recordings(self) -> Path:
        """Folder of the recordings' files."""
        return self.home / "recordings"

    @property
    def weights(self) -> Path:
        """Folder that weights are joined or downloaded into."""
        return self.home / "weights"


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: a value is refused, or a ``CLEARCALL_`` variable has no meaning.
    """
    unknown = [
        name
        for name in os.environ
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX).lower() not in Settings.model_fields
    ]
    if unknown:
        known = ", ".join(_PREFIX + name.upper() for name in Settings.model_fields)
        raise SettingsError(f"unknown setting {', '.join(sorted(unknown))}; the settings are {known}")
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{_PREFIX}{e['loc'][0]!s}".upper() + f": {e['msg']}, got {e['input']!r}" for e in error.errors()]
        raise SettingsError("\n".join(lines)) from error

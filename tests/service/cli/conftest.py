"""A command line in a home of its own, and the speech that it works on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import structlog
from numpy.typing import NDArray

from asr.audio import decode
from commands import DEMO, RATE_HZ, Run
from models.database import Database
from service import cli
from service import settings as settings_module


@pytest.fixture
def clearcall(
    database: Database,
    tmp_path: Path,
    weights: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Runs a command in a home of its own; gives exit code, lines of output, and errors."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "weights").symlink_to(weights)
    monkeypatch.setenv("CLEARCALL_HOME", str(home))
    monkeypatch.setenv("CLEARCALL_DATABASE_URL", database.conninfo)
    # Tests run side by side, a process a core; and how fast this machine is need not be measured.
    monkeypatch.setenv("CLEARCALL_THREADS", "1")
    settings_module.settings.cache_clear()
    logs = structlog.get_config()

    def run(*arguments: str) -> tuple[int, list[str], str]:
        monkeypatch.setattr(sys, "argv", ["clearcall", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err

    yield run
    settings_module.settings.cache_clear()
    structlog.configure(**logs)


@pytest.fixture(scope="session")
def speech() -> NDArray[np.float32]:
    """Twelve seconds of a Chinese call, both channels, 16 kHz."""
    samples: NDArray[np.float32] = decode(DEMO / "audio" / "zh-demo-001.ogg").samples[:, : 12 * RATE_HZ]
    return samples

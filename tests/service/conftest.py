"""What is dear to make and made once in a process: the scored demo, which tests copy, and the recognizer's weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import Demo, copy_of, copy_of_demo
from fakes_web import seed
from service.settings import Settings


@pytest.fixture(scope="session")
def seeded_demo(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo that others are copied from, scored from gold; nobody else may connect to it."""
    settings = Settings(home=tmp_path_factory.mktemp("seeded"))
    with copy_of(template) as database:
        calls = seed(database, settings)
        database.close()
        yield Demo(database, settings, calls)


@pytest.fixture(scope="module")
def scored_demo(seeded_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, scored from gold, for the tests of one module."""
    with copy_of_demo(seeded_demo, tmp_path_factory.mktemp("home")) as copied:
        yield copied


@pytest.fixture
def own_demo(seeded_demo: Demo, tmp_path: Path) -> Iterator[Demo]:
    """The demo, scored from gold, for one test, which may change it."""
    with copy_of_demo(seeded_demo, tmp_path) as copied:
        yield copied


@pytest.fixture(scope="session")
def weights(server_home: Path) -> Path:
    """Where the recognizer's bundled weights are joined, by the first who needs them."""
    folder = server_home / "weights"
    folder.mkdir(exist_ok=True)
    return folder

"""What commands log: the error and its way, and nothing that was said or is secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from service.cli.console import configure_logs


@pytest.fixture
def logs() -> Iterator[None]:
    """Logs as the commands set them up, for one test."""
    before = structlog.get_config()
    configure_logs()
    yield
    structlog.configure(**before)


def fail(said: str) -> None:
    """An error in a function that holds what a customer said."""
    raise RuntimeError(f"{len(said)} letters are too many")


@pytest.mark.usefixtures("logs")
def test_an_error_is_logged_without_the_values_of_variables(caplog: pytest.LogCaptureFixture) -> None:
    """The reason and the lines that led to it are told, and not what the functions held."""
    try:
        fail("my card number is 4929")
    except RuntimeError as error:
        structlog.get_logger("worker").error("job failed", exc_info=error)
    assert "RuntimeError: 22 letters are too many" in caplog.text
    assert "in fail" in caplog.text
    assert "4929" not in caplog.text.replace('fail("my card number is 4929")', "")

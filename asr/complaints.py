"""What a server, or the way to it, has to say when it does not serve: one line for a person."""

from __future__ import annotations

from typing import Any

import httpx


def retry_after_s(response: httpx.Response) -> float:
    """What the server asks for; 0 where it asks for nothing or gives a date."""
    try:
        return max(float(response.headers.get("retry-after", "0")), 0.0)
    except ValueError:
        return 0.0


def broken(error: httpx.HTTPError, timeout_s: float) -> str:
    """Why no answer came."""
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        return f"can't be reached ({_line(str(error)) or type(error).__name__}); is the server running?"
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {timeout_s:g} s; allow more time or fewer clips at once"
    return f"the connection broke ({_line(str(error)) or type(error).__name__})"


def told(response: httpx.Response, secret: str = "") -> str:
    """The status, with the message that the server wrote, if any, in the forms of OpenAI and FastAPI.

    A server may repeat the key that it refuses; nobody else is to read it.
    """
    status = f"{response.status_code} {response.reason_phrase}".strip()
    if response.is_redirect:
        return f"{status} to {_line(response.headers.get('location', ''))}"
    try:
        document = response.json()
    except ValueError:
        return status
    message: Any = document
    for key in ("error", "message", "detail"):
        message = message.get(key, message) if isinstance(message, dict) else message
    if isinstance(message, str) and secret:
        message = message.replace(secret, "…")
    return f"{status}: {_line(message)}" if isinstance(message, str) and message else status


def _line(text: str) -> str:
    """The first line, cut at a length that a person reads."""
    first = text.strip().splitlines()[0] if text.strip() else ""
    return first if len(first) <= 200 else f"{first[:199]}…"

"""The largest request that is read: small for everything but recordings and imports."""

from __future__ import annotations

from fastapi import HTTPException, status
from fastapi.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SMALL = 1 << 20
_IMPORT = 64 << 20
_IMPORT_PATHS = "/api/import/"
_UPLOAD_PATHS = ("/api/recordings", "/settings/import")


class BodyLimit:
    """Middleware that answers 413 to a body that declares to be, or grows, larger than its limit."""

    def __init__(self, app: ASGIApp, upload_bytes: int) -> None:
        self.app = app
        self.upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            await PlainTextResponse(_told(limit), status.HTTP_413_CONTENT_TOO_LARGE)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # Raised where the body is read, and answered like any error of the route that reads it.
                raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, _told(limit))
            return message

        await self.app(scope, counted, send)

    def _limit(self, path: str) -> int:
        if path in _UPLOAD_PATHS:
            return self.upload_bytes
        return _IMPORT if path.startswith(_IMPORT_PATHS) else _SMALL


def _told(limit: int) -> str:
    return f"the request is larger than {limit >> 20} MiB"

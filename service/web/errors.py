"""What a person sees when a page can't be shown; programs get JSON instead."""

from __future__ import annotations

from typing import cast

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from service.people.sessions import SignedIn
from service.web.rendering import render

_EXPLAINED = (400, 403, 404, 405, 413, 422, 429, 500)


def handle_errors(app: FastAPI) -> None:
    """Show an error as a page in the reader's language, or as JSON under ``/api``."""
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DataError, _data_error)
    app.add_exception_handler(Exception, _unexpected)


def error_page(request: Request, status_code: int) -> Response:
    """The page for an HTTP status."""
    shown = status_code if status_code in _EXPLAINED else 500
    signed: SignedIn | None = getattr(request.state, "signed_in", None)
    viewer = signed.viewer if signed else None
    return render(request, "error.html", viewer, {"status": shown}, status_code=status_code)


def _is_program(request: Request) -> bool:
    return request.url.path.startswith("/api/") or request.url.path == "/api"


async def _http_error(request: Request, error: Exception) -> Response:
    http = cast(HTTPException, error)
    if _is_program(request) or http.status_code < 400:
        return await http_exception_handler(request, http)
    return error_page(request, http.status_code)


async def _data_error(request: Request, error: Exception) -> Response:
    """Wherever a NUL byte came in (address, form, upload), the database's driver is the one that refuses it."""
    if not isinstance(error, DataError) or "NUL (0x00)" not in str(error.orig):
        raise error
    return await _http_error(request, HTTPException(400, "a text holds a NUL byte: leave it out"))


async def _unexpected(request: Request, _error: Exception) -> Response:
    if _is_program(request):
        return JSONResponse({"detail": "internal error"}, 500)
    return error_page(request, 500)

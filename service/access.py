"""The dependencies of every route: the transaction, the viewer, and the guard against forged forms."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request, status
from sqlalchemy.orm import Session

from models.database import Database
from service.people.sessions import COOKIE, SignedIn, signed_in_by_cookie, signed_in_by_token
from service.people.viewer import Viewer
from service.settings import Settings


class NotSignedIn(Exception):
    """Nobody is signed in: a page leads to the sign-in, the API answers 401."""

    def __init__(self, next_path: str) -> None:
        super().__init__(next_path)
        self.login_path = f"/login?next={quote(next_path, safe='')}"


def database(request: Request) -> Database:
    """The database of this application."""
    return request.app.state.database  # type: ignore[no-any-return]


def app_settings(request: Request) -> Settings:
    """The settings this application was made with."""
    return request.app.state.settings  # type: ignore[no-any-return]


def transaction(database: Annotated[Database, Depends(database)]) -> Iterator[Session]:
    """One request is one transaction: committed when the route returns, rolled back when it raises.

    A server that stops may drop a request before its transaction has been ended. Its connection is then given up
    instead of rolled back: the route may still be using it in its thread, and the database may be gone.
    """
    with database.transaction() as session:
        try:
            yield session
        except GeneratorExit:
            session.invalidate()
            raise


Transaction = Annotated[Session, Depends(transaction, scope="function")]
"""Committed before the answer is sent, so that whoever reads it finds what it says."""


def web_session(request: Request, database: Annotated[Database, Depends(database)]) -> SignedIn | None:
    """The signed-in browser, if any; also remembered on the request for templates.

    Looked up in a transaction of its own, which is over before the request's work begins: a body
    that comes slowly, or an answer that never ends, holds no connection.
    """
    token = request.cookies.get(COOKIE)
    signed = None
    if token:
        with database.transaction() as session:
            signed = signed_in_by_cookie(session, token)
    request.state.signed_in = signed
    return signed


def signed_in(
    request: Request,
    database: Annotated[Database, Depends(database)],
    web: Annotated[SignedIn | None, Depends(web_session)],
) -> Viewer:
    """The viewer of this request, by API token or by cookie.

    A request that brings an API token is judged by it alone.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        with database.transaction() as session:
            viewer = signed_in_by_token(session, token.strip())
        if viewer is None:
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "unknown or revoked API token")
        request.state.by_token = True
        return viewer
    if web is None:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise NotSignedIn(target if request.method == "GET" else "/")
    return web.viewer


def csrf_token(request: Request) -> str:
    """The token a form of this browser must send back; empty when nobody is signed in."""
    signed: SignedIn | None = getattr(request.state, "signed_in", None)
    return signed.csrf_token if signed else ""


async def check_csrf(request: Request, _viewer: Annotated[Viewer, Depends(signed_in)]) -> None:
    """Refuse a change asked for by another site's page.

    A browser sends its cookie with any request, so the token of the page must come with it, in the
    header ``X-CSRF-Token`` or the form field ``csrf_token``. API tokens are never sent by a browser
    on its own.
    """
    if getattr(request.state, "by_token", False):
        return
    sent = request.headers.get("x-csrf-token")
    if sent is None and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        field = (await request.form()).get("csrf_token")
        sent = field if isinstance(field, str) else None
    if not sent or not secrets.compare_digest(sent.encode(), csrf_token(request).encode()):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "this form is out of date: reload the page and try again")


SignedInViewer = Annotated[Viewer, Depends(signed_in)]

"""Signing in and out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, status
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from service.access import Transaction, app_settings, check_csrf, web_session
from service.people.sessions import COOKIE, SignedIn, SignInError, sign_in, sign_out
from service.settings import Settings
from service.web.mounting import local_path
from service.web.rendering import reader, render

router = APIRouter(include_in_schema=False)

_LONGEST = 300

WebSession = Annotated[SignedIn | None, Depends(web_session)]
AppSettings = Annotated[Settings, Depends(app_settings)]
Field = Annotated[str, Form(max_length=_LONGEST)]


@router.get("/login")
def login_page(request: Request, web: WebSession, next: Annotated[str, Query()] = "/") -> Response:
    """The sign-in form; who is signed in already goes on."""
    if web is not None:
        return RedirectResponse(local_path(next), status.HTTP_303_SEE_OTHER)
    return _form(request, next, "", "")


@router.post("/login")
def login(
    request: Request,
    session: Transaction,
    settings: AppSettings,
    email: Field = "",
    password: Field = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Sign in and go on to where the person wanted to be."""
    _refuse_other_sites(request)
    address = request.client.host if request.client else ""
    try:
        token = sign_in(session, settings, email, password, address)
    except SignInError as error:
        return _refused(request, error, next, email)
    response = RedirectResponse(local_path(next), status.HTTP_303_SEE_OTHER)
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings.session_hours * 3600,
        httponly=True,
        secure=settings.secure_cookies,
        samesite="lax",
    )
    return response


@router.post("/logout", dependencies=[Depends(check_csrf)])
def logout(request: Request, session: Transaction) -> Response:
    """End the web session, here and on the server."""
    _close(session, request.cookies.get(COOKIE))
    response = RedirectResponse("/login", status.HTTP_303_SEE_OTHER)
    response.delete_cookie(COOKIE)
    return response


def _close(session: Session, token: str | None) -> None:
    if token:
        sign_out(session, token)


def _refused(request: Request, error: SignInError, target: str, email: str) -> Response:
    t = reader(request, None).t
    if error.retry_after_s is None:
        return _form(request, target, email, t("login.wrong"), status.HTTP_401_UNAUTHORIZED)
    minutes = -(-error.retry_after_s // 60)
    response = _form(request, target, email, t("login.wait", n=minutes), status.HTTP_429_TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _form(request: Request, target: str, email: str, failure: str, status_code: int = status.HTTP_200_OK) -> Response:
    context = {"next": local_path(target), "email": email, "failure": failure}
    return render(request, "login.html", None, context, status_code=status_code)


def _refuse_other_sites(request: Request) -> None:
    """Before signing in there is no token to check; a browser tells which site a form came from.

    ``null`` is a sandboxed frame, which any site can make.
    """
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "this form was sent from another site")

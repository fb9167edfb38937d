"""Signing in and out: web sessions, API tokens and the rate limit on guessing.

Secrets are random 256-bit strings; only their SHA-256 is stored, so a copy of the database opens no
door.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from models.people import ApiToken, LoginAttempt, User, WebSession
from service.people.passwords import is_password
from service.people.viewer import Viewer
from service.settings import Settings

COOKIE = "clearcall_session"
# Guesses spread over many accounts from one address: allow an office behind one address more.
_ADDRESS_FACTOR = 5


class SignInError(Exception):
    """Signing in failed. ``retry_after_s`` is set when there were too many failures."""

    def __init__(self, code: str, retry_after_s: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A valid web session."""

    viewer: Viewer
    csrf_token: str


def sign_in(session: Session, settings: Settings, email: str, password: str, address: str) -> str:
    """Open a web session and return the secret for its cookie.

    Raises:
        SignInError: ``wrong_credentials``, or ``too_many_attempts`` with ``retry_after_s``. The
            failed attempt is recorded on ``session``: commit it.
    """
    email = email.strip().lower()
    _refuse_guessing(session, settings, email, address)
    user = session.scalar(select(User).where(User.email == email, User.deactivated_at.is_(None)))
    if not is_password(password, user.password_hash if user else None) or user is None:
        session.add(LoginAttempt(email=email, address=address))
        raise SignInError("wrong_credentials")
    session.execute(delete(LoginAttempt).where(LoginAttempt.email == email))
    session.execute(delete(WebSession).where(WebSession.expires_at < func.now()))
    token = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            token_hash=hashed(token),
            user_id=user.id,
            csrf_token=secrets.token_urlsafe(32),
            expires_at=datetime.now(UTC) + timedelta(hours=settings.session_hours),
        )
    )
    return token


def _refuse_guessing(session: Session, settings: Settings, email: str, address: str) -> None:
    since = datetime.now(UTC) - timedelta(seconds=settings.login_window_s)
    by_email, by_address, oldest = session.execute(
        select(
            func.count().filter(LoginAttempt.email == email),
            func.count().filter(LoginAttempt.address == address),
            func.min(LoginAttempt.created_at),
        ).where(
            LoginAttempt.created_at > since,
            or_(LoginAttempt.email == email, LoginAttempt.address == address),
        )
    ).one()
    limit = settings.login_attempts
    if by_email >= limit or by_address >= limit * _ADDRESS_FACTOR:
        wait = (oldest - since).total_seconds()
        raise SignInError("too_many_attempts", retry_after_s=max(1, int(wait)))


def signed_in_by_cookie(session: Session, token: str) -> SignedIn | None:
    """Who holds this cookie, or None when it is unknown, expired, or its user deactivated."""
    row = session.execute(
        select(User, WebSession.csrf_token)
        .join(WebSession, WebSession.user_id == User.id)
        .where(
            WebSession.token_hash == hashed(token),
            WebSession.expires_at > func.now(),
            User.deactivated_at.is_(None),
        )
    ).one_or_none()
    return SignedIn(Viewer.of(row[0]), row[1]) if row else None


def signed_in_by_token(session: Session, token: str) -> Viewer | None:
    """Who holds this API token, or None."""
    row = session.execute(
        select(User, ApiToken.id)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(
            ApiToken.token_hash == hashed(token),
            ApiToken.revoked_at.is_(None),
            User.deactivated_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    # Not at every request: the row's lock would make requests of one token wait for each other.
    stale = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < func.now() - timedelta(minutes=1))
    session.execute(update(ApiToken).where(ApiToken.id == row[1], stale).values(last_used_at=func.now()))
    return Viewer.of(row[0])


def sign_out(session: Session, token: str) -> None:
    """Close the web session of this cookie."""
    session.execute(delete(WebSession).where(WebSession.token_hash == hashed(token)))


def new_api_token(session: Session, user: User, name: str) -> str:
    """Make an API token; the returned secret is shown once and never again."""
    token = f"cc_{secrets.token_urlsafe(32)}"
    session.add(ApiToken(user_id=user.id, name=name, token_hash=hashed(token)))
    return token


def hashed(token: str) -> str:
    """SHA-256 in hex. A fast hash is enough: the tokens are random, not chosen by people."""
    return hashlib.sha256(token.encode()).hexdigest()

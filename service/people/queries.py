"""Users and teams in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session, selectinload

from models.people import ROLES, ApiToken, Team, User, WebSession
from service.people.passwords import MIN_LENGTH, hash_password
from service.people.viewer import Viewer, visible_people


class UserError(Exception):
    """A user that cannot be added or found; the message says why."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """What is needed to add a person. ``team`` is a team's name; it is made when new."""

    name: str
    email: str
    role: str
    team: str | None = None
    password: str | None = None
    locale: str | None = None
    time_zone: str | None = None


def add_user(session: Session, new: NewUser) -> User:
    """Add a person.

    Raises:
        UserError: the e-mail address is taken or no address, the role unknown, the password short,
            or a rep or manager has no team.
    """
    email = new.email.strip().lower()
    _check(session, new, email)
    user = User(
        name=new.name.strip() or email,
        email=email,
        role=new.role,
        team_id=team_named(session, new.team).id if new.team else None,
        password_hash=hash_password(new.password) if new.password else None,
        locale=new.locale,
        time_zone=new.time_zone,
    )
    session.add(user)
    session.flush()
    return user


def _check(session: Session, new: NewUser, email: str) -> None:
    if "@" not in email.strip("@"):
        raise UserError(f"email: {new.email!r} is not an e-mail address")
    if new.role not in ROLES:
        raise UserError(f"role: expected one of {', '.join(ROLES)}, got {new.role!r}")
    if new.role != "admin" and not new.team:
        raise UserError(f"team: a {new.role} needs a team; give one with --team")
    if new.password is not None:
        _check_password(new.password)
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        raise UserError(f"email: {email} is already a user")


def _check_password(password: str) -> None:
    if len(password) < MIN_LENGTH:
        raise UserError(f"password: at least {MIN_LENGTH} characters are needed")


def team_named(session: Session, name: str) -> Team:
    """The team of this name, made when there is none."""
    session.execute(upsert(Team).values(name=name.strip()).on_conflict_do_nothing())
    return session.scalars(select(Team).where(Team.name == name.strip())).one()


def user_by_email(session: Session, email: str, *, deactivated_too: bool = False) -> User:
    """The user with this address; who is deactivated only when asked for.

    Raises:
        UserError: there is none.
    """
    query = select(User).where(User.email == email.strip().lower())
    if not deactivated_too:
        query = query.where(User.deactivated_at.is_(None))
    user = session.scalars(query).one_or_none()
    if user is None:
        raise UserError(f"email: no user {email.strip().lower()!r}; 'clearcall users list' shows them")
    return user


def list_users(session: Session, viewer: Viewer) -> list[User]:
    """The users this viewer may see, with their teams, by team and name."""
    query = (
        select(User)
        .outerjoin(Team)
        .where(visible_people(viewer), User.deactivated_at.is_(None))
        .order_by(Team.name.nulls_first(), User.role, User.name)
        .options(selectinload(User.team))
    )
    return list(session.scalars(query))


def count_users(session: Session) -> int:
    """How many people there are, deactivated ones included."""
    return session.scalar(select(func.count()).select_from(User)) or 0


def deactivate(session: Session, user: User) -> None:
    """Let a person in no more, and end their web sessions. Their calls stay; their API tokens sleep."""
    user.deactivated_at = user.deactivated_at or datetime.now(UTC)
    end_sessions(session, user)


def activate(user: User) -> None:
    """Let a deactivated person in again, by password and by the API tokens that are not revoked."""
    user.deactivated_at = None


def set_password(session: Session, user: User, password: str) -> None:
    """Change a password; whoever signed in with the old one has to sign in again.

    Raises:
        UserError: it is short.
    """
    _check_password(password)
    user.password_hash = hash_password(password)
    end_sessions(session, user)


def end_sessions(session: Session, user: User) -> None:
    """Sign a person out of every browser."""
    session.execute(delete(WebSession).where(WebSession.user_id == user.id))


def list_tokens(session: Session, user: User) -> Sequence[ApiToken]:
    """A person's API tokens that are not revoked, the oldest first."""
    query = select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    return session.scalars(query.order_by(ApiToken.created_at, ApiToken.id)).all()


def revoke_tokens(session: Session, user: User, name: str) -> int:
    """Make a person's API tokens of this name useless, and tell how many they were.

    Raises:
        UserError: there is none.
    """
    of_name = (ApiToken.user_id == user.id, ApiToken.name == name, ApiToken.revoked_at.is_(None))
    revoked = session.scalars(update(ApiToken).where(*of_name).values(revoked_at=func.now()).returning(ApiToken.id))
    if count := len(revoked.all()):
        return count
    raise UserError(f"name: {user.email} has no token {name!r}; 'clearcall users tokens {user.email}' shows them")

"""People: adding them, signing in, and who sees whose work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from models.database import Database
from models.people import ApiToken, LoginAttempt, User, WebSession
from service.people.passwords import hash_password, is_password
from service.people.queries import (
    NewUser,
    UserError,
    activate,
    add_user,
    deactivate,
    list_tokens,
    list_users,
    revoke_tokens,
    set_password,
    user_by_email,
)
from service.people.sessions import (
    SignInError,
    new_api_token,
    sign_in,
    sign_out,
    signed_in_by_cookie,
    signed_in_by_token,
)
from service.people.viewer import Viewer
from service.settings import Settings

ANA = NewUser("Ana", "Ana@Example.com", "rep", "North", "correct horse")


def test_a_password_is_known_only_by_its_argon2_hash() -> None:
    """The hash is argon2id, differs each time, and fits only its password."""
    one, two = hash_password("correct horse"), hash_password("correct horse")
    assert one.startswith("$argon2id$")
    assert one != two
    assert is_password("correct horse", one)
    assert not is_password("wrong horse", one)
    assert not is_password("correct horse", None)
    assert not is_password("correct horse", "not a hash")


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (NewUser("A", "nobody", "rep", "T"), "email: 'nobody' is not an e-mail address"),
        (NewUser("A", "a@b.c", "boss", "T"), "role: expected one of admin, manager, rep, got 'boss'"),
        (NewUser("A", "a@b.c", "rep"), "team: a rep needs a team; give one with --team"),
        (NewUser("A", "a@b.c", "admin", None, "short"), "password: at least 8 characters are needed"),
    ],
)
def test_a_wrong_user_is_refused_by_field(database: Database, new: NewUser, message: str) -> None:
    """The message names the field and what was expected."""
    with database.transaction() as session, pytest.raises(UserError) as caught:
        add_user(session, new)
    assert str(caught.value) == message


def test_addresses_are_one_in_any_case(database: Database) -> None:
    """The same e-mail address in other letters is the same user."""
    with database.transaction() as session:
        assert add_user(session, ANA).email == "ana@example.com"
        with pytest.raises(UserError, match="already a user"):
            add_user(session, NewUser("Ana", "ANA@example.COM", "admin"))


def test_signing_in_and_out(database: Database, settings: Settings) -> None:
    """The right password opens a session, whose secret is not in the database; signing out ends it."""
    with database.transaction() as session:
        add_user(session, ANA)
        token = sign_in(session, settings, " ANA@example.com ", "correct horse", "1.2.3.4")
        signed = signed_in_by_cookie(session, token)
        assert signed is not None
        assert signed.viewer.email == "ana@example.com"
        assert token not in str([row.token_hash for row in session.scalars(select(WebSession))])
        sign_out(session, token)
        assert signed_in_by_cookie(session, token) is None


def test_a_session_ends_by_time_and_by_deactivation(database: Database, settings: Settings) -> None:
    """An expired session and one of a deactivated user are nobody's."""
    with database.transaction() as session:
        user = add_user(session, ANA)
        token = sign_in(session, settings, user.email, "correct horse", "1.2.3.4")
        user.deactivated_at = datetime.now(UTC)
        session.flush()
        assert signed_in_by_cookie(session, token) is None
        user.deactivated_at = None
        session.execute(update(WebSession).values(expires_at=datetime.now(UTC) - timedelta(hours=1)))
        assert signed_in_by_cookie(session, token) is None


def test_guessing_has_to_wait(database: Database, settings: Settings) -> None:
    """After too many failures even the right password is refused, with the time to wait."""
    with database.transaction() as session:
        add_user(session, ANA)
        for _ in range(settings.login_attempts):
            with pytest.raises(SignInError, match="wrong_credentials"):
                sign_in(session, settings, ANA.email, "wrong", "1.2.3.4")
            session.flush()
        with pytest.raises(SignInError, match="too_many_attempts") as caught:
            sign_in(session, settings, ANA.email, "correct horse", "5.6.7.8")
        assert caught.value.retry_after_s is not None
        assert 0 < caught.value.retry_after_s <= settings.login_window_s
        long_ago = datetime.now(UTC) - timedelta(seconds=settings.login_window_s + 1)
        session.execute(update(LoginAttempt).values(created_at=long_ago))
        assert sign_in(session, settings, ANA.email, "correct horse", "5.6.7.8")


def test_one_address_cannot_try_many_accounts(database: Database, settings: Settings) -> None:
    """Failures spread over accounts are counted by the address they come from."""
    with database.transaction() as session:
        add_user(session, ANA)
        for number in range(settings.login_attempts * 5):
            session.add(LoginAttempt(email=f"{number}@example.com", address="1.2.3.4"))
        session.flush()
        with pytest.raises(SignInError, match="too_many_attempts"):
            sign_in(session, settings, ANA.email, "correct horse", "1.2.3.4")
        assert sign_in(session, settings, ANA.email, "correct horse", "9.9.9.9")


def test_api_tokens_are_stored_hashed_and_can_be_revoked(database: Database) -> None:
    """A token signs in until it is revoked; only its hash is stored."""
    with database.transaction() as session:
        user = add_user(session, ANA)
        token = new_api_token(session, user, "crm")
        session.flush()
        row = session.scalars(select(ApiToken)).one()
        assert token not in row.token_hash
        viewer = signed_in_by_token(session, token)
        assert viewer is not None
        assert viewer.user_id == user.id
        assert signed_in_by_token(session, token + "x") is None
        row.revoked_at = datetime.now(UTC)
        session.flush()
        assert signed_in_by_token(session, token) is None


def test_people_see_themselves_their_team_or_all(database: Database) -> None:
    """A rep sees one, a manager the team, an admin everybody."""
    with database.transaction() as session:
        users = [
            add_user(session, NewUser(name, f"{name}@example.com", role, team))
            for name, role, team in [
                ("rep", "rep", "North"),
                ("peer", "rep", "North"),
                ("manager", "manager", "North"),
                ("other", "rep", "South"),
                ("admin", "admin", None),
            ]
        ]
        seen = {user.name: {u.name for u in list_users(session, Viewer.of(user))} for user in users}
    assert seen["rep"] == {"rep"}
    assert seen["manager"] == {"rep", "peer", "manager"}
    assert seen["other"] == {"other"}
    assert seen["admin"] == {"rep", "peer", "manager", "other", "admin"}


def test_deactivated_people_are_not_listed(database: Database) -> None:
    """Who left is not shown any more."""
    with database.transaction() as session:
        add_user(session, ANA).deactivated_at = datetime.now(UTC)
        session.flush()
        boss = Viewer(None, "", "", "admin")
        assert list_users(session, boss) == []
        assert session.scalars(select(User)).one().name == "Ana"


def test_deactivation_ends_web_sessions_and_lets_tokens_sleep(database: Database, settings: Settings) -> None:
    """Who is deactivated is signed out for good; activated again, old cookies stay dead and tokens work."""
    with database.transaction() as session:
        user = add_user(session, ANA)
        token = new_api_token(session, user, "crm")
        cookie = sign_in(session, settings, user.email, "correct horse", "1.2.3.4")
        deactivate(session, user)
        session.flush()
        assert signed_in_by_token(session, token) is None
        with pytest.raises(SignInError):
            sign_in(session, settings, user.email, "correct horse", "1.2.3.4")
        activate(user_by_email(session, user.email, deactivated_too=True))
        session.flush()
        assert signed_in_by_cookie(session, cookie) is None
        assert signed_in_by_token(session, token) is not None


def test_a_new_password_ends_the_sessions_of_the_old(database: Database, settings: Settings) -> None:
    """Only the new password signs in, the cookie of the old one is nobody's, a short one changes nothing."""
    with database.transaction() as session:
        user = add_user(session, ANA)
        cookie = sign_in(session, settings, user.email, "correct horse", "1.2.3.4")
        with pytest.raises(UserError, match="at least 8 characters"):
            set_password(session, user, "short")
        assert signed_in_by_cookie(session, cookie) is not None
        set_password(session, user, "battery staple")
        session.flush()
        assert signed_in_by_cookie(session, cookie) is None
        with pytest.raises(SignInError, match="wrong_credentials"):
            sign_in(session, settings, user.email, "correct horse", "1.2.3.4")
        assert sign_in(session, settings, user.email, "battery staple", "1.2.3.4")


def test_only_the_named_token_of_the_person_is_revoked(database: Database) -> None:
    """Other tokens of the person, and tokens of the same name of others, go on working."""
    with database.transaction() as session:
        ana, abe = add_user(session, ANA), add_user(session, NewUser("Abe", "abe@example.com", "rep", "North"))
        gone, kept, other = (new_api_token(session, *of) for of in ((ana, "crm"), (ana, "script"), (abe, "crm")))
        session.flush()
        assert revoke_tokens(session, ana, "crm") == 1
        assert signed_in_by_token(session, gone) is None
        assert signed_in_by_token(session, kept) is not None
        assert signed_in_by_token(session, other) is not None
        assert [token.name for token in list_tokens(session, ana)] == ["script"]
        with pytest.raises(UserError, match="no token 'crm'"):
            revoke_tokens(session, ana, "crm")

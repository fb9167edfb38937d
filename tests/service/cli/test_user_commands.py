"""People, passwords and tokens from the command line."""

from __future__ import annotations

import json

import pytest

from commands import Run
from models.database import Database
from service.settings import Settings


def test_people_and_tokens_from_the_command_line(clearcall: Run) -> None:
    """A user can be added and listed, and a token is printed once, alone."""
    options = ["--name", "Ana", "--email", "ana@example.com", "--role", "rep", "--team", "North"]
    assert clearcall("users", "add", *options, "--password", "correct horse")[0] == 0
    _, lines, _ = clearcall("users", "list", "--json")
    assert json.loads(lines[0]) == {"name": "Ana", "email": "ana@example.com", "role": "rep", "team": "North"}
    code, lines, _ = clearcall("users", "token", "ana@example.com")
    assert code == 0
    assert lines[0].startswith("cc_")


def test_tokens_are_listed_and_revoked(clearcall: Run) -> None:
    """A token is listed by name until it is revoked by name; a name that is not there is a mistake."""
    options = ["--name", "Ana", "--email", "ana@example.com", "--role", "admin", "--password", "correct horse"]
    clearcall("users", "add", *options)
    clearcall("users", "token", "ana@example.com", "--name", "crm [sync]")
    assert any("crm [sync]" in line for line in clearcall("users", "tokens", "ana@example.com")[1])
    listed = json.loads(clearcall("users", "tokens", "ana@example.com", "--json")[1][0])
    assert (listed["name"], listed["last_used_at"]) == ("crm [sync]", None)
    revoke = ("users", "revoke", "ana@example.com", "--name", "crm [sync]")
    assert clearcall(*revoke)[:2] == (0, ["revoked 1 token 'crm [sync]' of ana@example.com"])
    assert clearcall("users", "tokens", "ana@example.com", "--json")[1] == []
    code, _, errors = clearcall(*revoke)
    assert code == 1
    assert "no token 'crm [sync]'" in errors


def test_people_are_deactivated_and_come_back(clearcall: Run) -> None:
    """Who is deactivated is not listed and gets no token, until activated again."""
    options = ["--name", "Ana", "--email", "ana@example.com", "--role", "admin", "--password", "correct horse"]
    clearcall("users", "add", *options)
    assert clearcall("users", "deactivate", "Ana@example.com")[:2] == (0, ["deactivated ana@example.com"])
    assert clearcall("users", "list", "--json")[1] == []
    assert clearcall("users", "token", "ana@example.com")[0] == 1
    assert clearcall("users", "activate", "ana@example.com")[0] == 0
    assert len(clearcall("users", "list", "--json")[1]) == 1


def test_a_password_is_asked_for_twice(
    clearcall: Run, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new password is prompted for and confirmed; a short one is one line on standard error."""
    from service.people.sessions import sign_in

    options = ["--name", "Ana", "--email", "ana@example.com", "--role", "admin", "--password", "correct horse"]
    clearcall("users", "add", *options)
    answers = iter(["battery staple", "battery stable", "battery staple", "battery staple"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    assert clearcall("users", "password", "ana@example.com")[0] == 0
    assert list(answers) == []
    with database.transaction() as session:
        assert sign_in(session, settings, "ana@example.com", "battery staple", "1.2.3.4")
    code, _, errors = clearcall("users", "password", "ana@example.com", "--password", "short")
    assert code == 1
    assert errors.strip() == "clearcall: password: at least 8 characters are needed"

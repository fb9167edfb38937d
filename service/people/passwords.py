"""Passwords: argon2id hashes, and a check that takes as long for an unknown user."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("a password that nobody has")


def hash_password(password: str) -> str:
    """The argon2id hash of ``password``, with its salt and parameters."""
    return _hasher.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether ``password`` is the one hashed.

    Without a hash it checks against a dummy, so that the time taken tells nobody which e-mail
    addresses exist.
    """
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False

"""Passwords: kept as argon2id, compared in the same time whether the name exists or not."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's recommendation: 19 MiB, two passes (about 20 ms)."""


def hash_password(password: str) -> str:
    """Return what is stored of a password."""
    return _hasher.hash(password)


@cache
def _of_nobody() -> str:
    return hash_password("a password that nobody has")


def matches(stored: str | None, password: str) -> bool:
    """Say whether a password is the stored one; takes as long where there is no account (`stored` is None)."""
    try:
        return _hasher.verify(stored or _of_nobody(), password) and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False

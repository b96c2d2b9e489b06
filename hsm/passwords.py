"""Passwords (口令): argon2id, here because this room is the one home of algorithms.

19 MiB, two passes, one lane (OWASP's second profile): 26 ms of a core. At most two run at once in a process, so a
flood of logins cannot take the machine from everything else.
"""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from foundation.errors import Unauthenticated
from foundation.text import Text

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_PLACES = threading.BoundedSemaphore(2)
_NOBODY = _HASHER.hash("a password nobody has")


class WrongPassword(Unauthenticated):
    def __init__(self) -> None:
        super().__init__("hsm.password", Text("密码不正确。", "The password is not right."))


def hash_password(password: str) -> str:
    """PHC string with its own salt and parameters."""
    with _PLACES:
        return _HASHER.hash(password)


def verify_password(password: str, stored: str | None) -> None:
    """Raises `WrongPassword`. With `stored=None` (no such account) the same work is done before it raises (T2)."""
    with _PLACES:
        try:
            _HASHER.verify(stored if stored is not None else _NOBODY, password)
        except (VerificationError, InvalidHashError) as error:
            raise WrongPassword from error
    if stored is None:
        raise WrongPassword


def outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)

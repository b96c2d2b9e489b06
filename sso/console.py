"""Signing in at the console (控制台登录): a person proves who they are on the host, for commands two people must share.

The password only: whoever types here has the host's own login behind them. Tries are counted as on the login page.
"""

from __future__ import annotations

from foundation.ground import Ground
from foundation.principal import Kind, Principal
from sso import guards, passwords, people
from sso.errors import LoginRefused
from sso.models import Credential
from sso.officials import standing

_CONSOLE = "console"


def sign_in(ground: Ground, identifier: str, password: str) -> Principal:
    """The official behind an account; `LoginRefused` for every reason there is (T2)."""
    typed, given = identifier[:64].replace("\0", ""), password[: people.LONGEST_PASSWORD]
    guards.spend(ground, guards.password_caps(ground, typed, _CONSOLE), "sso.password_tries")
    with ground.db.read() as session:
        person = people.find(ground, session, typed)
        credential = session.get(Credential, person.id) if person is not None else None
        department, permissions = standing(session, person.id) if person is not None else (None, frozenset())
    try:
        passwords.check(ground, given, credential.password_hash if credential is not None else None)
    except passwords.WrongPassword as error:
        raise LoginRefused from error
    if person is None or department is None:
        raise LoginRefused
    guards.forgive(ground, typed, _CONSOLE)
    return Principal(Kind.OFFICIAL, people.label(person.id), permissions, department, person.id)

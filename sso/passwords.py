"""Passwords of people (登录密码): peppered with a key that is not in the database, then argon2id in `hsm`.

With the dump alone, a stolen table cannot even be guessed at (T25).
"""

from __future__ import annotations

import unicodedata
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from foundation.ground import Ground
from hsm import passwords
from hsm.passwords import WrongPassword
from sso.models import Credential

__all__ = ["WrongPassword", "check", "hashed", "refresh"]


def hashed(ground: Ground, password: str) -> str:
    return passwords.hash_password(_peppered(ground, password))


def check(ground: Ground, password: str, stored: str | None) -> None:
    """Raises `WrongPassword`, after the same work whether or not there is a stored hash."""
    passwords.verify_password(_peppered(ground, password), stored)


def refresh(ground: Ground, session: Session, person_id: UUID, password: str, stored: str) -> None:
    """Hash anew when the parameters have grown since."""
    if passwords.outdated(stored):
        session.execute(
            update(Credential)
            .where(Credential.person_id == person_id, Credential.password_hash == stored)
            .values(password_hash=hashed(ground, password))
        )


def _peppered(ground: Ground, password: str) -> str:
    text = unicodedata.normalize("NFC", password)
    return ground.mac.mac("sso.password", text.encode("utf-8", "surrogatepass")).hex()

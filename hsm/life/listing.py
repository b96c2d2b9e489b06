"""What keys there are (密钥清单), with their states; public halves by digest, private ones not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from foundation.database import Database
from hsm.digests import sha256
from hsm.models import HsmKey


@dataclass(frozen=True, slots=True)
class KeyInfo:
    name: str
    version: int
    algorithm: str
    purposes: tuple[str, ...]
    state: str
    backend: str
    created_at: datetime
    spki_sha256: str


def keys(db: Database, prefix: str = "") -> list[KeyInfo]:
    """By name, oldest version first."""
    query = select(HsmKey).where(HsmKey.name.startswith(prefix, autoescape=True))
    with db.read() as session:
        rows = session.scalars(query.order_by(HsmKey.name, HsmKey.version)).all()
    return [
        KeyInfo(
            row.name,
            row.version,
            row.algorithm,
            tuple(row.purposes.split(",")),
            row.state,
            row.backend or "software",
            row.created_at,
            sha256(row.spki).hex(),
        )
        for row in rows
    ]

"""Rows of keys (密钥记录): how a row is found, read, and what of it the wrapped octets are bound to."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hsm.errors import KeyDamaged
from hsm.keys import Algorithm, KeyRef, Purpose, State
from hsm.models import HsmKey


def joined(purposes: Iterable[Purpose]) -> str:
    return ",".join(sorted(purposes))


def place(ref: KeyRef, backend: str | None = None) -> str:
    """Names hold no bar, so the parts cannot run into each other."""
    where = f"|{backend}" if backend is not None else ""
    return f"hsm_key|{ref.name}|{ref.version}|{ref.algorithm}|{joined(ref.purposes)}{where}"


def row_of(session: Session, name: str, version: int | None) -> HsmKey | None:
    """That version, or the newest active one."""
    query = select(HsmKey).where(HsmKey.name == name)
    if version is not None:
        return session.scalars(query.where(HsmKey.version == version)).one_or_none()
    return session.scalars(query.where(HsmKey.state == State.ACTIVE).order_by(HsmKey.version.desc()).limit(1)).first()


def newest_version(session: Session, name: str) -> int:
    """In whatever state; 0 when the name was never used."""
    return session.scalar(select(func.max(HsmKey.version)).where(HsmKey.name == name)) or 0


def ref_of(row: HsmKey) -> KeyRef:
    try:
        purposes = frozenset(Purpose(purpose) for purpose in row.purposes.split(","))
        return KeyRef(row.name, row.version, Algorithm(row.algorithm), purposes, row.spki)
    except ValueError as error:
        raise KeyDamaged(f"{row.name}#{row.version}") from error

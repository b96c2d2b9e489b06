"""What a device holds beside what our key table says (密钥核对): keys nobody knows of, and rows whose key is gone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from foundation.database import Database
from hsm.backends.backend import Backend, Found
from hsm.keys import State
from hsm.models import HsmKey


@dataclass(frozen=True, slots=True)
class Held:
    found: Found | None
    """None: the row's key is not in the device."""
    key: str | None
    """`ca/rsa-root#1`; None: in the device only. On PKCS#11 the rest of a generation that crashed before its row."""
    state: State | None


def _by_number(reference: str) -> tuple[str, int, str]:
    """`sign/9` before `sign/10`."""
    head, _, number = reference.rpartition("/")
    return head, int(number) if head else 0, reference


def references(db: Database, backend: str) -> set[str]:
    """Every place ever given away in that back end."""
    with db.read() as session:
        found = session.scalars(select(HsmKey.reference).where(HsmKey.backend == backend))
        return {reference for reference in found if reference is not None}


def compare(db: Database, backend: Backend) -> list[Held]:
    with db.read() as session:
        rows = {row.reference: row for row in session.scalars(select(HsmKey).where(HsmKey.backend == backend.name))}
    inside = {found.reference: found for found in backend.inventory()}
    made = []
    for reference in sorted({*inside, *(one for one in rows if one is not None)}, key=_by_number):
        row = rows.get(reference)
        key, state = (f"{row.name}#{row.version}", State(row.state)) if row is not None else (None, None)
        made.append(Held(inside.get(reference), key, state))
    return made

"""Subject keys we know to be lost (弱密钥与泄露密钥): on a list, or revoked by us because they were compromised.

BR 6.1.1.3. What arithmetic can tell is a lint (`ca.lints.core.check_key_is_strong`); this needs files and the database,
so it stands where the intent is recorded, which every path to a certificate passes.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from ca.models import CaCertificate, CaRevocation
from ca.reading.crl import Reason
from ca.room import CaRoom
from hsm.blocklist import Blocklist
from hsm.weak_keys import WeakKey, Weakness

_AT_ONCE = 400
_COMPROMISED = (int(Reason.KEY_COMPROMISE), int(Reason.CA_COMPROMISE), int(Reason.AA_COMPROMISE))


def refuse_listed(room: CaRoom, spki: bytes) -> None:
    """The keys we ship a list of, and those of the operator's own lists (`keys.blocklist`)."""
    blocklist(room.ground.settings.keys.blocklist).check(spki)


def refuse_compromised(session: Session, key_hash: str) -> None:
    """Once compromised, always compromised: under every CA, name and profile."""
    query = select(CaRevocation.serial).join(CaCertificate, CaCertificate.id == CaRevocation.certificate_id)
    found = query.where(CaCertificate.key_hash == key_hash, CaRevocation.reason.in_(_COMPROMISED))
    if session.scalar(select(exists(found))):
        raise WeakKey(Weakness.COMPROMISED)


def compromised(session: Session, key_hashes: list[str]) -> set[str]:
    """Which of these keys were: the same question for many at once."""
    found: set[str] = set()
    for at in range(0, len(key_hashes), _AT_ONCE):
        query = (
            select(CaCertificate.key_hash)
            .join(CaRevocation, CaCertificate.id == CaRevocation.certificate_id)
            .where(CaCertificate.key_hash.in_(key_hashes[at : at + _AT_ONCE]), CaRevocation.reason.in_(_COMPROMISED))
        )
        found.update(session.connection().execute(query).scalars())
    return found


def blocklist(paths: tuple[Path, ...]) -> Blocklist:
    """Read again when a file changed, so that adding a key needs no restart."""
    return _read(paths, tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths))


@lru_cache(maxsize=4)
def _read(paths: tuple[Path, ...], changed: tuple[int, ...]) -> Blocklist:
    del changed
    return Blocklist.read(paths)

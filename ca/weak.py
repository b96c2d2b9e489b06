"""Subject keys we know to be lost (弱密钥与泄露密钥): on a list, or revoked by us because they were compromised.

BR 6.1.1.3. What arithmetic can tell is a lint (`ca.lints.core.check_key_is_strong`); this needs files and the database,
so it stands where the intent is recorded, which every path to a certificate passes.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ca.models import CaCertificate, CaRevocation
from ca.reading.crl import Reason
from ca.room import CaRoom
from hsm.blocklist import Blocklist

_AT_ONCE = 400
_COMPROMISED = (int(Reason.KEY_COMPROMISE), int(Reason.CA_COMPROMISE), int(Reason.AA_COMPROMISE))


_LOST = (
    select(CaCertificate.key_hash)
    .join(CaRevocation, CaCertificate.id == CaRevocation.certificate_id)
    .where(CaCertificate.key_hash.in_(bindparam("hashes", expanding=True)), CaRevocation.reason.in_(_COMPROMISED))
)


def refuse_listed(room: CaRoom, spki: bytes) -> None:
    """The keys we ship a list of, and those of the operator's own lists (`keys.blocklist`)."""
    blocklist(room.ground.settings.keys.blocklist).check(spki)


def compromised(session: Session, key_hashes: list[str]) -> set[str]:
    """Which of these keys were: once compromised, always compromised, under every CA, name and profile."""
    found: set[str] = set()
    for at in range(0, len(key_hashes), _AT_ONCE):
        found.update(session.connection().execute(_LOST, {"hashes": key_hashes[at : at + _AT_ONCE]}).scalars())
    return found


def blocklist(paths: tuple[Path, ...]) -> Blocklist:
    """Read again when a file changed, so that adding a key needs no restart."""
    return _read(paths, tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths))


@lru_cache(maxsize=4)
def _read(paths: tuple[Path, ...], changed: tuple[int, ...]) -> Blocklist:
    del changed
    return Blocklist.read(paths)

"""Where lists lie (列表存放): full ones in storage for good, shards and deltas as one row each, replaced in place."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ca.crl_names import Kind, ListName
from ca.models import CaCrl
from ca.revocation_models import CaPartialList
from ca.room import CaRoom
from foundation.errors import NotFound
from hsm.digests import sha256

REMEMBERED = timedelta(days=90)
"""How long the record of a shard or delta stays after its end; full lists stay for good."""


def kept(name: ListName, number: int) -> str:
    """Key of a full list in storage."""
    return f"ca/crl/{name.scope}/{number:012d}.crl"


def keep(session: Session, name: ListName, number: int, octets: bytes) -> None:
    """Replace a shard or delta, unless a newer one is there already."""
    row = session.get(CaPartialList, name.scope, with_for_update=True)
    if row is None:
        session.add(CaPartialList(scope=name.scope, number=number, octets=octets))
    elif row.number < number:
        row.number, row.octets = number, octets


def stored(room: CaRoom, name: ListName, newest: CaCrl) -> bytes | None:
    """The published octets; None when they are lost or not what was published."""
    place = ("crl", name.scope)
    known = room.kept.get(place)
    if isinstance(known, tuple) and known[0] == newest.number:
        return bytes(known[1])
    octets = _read(room, name, newest.number)
    if octets is None or sha256(octets).hex() != newest.sha256:
        return None
    room.kept[place] = (newest.number, octets)
    return octets


def _read(room: CaRoom, name: ListName, number: int) -> bytes | None:
    if name.kind is Kind.FULL:
        try:
            return room.ground.storage.open(kept(name, number))
        except NotFound:
            return None
    with room.ground.db.read() as session:
        return session.scalar(
            select(CaPartialList.octets).where(CaPartialList.scope == name.scope, CaPartialList.number == number)
        )


def purge(session: Session, now: datetime) -> None:
    """Forget the records of shards and deltas long over; the newest of each is never that old."""
    session.execute(
        delete(CaCrl)
        .where(CaCrl.scope.contains("/"), CaCrl.next_update < now - REMEMBERED)
        .execution_options(synchronize_session=False)
    )

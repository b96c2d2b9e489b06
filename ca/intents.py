"""The intent of a certificate (签发意向): the row that is committed before a key is touched.

It holds the linted octets under a MAC, so that recovery signs only what was linted, and a MAC over the request, so
that the same request key with another request is told apart. Written by plain inserts: many at once cost little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import Session

from ca.errors import ClockWentBack, RequestKeyTaken
from ca.extensions import alternative_names, identity_extensions
from ca.models import CaCertificate, State
from ca.names import write_name
from ca.prepare import Prepared, Wanted, owner_of
from ca.room import CaRoom
from ca.storing import blind_name, closed, closed_name
from foundation.audit.trail import Entry
from hsm.digests import sha256

_CLOCK_TOLERANCE = timedelta(seconds=2)
"""Hosts of one platform differ by milliseconds; more is a clock set back."""
AT_ONCE = 400
"""Bound parameters of one statement: SQLite has a limit."""


# Statements are built once: for a single certificate, building them would cost as much as running them.
_OF_KEYS = select(CaCertificate).where(CaCertificate.request_key.in_(bindparam("keys", expanding=True)))
_LAST = select(func.max(CaCertificate.recorded_at)).where(CaCertificate.authority == bindparam("slug"))
_WRITE = insert(CaCertificate)


@dataclass(frozen=True, slots=True, repr=False)
class Intent:
    """A fresh intent: its row as values, and the octets it holds."""

    wanted: Wanted
    prepared: Prepared
    values: dict[str, Any]

    @property
    def id(self) -> UUID:
        identifier: UUID = self.values["id"]
        return identifier

    @property
    def entry(self) -> Entry:
        row = self.values
        return Entry(
            "ca.certificate.record",
            f"certificate:{row['id']}",
            {
                "authority": row["authority"],
                "serial": row["serial"],
                "profile": row["profile"],
                "version": row["profile_version"],
                "digest": row["profile_digest"],
            },
        )


def intend(room: CaRoom, wanted: Wanted, request_mac: bytes, prepared: Prepared, now: datetime) -> Intent:
    ground, identifier, personal = room.ground, room.ground.ids.uuid7(), wanted.profile.personal
    name = wanted.subject.common_name
    values = {
        "id": identifier,
        "request_key": wanted.request_key,
        "request_mac": request_mac,
        "authority": wanted.issuer.slug,
        "serial": f"{prepared.serial:x}",
        "shard": prepared.shard,
        "profile": wanted.profile.name,
        "profile_version": wanted.profile.version,
        "profile_digest": wanted.profile.digest,
        "state": State.RECORDED,
        "personal": personal,
        "subject": closed_name(ground.cipher, identifier, name, personal=personal),
        "subject_blind": blind_name(ground.cipher, name),
        "organization": wanted.subject.organization,
        "owner": owner_of(wanted.subject, wanted.identity),
        "key_hash": sha256(wanted.spki).hex(),
        "tbs": closed(ground.cipher, identifier, "tbs", prepared.tbs, personal=personal),
        "tbs_mac": tbs_mac(room, identifier, wanted.issuer.slug, prepared.tbs),
        "not_before": prepared.not_before,
        "not_after": prepared.not_after,
        "recorded_at": now,
    }
    return Intent(wanted, prepared, values)


def write(session: Session, intents: Sequence[Intent]) -> None:
    session.connection().execute(_WRITE, [intent.values for intent in intents])


def request_mac(room: CaRoom, wanted: Wanted) -> bytes:
    """Keyed, because a plain digest over a name and a citizen number could be guessed."""
    lasts = b"" if wanted.validity is None else str(wanted.validity.total_seconds()).encode()
    parts = (
        wanted.profile.name.encode(),
        wanted.issuer.slug.encode(),
        write_name(wanted.subject),
        wanted.spki,
        identity_extensions(wanted.identity),
        lasts,
        *((alternative_names(wanted.names),) if wanted.names else ()),
    )
    return room.ground.mac.mac("ca.request", b"".join(len(part).to_bytes(4, "big") + part for part in parts))


def tbs_mac(room: CaRoom, identifier: UUID, slug: str, tbs: bytes) -> bytes:
    """So that recovery, and the signer in its own process, sign only what was linted."""
    return room.ground.mac.mac("ca.intent", identifier.bytes + slug.encode() + b"\x00" + tbs)


def recorded(room: CaRoom, keys: Iterable[str]) -> dict[str, CaCertificate]:
    """Rows that exist for these request keys, whatever their state."""
    wanted, found = list(keys), dict[str, CaCertificate]()
    with room.ground.db.read() as session:
        for at in range(0, len(wanted), AT_ONCE):
            rows = session.scalars(_OF_KEYS, {"keys": wanted[at : at + AT_ONCE]})
            found |= {row.request_key: row for row in rows}
    return found


def check_same(row: CaCertificate, mac: bytes) -> None:
    if row.request_mac != mac:
        raise RequestKeyTaken


def check_clock(session: Session, slugs: Iterable[str], now: datetime) -> None:
    """Nothing is dated before what was signed last (T14)."""
    for slug in slugs:
        last = session.connection().execute(_LAST, {"slug": slug}).scalar()
        if last is not None and now < last - _CLOCK_TOLERANCE:
            raise ClockWentBack

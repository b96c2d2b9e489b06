"""Certificate revocation lists (证书撤销列表): one full list per CA, rebuilt when dirty or half expired.

RFC 5280 5. Entries were encoded when they were revoked, so building is joining. Number and interval are committed
before signing; a list that was never published leaves a gap in the numbers, never a number used twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from ca import oids
from ca.errors import ClockWentBack, LintFailed
from ca.models import CaAuthority, CaCrl, CaRevocation
from ca.reading.crl import read_crl
from ca.room import Authority, CaRoom
from ca.template import authority_key_id, extension
from foundation import der
from foundation.errors import Damaged
from foundation.principal import SYSTEM
from foundation.text import Text
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.signing import ToBeSigned

_VERSION_2 = der.integer(1)


@dataclass(frozen=True, slots=True)
class _Intent:
    number: int
    this_update: datetime
    next_update: datetime
    tbs: bytes
    entries: int


def current(room: CaRoom, authority: str) -> bytes:
    """The list of that CA in DER: the published one, or a new one when it is dirty or half of its life is over."""
    slug = room.authority(authority).slug
    latest = _latest(room, slug)
    if latest is not None and not _is_due(room, latest):
        return _published(room, latest)
    with room.lock(f"crl:{slug}"):
        latest = _latest(room, slug)  # somebody may have built it while we waited
        if latest is not None and not _is_due(room, latest):
            return _published(room, latest)
        return publish(room, slug)


def _latest(room: CaRoom, slug: str) -> CaCrl | None:
    """The newest published list, unless something was revoked that it does not carry."""
    with room.ground.db.read() as session:
        dirty = session.scalar(select(exists().where(CaRevocation.authority == slug, CaRevocation.seq.is_(None))))
        newest = session.scalars(
            select(CaCrl).where(CaCrl.scope == slug).order_by(CaCrl.number.desc()).limit(1)
        ).first()
    # An unpublished intent may have claimed revocations, so the list before it is dirty too.
    return None if dirty or newest is None or newest.sha256 is None else newest


def _is_due(room: CaRoom, latest: CaCrl) -> bool:
    return room.ground.clock.now() >= latest.this_update + (latest.next_update - latest.this_update) / 2


def storage_key(slug: str, number: int) -> str:
    return f"ca/crl/{slug}/{number:012d}.crl"


def _published(room: CaRoom, latest: CaCrl) -> bytes:
    place = ("crl", latest.scope)
    kept = room.kept.get(place)
    if isinstance(kept, tuple) and kept[0] == latest.number:
        return bytes(kept[1])
    octets = room.ground.storage.open(storage_key(latest.scope, latest.number))
    if sha256(octets).hex() != latest.sha256:
        return publish(room, latest.scope)  # an altered file is replaced by a fresh list, the old number is spent
    room.kept[place] = (latest.number, octets)
    return octets


def publish(room: CaRoom, slug: str) -> bytes:
    """Build, record, sign, compare, store. Returns the new list."""
    authority = room.authority(slug)
    intent = _record(room, authority)
    signer = room.keys.signer(authority.key_name)
    if signer.ref.spki != authority.certificate.spki:  # the key verifies its signature back; this says it is the CA's
        raise Damaged(
            "ca.key_mismatch",
            Text(
                "CA 密钥与 CA 证书不一致，已停止签发。",
                "The CA's key does not belong to its certificate; nothing was signed.",
            ),
        )
    signature = signer.sign(ToBeSigned(Purpose.CRL, intent.tbs, f"crl:{slug}:{intent.number}"))
    octets = der.sequence(intent.tbs, authority.suite.scheme.algorithm_identifier(), der.bit_string(signature))
    _compare(authority, intent, octets)
    room.ground.storage.put_new(storage_key(slug, intent.number), octets)
    with room.ground.db.begin() as session:
        session.execute(
            update(CaCrl).where(CaCrl.scope == slug, CaCrl.number == intent.number).values(sha256=sha256(octets).hex())
        )
        room.ground.audit.record(
            session,
            SYSTEM,
            action="ca.crl.publish",
            object=f"authority:{slug}",
            payload={"number": intent.number, "entries": intent.entries, "sha256": sha256(octets).hex()},
        )
    room.kept["crl", slug] = (intent.number, octets)
    return octets


def _record(room: CaRoom, authority: Authority) -> _Intent:
    """Take the next number and claim what it will carry, in one transaction under the CA's row."""
    now = room.ground.clock.now().replace(microsecond=0)
    with room.ground.db.begin() as session:
        row = session.scalars(select(CaAuthority).where(CaAuthority.slug == authority.slug).with_for_update()).one()
        last = session.scalar(select(func.max(CaCrl.this_update)).where(CaCrl.scope == row.slug))
        if last is not None and now < last:
            raise ClockWentBack
        row.crl_number += 1
        # Claim first, then read what was claimed: a revocation committed in between waits for the next list.
        session.execute(
            update(CaRevocation)
            .where(CaRevocation.authority == row.slug, CaRevocation.seq.is_(None))
            .values(seq=row.crl_number)
        )
        entries = _entries(session, row.slug, last or now)
        life = room.crl_life[authority.role]
        intent = _Intent(
            row.crl_number, now, now + life, _tbs(authority, row.crl_number, now, life, entries), len(entries)
        )
        session.add(
            CaCrl(
                scope=row.slug,
                number=intent.number,
                this_update=intent.this_update,
                next_update=intent.next_update,
                entries=intent.entries,
                tbs_hash=sha256(intent.tbs).hex(),
            )
        )
    return intent


def _entries(session: Session, slug: str, last: datetime) -> list[bytes]:
    """An entry stays until one list made after the certificate's end has carried it (RFC 5280 3.3)."""
    query = select(CaRevocation.entry).where(
        CaRevocation.authority == slug, CaRevocation.seq.is_not(None), CaRevocation.not_after >= last
    )
    return list(session.connection().execute(query).scalars().all())  # a million rows: no ORM, no sorting


def _tbs(authority: Authority, number: int, now: datetime, life: timedelta, entries: list[bytes]) -> bytes:
    """TBSCertList (RFC 5280 5.1.2). An empty list of entries must be absent (5.1.2.6)."""
    issuer = authority.issuer
    extensions = authority_key_id(issuer.key_id) + extension(oids.CRL_NUMBER, der.integer(number))
    return der.sequence(
        _VERSION_2,
        issuer.suite.scheme.algorithm_identifier(),
        issuer.name,
        der.x509_time(now),
        der.x509_time(now + life),
        der.sequence(*entries) if entries else b"",
        der.explicit(0, der.sequence(extensions)),
    )


def _compare(authority: Authority, intent: _Intent, octets: bytes) -> None:
    """Read back what was signed and lint it before anyone can fetch it."""
    crl = read_crl(octets)
    facts = (crl.tbs, crl.number, crl.this_update, crl.next_update, crl.issuer.raw, crl.authority_key_id)
    issuer = authority.issuer
    wanted = (intent.tbs, intent.number, intent.this_update, intent.next_update, issuer.name, issuer.key_id)
    if facts != wanted or crl.deviations:
        raise LintFailed("crl", "RFC 5280 5", "撤销列表与待签内容不一致", "the list is not what was to be signed")

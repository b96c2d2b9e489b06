"""Preparing a certificate (准备待签证书): an order becomes linted octets with a fresh serial. No key, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ca import lints
from ca.extensions import alternative_names, identity_extensions
from ca.lints import Order, Proposal
from ca.names import Subject, write_name
from ca.profiles import Profile
from ca.reading.alternative import NO_NAMES, AlternativeNames
from ca.reading.certificate import Certificate, read_tbs
from ca.reading.identity import IdentityExtensions
from ca.reading.shapes import fields
from ca.room import Authority, CaRoom
from ca.suites import key_identifier
from ca.template import Issuer
from foundation import der
from foundation.errors import InvalidInput
from foundation.numbers import is_uscc
from foundation.text import Text

SERIAL_OCTETS = 16


@dataclass(frozen=True, slots=True, repr=False)
class Wanted:
    """One order for a certificate, before it has a serial."""

    profile: Profile
    issuer: Issuer
    issuer_certificate: Certificate | None
    subject: Subject
    spki: bytes
    identity: IdentityExtensions
    request_key: str
    validity: timedelta | None
    shards: int = 0
    """How many partial revocation lists the issuer has; 0 when it has the full one only."""
    names: AlternativeNames = NO_NAMES


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """Linted octets, ready to be recorded."""

    tbs: bytes
    serial: int
    not_before: datetime
    not_after: datetime
    shard: int | None
    said: Certificate
    """The octets as the lints read them."""


def wanted_from(
    authority: Authority,
    profile: Profile,
    subject: Subject,
    spki: bytes,
    identity: IdentityExtensions,
    request_key: str,
    validity: timedelta | None = None,
    names: AlternativeNames = NO_NAMES,
) -> Wanted:
    return Wanted(
        profile,
        authority.issuer,
        authority.certificate,
        subject,
        spki,
        identity,
        request_key,
        validity,
        authority.shards,
        names,
    )


def prepare(room: CaRoom, wanted: Wanted, now: datetime) -> Prepared:
    """Build the octets from the compiled template and lint them."""
    now = now.astimezone(UTC).replace(microsecond=0)
    subject, serial = write_name(wanted.subject), new_serial(room)
    not_after = _end(wanted, now)
    shard = serial % wanted.shards if wanted.shards and wanted.profile.has_list else None
    tbs = room.template(wanted.profile, wanted.issuer).tbs(
        serial=serial,
        not_before=now,
        not_after=not_after,
        subject=subject,
        spki=wanted.spki,
        key_id=key_id_of(wanted.spki),
        names=alternative_names(wanted.names),
        identity=identity_extensions(wanted.identity, wanted.profile.numbering),
        shard=shard,
    )
    order = Order(subject, wanted.spki, wanted.identity, wanted.names)
    said = read_tbs(tbs)
    lints.check(
        Proposal(
            said,
            wanted.profile,
            wanted.issuer,
            wanted.issuer_certificate,
            room.places,
            now,
            room.production,
            order,
            shard,
        )
    )
    return Prepared(tbs, serial, now, not_after, shard, said)


def new_serial(room: CaRoom) -> int:
    """126 random bits; the two bits above them are fixed, so it is positive and always 16 octets (BR 7.1.2)."""
    octets = bytearray(room.ground.ids.random(SERIAL_OCTETS))
    octets[0] = octets[0] & 0x3F | 0x40
    return int.from_bytes(octets, "big")


def key_id_of(spki: bytes) -> bytes:
    return key_identifier(fields(der.parse(spki), 2, 2, "public key")[1].as_bits())


def _end(wanted: Wanted, begin: datetime) -> datetime:
    """The last second is part of the validity (RFC 5280 4.1.2.5). A certificate never outlives its CA."""
    lasts = wanted.profile.lifetime if wanted.validity is None else wanted.validity
    if not timedelta(minutes=1) <= lasts <= wanted.profile.lifetime:
        days = wanted.profile.lifetime.days
        raise InvalidInput(
            "ca.validity",
            Text(f"有效期须在 1 分钟至 {days} 天之间。", f"The validity must lie between one minute and {days} days."),
        )
    end = begin + lasts - timedelta(seconds=1)
    return end if wanted.issuer_certificate is None else min(end, wanted.issuer_certificate.not_after)


def owner_of(subject: Subject, identity: IdentityExtensions) -> str | None:
    """USCC of the organisation a certificate belongs to: its extension, or the head of a seal's O."""
    stated = identity.organization_code or (subject.organization or "")[:18]
    return stated if is_uscc(stated) else None

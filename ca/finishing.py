"""Finishing certificates (签名、比对、存储): recorded octets are signed, compared with what was linted, and stored.

Only the first to store an intent wins; a second finisher answers what the first stored, so one request never has two
certificates (T10).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update

from ca.intents import AT_ONCE, tbs_mac
from ca.models import CaCertificate, State
from ca.names import Name
from ca.profiles import ROOT
from ca.reading.certificate import Certificate, read_certificate, read_tbs
from ca.reading.shapes import fields
from ca.room import CaRoom
from ca.storing import closed, opened
from foundation import der
from foundation.audit.trail import Entry
from foundation.errors import Damaged
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from hsm.keys import KeyRef, Purpose
from hsm.schemes import scheme_for
from hsm.signing import Signer, ToBeSigned


@dataclass(frozen=True, slots=True, repr=False)
class IssuedCertificate:
    id: UUID
    der: bytes
    serial: int
    issuer: str
    """Slug of the CA."""
    issuer_name: Name
    not_before: datetime
    not_after: datetime
    profile: str
    fingerprint: str


@dataclass(frozen=True, slots=True, repr=False)
class Signed:
    """A signature made and compared, not yet stored. `said` is what the linted octets say."""

    id: UUID
    authority: str
    serial: str
    profile: str
    personal: bool
    der: bytes
    fingerprint: str
    said: Certificate

    def answer(self) -> IssuedCertificate:
        said = self.said
        return IssuedCertificate(
            self.id,
            self.der,
            said.serial,
            self.authority,
            said.issuer,
            said.not_before,
            said.not_after,
            self.profile,
            self.fingerprint,
        )

    @property
    def entry(self) -> Entry:
        return Entry(
            "ca.certificate.issue",
            f"certificate:{self.id}",
            {"authority": self.authority, "serial": self.serial, "profile": self.profile, "sha256": self.fingerprint},
        )


def finish(room: CaRoom, principal: Principal, row: CaCertificate) -> IssuedCertificate:
    """Sign a recorded intent and store the certificate; an issued one is just answered."""
    if row.state == State.ISSUED:
        return issued(room, row)
    tbs = opened(room.ground.cipher, row, "tbs")
    if tbs_mac(room, row.id, row.authority, tbs) != row.tbs_mac:
        raise Damaged(
            "ca.intent_damaged",
            Text(
                "待签证书记录被改动，已拒绝签名，请核查数据库。",
                "A recorded to-be-signed certificate was altered; it is not signed. Examine the database.",
            ),
        )
    said = read_tbs(tbs)
    signer = signer_of(room, row.authority, row.profile, said)
    value = signer.sign(ToBeSigned(Purpose.CERTIFICATE, tbs, str(row.id)))
    about = (row.authority, row.serial, row.profile)
    made = compared(signer.ref, row.id, about, said, value, personal=row.personal)
    reach("ca.signed")
    answer = store(room, principal, [made])[0]
    reach("ca.stored")
    return answer


def signer_of(room: CaRoom, slug: str, profile: str, said: Certificate) -> Signer:
    """The CA's key, once it is sure that it is the CA's. A root, which is no CA yet, vouches for its own."""
    signer = room.keys.signer(f"ca/{slug}")
    own = said.spki if profile == ROOT.name else room.authority(slug).certificate.spki
    if signer.ref.spki != own:
        raise Damaged(
            "ca.key_mismatch",
            Text(
                "CA 密钥与 CA 证书不一致，已停止签发。",
                "The CA's key does not belong to its certificate; nothing was signed.",
            ),
        )
    return signer


def compared(
    ref: KeyRef, identifier: UUID, about: tuple[str, str, str], said: Certificate, value: bytes, *, personal: bool
) -> Signed:
    """The key verified its signature back; here the signed octets are compared with the linted ones."""
    authority, serial, profile = about
    algorithm = scheme_for(ref.algorithm).algorithm_identifier()
    octets = der.sequence(said.tbs, algorithm, der.bit_string(value))
    parts = fields(der.parse(octets), 3, 3, "a certificate has three parts")
    if (parts[0].raw, parts[1].raw, parts[2].as_bits()) != (said.tbs, said.signature_algorithm, value):
        raise Damaged("ca.signed_other", Text("签名内容与检查内容不一致。", "What was signed is not what was checked."))
    return Signed(identifier, authority, serial, profile, personal, octets, sha256(octets).hex(), said)


_STORE = (
    update(CaCertificate)
    .where(CaCertificate.id == bindparam("certificate"), CaCertificate.state == State.RECORDED)
    .values(
        state=State.ISSUED,
        der=bindparam("octets"),
        tbs=None,
        fingerprint=bindparam("sha256"),
        issued_at=bindparam("at"),
    )
)


_WAITING = (
    select(CaCertificate.id)
    .where(CaCertificate.id.in_(bindparam("ids", expanding=True)), CaCertificate.state == State.RECORDED)
    .order_by(CaCertificate.id)
    .with_for_update()
)


def store(room: CaRoom, principal: Principal, made: Sequence[Signed]) -> list[IssuedCertificate]:
    """One transaction for all of them. What another finisher stored meanwhile is answered as it stands there."""
    ground = room.ground
    sealed = {one.id: closed(ground.cipher, one.id, "der", one.der, personal=one.personal) for one in made}
    with ground.db.begin() as session:
        waiting = set(_waiting(session, sealed))
        now = ground.clock.now()
        values = [
            {"certificate": one.id, "octets": sealed[one.id], "sha256": one.fingerprint, "at": now}
            for one in made
            if one.id in waiting
        ]
        if values:
            session.connection().execute(_STORE, values)
            ground.audit.record_many(session, principal, [one.entry for one in made if one.id in waiting])
    if len(waiting) == len(made):
        return [one.answer() for one in made]
    with ground.db.read() as session:
        return [
            one.answer() if one.id in waiting else issued(room, session.get_one(CaCertificate, one.id)) for one in made
        ]


def _waiting(session: Any, identifiers: Iterable[UUID]) -> Iterable[UUID]:
    """Locked until we commit: two finishers of one intent follow each other."""
    wanted = list(identifiers)
    for at in range(0, len(wanted), AT_ONCE):
        yield from session.connection().execute(_WAITING, {"ids": wanted[at : at + AT_ONCE]}).scalars()


def issued(room: CaRoom, row: CaCertificate) -> IssuedCertificate:
    """What was issued under this row."""
    made = read_certificate(opened(room.ground.cipher, row, "der"))
    return IssuedCertificate(
        row.id,
        made.der,
        made.serial,
        row.authority,
        made.issuer,
        made.not_before,
        made.not_after,
        row.profile,
        made.fingerprint,
    )

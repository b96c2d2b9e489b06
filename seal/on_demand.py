"""A seal's P-256 certificate (按需签发的印章证书): issued the first time somebody stamps with P-256.

Seals are made with SM2 and RSA, which every region has. The P-256 hierarchy signs where there is one, otherwise the RSA
one, which certifies P-256 keys too. The certificate stands in no SESeal: P-256 signs PAdES and CMS, never GB/T 38540.
"""

from __future__ import annotations

from sqlalchemy import update

from ca.chain import authorities
from ca.issue import Subject, issue
from ca.reading import Reason, read_certificate
from ca.revoke import revoke
from ca.suites import Suite
from foundation.failpoints import reach
from foundation.principal import SYSTEM
from hsm.keys import Purpose
from seal.errors import SealNotInUse
from seal.held import key_name
from seal.models import SealRow, SealState
from seal.room import SealRoom


def hierarchy(room: SealRoom, suite: Suite) -> Suite:
    """Whose CA and time stamps go with signatures of this suite."""
    return Suite.RSA if suite is Suite.P256 and Suite.P256 not in room.ca.suites else suite


def with_certificate(room: SealRoom, row: SealRow, suite: Suite) -> SealRow:
    """The row with a certificate of `suite`; the same one for every caller, and after a crash anywhere."""
    if suite is not Suite.P256 or row.p256_certificate is not None:
        return row
    if row.state != SealState.IN_USE:
        raise SealNotInUse(row.state)
    key = room.keys.ensure(key_name(row.code, suite), suite.leaf_algorithm, {Purpose.SEALING})
    issued = issue(
        room.ca,
        SYSTEM,
        suite=hierarchy(room, suite),
        profile="department-seal",
        subject=Subject(row.code, organization=f"{row.department}{row.department_name}"),
        spki=key.spki,
        request_key=f"seal.certificate:{row.code}:{suite.value}",
    )
    reach("seal.certificate_issued")
    return _keep(room, row, issued.der, issued.serial)


def _keep(room: SealRoom, row: SealRow, certificate: bytes, serial: int) -> SealRow:
    """Only a seal in use gets it: what was revoked meanwhile must not keep a good certificate."""
    with room.ground.db.begin() as session:
        kept = session.execute(
            update(SealRow)
            .where(SealRow.id == row.id, SealRow.state == SealState.IN_USE, SealRow.p256_certificate.is_(None))
            .values(p256_certificate=certificate)
            .returning(SealRow.id)
        ).first()
        if kept is not None:
            room.ground.audit.record(
                session, SYSTEM, action="seal.certificate", object=f"seal:{row.id}",
                payload={"code": row.code, "suite": Suite.P256.value, "serial": f"{serial:x}"},
            )  # fmt: skip
    with room.ground.db.read() as session:
        now = session.get_one(SealRow, row.id)
    if now.p256_certificate is None:
        revoke_certificate(room, certificate)
        raise SealNotInUse(now.state)
    return now


def revoke_certificate(room: SealRoom, certificate: bytes) -> None:
    """At the CA that issued it."""
    parsed = read_certificate(certificate)
    authority = next(one for one in authorities(room.ca) if one.certificate.subject.raw == parsed.issuer.raw)
    revoke(
        room.ca,
        SYSTEM,
        reason=Reason.CESSATION_OF_OPERATION,
        authority=authority.slug,
        serial=parsed.serial,
    )

"""A CA under an offline root (离线根): the request that goes to the ceremony, and installing what comes back.

What is installed was made elsewhere, so everything about it is checked as if a stranger had sent it (RFC 5280 6.1):
signature, names, key, times, extensions, and that the list does not already name the new certificate.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.crl_names import ListName
from ca.crl_store import kept
from ca.errors import ListUnknown
from ca.finishing import issued
from ca.hierarchy import CA_PURPOSES, enter, exists, issuing_subject
from ca.intents import tbs_mac
from ca.models import CaAuthority, CaCertificate, CaCrl, CaRevocation, State
from ca.names import write_name
from ca.offline_checks import Installed, check_installed, check_list, check_root
from ca.profiles import ISSUING, ROOT, Profile, Role
from ca.reading.certificate import Certificate
from ca.reading.crl import CertificateList, read_crl
from ca.revoke import revoke
from ca.room import CaRoom
from ca.storing import blind_name, closed, closed_name
from ca.suites import Suite
from foundation import der
from foundation.errors import Conflict
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from hsm.keys import Purpose
from hsm.signing import ToBeSigned

CSR_INTENT = "csr:"


def request(room: CaRoom, suite: Suite) -> bytes:
    """PKCS#10 of the issuing CA (RFC 2986), its key made now or, under dual control, made and activated before."""
    key = room.keys.ensure(f"ca/{suite}-issuing", suite.authority_algorithm, CA_PURPOSES)
    info = request_info(write_name(issuing_subject(room, suite)), key.spki)
    token = ToBeSigned(Purpose.CERTIFICATE, info, f"{CSR_INTENT}{suite}-issuing:{sha256(info).hex()}")
    signature = room.keys.signer(key.name).sign(token)
    return der.sequence(info, suite.scheme.algorithm_identifier(), der.bit_string(signature))


def request_info(name: bytes, spki: bytes) -> bytes:
    """CertificationRequestInfo without attributes (RFC 2986 4.1)."""
    return der.sequence(der.integer(0), name, spki, der.explicit(0, b""))


@dataclass(frozen=True, slots=True)
class Delivered:
    """What comes back from a ceremony, in DER."""

    root: bytes
    certificate: bytes
    crl: bytes
    transcript_sha256: str | None = None


def install(room: CaRoom, principal: Principal, suite: Suite, delivered: Delivered) -> None:
    """Take root, issuing certificate and list into service. The same delivery again changes nothing."""
    key = room.keys.find(f"ca/{suite}-issuing")
    checked = check_installed(
        room, suite, delivered.root, delivered.certificate, delivered.crl, key.spki if key is not None else b""
    )
    root_slug, slug = f"{suite}-root", f"{suite}-issuing"
    _same_or_new(room, root_slug, checked.root)
    _same_or_new(room, slug, checked.certificate)
    if not exists(room, root_slug):
        _enter(room, principal, checked, delivered, root_slug, suite, Role.ROOT)
    _keep_list(room, principal, root_slug, checked.crl)
    if not exists(room, slug):
        _enter(room, principal, checked, delivered, slug, suite, Role.ISSUING)


def install_list(room: CaRoom, principal: Principal, suite: Suite, crl: bytes) -> None:
    """The list of a later ceremony. Its number must be beyond every list before it."""
    slug = f"{suite}-root"
    root = room.authority(slug)
    if not root.offline:
        raise ListUnknown
    parsed = read_crl(crl)
    check_list(parsed, root.certificate, room.ground.clock.now())
    _keep_list(room, principal, slug, parsed)
    for entry in parsed.entries():
        with room.ground.db.read() as session:
            known = _known(session, slug, entry.serial)
        if known:
            revoke(room, principal, reason=entry.reason, authority=slug, serial=entry.serial)


def _known(session: Session, slug: str, serial: int) -> bool:
    """One of ours, not yet on record as revoked."""
    found = select(CaCertificate.id).where(CaCertificate.authority == slug, CaCertificate.serial == f"{serial:x}")
    return session.scalar(found) is not None and session.get(CaRevocation, (slug, f"{serial:x}")) is None


def _same_or_new(room: CaRoom, slug: str, certificate: Certificate) -> None:
    if exists(room, slug) and room.authority(slug).certificate.der != certificate.der:
        raise Conflict(
            "ca.already_established",
            Text(
                f"{slug} 已有另一张证书在用，不能覆盖。",
                f"{slug} is in service with another certificate, which is not replaced.",
            ),
        )


def _enter(
    room: CaRoom,
    principal: Principal,
    checked: Installed,
    delivered: Delivered,
    slug: str,
    suite: Suite,
    role: Role,
) -> None:
    """The certificate's row first: a crash in between is finished by installing again."""
    root = role is Role.ROOT
    certificate, profile = (checked.root, ROOT) if root else (checked.certificate, ISSUING)
    authority = f"{suite}-root"
    with room.ground.db.begin() as session:
        query = select(CaCertificate).where(CaCertificate.request_key == f"ca.authority:{slug}")
        row = session.scalars(query).one_or_none()
        if row is None:
            row = _row(room, certificate, profile, authority, slug)
            session.add(row)
            room.ground.audit.record(
                session,
                principal,
                action="ca.authority.install",
                object=f"authority:{slug}",
                payload={"sha256": certificate.fingerprint, "transcript": delivered.transcript_sha256},
            )
    enter(
        room,
        issued(room, row),
        slug,
        suite,
        role,
        None if root else authority,
        "" if root else f"ca/{slug}",
    )


def _row(room: CaRoom, certificate: Certificate, profile: Profile, authority: str, slug: str) -> CaCertificate:
    ground, now = room.ground, room.ground.clock.now()
    identifier, name = ground.ids.uuid7(), certificate.subject.common_name or slug
    return CaCertificate(
        id=identifier,
        request_key=f"ca.authority:{slug}",
        request_mac=ground.mac.mac("ca.installed", certificate.der),
        authority=authority,
        serial=f"{certificate.serial:x}",
        profile=profile.name,
        profile_version=profile.version,
        profile_digest=profile.digest,
        state=State.ISSUED,
        personal=False,
        subject=closed_name(ground.cipher, identifier, name, personal=False),
        subject_blind=blind_name(ground.cipher, name),
        organization=certificate.subject.organization,
        key_hash=sha256(certificate.spki).hex(),
        tbs_mac=tbs_mac(room, identifier, authority, certificate.tbs),
        der=closed(ground.cipher, identifier, "der", certificate.der, personal=False),
        fingerprint=certificate.fingerprint,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        recorded_at=now,
        issued_at=now,
    )


def _keep_list(room: CaRoom, principal: Principal, slug: str, crl: CertificateList) -> None:
    name, number, digest = ListName(slug), crl.number or 0, sha256(crl.der).hex()
    room.ground.storage.put_new(kept(name, number), crl.der)
    with room.ground.db.begin() as session:
        row = session.scalars(select(CaAuthority).where(CaAuthority.slug == slug).with_for_update()).one()
        known = session.get(CaCrl, (slug, number))
        if known is not None and known.sha256 == digest:
            return
        if number <= row.crl_number:
            raise Conflict(
                "ca.list_older",
                Text(
                    f"该撤销列表编号 {number} 不大于现有的 {row.crl_number}。",
                    f"This list bears number {number}; the one in service bears {row.crl_number}.",
                ),
            )
        row.crl_number = number
        session.add(
            CaCrl(
                scope=slug,
                number=number,
                this_update=crl.this_update,
                next_update=crl.next_update,
                entries=sum(1 for _ in crl.entries()),
                tbs_hash=sha256(crl.tbs).hex(),
                sha256=digest,
            )
        )
        room.ground.audit.record(
            session,
            principal,
            action="ca.crl.install",
            object=f"authority:{slug}",
            payload={"number": number, "sha256": digest},
        )


__all__ = ["Delivered", "check_root", "install", "install_list", "request"]

"""To whom recovered keys may go (密钥恢复接收方): the holder's new signing certificate, or an organ's certificate.

Both are checked when the recovery is opened and again before keys leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from ca.errors import CertificateUnknown
from ca.kmc.errors import BadRecipient, NotTheOwner
from ca.kmc.owners import owner_of_certificate
from ca.models import CaCertificate, CaRevocation, State
from ca.reading.certificate import Certificate, KeyUsage, read_certificate
from ca.room import CaRoom
from ca.storing import opened
from foundation.der import DerError
from foundation.text import Text
from hsm.errors import BadKey
from hsm.public_keys import describe
from hsm.weak_keys import WeakKey, check_strong

_ENCRYPTS = {KeyUsage.KEY_ENCIPHERMENT, KeyUsage.DATA_ENCIPHERMENT, KeyUsage.KEY_AGREEMENT}


@dataclass(frozen=True, slots=True)
class Recipient:
    certificate: Certificate
    certificate_id: UUID | None
    """None: of another CA, vouched for by those who approve."""
    owner: str | None


def holder(room: CaRoom, certificate_id: UUID) -> Recipient:
    """A signing certificate of ours, valid now, and whose it is. A stranger's answer is the same as a missing one's."""
    with room.ground.db.read() as session:
        row = session.get(CaCertificate, certificate_id)
        gone = row is not None and session.get(CaRevocation, (row.authority, row.serial)) is not None
    if row is None or row.state != State.ISSUED:
        raise CertificateUnknown
    certificate = read_certificate(opened(room.ground.cipher, row, "der"))
    profile = room.profile(row.profile)
    if profile.encrypts or profile.is_ca or KeyUsage.DIGITAL_SIGNATURE not in (certificate.key_usage or ()):
        raise NotTheOwner(Text("它不是签名证书", "it is no signing certificate"))
    if gone or not _valid(certificate, room.ground.clock.now()):
        raise NotTheOwner(Text("它已撤销、挂起或不在有效期内", "it is revoked, on hold or out of its time"))
    _usable(certificate, NotTheOwner)
    return Recipient(certificate, row.id, owner_of_certificate(room, profile, certificate))


def organ(room: CaRoom, octets: bytes) -> Recipient:
    """The certificate of the requesting organ: valid, for encryption, and not one of ours that was revoked."""
    try:
        certificate = read_certificate(octets)
    except DerError as error:
        raise BadRecipient(Text("无法解析", "it cannot be read")) from error
    if certificate.is_ca or not _ENCRYPTS & set(certificate.key_usage or ()):
        raise BadRecipient(Text("它不是加密证书", "it is not for encryption"))
    if not _valid(certificate, room.ground.clock.now()):
        raise BadRecipient(Text("不在有效期内", "it is out of its time"))
    _usable(certificate, BadRecipient)
    with room.ground.db.read() as session:
        row = session.scalars(
            select(CaCertificate).where(CaCertificate.fingerprint == certificate.fingerprint)
        ).one_or_none()
        gone = row is not None and session.get(CaRevocation, (row.authority, row.serial)) is not None
    if gone:
        raise BadRecipient(Text("已撤销或挂起", "it is revoked or on hold"))
    return Recipient(certificate, row.id if row is not None else None, None)


def _valid(certificate: Certificate, now: datetime) -> bool:
    return certificate.not_before <= now <= certificate.not_after


def _usable(certificate: Certificate, error: type[NotTheOwner | BadRecipient]) -> None:
    """Keys are enveloped to SM2 and RSA keys only, and to none that is known to be weak."""
    try:
        kind = describe(certificate.spki)
        check_strong(certificate.spki)
    except (BadKey, WeakKey) as fault:
        raise error(Text("公钥不可用", "its key cannot be used")) from fault
    if kind != "SM2" and not kind.startswith("RSA-"):
        raise error(Text("公钥须为 SM2 或 RSA", "its key must be SM2 or RSA"))

"""Who sent a message (消息来源): the holder of a shared secret, or of a certificate enrolled here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from ca.cmp import protection
from ca.cmp.faults import Failure, Refused
from ca.cmp.message import Message
from ca.cmp.models import CmpTransaction
from ca.cmp.protection import PasswordMac
from ca.credentials import store
from ca.credentials.store import Credential, CredentialRefused, Protocol
from ca.models import CaCertificate, CaRevocation, State
from ca.reading.certificate import Certificate, read_certificate
from ca.room import CaRoom
from ca.signatures import check_certificate
from foundation.der import DerError
from foundation.text import Text
from hsm.errors import BadSignature

CLOCKS_DIFFER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, repr=False)
class Caller:
    """Under which credential a message speaks, and how its answer is protected."""

    credential: Credential
    secret: bytes | None = None
    mac: PasswordMac | None = None
    certificate: Certificate | None = None
    certificate_id: UUID | None = None


def authenticate(room: CaRoom, message: Message) -> Caller:
    """The caller of a message whose protection is good; anything else is `Refused`."""
    header = message.header
    if header.protection is None or message.value is None:
        raise Refused(Failure.BAD_MESSAGE_CHECK, Text("消息没有保护。", "The message is not protected."))
    _check_time(header.time, room.ground.clock.now())
    try:
        if protection.is_mac(header.protection):
            return _by_secret(room, message)
        return _by_certificate(room, message)
    except CredentialRefused as error:
        raise Refused(Failure.NOT_AUTHORIZED, error.detail) from error


def _check_time(stated: datetime | None, now: datetime) -> None:
    if stated is not None and abs(stated - now) > CLOCKS_DIFFER:
        raise Refused(
            Failure.BAD_TIME, Text("消息时间与本机相差过大。", "The time of the message is too far from our clock.")
        )


def _by_secret(room: CaRoom, message: Message) -> Caller:
    kid, header = message.header.sender_kid or b"", message.header
    if header.protection is None or message.value is None:
        raise protection.wrong()
    credential, secret = store.secret_of(room, Protocol.CMP, kid.decode("ascii", "replace"))
    mac = protection.check_mac(header.protection, secret, message.protected, message.value)
    return Caller(credential, secret, mac)


def _by_certificate(room: CaRoom, message: Message) -> Caller:
    """The signer's certificate stands first among the extra certificates (5.1.3.3), and is one of ours, in force."""
    header = message.header
    if header.protection is None or message.value is None or not message.certificates:
        raise _untrusted()
    try:
        certificate = read_certificate(message.certificates[0])
    except DerError as error:
        raise _untrusted() from error
    identifier, authority, reference = _enrolled(room, certificate)
    try:
        check_certificate(certificate, room.authority(authority).certificate.spki)
    except BadSignature as error:
        raise _untrusted() from error
    protection.check_signature(header.protection, certificate.spki, message.protected, message.value)
    credential = store.find(room, Protocol.CMP, reference)
    return Caller(credential, certificate=certificate, certificate_id=identifier)


def _enrolled(room: CaRoom, certificate: Certificate) -> tuple[UUID, str, str]:
    with room.ground.db.read() as session:
        row = session.execute(
            select(CaCertificate, CmpTransaction.credential)
            .join(CmpTransaction, CmpTransaction.certificate_id == CaCertificate.id)
            .where(CaCertificate.fingerprint == certificate.fingerprint, CaCertificate.state == State.ISSUED)
        ).first()
        if row is None or not certificate.valid_at(room.ground.clock.now()):
            raise _untrusted()
        if session.get(CaRevocation, (row[0].authority, row[0].serial)) is not None:
            raise Refused(Failure.CERT_REVOKED, Text("签名证书已撤销。", "The signing certificate is revoked."))
        return row[0].id, row[0].authority, row[1]


def _untrusted() -> Refused:
    return Refused(
        Failure.SIGNER_NOT_TRUSTED,
        Text("签名证书不是本机构经此协议签发的有效证书。", "The signer holds no valid certificate enrolled here."),
    )

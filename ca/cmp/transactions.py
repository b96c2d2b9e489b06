"""The verbs of CMP (RFC 4210 5.3): enrol, update, confirm, revoke, each under its transaction number.

The transaction is recorded before anything is issued and its number is part of the issue's request key, so a message
sent again after a lost answer, or after a crash of ours, gets the same certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ca.cmp.callers import Caller
from ca.cmp.crmf import OldCertificate
from ca.cmp.faults import Failure, Refused
from ca.cmp.models import CmpTransaction, TransactionState
from ca.credentials import store
from ca.credentials.enrol import issue_key, permitted
from ca.credentials.wishes import Wishes, wishes_of
from ca.issue import IssuedCertificate
from ca.models import CaCertificate
from ca.reading.certificate import Certificate, read_certificate
from ca.reading.crl import Reason
from ca.revoke import revoke
from ca.room import CaRoom
from ca.storing import opened
from foundation.failpoints import reach
from foundation.principal import SYSTEM
from foundation.text import Text
from hsm.digests import Digest, same

CONFIRM_WITHIN = timedelta(hours=1)
_SUBJECT_ALT_NAME = "2.5.29.17"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a certificate, its possession proven."""

    transaction: bytes
    body: bytes
    wishes: Wishes
    spki: bytes
    confirmed: bool
    """The client needs no confirmation, or asked to leave it out."""


def enrol(room: CaRoom, caller: Caller, asked: Asked, nonce: bytes) -> IssuedCertificate:
    """ir, cr, p10cr: names as the credential permits."""
    ordered = permitted(caller.credential, asked.wishes)
    if _begin(room, caller, asked, nonce):
        store.spend(room, caller.credential)
    reach("cmp.accepted")
    key = f"cmp:{caller.credential.reference}:{sha256(asked.transaction).hexdigest()[:40]}"
    made = issue_key(room, caller.credential, ordered, asked.spki, key)
    reach("cmp.issued")
    _sent(room, asked, made.id)
    return made


def update(room: CaRoom, caller: Caller, asked: Asked, old: OldCertificate | None, nonce: bytes) -> IssuedCertificate:
    """kur: the names of the old certificate again, whatever the template leaves out; it must be the caller's."""
    previous = _previous(room, caller, old)
    had, wanted = wishes_of_certificate(previous), asked.wishes
    if (wanted.dns or wanted.common_name) and not _names(wanted) <= _names(had):
        raise Refused(
            Failure.BAD_CERT_TEMPLATE,
            Text("更新请求中的名称须与原证书一致。", "An update must ask for the names of the old certificate."),
        )
    return enrol(room, caller, Asked(asked.transaction, asked.body, had, asked.spki, asked.confirmed), nonce)


def wishes_of_certificate(certificate: Certificate) -> Wishes:
    found = certificate.find(_SUBJECT_ALT_NAME)
    return wishes_of(certificate.subject.common_name, found.value if found else None)


def _names(wishes: Wishes) -> set[str]:
    return {*wishes.dns, *({wishes.common_name.lower()} if wishes.common_name else ())}


def _previous(room: CaRoom, caller: Caller, old: OldCertificate | None) -> Certificate:
    if caller.certificate is not None:
        shown = caller.certificate
        if old is not None and (old.issuer, old.serial) != (shown.issuer.raw, shown.serial):
            raise _not_yours()
        return shown
    if old is None:
        raise Refused(Failure.BAD_CERT_ID, Text("须指明原证书。", "Name the certificate to update (oldCertID)."))
    return _owned(room, caller, old)[1]


def _owned(room: CaRoom, caller: Caller, wanted: OldCertificate) -> tuple[UUID, Certificate]:
    """A certificate issued under the caller's credential; anybody else's is not there."""
    with room.ground.db.read() as session:
        rows = session.scalars(
            select(CaCertificate)
            .join(CmpTransaction, CmpTransaction.certificate_id == CaCertificate.id)
            .where(
                CaCertificate.serial == f"{wanted.serial:x}", CmpTransaction.credential == caller.credential.reference
            )
        ).all()
        for row in rows:
            found = read_certificate(opened(room.ground.cipher, row, "der"))
            if found.issuer.raw == wanted.issuer:
                return row.id, found
    raise _not_yours()


def revoke_one(room: CaRoom, caller: Caller, wanted: OldCertificate, reason: Reason) -> None:
    """rr: by the secret any certificate of the credential, by signature the signing one."""
    if caller.certificate is not None:
        shown = caller.certificate
        if (wanted.issuer, wanted.serial) != (shown.issuer.raw, shown.serial):
            raise _not_yours()
    identifier, _ = _owned(room, caller, wanted)
    revoke(room, caller.credential.principal, certificate_id=identifier, reason=reason)


def _not_yours() -> Refused:
    return Refused(Failure.BAD_CERT_ID, Text("没有这张证书。", "There is no such certificate of yours."))


# --- the state of a transaction --------------------------------------------------------------------------------------


def _begin(room: CaRoom, caller: Caller, asked: Asked, nonce: bytes) -> bool:
    """Record the transaction; False when this very request was recorded before."""
    number, digest = asked.transaction.hex(), sha256(asked.body).digest()
    try:
        with room.ground.db.begin() as session:
            session.add(
                CmpTransaction(
                    number=number,
                    credential=caller.credential.reference,
                    request=digest,
                    state=TransactionState.ACCEPTED,
                    nonce=nonce,
                    expires_at=room.ground.clock.now() + CONFIRM_WITHIN,
                )
            )
            _record(session, room, caller, "accept", number)
    except IntegrityError:
        with room.ground.db.begin() as session:
            row = session.get_one(CmpTransaction, number)
            if (row.credential, row.request) != (caller.credential.reference, digest):
                raise Refused(
                    Failure.TRANSACTION_ID_IN_USE, Text("事务编号已被使用。", "The transaction number is in use.")
                ) from None
            row.nonce = nonce
        return False
    return True


def _sent(room: CaRoom, asked: Asked, certificate: UUID) -> None:
    with room.ground.db.begin() as session:
        row = session.get_one(CmpTransaction, asked.transaction.hex())
        row.certificate_id = certificate
        if row.state == TransactionState.ACCEPTED:
            row.state = TransactionState.CONFIRMED if asked.confirmed else TransactionState.WAITING


def confirm(room: CaRoom, caller: Caller, transaction: bytes, returned: bytes | None, digest: bytes | None) -> None:
    """certConf: the hash of the certificate received, or None when the client rejects it; then it is revoked."""
    with room.ground.db.read() as session:
        row = session.get(CmpTransaction, transaction.hex())
    if row is None or row.credential != caller.credential.reference or row.certificate_id is None:
        raise Refused(Failure.BAD_REQUEST, Text("没有等待确认的证书。", "No certificate waits to be confirmed."))
    if returned is None or not same(returned, row.nonce):
        raise Refused(Failure.BAD_RECIPIENT_NONCE, Text("随机数不符。", "The nonce is not the one we sent."))
    if row.state == TransactionState.WAITING:
        good = digest is not None and same(digest, _hash(room, row.certificate_id))
        _close(room, row.number, row.certificate_id, caller.credential.principal.label, good=good)
        if digest is not None and not good:
            raise Refused(Failure.BAD_CERT_ID, Text("证书摘要不符。", "The hash is not that of the certificate sent."))


def _hash(room: CaRoom, certificate: UUID) -> bytes:
    """By the digest of the certificate's own signature (5.3.18)."""
    with room.ground.db.read() as session:
        octets = opened(room.ground.cipher, session.get_one(CaCertificate, certificate), "der")
    scheme = read_certificate(octets).scheme
    return (scheme.digest if scheme is not None else Digest.SHA256).of(octets)


def _close(room: CaRoom, number: str, certificate: UUID, who: str, *, good: bool) -> None:
    if not good:
        revoke(room, SYSTEM, certificate_id=certificate, reason=Reason.CESSATION_OF_OPERATION)
    with room.ground.db.begin() as session:
        row = session.get_one(CmpTransaction, number)
        if row.state != TransactionState.WAITING:
            return
        row.state = TransactionState.CONFIRMED if good else TransactionState.REJECTED
        room.ground.audit.record(
            session,
            SYSTEM,
            action="ca.cmp.confirm" if good else "ca.cmp.reject",
            object=f"cmp:{number[:64]}",
            payload={"certificate": str(certificate), "by": who},
        )


def expire(room: CaRoom, now: datetime) -> int:
    """Certificates nobody confirmed in time are revoked (RFC 9483 4.1.1); returns how many. A periodic job."""
    with room.ground.db.read() as session:
        rows = session.scalars(
            select(CmpTransaction)
            .where(CmpTransaction.state == TransactionState.WAITING, CmpTransaction.expires_at < now)
            .limit(200)
        ).all()
    for row in rows:
        if row.certificate_id is not None:
            _close(room, row.number, row.certificate_id, "system", good=False)
    return len(rows)


def _record(session: Session, room: CaRoom, caller: Caller, what: str, number: str) -> None:
    room.ground.audit.record(
        session, caller.credential.principal, action=f"ca.cmp.{what}", object=f"cmp:{number[:64]}", payload={}
    )

"""Enrolling and re-enrolling over EST (RFC 7030 4.2): who asks, for which names, with which key."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from sqlalchemy import select

from ca.credentials import store
from ca.credentials.enrol import issue_for, permitted
from ca.credentials.store import Credential, CredentialRefused, Protocol
from ca.credentials.wishes import Wishes, read_wishes, wishes_of
from ca.est.models import EstEnrolment
from ca.issue import IssuedCertificate
from ca.models import CaCertificate, CaRevocation, State
from ca.reading.certificate import Certificate, read_certificate
from ca.reading.csr import MOST_OCTETS
from ca.room import CaRoom
from ca.signatures import check_certificate
from foundation.der import DerError
from foundation.errors import Forbidden, InvalidInput, Unauthenticated
from foundation.text import Text
from hsm.errors import BadSignature

_SUBJECT_ALT_NAME = "2.5.29.17"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from: a credential, or the holder of one of our certificates."""

    credential: Credential
    certificate: Certificate | None = None


def by_password(room: CaRoom, reference: str, secret: str) -> Caller:
    return Caller(store.authenticate(room, Protocol.EST, reference, secret))


def by_certificate(room: CaRoom, octets: bytes) -> Caller:
    """The holder of a certificate we issued over EST that is still good, under the credential it came from."""
    now = room.ground.clock.now()
    try:
        certificate = read_certificate(octets)
    except DerError as error:
        raise CredentialRefused from error
    with room.ground.db.read() as session:
        row = session.execute(
            select(CaCertificate, EstEnrolment.credential)
            .join(EstEnrolment, EstEnrolment.certificate_id == CaCertificate.id)
            .where(CaCertificate.fingerprint == certificate.fingerprint, CaCertificate.state == State.ISSUED)
        ).one_or_none()
        gone = row is not None and session.get(CaRevocation, (row[0].authority, row[0].serial)) is not None
    if row is None or gone or not certificate.valid_at(now):
        raise CredentialRefused
    try:
        check_certificate(certificate, room.authority(row[0].authority).certificate.spki)
    except BadSignature as error:
        raise CredentialRefused from error
    return Caller(store.find(room, Protocol.EST, row[1]), certificate)


def read_body(body: bytes) -> bytes:
    """Base64 of a PKCS#10 request (RFC 7030 4.2.1, RFC 8951 3.1); PEM armour is what some clients send."""
    if len(body) > 2 * MOST_OCTETS:
        raise InvalidInput("ca.csr", Text("证书请求过大。", "The certificate request is too large."))
    lines = [line for line in body.splitlines() if not line.startswith(b"-----")]
    try:
        return base64.b64decode(b"".join(b"".join(lines).split()), validate=True)
    except ValueError as error:
        raise InvalidInput(
            "ca.csr", Text("请求体须为 PKCS#10 的 Base64。", "The body must be the Base64 of a PKCS#10 request.")
        ) from error


def enrol(room: CaRoom, caller: Caller, csr: bytes) -> IssuedCertificate:
    """A certificate for a new request. The same request again gives the same certificate (a lost answer)."""
    ordered = permitted(caller.credential, _wishes(csr))
    key = f"est:{caller.credential.reference}:{hashlib.sha256(csr).hexdigest()}"
    if not _known(room, key):
        store.spend(room, caller.credential)
    made = issue_for(room, caller.credential, ordered, csr, key)
    _remember(room, caller.credential, made)
    return made


def re_enrol(room: CaRoom, caller: Caller, csr: bytes) -> IssuedCertificate:
    """Renewal or re-key (4.2.2): subject and names exactly as in the certificate shown."""
    shown = caller.certificate
    if shown is None:
        raise Unauthenticated(
            "est.certificate_needed",
            Text("续期须以现有证书建立连接。", "Renew over a connection made with the present certificate."),
        )
    wishes = _wishes(csr)
    if _names(wishes) != _names(wishes_of_certificate(shown)):
        raise Forbidden(
            "est.other_names",
            Text("续期请求中的名称须与现有证书一致。", "A renewal must ask for the names of the present certificate."),
        )
    ordered = permitted(caller.credential, wishes)
    key = f"est:{shown.fingerprint[:32]}:{hashlib.sha256(csr).hexdigest()}"
    made = issue_for(room, caller.credential, ordered, csr, key)
    _remember(room, caller.credential, made)
    return made


def wishes_of_certificate(certificate: Certificate) -> Wishes:
    found = certificate.find(_SUBJECT_ALT_NAME)
    return wishes_of(certificate.subject.common_name, found.value if found else None)


def _names(wishes: Wishes) -> tuple[frozenset[str], int]:
    """A name counts the same as CN and as alternative name: clients put it in one or in both."""
    return frozenset((*wishes.dns, (wishes.common_name or "").lower())) - {""}, wishes.other


def _wishes(csr: bytes) -> Wishes:
    try:
        return read_wishes(csr)
    except DerError as error:
        raise InvalidInput("ca.csr", error.detail) from error


def _known(room: CaRoom, request_key: str) -> bool:
    with room.ground.db.read() as session:
        return session.scalar(select(CaCertificate.id).where(CaCertificate.request_key == request_key)) is not None


def _remember(room: CaRoom, credential: Credential, made: IssuedCertificate) -> None:
    """So that its holder can renew with it. Written after issuing; asking again with the same request repairs it."""
    with room.ground.db.begin() as session:
        if session.get(EstEnrolment, made.id) is not None:
            return
        session.add(EstEnrolment(certificate_id=made.id, credential=credential.reference))
        room.ground.audit.record(
            session,
            credential.principal,
            action="ca.est.enrol",
            object=f"certificate:{made.id}",
            payload={"profile": made.profile},
        )

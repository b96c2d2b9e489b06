"""Revoking over ACME (RFC 8555 7.6): by the account that got the certificate, or by the certificate's own key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from ca.acme import accounts, jws
from ca.acme.accounts import Account
from ca.acme.models import AcmeOrder
from ca.acme.problems import AcmeError, translated, unauthorized
from ca.models import CaCertificate, CaRevocation
from ca.reading.certificate import read_certificate
from ca.reading.crl import Reason
from ca.revoke import revoke as revoke_certificate
from ca.room import CaRoom
from foundation.der import DerError
from foundation.errors import Conflict, YinxinError
from foundation.principal import Kind, Principal
from foundation.text import Text

REASONS = {
    0: Reason.UNSPECIFIED,
    1: Reason.KEY_COMPROMISE,
    3: Reason.AFFILIATION_CHANGED,
    4: Reason.SUPERSEDED,
    5: Reason.CESSATION_OF_OPERATION,
}


def revoke(room: CaRoom, payload: dict[str, Any], *, account: Account | None, key: jws.Jwk | None) -> None:
    """Exactly one of `account` and `key` signed the request."""
    octets = jws.unb64url(payload.get("certificate"), "certificate")
    reason = REASONS.get(payload.get("reason", 0))
    if reason is None:
        raise AcmeError("badRevocationReason", Text("撤销原因须为 0、1、3、4 或 5。", "Reasons are 0, 1, 3, 4 and 5."))
    identifier = _identified(room, octets)
    if account is not None:
        _check_owner(room, account, identifier)
        label = accounts.actor(account).label
    else:
        _check_key(octets, key)
        label = f"certificate-key:{identifier}"
    _check_standing(room, identifier)
    try:
        # who may was decided above, by signature and not by department
        revoke_certificate(room, Principal(Kind.SYSTEM, label), certificate_id=identifier, reason=reason)
    except Conflict as error:
        raise AcmeError("alreadyRevoked", error.detail) from error
    except YinxinError as error:
        raise translated(error) from error


def _identified(room: CaRoom, octets: bytes) -> UUID:
    """Only a certificate of ours, issued over this protocol."""
    try:
        fingerprint = read_certificate(octets).fingerprint
    except DerError as error:
        raise AcmeError("malformed", error.detail) from error
    with room.ground.db.read() as session:
        found = session.scalar(
            select(CaCertificate.id)
            .join(AcmeOrder, AcmeOrder.certificate_id == CaCertificate.id)
            .where(CaCertificate.fingerprint == fingerprint)
        )
    if found is None:
        raise AcmeError("malformed", Text("不是本服务签发的证书。", "This certificate was not issued here."), 404)
    return found


def _check_standing(room: CaRoom, identifier: UUID) -> None:
    """Revoking twice is the same as once to the room; this protocol wants to be told (7.6)."""
    with room.ground.db.read() as session:
        gone = session.scalar(select(CaRevocation.serial).where(CaRevocation.certificate_id == identifier))
    if gone is not None:
        raise AcmeError("alreadyRevoked", Text("证书已撤销。", "The certificate is revoked already."))


def _check_owner(room: CaRoom, account: Account, identifier: UUID) -> None:
    with room.ground.db.read() as session:
        owner = session.scalar(select(AcmeOrder.account_id).where(AcmeOrder.certificate_id == identifier))
    if owner != account.id:
        raise unauthorized("该证书不属于本账户。", "The certificate belongs to another account.")


def _check_key(octets: bytes, key: jws.Jwk | None) -> None:
    spki = read_certificate(octets).spki
    if key is None or jws.spki_of(key) != spki:
        raise unauthorized("签名密钥不是该证书的密钥。", "The request is not signed with the certificate's key.")

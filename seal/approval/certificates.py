"""Is this an official's signature? (审批签名核验) Certificate, path, revocation and value, from the region's own CA.

Used by the web process when an approval arrives and by the signer before a seal key signs; both end in the same code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ca.chain import authorities
from ca.models import CaCertificate, State
from ca.reading.certificate import Certificate, KeyUsage, read_certificate
from ca.reading.identity import identity_of
from ca.reading.ocsp import CertStatus
from ca.room import Authority, CaRoom
from ca.signatures import check_certificate
from ca.status import statuses
from ca.storing import opened
from foundation.errors import Forbidden
from foundation.text import Text
from hsm.errors import BadSignature
from hsm.public_keys import algorithm_of_spki
from hsm.schemes import Family, scheme_for
from hsm.verifying import DEFAULT_SM2_ID, verify, verify_accepting_raw

PROFILE = "official"


class ApprovalRefused(Forbidden):
    """The signature does not count as this official's approval; the word tells which step said no."""

    def __init__(self, what: str, zh: str, en: str) -> None:
        super().__init__(
            f"seal.approval_{what}",
            Text(f"审批签名未被接受：{zh}。请核对证书后重新签名。", f"The approval is not accepted: {en}."),
        )
        self.what = what


@dataclass(frozen=True, slots=True)
class Holder:
    """Who signed: two certificates of one person give the same holder."""

    certificate: Certificate
    owner: str | None
    """USCC of the organisation the certificate was issued to."""

    @property
    def who(self) -> tuple[object, ...]:
        identity = identity_of(self.certificate)
        number = identity.citizen_number or identity.passport_number or identity.military_number
        return ("number", number) if number else ("name", self.certificate.subject.raw)


def holder(ca: CaRoom, fingerprint: str, at: datetime, signed: tuple[bytes, bytes] | None = None) -> Holder:
    """The official's certificate of that SHA-256, good at `at`: issued by our CA, every link signed, none revoked.

    `signed`: a statement and the value that must be its key's; looked at before the longer way up the path.
    """
    with ca.ground.db.read() as session:
        row = session.scalars(
            select(CaCertificate).where(CaCertificate.fingerprint == fingerprint, CaCertificate.state == State.ISSUED)
        ).one_or_none()
    if row is None or row.profile != PROFILE:
        raise ApprovalRefused("certificate", "不是本区域签发的行政人员证书", "no official's certificate of this region")
    certificate = read_certificate(opened(ca.ground.cipher, row, "der"))
    if certificate.fingerprint != fingerprint:
        raise ApprovalRefused("certificate", "证书与记录不符", "the certificate is not the one on record")
    if not certificate.allows(KeyUsage.DIGITAL_SIGNATURE) or certificate.is_ca:
        raise ApprovalRefused("usage", "证书不能用于签名", "its certificate is not for signing")
    if signed is not None:
        check_signature(certificate, *signed)
    _path(ca, certificate, at)
    return Holder(certificate, row.owner)


def _path(ca: CaRoom, leaf: Certificate, at: datetime) -> None:
    by_name: dict[bytes, Authority] = {one.certificate.subject.raw: one for one in authorities(ca)}
    lower = leaf
    for _ in range(len(by_name) + 1):
        if not lower.valid_at(at):
            raise ApprovalRefused("expired", "证书不在有效期内", "a certificate of the path is outside its validity")
        upper = by_name.get(lower.issuer.raw)
        if upper is None:
            break
        _link(ca, lower, upper.certificate)
        if lower.self_issued:
            return
        status = statuses(ca, upper.slug, [lower.serial])[lower.serial].status
        if status is not CertStatus.GOOD:
            raise ApprovalRefused("revoked", "证书已吊销或冻结", "its certificate is revoked or on hold")
        lower = upper.certificate
    raise ApprovalRefused("path", "证书链不完整", "its path does not end at the region's root")


def _link(ca: CaRoom, lower: Certificate, upper: Certificate) -> None:
    """The signature of one over the other never changes, so it is looked at once; validity and revocation each time."""
    place = ("seal-link", lower.fingerprint)
    if ca.kept.get(place) == upper.spki:
        return
    try:
        check_certificate(lower, upper.spki)
    except BadSignature as error:
        raise ApprovalRefused("path", "证书链签名不正确", "a link of its path is not signed") from error
    ca.kept[place] = upper.spki


def check_signature(certificate: Certificate, statement: bytes, signature: bytes) -> None:
    """Raises unless the certificate's key signed exactly these octets. UKeys give r‖s bare; that is read too."""
    algorithm = algorithm_of_spki(certificate.spki)
    if algorithm is None:
        raise ApprovalRefused("algorithm", "证书算法不受支持", "the algorithm of its certificate is not supported")
    scheme = scheme_for(algorithm)
    accept = verify_accepting_raw if scheme.family in (Family.SM2, Family.ECDSA) else verify
    try:
        accept(certificate.spki, scheme, statement, signature, sm2_id=DEFAULT_SM2_ID)
    except BadSignature as error:
        raise ApprovalRefused("signature", "签名与审批内容不符", "it is not over this very statement") from error

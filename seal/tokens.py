"""Seals whose key is on the holder's token (UKey 印章): the SESeal is made for a key pair that never was ours.

The holder proves the key with a certificate request, or names a certificate our CA issued to it. Nothing can be stamped
with such a seal here: only the token can sign.
"""

from __future__ import annotations

from dataclasses import dataclass

from ca.chain import authorities
from ca.reading import Certificate, read_certificate
from ca.reading.certificate import KeyUsage
from ca.reading.csr import read_request
from ca.reading.ocsp import CertStatus
from ca.room import Authority
from ca.signatures import check_certificate, check_request
from ca.status import statuses
from foundation.der import DerError
from foundation.errors import InvalidInput
from foundation.text import Text
from hsm.errors import BadSignature
from hsm.schemes import Scheme
from seal.room import SealRoom

MOST_OCTETS = 32 * 1024


@dataclass(frozen=True, slots=True)
class TokenKey:
    """`spki` of the token's signing key; `certificate` when it has one of ours already."""

    spki: bytes
    certificate: bytes | None = None


class BadTokenKey(InvalidInput):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(
            "seal.token_key",
            Text(f"UKey 的证书或证书请求不可用：{zh}。", f"The token's certificate or request cannot be used: {en}."),
        )


def token_key(data: bytes) -> TokenKey:
    """The key in a DER certificate request (proof of possession checked) or certificate; raises `BadTokenKey`."""
    if len(data) > MOST_OCTETS:
        raise BadTokenKey("文件过大", "the file is too large")
    try:
        request = read_request(data)
    except DerError:
        return _from_certificate(data)
    try:
        scheme = check_request(request)
    except BadSignature as error:
        raise BadTokenKey("请求的签名无效，不能证明持有私钥", "its signature does not prove the key") from error
    if scheme is not Scheme.SM2_SM3:
        raise BadTokenKey("不是 SM2 密钥", "its key is not SM2")
    return TokenKey(request.spki)


def _from_certificate(data: bytes) -> TokenKey:
    try:
        certificate = read_certificate(data)
    except DerError as error:
        raise BadTokenKey(
            "既不是证书请求也不是证书（DER）", "it is neither a request nor a certificate (DER)"
        ) from error
    return TokenKey(certificate.spki, data)


def check_token_key(room: SealRoom, key: TokenKey, department: str, code: str) -> None:
    """A certificate must be ours, in force, for signing, and name department and seal; raises `BadTokenKey`."""
    if key.certificate is None:
        return
    certificate = read_certificate(key.certificate)
    if certificate.scheme is not Scheme.SM2_SM3 or certificate.is_ca:
        raise BadTokenKey("不是 SM2 用户证书", "it is not an SM2 end certificate")
    if not {KeyUsage.DIGITAL_SIGNATURE, KeyUsage.NON_REPUDIATION} <= (certificate.key_usage or frozenset()):
        raise BadTokenKey("密钥用途不含签名和抗抵赖", "its key usage lacks signature and non-repudiation")
    above = _issuer(room, certificate)
    now = room.ground.clock.now()
    if not certificate.not_before <= now <= certificate.not_after:
        raise BadTokenKey("证书不在有效期内", "it is outside its validity")
    if statuses(room.ca, above.slug, [certificate.serial])[certificate.serial].status is not CertStatus.GOOD:
        raise BadTokenKey("证书已撤销或停用", "it is revoked or on hold")
    if not (certificate.subject.organization or "").startswith(department):
        raise BadTokenKey("证书不属于该单位", "it is not this department's")
    if certificate.subject.common_name != code:
        raise BadTokenKey("证书的 CN 不是该印章编码", "its CN is not this seal's code")


def _issuer(room: SealRoom, certificate: Certificate) -> Authority:
    for above in authorities(room.ca):
        if above.certificate.subject.raw == certificate.issuer.raw:
            try:
                check_certificate(certificate, above.certificate.spki)
            except BadSignature:
                continue
            return above
    raise BadTokenKey("证书不是本地区 CA 签发的", "it was not issued by this region's CA")

"""The maker's certificate before making (制章前检查制章者证书): chain, validity, revocation, keyUsage. GM/T 0031-2025.

A seal made with a certificate that does not stand is refused by every verifier later; so it is not made at all. The
chain is our own CA's, each link checked with an explicit SM2 identifier, revocation against the register itself.
"""

from __future__ import annotations

from datetime import datetime

from ca.chain import authorities
from ca.errors import AuthorityUnknown
from ca.profiles import SEAL_MAKER, Role
from ca.reading import Certificate, read_certificate
from ca.reading.certificate import KeyUsage
from ca.reading.ocsp import CertStatus
from ca.room import Authority
from ca.status import statuses
from foundation.text import Text
from hsm.errors import BadSignature
from hsm.verifying import DEFAULT_SM2_ID, verify
from seal.errors import MakerRefused
from seal.room import SealRoom

_MOST_LINKS = 8
_SIGNS = frozenset({KeyUsage.DIGITAL_SIGNATURE, KeyUsage.NON_REPUDIATION})


def check_maker_certificate(room: SealRoom, certificate: bytes, spki: bytes, at: datetime) -> None:
    """Raises `MakerRefused` unless `certificate`, of the key `spki`, may make a seal at `at`."""
    leaf = read_certificate(certificate)
    _demand(leaf.spki == spki, "证书不属于制章密钥", "it is not of the maker's key")
    _demand(not leaf.is_ca, "证书是 CA 证书", "it is a CA's")
    _demand((leaf.key_usage or frozenset()) >= _SIGNS, "密钥用途不含签名", "its keyUsage lacks signing")
    named = any(policy.endswith(f".1.{SEAL_MAKER.number}") for policy in leaf.policies)
    _demand(named, "证书不是制章者证书", "it is no seal maker's")
    below = leaf
    for above in _above(room, leaf):
        _link(room, below, above, at)
        below = above.certificate
    _demand(below.not_before <= at <= below.not_after, "根证书不在有效期内", "the root is outside its validity")


def _above(room: SealRoom, leaf: Certificate) -> list[Authority]:
    """The CAs above, nearest first, ended by one of our roots."""
    known = {one.certificate.subject.raw: one for one in authorities(room.ca)}
    found: list[Authority] = []
    below = leaf
    while not below.self_issued or not found:
        above = known.get(below.issuer.raw)
        if above is None or len(found) > _MOST_LINKS:
            raise MakerRefused(Text("证书链不完整", "its chain is incomplete")) from AuthorityUnknown(below.issuer.text)
        found.append(above)
        below = above.certificate
        if above.role is Role.ROOT:
            break
    return found


def _link(room: SealRoom, below: Certificate, above: Authority, at: datetime) -> None:
    issuer = above.certificate
    scheme = below.scheme
    _demand(scheme is not None and not scheme.weak, "签名算法不可接受", "its signature algorithm is not acceptable")
    _demand(issuer.is_ca and KeyUsage.KEY_CERT_SIGN in (issuer.key_usage or ()), "上级不是 CA", "its issuer is no CA")
    assert scheme is not None  # noqa: S101 - just demanded
    try:
        verify(issuer.spki, scheme, below.tbs, below.signature, sm2_id=DEFAULT_SM2_ID)
    except BadSignature as error:
        raise MakerRefused(Text("证书签名无效", "its issuer did not sign it")) from error
    _demand(below.not_before <= at <= below.not_after, "证书不在有效期内", "it is outside its validity")
    said = statuses(room.ca, above.slug, [below.serial])[below.serial].status
    _demand(said is CertStatus.GOOD, "证书已撤销、冻结或未登记", "it is revoked, on hold or not on record")


def _demand(holds: object, zh: str, en: str) -> None:
    if not holds:
        raise MakerRefused(Text(zh, en))

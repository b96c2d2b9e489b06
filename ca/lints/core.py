"""Lints of the basic fields (基本域), RFC 5280 4.1 and GB/T 20518 5.2.3."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca.errors import LintFailed
from ca.lints.proposal import Proposal
from ca.profiles import Role
from ca.reading.alternative import names_of
from ca.reading.identity import identity_of
from ca.suites import Suite
from foundation import der
from hsm import oids
from hsm.errors import BadKey
from hsm.public_keys import algorithm_of_spki, public_key
from hsm.sm2 import Sm2PublicKey
from hsm.weak_keys import LEAST_EXPONENT, WeakKey, check_strong

LONGEST_SM2_AUTHORITY = timedelta(days=3653)
_SM2_PREFIX = der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.SM2))


def check_encoding(p: Proposal) -> None:
    if p.tbs.deviations:
        raise LintFailed(
            "encoding", "X.690 11", "编码不是规范的 DER", f"not canonical DER: {', '.join(p.tbs.deviations)}"
        )


def check_version(p: Proposal) -> None:
    if p.tbs.version != 3:
        raise LintFailed("version", "RFC 5280 4.1.2.1", "版本必须是 V3", "the version must be 3")


def check_serial(p: Proposal) -> None:
    """Positive, at most 20 octets, and long enough for 64 random bits."""
    if not 0 < p.tbs.serial.bit_length() <= 159 or p.tbs.serial < 1 << 64:
        raise LintFailed(
            "serial", "RFC 5280 4.1.2.2; BR 7.1.2", "序列号长度不合要求", "the serial number is too short or too long"
        )


def check_algorithm(p: Proposal) -> None:
    if p.tbs.signature_algorithm != p.issuer.suite.scheme.algorithm_identifier():
        raise LintFailed(
            "algorithm", "RFC 5280 4.1.2.3", "签名算法与 CA 不符", "the signature algorithm is not the CA's"
        )


def check_issuer(p: Proposal) -> None:
    """The issuer is, octet for octet, the subject of the CA's own certificate (RFC 5280 6.1.3)."""
    expected = p.tbs.subject.raw if p.issuer_certificate is None else p.issuer_certificate.subject.raw
    if p.tbs.issuer.raw != expected or p.issuer.name != expected:
        raise LintFailed(
            "issuer", "RFC 5280 4.1.2.4", "颁发者名称与 CA 证书不一致", "the issuer is not the CA's own name"
        )


def check_subject_is_another(p: Proposal) -> None:
    """Only a root may bear the name of its issuer: a self-issued leaf confuses path building (RFC 5280 3.2)."""
    if p.issuer_certificate is not None and p.tbs.subject.raw == p.tbs.issuer.raw:
        raise LintFailed(
            "subject_is_issuer", "RFC 5280 3.2", "主体名称与颁发者相同", "the subject bears the name of the CA"
        )


def check_begin(p: Proposal) -> None:
    """No back-dating and no post-dating: validity begins when the intent was recorded (T14)."""
    if p.tbs.not_before != p.now.replace(microsecond=0):
        raise LintFailed(
            "begin", "RFC 5280 4.1.2.5", "生效时间必须是签发时刻", "validity must begin at the moment of issue"
        )


def check_end(p: Proposal) -> None:
    lasts = p.tbs.not_after - p.tbs.not_before + timedelta(seconds=1)
    if not timedelta(0) < lasts <= p.profile.lifetime:
        raise LintFailed("end", "RFC 5280 4.1.2.5", "有效期超出模板上限", "it lasts longer than its profile allows")
    if p.issuer.suite is Suite.SM2 and p.profile.is_ca and lasts > LONGEST_SM2_AUTHORITY:
        raise LintFailed(
            "end", "GmSSL x509_cer.h", "SM2 CA 有效期不得超过 3653 天", "an SM2 CA may last at most 3653 days"
        )
    if p.issuer_certificate is not None and p.tbs.not_after > p.issuer_certificate.not_after:
        raise LintFailed("end", "RFC 5280 4.1.2.5", "有效期超出上级 CA", "it would outlive the CA that signs it")


def check_time_encoding(p: Proposal) -> None:
    """UTCTime until 2049, GeneralizedTime after, seconds present, no fraction."""
    written = der.sequence(der.x509_time(p.tbs.not_before), der.x509_time(p.tbs.not_after))
    if written not in p.tbs.tbs:
        raise LintFailed(
            "time_encoding", "RFC 5280 4.1.2.5.1", "时间编码不合规范", "a time is not encoded as prescribed"
        )


def check_public_key(p: Proposal) -> None:
    """Of an algorithm the profile allows and this CA certifies, on its curve, canonically encoded."""
    try:
        key = public_key(p.tbs.spki)
    except BadKey as error:
        raise LintFailed("public_key", "GB/T 20518 5.2.3.7", "公钥无效", str(error.detail.en)) from error
    algorithm = algorithm_of_spki(p.tbs.spki)
    suite = p.issuer.suite
    if algorithm not in (suite.certifies_authorities if p.profile.is_ca else suite.certifies):
        kinds = "、".join(sorted(suite.certifies))
        _bad_key(f"此 CA 只为 {kinds} 公钥签发证书", f"this CA certifies {', '.join(sorted(suite.certifies))} only")
    if algorithm not in p.profile.algorithms:
        kinds = "、".join(sorted(p.profile.algorithms))
        _bad_key(f"该模板只接受 {kinds} 公钥", f"the profile takes {', '.join(sorted(p.profile.algorithms))} only")
    if isinstance(key, Sm2PublicKey):
        if not p.tbs.spki[2:].startswith(_SM2_PREFIX):
            _bad_key("公钥编码不规范", "the key is not canonically encoded")
        return
    if isinstance(key, RSAPublicKey) and key.public_numbers().e < LEAST_EXPONENT:
        _bad_key("RSA 公钥指数不小于 65537", "an RSA exponent is at least 65537")
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != p.tbs.spki:
        _bad_key("公钥编码不规范", "the key is not canonically encoded")


def _bad_key(zh: str, en: str) -> NoReturn:
    raise LintFailed("public_key", "GB/T 20518 5.2.3.7; BR 6.1.5", zh, en)


def check_key_is_strong(p: Proposal) -> None:
    """ROCA, close primes, small factors, bad exponents, bad points: a key whose private half others can find."""
    try:
        check_strong(p.tbs.spki)
    except WeakKey as error:
        raise LintFailed("weak_key", "BR 6.1.1.3, 6.1.6", error.why.zh, error.why.en) from error


def check_key_is_not_the_issuers(p: Proposal) -> None:
    """A holder with the CA's key could issue; a CA never certifies its own key for another name."""
    if p.issuer_certificate is not None and p.tbs.spki == p.issuer_certificate.spki:
        raise LintFailed(
            "key_of_issuer", "BR 6.1.1.3", "申请的公钥是 CA 自己的公钥", "the key asked for is the CA's own"
        )
    if (p.issuer_certificate is None) is not (p.profile.role is Role.ROOT):
        raise LintFailed("key_of_issuer", "RFC 5280 3.2", "只有根证书可以自签", "only a root signs itself")


def check_is_what_was_ordered(p: Proposal) -> None:
    """Name, key and identity are those of the order, and nothing a requester wrote slipped in (T11)."""
    if p.order is None:
        return
    found = (p.tbs.subject.raw, p.tbs.spki, identity_of(p.tbs), names_of(p.tbs))
    if found != (p.order.subject, p.order.spki, p.order.identity, p.order.names):
        raise LintFailed("order", "T11", "证书内容与申请不一致", "the content is not what was ordered")

"""What must hold before something made at a ceremony is taken into service (离线产物核验), one fact a step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ca.errors import LintFailed
from ca.hierarchy import issuing_subject, root_subject
from ca.names import write_name
from ca.profiles import ISSUING, ROOT, Profile
from ca.reading.certificate import Certificate, read_certificate
from ca.reading.crl import CertificateList, read_crl
from ca.room import CaRoom
from ca.signatures import check_certificate, check_crl
from ca.suites import Suite
from foundation.der import DerError
from foundation.errors import YinxinError
from hsm.errors import BadSignature
from hsm.weak_keys import check_strong


@dataclass(frozen=True, slots=True)
class Installed:
    root: Certificate
    certificate: Certificate
    crl: CertificateList


def check_installed(room: CaRoom, suite: Suite, root: bytes, certificate: bytes, crl: bytes, key: bytes) -> Installed:
    """`key` is the public half of our issuing key: the certificate must be for it."""
    now = room.ground.clock.now()
    try:
        above, below, listed = read_certificate(root), read_certificate(certificate), read_crl(crl)
    except DerError as error:
        raise _refused("shape", "文件无法解析", "a file cannot be parsed") from error
    check_root(room, suite, above, now)
    _check_below(room, suite, above, below, key, now)
    check_list(listed, above, now)
    if any(entry.serial == below.serial for entry in listed.entries()):
        raise _refused("revoked", "根撤销列表已列出该证书", "the root's list names this very certificate")
    return Installed(above, below, listed)


def check_root(room: CaRoom, suite: Suite, root: Certificate, now: datetime) -> None:
    _demand(root.self_issued, "self_issued", "根证书不是自签的", "the root is not self-issued")
    _demand(
        root.subject.raw == write_name(root_subject(room, suite)),
        "root_name",
        "根证书名称与本区域不符",
        "the root bears another name than this region's root",
    )
    _check_authority(suite, root, ROOT, now)
    _check_signed(root, root.spki)


def _check_below(room: CaRoom, suite: Suite, above: Certificate, below: Certificate, key: bytes, now: datetime) -> None:
    _demand(below.spki == key, "key", "证书中的公钥不是本机签发密钥", "the certificate is for another key than ours")
    _demand(below.issuer.raw == above.subject.raw, "issuer", "颁发者不是该根", "the root did not issue it")
    _demand(
        below.subject.raw == write_name(issuing_subject(room, suite)),
        "subject",
        "主体名称与请求不符",
        "the subject is not what was asked for",
    )
    _demand(below.authority_key_id == above.subject_key_id, "key_id", "密钥标识不符", "the key identifiers differ")
    _demand(below.not_after <= above.not_after, "end", "有效期超出根证书", "it outlives the root")
    _check_authority(suite, below, ISSUING, now)
    _check_signed(below, above.spki)


def _check_authority(suite: Suite, found: Certificate, profile: Profile, now: datetime) -> None:
    _demand(
        found.is_ca and found.key_usage == frozenset(profile.key_usage) and found.path_len == profile.path_len,
        "authority",
        "基本约束或密钥用途不符",
        "basic constraints or key usage are not those of the profile",
    )
    _demand(not found.deviations, "encoding", "编码不规范", "it is not canonically encoded")
    _demand(found.scheme is suite.scheme, "scheme", "签名算法与套件不符", "it is signed by another algorithm")
    _demand(found.not_before <= now < found.not_after, "time", "不在有效期内", "it is not valid now")
    check_strong(found.spki)


def check_list(crl: CertificateList, root: Certificate, now: datetime) -> None:
    _demand(crl.issuer.raw == root.subject.raw, "list_issuer", "撤销列表不是该根签发的", "the list is another CA's")
    _demand(
        crl.number is not None and not crl.deviations and not crl.is_delta and not crl.unknown_critical,
        "list_form",
        "撤销列表不完整或编码不规范",
        "the list is no full list in proper form",
    )
    ends = crl.next_update
    _demand(
        ends is not None and crl.this_update <= now < ends,
        "list_time",
        "撤销列表不在有效期内",
        "the list is not in force now",
    )
    try:
        check_crl(crl, root.spki)
    except BadSignature as error:
        raise _refused("list_signature", "撤销列表签名不成立", "the list's signature does not hold") from error


def _check_signed(certificate: Certificate, spki: bytes) -> None:
    try:
        check_certificate(certificate, spki)
    except BadSignature as error:
        raise _refused("signature", "证书签名不成立", "the certificate's signature does not hold") from error


def _demand(holds: object, check: str, zh: str, en: str) -> None:
    if not holds:
        raise _refused(check, zh, en)


def _refused(check: str, zh: str, en: str) -> YinxinError:
    return LintFailed(f"offline_{check}", "RFC 5280 6.1", zh, en)

"""Seal signatures (电子签章核验): GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025, in the order of facts standards 2.5.

Over the original octets, for some government seals are not DER. Tolerated departures are reported, never silent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ca.reading import Certificate
from foundation import der
from foundation.der import DerError
from hsm.digests import Digest, digest_of_oid
from hsm.errors import BadSignature
from hsm.schemes import Scheme, scheme_of_oid
from seal import ses, ses_check
from seal.ses import CertificateList, Seal, SealSignature, Standard
from verify.checked import Broken, Checked
from verify.cms_check import Document
from verify.links import parsed
from verify.moments import Moment
from verify.path import PathResult, validate
from verify.report import Finding, Severity, Sub, stamp
from verify.stamps import StampResult, check_stamp
from verify.trust import TrustStore, Use
from verify.words import finding

_DIGEST_NAMES = {"sm3": Digest.SM3, "sha256": Digest.SHA256, "sha-256": Digest.SHA256}


@dataclass(frozen=True, slots=True)
class Place:
    """What the signature must say about where it stands; None when the carrier has no such place (PDF)."""

    property_info: str | None = None
    seal_file: bytes | None = None


_NOWHERE = Place()


def check_seal_signature(
    data: bytes, document: Document, trust: TrustStore, moment: Moment, place: Place = _NOWHERE
) -> Checked:
    """Judge the SES_Signature in `data` over `document`. In a PDF, zeros may follow it."""
    try:
        return _check(ses.read_signature(_without_padding(data)), document, trust, moment, place)
    except DerError as error:
        return Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(finding("signature.format", error.detail.en),))
    except Broken as broken:
        return broken.result


def check_seal_file(seal: Seal, trust: TrustStore, moment: Moment) -> Checked:
    """Judge a seal by itself (印章验证): made by whom, altered, within its validity."""
    maker = parsed(seal.maker_certificate)
    try:
        ses_check.check_maker(seal)
    except BadSignature:
        return Checked(
            intact=False, sub=Sub.SIG_CRYPTO_FAILURE, certificate=maker, findings=(finding("seal.tampered"),)
        )
    made = Moment(moment.now, proved=seal.created, offline=moment.offline)
    path = validate(maker, trust, moment=made, use=Use.SEAL_MAKING)
    findings = [*_check_maker(seal, trust, moment), *_check_period(seal, moment.now)]
    return Checked(
        intact=True,
        sub=path.sub or _sub(findings),
        certificate=maker,
        scheme=maker.scheme,
        path=path,
        claimed=seal.created,
        findings=tuple(findings),
        seal=_facts(seal),
    )


def _without_padding(data: bytes) -> bytes:
    """The structure without the zeros of a PDF's reserved place; other octets after it stay and are refused."""
    size = _size(data)
    return data[:size] if size and not data[size:].strip(b"\x00") else data


def _size(data: bytes) -> int:
    if len(data) < 6 or data[0] != 0x30:
        return 0
    count = data[1] & 0x7F
    return 2 + count + int.from_bytes(data[2 : 2 + count], "big") if data[1] & 0x80 else 2 + data[1]


def _check(signature: SealSignature, document: Document, trust: TrustStore, moment: Moment, place: Place) -> Checked:
    # 1. structure was read; every octet outside the signed part is accounted for
    if not _is_canonical(signature):
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.not_canonical"))
    # 2. whose signature, and does its value hold
    certificate = parsed(signature.certificate)
    scheme = _scheme(signature.algorithm, certificate)
    try:
        ses_check.check_user(signature)
    except BadSignature as error:
        raise Broken(Sub.SIG_CRYPTO_FAILURE, finding("signature.crypto"), certificate=certificate) from error
    # 3. may this signer use this seal
    if not _listed(signature.seal, certificate):
        raise Broken(Sub.SIG_CONSTRAINTS_FAILURE, finding("seal.signer_not_listed"), certificate=certificate)
    # 4. the seal itself, unaltered and the one beside it
    _check_seal(signature.seal, certificate, place)
    # 5. is it about this document
    if signature.data_hash != document.digest(scheme.digest):
        raise Broken(Sub.HASH_FAILURE, finding("signature.hash"), certificate=certificate)
    if place.property_info is not None and not _about(signature.property_info, place.property_info):
        raise Broken(Sub.FORMAT_FAILURE, finding("ofd.property_info", signature.property_info), certificate=certificate)
    # 6. when
    time = _stamp(signature, trust, moment.now)
    if time is not None and not time.intact:
        raise Broken(Sub.SIG_CONSTRAINTS_FAILURE, finding("time.broken"), certificate=certificate)
    proved = time.time if time is not None and time.trusted else moment.proved
    at = replace(moment, proved=proved)
    # 7. by whose authority: signer, then maker
    path = validate(certificate, trust, moment=at, use=Use.SEAL)
    findings = [*(time.findings if time else (finding("time.claimed"),)), *path.findings, *_remarks(signature)]
    if scheme.weak:
        findings.append(finding("signature.algorithm_weak", scheme.value))
    findings += _check_maker(signature.seal, trust, at)
    findings += _check_period(signature.seal, proved or signature.time or moment.now)
    return Checked(
        intact=True,
        sub=path.sub or _sub(findings),
        certificate=certificate,
        scheme=scheme,
        path=path,
        stamp=time,
        claimed=signature.time,
        findings=tuple(findings),
        seal=_facts(signature.seal),
    )


def _is_canonical(signature: SealSignature) -> bool:
    """Certificate, algorithm, value and time stamp stand outside TBS_Sign: only their one DER spelling is accepted."""
    value = der.bit_string(signature.signature)
    if signature.standard is Standard.GMT_0031_2014:
        return signature.raw == der.sequence(signature.signed, value)
    parts = [signature.signed, der.octet_string(signature.certificate), der.oid(signature.algorithm), value]
    if signature.time_stamp is not None:
        parts.append(der.explicit(0, der.bit_string(signature.time_stamp)))
    return signature.raw == der.sequence(*parts)


def _scheme(oid: str, certificate: Certificate) -> Scheme:
    scheme = scheme_of_oid(oid)
    if scheme is None:
        raise Broken(Sub.GENERIC, finding("signature.algorithm_unknown", oid), certificate=certificate)
    return scheme


def _listed(seal: Seal, certificate: Certificate) -> bool:
    """CertListType 1: the certificate itself; 2: its digest."""
    if seal.list_type is CertificateList.CERTIFICATES:
        return certificate.der in seal.certificates
    for name, value in seal.digests:
        digest = _DIGEST_NAMES.get(name.lower()) or digest_of_oid(name)
        if digest is not None and digest.of(certificate.der) == value:
            return True
    return False


def _check_seal(seal: Seal, signer: Certificate, place: Place) -> None:
    try:
        ses_check.check_maker(seal)
    except BadSignature as error:
        raise Broken(Sub.SIG_CRYPTO_FAILURE, finding("seal.tampered"), certificate=signer) from error
    if place.seal_file is not None and place.seal_file != seal.raw:
        raise Broken(Sub.FORMAT_FAILURE, finding("ofd.seal_differs"), certificate=signer)


def _about(property_info: str, expected: str) -> bool:
    """The absolute path of Signature.xml; one vendor writes a JSON text that contains it (facts: standards 2.2)."""
    plain = property_info.strip()
    return plain.lstrip("/") == expected.lstrip("/") or (plain.startswith("{") and expected.lstrip("/") in plain)


def _stamp(signature: SealSignature, trust: TrustStore, now: datetime) -> StampResult | None:
    """A token over the signature value: its own field since 2020, inside timeInfo in 2014."""
    value = signature.signature
    token = signature.time_stamp
    if token is None and signature.standard is Standard.GMT_0031_2014 and signature.time is None:
        token = signature.time_octets if signature.time_octets[:1] == b"\x30" else None
    if token is None:
        return None
    return check_stamp(token, lambda digest: digest.of(value), trust, now)


def _check_maker(seal: Seal, trust: TrustStore, moment: Moment) -> list[Finding]:
    """The maker's certificate is judged at the making; what happened to it later is a notice (GM/T 0031-2025)."""
    maker = parsed(seal.maker_certificate)
    made = Moment(moment.now, proved=seal.created, offline=moment.offline)
    path: PathResult = validate(maker, trust, moment=made, use=Use.SEAL_MAKING)
    found: list[Finding] = []
    if path.sub is Sub.NO_CERTIFICATE_CHAIN_FOUND:
        found.append(finding("seal.maker_unknown"))
    elif not path.trusted:
        found += [finding("seal.maker_path"), *path.findings] if path.sub is not Sub.TRY_LATER else list(path.findings)
    if seal.time_stamp is not None:
        found += _check_making_time(seal, seal.time_stamp, trust, moment)
    return found


def _check_making_time(seal: Seal, token: bytes, trust: TrustStore, moment: Moment) -> list[Finding]:
    value = seal.signature
    result = check_stamp(token, lambda digest: digest.of(value), trust, moment.now)
    if not result.intact:
        return [finding("time.broken")]
    if result.time is not None and seal.created > result.time:
        return [finding("seal.created_late")]
    return list(result.findings)


def _check_period(seal: Seal, at: datetime) -> list[Finding]:
    if seal.valid_from <= at <= seal.valid_until:
        return []
    return [finding("seal.expired", stamp(seal.valid_from), stamp(seal.valid_until))]


def _remarks(signature: SealSignature) -> list[Finding]:
    deviations = dict.fromkeys((*signature.deviations, *signature.seal.deviations))
    found = [finding("seal.deviation", name) for name in deviations]
    extensions = (*signature.extensions, *signature.seal.extensions)
    found += [finding("seal.critical_extension", item.oid) for item in extensions if item.critical]
    if signature.certificate == signature.seal.maker_certificate:
        found.append(finding("seal.same_signer"))
    return found


def _sub(findings: list[Finding]) -> Sub | None:
    codes = {item.code for item in findings}
    if "signature.algorithm_weak" in codes:
        return Sub.CRYPTO_CONSTRAINTS_FAILURE
    if "seal.maker_unknown" in codes:
        return Sub.NO_CERTIFICATE_CHAIN_FOUND
    if any(item.severity is Severity.ERROR for item in findings):
        return Sub.SIG_CONSTRAINTS_FAILURE
    return Sub.TRY_LATER if any(item.severity is Severity.UNKNOWN for item in findings) else None


def _facts(seal: Seal) -> dict[str, str]:
    return {
        "code": seal.es_id,
        "name": seal.name,
        "standard": seal.standard.value,
        "valid_from": stamp(seal.valid_from) or "",
        "valid_until": stamp(seal.valid_until) or "",
        "maker": parsed(seal.maker_certificate).subject.text,
    }

"""Seal signatures (电子签章核验): GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025, in the order of facts standards 2.5.

Over the original octets, for some government seals are not DER. Tolerated departures are reported, never silent. The
seal inside is judged by `verify.seal_check`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ca.reading import Certificate
from foundation import der
from foundation.der import DerError
from hsm.digests import Digest, digest_of_oid
from hsm.errors import BadSignature
from hsm.schemes import Scheme
from seal import ses
from seal.ses import CertificateList, Seal, SealSignature, Standard
from verify import departures, values
from verify.checked import Broken, Checked
from verify.cms_check import Document
from verify.links import parsed
from verify.material import Hashed
from verify.moments import Moment
from verify.path import validate
from verify.report import Finding, Sub
from verify.seal_check import check_made, check_maker, check_period, check_seal_file, facts_of, scheme_of, sub_of
from verify.stamps import StampResult, check_stamp
from verify.trust import TrustStore, Use
from verify.words import finding

__all__ = ["Place", "check_seal_file", "check_seal_signature", "without_padding"]

_DIGEST_NAMES = {"sm3": Digest.SM3, "sha256": Digest.SHA256, "sha-256": Digest.SHA256}


@dataclass(frozen=True, slots=True)
class Place:
    """What the signature must say about where it stands; None when the carrier has no such place (PDF)."""

    property_info: str | None = None
    seal_file: bytes | None = None


_NOWHERE = Place()


def check_seal_signature(
    data: bytes, document: Document | None, trust: TrustStore, moment: Moment, place: Place = _NOWHERE
) -> Checked:
    """Judge the SES_Signature in `data` over `document`. In a PDF, zeros may follow it.

    Without `document` all else is judged, and that nobody knows what was sealed.
    """
    value = None
    try:
        signature = ses.read_signature(without_padding(data))
        value = signature.signature
        return _check(signature, document, trust, moment, place)
    except DerError as error:
        return Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(finding("signature.format", error.detail.en),))
    except Broken as broken:
        return replace(broken.result, value=value)


def without_padding(data: bytes) -> bytes:
    """The structure without the zeros of a PDF's reserved place; other octets after it stay and are refused."""
    size = _size(data)
    return data[:size] if size and not data[size:].strip(b"\x00") else data


def _size(data: bytes) -> int:
    if len(data) < 6 or data[0] != 0x30:
        return 0
    count = data[1] & 0x7F
    return 2 + count + int.from_bytes(data[2 : 2 + count], "big") if data[1] & 0x80 else 2 + data[1]


def _check(
    signature: SealSignature, document: Document | None, trust: TrustStore, moment: Moment, place: Place
) -> Checked:
    # 1. structure was read; every octet outside the signed part is accounted for
    if not _is_canonical(signature):
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.not_canonical"))
    # 2. whose signature, and does its value hold
    certificate = parsed(signature.certificate)
    scheme = scheme_of(signature.algorithm)
    told = _check_value(signature, certificate, scheme)
    # 3. may this signer use this seal
    if not _listed(signature.seal, certificate):
        told += departures.of_signature(signature)
        raise Broken(Sub.SIG_CONSTRAINTS_FAILURE, finding("seal.signer_not_listed"), *told, certificate=certificate)
    # 4. the seal itself, unaltered and the one beside it
    told += check_made(signature.seal)
    if place.seal_file is not None and place.seal_file != signature.seal.raw:
        raise Broken(Sub.FORMAT_FAILURE, finding("ofd.seal_differs"), certificate=certificate)
    # 5. is it about this document
    _check_about(signature, document, scheme, place, certificate)
    # 6. when
    time = _stamp(signature, trust, moment)
    if time is not None and not time.intact:
        raise Broken(Sub.SIG_CONSTRAINTS_FAILURE, finding("time.broken"), certificate=certificate)
    proved = time.time if time is not None and time.trusted else moment.proved
    at = replace(moment, proved=proved)
    # 7. by whose authority: signer, then maker
    path = validate(certificate, trust, moment=at, use=Use.SEAL)
    findings = [*(time.findings if time else (finding("time.claimed"),)), *path.findings]
    if scheme.weak:
        findings.append(finding("signature.algorithm_weak", scheme.value))
    findings += check_maker(signature.seal, trust, at).findings
    findings += check_period(signature.seal, replace(at, proved=proved or signature.time))
    findings += [*told, *departures.of_signature(signature)]
    if document is None:
        findings.append(finding("content.missing"))
    return Checked(
        intact=document is not None,
        sub=path.sub or sub_of(tuple(findings)),
        certificate=certificate,
        scheme=scheme,
        path=path,
        stamp=time,
        claimed=signature.time,
        findings=tuple(dict.fromkeys(findings)),
        seal=facts_of(signature.seal),
        value=signature.signature,
        document=Hashed.of(scheme.digest, signature.data_hash),
    )


def _check_value(signature: SealSignature, certificate: Certificate, scheme: Scheme) -> list[Finding]:
    try:
        found = values.departures(certificate.spki, scheme, signature.signed, signature.signature)
    except BadSignature as error:
        hashed = signature.data_hash
        bare = values.is_without_z(certificate.spki, scheme, signature.signed, signature.signature, hashed)
        also = (finding("signature.without_z"),) if bare else ()
        raise Broken(Sub.SIG_CRYPTO_FAILURE, finding("signature.crypto"), *also, certificate=certificate) from error
    return [finding(code) for code in found]


def _check_about(
    signature: SealSignature, document: Document | None, scheme: Scheme, place: Place, certificate: Certificate
) -> None:
    if document is not None and signature.data_hash != document.digest(scheme.digest):
        raise Broken(Sub.HASH_FAILURE, finding("signature.hash"), certificate=certificate)
    if place.property_info is not None and not _about(signature.property_info, place.property_info):
        raise Broken(Sub.FORMAT_FAILURE, finding("ofd.property_info", signature.property_info), certificate=certificate)


def _is_canonical(signature: SealSignature) -> bool:
    """Certificate, algorithm, value and time stamp stand outside TBS_Sign: only their one DER spelling is accepted."""
    value = der.bit_string(signature.signature)
    if signature.standard is Standard.GMT_0031_2014:
        return signature.raw == der.sequence(signature.signed, value)
    parts = [signature.signed, der.octet_string(signature.certificate), der.oid(signature.algorithm), value]
    if signature.time_stamp is not None:
        parts.append(der.explicit(0, der.bit_string(signature.time_stamp)))
    return signature.raw == der.sequence(*parts)


def _listed(seal: Seal, certificate: Certificate) -> bool:
    """CertListType 1: the certificate itself; 2: its digest."""
    if seal.list_type is CertificateList.CERTIFICATES:
        return certificate.der in seal.certificates
    for name, value in seal.digests:
        digest = _DIGEST_NAMES.get(name.lower()) or digest_of_oid(name)
        if digest is not None and digest.of(certificate.der) == value:
            return True
    return False


def _about(property_info: str, expected: str) -> bool:
    """The absolute path of Signature.xml; one vendor writes a JSON text that contains it (facts: standards 2.2)."""
    plain = property_info.strip()
    return plain.lstrip("/") == expected.lstrip("/") or (plain.startswith("{") and expected.lstrip("/") in plain)


def _stamp(signature: SealSignature, trust: TrustStore, moment: Moment) -> StampResult | None:
    """A token over the signature value: its own field since 2020, inside timeInfo in 2014."""
    value = signature.signature
    token = signature.time_stamp
    if token is None and signature.standard is Standard.GMT_0031_2014 and signature.time is None:
        token = signature.time_octets if signature.time_octets[:1] == b"\x30" else None
    if token is None:
        return None
    return check_stamp(token, lambda digest: digest.of(value), trust, moment)

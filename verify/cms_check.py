"""One CMS signature over a document (CMS 签名核验), PAdES and Chinese alike: RFC 5652 5.6, GB/T 35275.

The digest of the document is always compared by us with what was signed. Chinese "detached" signatures often carry
the digest as content and have no attributes; a library that looks at the CMS alone would call a changed file intact
(facts: sealing 0.4).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace

from ca.reading import Certificate
from foundation.der import DerError
from hsm.digests import Digest, digest_of_oid
from hsm.errors import BadSignature
from hsm.schemes import Scheme
from seal import cms
from seal.cms import SignedData, SignerInfo
from verify import values
from verify.checked import Broken, Checked
from verify.cms_algorithms import algorithms
from verify.cms_shape import hashed, is_canonical
from verify.extras import unverified
from verify.links import parsed
from verify.moments import Moment
from verify.path import validate
from verify.report import Finding, Severity, Sub
from verify.stamps import StampResult, check_stamp
from verify.times.carried import CERTIFICATE_VALUES, REVOCATION_VALUES, items_of
from verify.times.timeline import timeline
from verify.trust import TrustStore, Use
from verify.words import finding

COUNTER_SIGNATURE = "1.2.840.113549.1.9.6"
MOST_TIME_STAMPS = 8
_KNOWN = frozenset({cms.TIME_STAMP_ATTRIBUTE, CERTIFICATE_VALUES, REVOCATION_VALUES})


@dataclass(frozen=True, slots=True)
class Document:
    """What should have been signed. `whole` is needed only where the signature covers the document itself."""

    digest: Callable[[Digest], bytes]
    whole: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a carrier demands beyond the mathematics."""

    needs_binding: bool = False
    names_extras: bool = False
    """Unsigned attributes and certificates that prove nothing are named, not refused: in a file that is nothing but a
    signature no reader shows them, in a document they are room for somebody else's octets."""
    counter: bool = False
    """A counter-signature: it has no content type (RFC 5652 11.4)."""


PAPER = Rules()
"""A signature inside a document."""


def check_cms(data: bytes, document: Document, trust: TrustStore, moment: Moment, *, needs_binding: bool) -> Checked:
    """Judge the SignedData in `data`; octets after it must be the zeros of a PDF's reserved place.

    `moment.proved` may come from a document time stamp that covers this signature.
    """
    value = None
    try:
        signed = cms.read(data)
        _check_alone(signed)
        value = signed.signers[0].signature
        return check_signer(signed, signed.signers[0], document, trust, moment, Rules(needs_binding=needs_binding))
    except DerError as error:
        return Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(finding("signature.format", error.detail.en),))
    except Broken as broken:
        return replace(broken.result, value=value)


def _check_alone(signed: SignedData) -> None:
    """One signer, nothing unaccounted for."""
    if len(signed.signers) != 1:
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.format", f"{len(signed.signers)} signerInfos"))
    if signed.trailing.strip(b"\x00"):
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.not_canonical"))


def check_signer(
    signed: SignedData,
    signer: SignerInfo,
    document: Document | None,
    trust: TrustStore,
    moment: Moment,
    rules: Rules = PAPER,
) -> Checked:
    """One signer of a SignedData. Without `document` nobody knows what was signed. Raises `Broken` or `DerError`."""
    # 1. every octet around the signed part is accounted for
    if not signed.indefinite and not is_canonical(signed):
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.not_canonical"))
    # 2. whose
    certificate = _certificate(signed, signer, trust)
    # 3. the mathematics
    scheme, digest, salt = algorithms(signer, certificate)
    findings = _check_binding(signer, certificate, needed=rules.needs_binding)
    if document is None and signer.signed_octets is None:
        raise Broken(Sub.SIGNED_DATA_NOT_FOUND, finding("content.missing"), certificate=certificate)
    message, told = _message(signed, signer, document, digest, certificate, rules)
    findings += told + _check_value(certificate, scheme, message, signer.signature, salt)
    # 4. when: attributes outside the signature prove themselves, or are refused or named
    findings += _check_attributes(signer, rules)
    trust = timeline(trust, moment, items=items_of(signed, signer)).trust
    stamp = _time_stamp(signed, signer, trust, moment)
    if stamp is not None and not stamp.intact:
        return Checked(intact=False, sub=Sub.SIG_CONSTRAINTS_FAILURE, certificate=certificate, findings=stamp.findings)
    proved = stamp.time if stamp is not None and stamp.trusted else moment.proved
    findings += list(stamp.findings) if stamp is not None else [finding("time.claimed")]
    # 5. by whose authority
    at = replace(moment, proved=proved)
    extra = [parsed(item) for item in signed.certificates]
    path = validate(certificate, trust, extra=extra, moment=at, use=Use.SEAL)
    if unverified(signed.certificates, path, trust):
        if not rules.names_extras:
            raise Broken(Sub.FORMAT_FAILURE, finding("signature.unverified_certificate"), certificate=certificate)
        findings.append(finding("signature.unverified_certificate", severity=Severity.WARNING))
    if scheme.weak:
        findings.append(finding("signature.algorithm_weak", scheme.value))
    known = document is not None
    return Checked(
        intact=known,
        sub=path.sub or _undecided(findings) or (None if known else Sub.SIGNED_DATA_NOT_FOUND),
        certificate=certificate,
        scheme=scheme,
        path=path,
        stamp=stamp,
        claimed=signer.signing_time,
        findings=(*findings, *path.findings, *(() if known else (finding("content.missing"),))),
        value=signer.signature,
        document=hashed(signed, signer, digest),
    )


def _check_value(
    certificate: Certificate, scheme: Scheme, message: bytes, value: bytes, salt: int | None
) -> list[Finding]:
    try:
        return [finding(code) for code in values.departures(certificate.spki, scheme, message, value, salt=salt)]
    except BadSignature as error:
        bare = values.is_without_z(certificate.spki, scheme, message, value, message)
        also = (finding("signature.without_z"),) if bare else ()
        raise Broken(Sub.SIG_CRYPTO_FAILURE, finding("signature.crypto"), *also, certificate=certificate) from error


def _undecided(findings: list[Finding]) -> Sub | None:
    if any(item.code == "signature.algorithm_weak" for item in findings):
        return Sub.CRYPTO_CONSTRAINTS_FAILURE
    if any(item.severity is Severity.ERROR for item in findings):
        return Sub.SIG_CONSTRAINTS_FAILURE
    return None


def _certificate(signed: SignedData, signer: SignerInfo, trust: TrustStore) -> Certificate:
    for item in (*(parsed(data) for data in signed.certificates), *trust.leaves):
        by_name = signer.issuer is not None and (item.issuer.raw, item.serial) == (signer.issuer, signer.serial)
        by_key = signer.key_identifier is not None and item.subject_key_id == signer.key_identifier
        if by_name or by_key:
            return item
    if signed.certificates:  # it brings certificates, but names another: altered, not merely incomplete
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.format", "its certificate is not among those it carries"))
    raise Broken(Sub.NO_SIGNING_CERTIFICATE_FOUND, finding("signature.no_certificate"))


def _check_binding(signer: SignerInfo, certificate: Certificate, *, needed: bool) -> list[Finding]:
    """ESS signing-certificate (RFC 5035); PAdES demands it (EN 319 142-1 5.2)."""
    bound = signer.certificate_hash
    if bound is None:
        if needed:
            raise Broken(
                Sub.SIG_CONSTRAINTS_FAILURE,
                finding("signature.no_certificate_binding", severity=Severity.ERROR),
                certificate=certificate,
            )
        return [finding("signature.no_certificate_binding")]
    digest = digest_of_oid(bound[0])
    if digest is None or digest.of(certificate.der) != bound[1]:
        raise Broken(Sub.SIG_CONSTRAINTS_FAILURE, finding("signature.certificate_binding"), certificate=certificate)
    return []


def _message(
    signed: SignedData,
    signer: SignerInfo,
    document: Document | None,
    digest: Digest,
    certificate: Certificate,
    rules: Rules,
) -> tuple[bytes, list[Finding]]:
    """The octets the signature value covers, after comparing the document with them."""
    told: list[Finding] = []
    actual = document.digest(digest) if document is not None else None
    if signed.content is not None and document is not None and actual is not None:
        stated = _states(signed.content, actual, document)
        if stated is None:
            raise Broken(Sub.HASH_FAILURE, finding("signature.hash"), certificate=certificate)
        told += stated
    told += _check_content_type(signed, signer, certificate, rules)
    if signer.signed_octets is None:
        if document is None:
            raise Broken(Sub.SIGNED_DATA_NOT_FOUND, finding("content.missing"), certificate=certificate)
        return signed.content if signed.content is not None else document.whole(), told
    covered = actual if signed.content is None else digest.of(signed.content)
    if covered is not None and signer.message_digest != covered:
        raise Broken(Sub.HASH_FAILURE, finding("signature.hash"), certificate=certificate)
    return signer.signed_octets, told


def _check_content_type(
    signed: SignedData, signer: SignerInfo, certificate: Certificate, rules: Rules
) -> list[Finding]:
    """The attribute says what the message says (RFC 5652 11.1); without attributes it can only be data (5.3).

    Some writers mix the two arcs for data, and that is told (facts: standards 1.3).
    """
    plain = (cms.DATA, cms.GM_DATA)
    if signer.signed_octets is None:
        good = signed.content_type in plain
    elif rules.counter:
        good = signer.content_type is None
    else:
        good = signer.content_type == signed.content_type
        if not good and signer.content_type in plain and signed.content_type in plain:
            return [finding("deviation.content_type")]
    if not good:
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.format", "content type"), certificate=certificate)
    return []


def _states(content: bytes, actual: bytes, document: Document) -> list[Finding] | None:
    """EContent is the document's digest (bare or base64, any known digest) or the document itself; None: neither."""
    if content == actual:
        return []
    if content == base64.b64encode(actual):
        return [finding("deviation.base64_digest")]
    if len(content) == Digest.SHA1.size and content == document.digest(Digest.SHA1):  # adbe.pkcs7.sha1
        return [finding("signature.algorithm_weak", Digest.SHA1.value)]
    return [] if content == document.whole() else None


def _check_attributes(signer: SignerInfo, rules: Rules) -> list[Finding]:
    """Unsigned attributes other than time stamps over the signature value."""
    if len(signer.time_stamps) > MOST_TIME_STAMPS:
        raise Broken(Sub.FORMAT_FAILURE, finding("file.limits", f"{len(signer.time_stamps)} time stamps"))
    named: list[Finding] = []
    for attribute in signer.unsigned_attributes:
        if attribute.oid in _KNOWN or (rules.names_extras and attribute.oid == COUNTER_SIGNATURE):
            continue
        if not rules.names_extras:
            raise Broken(Sub.FORMAT_FAILURE, finding("signature.unknown_attribute", attribute.oid))
        named.append(finding("signature.unsigned_attribute", attribute.oid))
    return named


def _time_stamp(signed: SignedData, signer: SignerInfo, trust: TrustStore, moment: Moment) -> StampResult | None:
    """The first broken one, else the first trusted one, counts."""
    results = [
        check_stamp(token, lambda digest: digest.of(signer.signature), trust, moment, beside=signed.certificates)
        for token in signer.time_stamps
    ]
    if not results:
        return None
    broken = next((result for result in results if not result.intact), None)
    return broken or next((result for result in results if result.trusted), results[0])

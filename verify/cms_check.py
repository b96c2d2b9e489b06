"""One CMS signature over a document (CMS 签名核验), PAdES and Chinese alike: RFC 5652 5.6, GB/T 35275.

The digest of the document is always compared by us with what was signed. Chinese "detached" signatures often carry
the digest as content and have no attributes; a library that looks at the CMS alone would call a changed file intact
(facts: sealing 0.4).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ca.reading import Certificate, scheme_of
from foundation import der
from foundation.der import DerError
from hsm.digests import Digest, digest_of_oid
from hsm.schemes import Scheme
from seal import cms
from seal.cms import SignedData, SignerInfo
from verify.checked import Broken, Checked
from verify.cms_shape import is_canonical
from verify.extras import unverified
from verify.links import parsed, stands
from verify.moments import Moment
from verify.path import validate
from verify.report import Finding, Severity, Sub
from verify.stamps import StampResult, check_stamp
from verify.trust import TrustStore, Use
from verify.words import finding


@dataclass(frozen=True, slots=True)
class Document:
    """What should have been signed. `whole` is needed only where the signature covers the document itself."""

    digest: Callable[[Digest], bytes]
    whole: Callable[[], bytes]


def check_cms(data: bytes, document: Document, trust: TrustStore, moment: Moment, *, needs_binding: bool) -> Checked:
    """Judge the SignedData in `data`; octets after it must be the zeros of a PDF's reserved place.

    `moment.proved` may come from a document time stamp that covers this signature.
    """
    try:
        return _check(cms.read(data), document, trust, moment, needs_binding=needs_binding)
    except DerError as error:
        return Checked(intact=False, sub=Sub.FORMAT_FAILURE, findings=(finding("signature.format", error.detail.en),))
    except Broken as broken:
        return broken.result


def _check(
    signed: SignedData,
    document: Document,
    trust: TrustStore,
    moment: Moment,
    *,
    needs_binding: bool,
) -> Checked:
    # 1. one signer, nothing unaccounted for
    if len(signed.signers) != 1:
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.format", f"{len(signed.signers)} signerInfos"))
    if signed.trailing.strip(b"\x00") or (not signed.indefinite and not is_canonical(signed)):
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.not_canonical"))
    signer = signed.signers[0]
    # 2. whose
    certificate = _certificate(signed, signer, trust)
    # 3. the mathematics
    scheme, digest = _algorithms(signer, certificate)
    findings = _check_binding(signer, certificate, needed=needs_binding)
    message = _message(signed, signer, document, digest, certificate)
    if not stands(certificate.spki, scheme, message, signer.signature):
        raise Broken(Sub.SIG_CRYPTO_FAILURE, finding("signature.crypto"), certificate=certificate)
    # 4. when: attributes outside the signature prove themselves or are refused
    stamp = _time_stamp(signer, trust, moment.now)
    if stamp is not None and not stamp.intact:
        return Checked(intact=False, sub=Sub.SIG_CONSTRAINTS_FAILURE, certificate=certificate, findings=stamp.findings)
    proved = stamp.time if stamp is not None and stamp.trusted else moment.proved
    findings += list(stamp.findings) if stamp is not None else [finding("time.claimed")]
    # 5. by whose authority
    at = Moment(moment.now, proved, moment.offline)
    extra = [parsed(item) for item in signed.certificates]
    path = validate(certificate, trust, extra=extra, moment=at, use=Use.SEAL)
    if unverified(signed.certificates, path, trust):
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.unverified_certificate"), certificate=certificate)
    if scheme.weak:
        findings.append(finding("signature.algorithm_weak", scheme.value))
    return Checked(
        intact=True,
        sub=path.sub or _undecided(findings),
        certificate=certificate,
        scheme=scheme,
        path=path,
        stamp=stamp,
        claimed=signer.signing_time,
        findings=(*findings, *path.findings),
    )


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


def _algorithms(signer: SignerInfo, certificate: Certificate) -> tuple[Scheme, Digest]:
    """The digest of the SignerInfo and of the scheme must be one: SM2 goes with SM3 and nothing else."""
    digest = digest_of_oid(signer.digest_algorithm)
    identifier = der.sequence(der.oid(signer.signature_algorithm), signer.signature_parameters or b"")
    scheme = scheme_of(der.parse(identifier), digest) if digest is not None else None
    if digest is None or scheme is None or scheme.digest is not digest:
        named = f"{signer.signature_algorithm} / {signer.digest_algorithm}"
        raise Broken(Sub.SIG_CRYPTO_FAILURE, finding("signature.algorithm_unknown", named), certificate=certificate)
    return scheme, digest


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
    signed: SignedData, signer: SignerInfo, document: Document, digest: Digest, certificate: Certificate
) -> bytes:
    """The octets the signature value covers, after comparing the document with them."""
    actual = document.digest(digest)
    if signed.content is not None and not _states(signed.content, actual, document):
        raise Broken(Sub.HASH_FAILURE, finding("signature.hash"), certificate=certificate)
    if signer.signed_octets is None:
        return signed.content if signed.content is not None else document.whole()
    covered = actual if signed.content is None else digest.of(signed.content)
    if signer.message_digest != covered:
        raise Broken(Sub.HASH_FAILURE, finding("signature.hash"), certificate=certificate)
    if signer.content_type not in (signed.content_type, cms.DATA, cms.GM_DATA):
        raise Broken(Sub.FORMAT_FAILURE, finding("signature.format", "content type"), certificate=certificate)
    return signer.signed_octets


def _states(content: bytes, actual: bytes, document: Document) -> bool:
    """EContent is the document's digest (bare or base64, any known digest) or the document itself."""
    if content in (actual, base64.b64encode(actual)):
        return True
    if len(content) == Digest.SHA1.size:  # adbe.pkcs7.sha1
        return content == document.digest(Digest.SHA1)
    return content == document.whole()


def _time_stamp(signer: SignerInfo, trust: TrustStore, now: datetime) -> StampResult | None:
    """Every unsigned attribute must be a time stamp over the signature value; the first trusted one counts."""
    for attribute in signer.unsigned_attributes:
        if attribute.oid != cms.TIME_STAMP_ATTRIBUTE:
            raise Broken(Sub.FORMAT_FAILURE, finding("signature.unknown_attribute", attribute.oid))
    results = [
        check_stamp(token, lambda digest: digest.of(signer.signature), trust, now) for token in signer.time_stamps
    ]
    if not results:
        return None
    broken = next((result for result in results if not result.intact), None)
    return broken or next((result for result in results if result.trusted), results[0])

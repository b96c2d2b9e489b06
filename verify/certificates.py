"""The judgement of a file of certificates (证书核验): `.cer`, `.pem`, and the certificates of a `.p7b`.

Further certificates in a certificate file help to build its path.
"""

from __future__ import annotations

from collections.abc import Iterable

from ca.reading import Certificate, read_certificates
from foundation.der import DerError
from verify.links import parsed
from verify.moments import Moment
from verify.path import validate
from verify.paths.faults import display_name
from verify.paths.names import comparable
from verify.report import Finding, SignatureReport, Sub
from verify.trust import TrustStore, Use
from verify.words import finding

Judged = tuple[tuple[SignatureReport, ...], list[Finding]]

_MOST = 1000
"""Nobody keeps more in one file; each is read."""
_ARMOUR = b"-----BEGIN CERTIFICATE-----"


def judge_certificates(data: bytes, trust: TrustStore, moment: Moment) -> Judged:
    """The first certificate is judged. Never raises over what the file holds."""
    if data.count(_ARMOUR) > _MOST:
        return (), [finding("file.limits", f"more than {_MOST} certificates")]
    try:
        certificates = read_certificates(data)
    except DerError as error:
        return (), [finding("file.damaged", error.detail.en)]
    return _judge(certificates, trust, moment)


def judge_chain(brought: Iterable[bytes], trust: TrustStore, moment: Moment) -> Judged:
    """The certificate of a bag that issued none of the others is judged."""
    try:
        certificates = [parsed(data) for data in brought]
    except DerError as error:
        return (), [finding("file.damaged", error.detail.en)]
    issuers = {certificate.issuer.raw for certificate in certificates if not certificate.self_issued}
    certificates.sort(key=lambda certificate: certificate.subject.raw in issuers)
    return _judge(certificates, trust, moment)


def _judge(certificates: list[Certificate], trust: TrustStore, moment: Moment) -> Judged:
    leaf, *extra = certificates
    path = validate(leaf, trust, extra=extra, moment=moment, use=Use.CERTIFICATE)
    forged = path.sub is Sub.NO_CERTIFICATE_CHAIN_FOUND and _claims_known_issuer(leaf, trust)
    findings = (finding("certificate.forged"),) if forged else path.findings
    if path.trusted:
        findings = (finding("certificate.valid"), *findings)
    report = SignatureReport(
        name=display_name(leaf),
        kind="certificate",
        format="X.509",
        intact=not forged,
        trusted=path.trusted,
        sub_indication=Sub.SIG_CRYPTO_FAILURE if forged else path.sub,
        signer=display_name(path.certificates[1]) if len(path.certificates) > 1 else leaf.issuer.common_name,
        signer_subject=leaf.issuer.text,
        time=leaf.not_before,
        time_source="claimed",
        algorithm=leaf.scheme.value if leaf.scheme else None,
        certificate_path=path.lines,
        findings=findings,
    )
    return (report,), []


def _claims_known_issuer(leaf: Certificate, trust: TrustStore) -> bool:
    """It names an issuer we hold, by name and key, yet no such issuer signed it (else there would be a path)."""
    wanted = leaf.authority_key_id
    known = trust.by_name.get(comparable(leaf.issuer.raw), ())
    return any(wanted is None or issuer.subject_key_id in (None, wanted) for issuer in known)

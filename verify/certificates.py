"""The judgement of a file of trust data (证书、印章核验): `.cer`, `.pem`, `.esl`.

Further certificates in a certificate file help to build its path.
"""

from __future__ import annotations

from ca.reading import Certificate, read_certificates, read_crl, read_ocsp_response, read_token
from foundation.der import DerError
from seal import cms, ses
from verify.checked import tell
from verify.moments import Moment
from verify.path import validate
from verify.paths.faults import display_name
from verify.paths.names import comparable
from verify.report import Finding, SignatureReport, Sub
from verify.seals import check_seal_file
from verify.trust import TrustStore, Use
from verify.words import finding

Judged = tuple[tuple[SignatureReport, ...], list[Finding]]


def judge_certificates(data: bytes, trust: TrustStore, moment: Moment) -> Judged:
    """The first certificate is judged. Never raises over what the file holds."""
    try:
        certificates = read_certificates(data)
    except DerError as error:
        return _other(data, trust, moment, error)
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


def _other(data: bytes, trust: TrustStore, moment: Moment, error: DerError) -> Judged:
    """A seal, a list or a token is no damaged certificate."""
    try:
        seal = ses.read_seal(data)
    except DerError:
        return (), [finding("file.unknown_format") if _is_other_der(data) else finding("file.damaged", error.detail.en)]
    checked = check_seal_file(seal, trust, moment)
    return (tell(checked, name=seal.es_id, form=f"SESeal {seal.standard.value}", coverage="whole_seal"),), []


def _is_other_der(data: bytes) -> bool:
    """Whole structures that are something else: CRLs, OCSP answers, time stamp tokens, signed messages."""
    for read in (read_crl, read_ocsp_response, read_token, cms.read):
        try:
            read(data)
        except DerError:
            continue
        return True
    return False


def _claims_known_issuer(leaf: Certificate, trust: TrustStore) -> bool:
    """It names an issuer we hold, by name and key, yet no such issuer signed it (else there would be a path)."""
    wanted = leaf.authority_key_id
    known = trust.by_name.get(comparable(leaf.issuer.raw), ())
    return any(wanted is None or issuer.subject_key_id in (None, wanted) for issuer in known)

"""Comparing what was signed by digest with the digest on record (摘要用章复核), and the owner comparing it again.

The same functions run on the server before the value leaves, and in the department before it is embedded.
"""

from __future__ import annotations

from datetime import datetime

from ca.reading.certificate import read_certificate
from ca.suites import Suite
from foundation.errors import InvalidInput
from seal import cms, ses
from seal.compare import check_time_stamp, check_value
from seal.errors import SealedDiffers
from seal.held import Held
from seal.ses_check import check_user


def check_pdf_value(made: bytes, digest: bytes, suite: Suite, certificate: bytes) -> None:
    """A CMS for /Contents: over this digest, by this certificate, with a time stamp over its value."""
    data = cms.read(made)
    _demand(not data.trailing and data.content is None and len(data.signers) == 1, "CMS shape")
    signer, parsed = data.signers[0], read_certificate(certificate)
    _demand(signer.message_digest == digest and signer.signed_octets is not None, "digest of the document")
    _demand(certificate in data.certificates, "certificate of the seal")
    _demand((signer.issuer, signer.serial) == (parsed.issuer.raw, parsed.serial), "signer's name")
    _demand(signer.certificate_hash == (suite.digest.oid, suite.digest.of(certificate)), "certificate hash")
    check_value(parsed.spki, suite, signer.signed_octets or b"", signer.signature)
    _demand(len(signer.time_stamps) == 1, "time stamp")
    check_time_stamp(signer.time_stamps[0], suite, signer.signature)


def check_ofd_value(made: bytes, digest: bytes, property_info: str, held: Held, time: datetime) -> None:
    """An SES_Signature: this seal, this digest, this path, this time, by a certificate in the seal."""
    signature = ses.read_signature(made)
    _demand(signature.seal.raw == held.esl, "seal")
    _demand((signature.data_hash, signature.property_info) == (digest, property_info), "signed properties")
    _demand(signature.time == time, "signed properties")
    _demand(signature.certificate == held.templates[Suite.SM2].certificate, "certificate of the seal")
    _demand(signature.certificate in held.certificates, "certificate in the seal")
    try:
        check_user(signature)
    except InvalidInput as error:
        raise SealedDiffers("signature value") from error
    if signature.time_stamp is None:
        raise SealedDiffers("time stamp")
    check_time_stamp(signature.time_stamp, Suite.SM2, signature.signature)


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers(what)

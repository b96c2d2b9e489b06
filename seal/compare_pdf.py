"""Comparing a sealed PDF with what was approved (PDF 用章复核), before anything leaves.

Reads the finished file with its own eyes, not the writer's: byte ranges, digests, certificates, values and time stamps.
`seal.pdf.added` looks at the objects.
"""

from __future__ import annotations

import re
from datetime import datetime

from ca.suites import Suite
from hsm.schemes import scheme_of_oid
from seal import cms, ses
from seal.compare import certificate_of, check_time_stamp, check_value
from seal.errors import SealedDiffers
from seal.held import Held
from seal.orders import PdfOrder
from seal.pdf import contents
from seal.pdf.document import Inspected
from seal.pdf.octets import Octets, begins_with, digest
from seal.pdf_forms import Level, PdfForm

RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")


def check_pdf(approved: Inspected, sealed: Octets, held: Held, order: PdfOrder, time: datetime) -> None:
    """The approved bytes begin the file; each new signature covers all before its own hole and stands."""
    start = len(approved.data)
    _demand(begins_with(sealed, approved.data), "approved bytes")
    found = [tuple(int(number) for number in match.groups()) for match in RANGE.finditer(sealed[start:])]
    _demand(len(found) == len(order.suites), "number of signatures")
    previous = start
    for numbers, suite in zip(found, order.suites, strict=True):
        zero, first, second, length = numbers
        end = second + length
        _demand(zero == 0 and previous < first < second < end <= len(sealed), "byte ranges")
        _demand(sealed[first : first + 1] == b"<" and sealed[second - 1 : second] == b">", "signature's hole")
        octets = bytes.fromhex(sealed[first + 1 : second - 1].decode("ascii"))
        covered = digest(suite.digest, sealed, (0, first), (second, end))
        if contents.form_of(order, suite) is PdfForm.GM_SEAL:
            _check_ses(octets, covered, held, order, numbers, time)
        else:
            _check_cms(octets, covered, held, order, suite)
        previous = end
    _demand(previous == len(sealed), "octets after the last signature")


def _check_cms(octets: bytes, covered: bytes, held: Held, order: PdfOrder, suite: Suite) -> None:
    data = cms.read(octets)
    _demand(not data.trailing.strip(b"\x00") and data.content is None and len(data.signers) == 1, "CMS shape")
    gm = contents.form_of(order, suite) is PdfForm.GM_CMS
    _demand((data.dialect == "gm") == gm, "CMS shape")
    signer = data.signers[0]
    _demand(data.content_type == signer.content_type == (cms.GM_DATA if gm else cms.DATA), "content type")
    _demand(signer.message_digest == covered, "digest of the document")
    certificate = held.templates[suite].certificate
    # a P-256 certificate came after the seal was made, so it stands in no SESeal (seal.on_demand)
    listed = suite is Suite.P256 or certificate in held.certificates
    _demand(certificate in data.certificates and listed, "certificate in the seal")
    parsed = certificate_of(certificate)
    _demand((signer.issuer, signer.serial) == (parsed.issuer.raw, parsed.serial), "signer's name")
    _demand(signer.certificate_hash == (suite.digest.oid, suite.digest.of(certificate)), "certificate hash")
    if signer.signed_octets is None:
        raise SealedDiffers("signed attributes")
    check_value(parsed.spki, suite, signer.signed_octets, signer.signature)
    _check_level(signer.time_stamps, order, suite, signer.signature)


def _check_ses(
    octets: bytes, covered: bytes, held: Held, order: PdfOrder, byte_range: tuple[int, ...], time: datetime
) -> None:
    signature = ses.read_signature(_padded(octets))
    _demand(signature.seal.raw == held.esl, "seal")
    _demand(signature.data_hash == covered, "digest of the document")
    _demand(signature.property_info == contents.property_info(byte_range), "signed properties")
    _demand(signature.time == time and not signature.deviations, "signed properties")
    _demand(signature.certificate in held.certificates, "certificate in the seal")
    _demand(scheme_of_oid(signature.algorithm) is Suite.SM2.scheme, "signature value")
    check_value(certificate_of(signature.certificate).spki, Suite.SM2, signature.signed, signature.signature)
    stamps = () if signature.time_stamp is None else (signature.time_stamp,)
    _check_level(stamps, order, Suite.SM2, signature.signature)


def _check_level(stamps: tuple[bytes, ...], order: PdfOrder, suite: Suite, value: bytes) -> None:
    """The time stamp the order's level wants, and no other."""
    _demand(len(stamps) == (0 if order.level is Level.B_B else 1), "time stamp")
    for token in stamps:
        check_time_stamp(token, suite, value)


def _padded(octets: bytes) -> bytes:
    """The structure without the zeros of its reserved place; anything else there stays and is refused."""
    size = 4 + int.from_bytes(octets[2:4], "big") if octets[1:2] == b"\x82" else 5 + int.from_bytes(octets[2:5], "big")
    return octets if octets[size:].strip(b"\x00") else octets[:size]


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers(what)

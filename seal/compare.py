"""Comparing what was sealed with what was approved (用章复核), before anything leaves.

Reads the finished file with its own eyes, not the writer's: byte ranges, digests, certificates, values and time stamps.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from functools import lru_cache

from ca.reading.certificate import Certificate, read_certificate
from ca.reading.stamp import read_token
from ca.signatures import check_token
from ca.suites import Suite
from foundation.errors import InvalidInput
from hsm.digests import sm3
from hsm.verifying import DEFAULT_SM2_ID, verify
from seal import cms, ses
from seal.errors import SealedDiffers
from seal.held import Held
from seal.ofd import document
from seal.ofd.document import children
from seal.ofd.package import ROOT, Package
from seal.ofd.signing import referenced
from seal.pdf.document import Inspected
from seal.ses_check import check_user

_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")


def check_pdf(approved: Inspected, sealed: bytes, held: Held, suites: tuple[Suite, ...]) -> None:
    """The approved bytes begin the file; each new signature covers all before its own hole and stands."""
    start = len(approved.data)
    _demand(sealed.startswith(approved.data), "approved bytes")
    found = [tuple(int(number) for number in match.groups()) for match in _RANGE.finditer(sealed, start)]
    _demand(len(found) == len(suites), "number of signatures")
    previous = start
    for (zero, first, second, length), suite in zip(found, suites, strict=True):
        end = second + length
        _demand(zero == 0 and previous < first < second < end <= len(sealed), "byte ranges")
        _demand(sealed[first : first + 1] == b"<" and sealed[second - 1 : second] == b">", "signature's hole")
        contents = bytes.fromhex(sealed[first + 1 : second - 1].decode("ascii"))
        _check_cms(contents, sealed[:first] + sealed[second:end], held, suite)
        previous = end
    _demand(previous == len(sealed), "octets after the last signature")


def _check_cms(contents: bytes, covered: bytes, held: Held, suite: Suite) -> None:
    data = cms.read(contents)
    _demand(not data.trailing.strip(b"\x00") and data.content is None and len(data.signers) == 1, "CMS shape")
    signer = data.signers[0]
    _demand(signer.message_digest == suite.digest.of(covered), "digest of the document")
    certificate = held.templates[suite].certificate
    _demand(certificate in data.certificates and certificate in held.certificates, "certificate in the seal")
    parsed = _certificate(certificate)
    _demand((signer.issuer, signer.serial) == (parsed.issuer.raw, parsed.serial), "signer's name")
    _demand(signer.certificate_hash == (suite.digest.oid, suite.digest.of(certificate)), "certificate hash")
    if signer.signed_octets is None:
        raise SealedDiffers("signed attributes")
    check_value(parsed.spki, suite, signer.signed_octets, signer.signature)
    _demand(len(signer.time_stamps) == 1, "time stamp")
    check_time_stamp(signer.time_stamps[0], suite, signer.signature)


def check_ofd(approved: Package, sealed: bytes, held: Held, time: datetime, *, closing: bool) -> None:
    """Every approved file is there unchanged (OFD.xml and the list may grow), all are referenced, the values stand."""
    package = Package.read(sealed)
    body = document.only_body(package)
    if body.signatures is None:
        raise SealedDiffers("list of signatures")
    listed = body.signatures
    for name, octets in approved.entries.items():
        _demand(name in (ROOT, listed) or package.entries.get(name) == octets, "approved files")
    added = package.entries.keys() - approved.entries.keys()
    last = children(package.xml(listed), "Signature")[-1]
    place = package.resolve(last.get("BaseLoc", ""), base=listed)
    folder = place.rpartition("/")[0]
    mine = {place, f"{folder}/Seal.esl", f"{folder}/SignedValue.dat"}
    _demand(mine <= added and added - mine <= {listed}, "added files")
    covered = {name for name in package if name not in (place, f"{folder}/SignedValue.dat")}
    if not closing:
        covered.discard(listed)
    wanted = {f"/{name}": base64.b64encode(sm3(package.file(name))).decode() for name in covered}
    _demand(referenced(package.xml(place)) == wanted, "references")
    signature = ses.read_signature(package.file(f"{folder}/SignedValue.dat"))
    _demand(package.file(f"{folder}/Seal.esl") == held.esl == signature.seal.raw, "seal")
    _demand(signature.data_hash == sm3(package.file(place)), "hash of Signature.xml")
    _demand(signature.property_info == f"/{place}" and signature.time == time, "signed properties")
    _demand(signature.certificate in held.certificates, "certificate in the seal")
    try:
        check_user(signature)
    except InvalidInput as error:
        raise SealedDiffers("signature value") from error
    if signature.time_stamp is None:
        raise SealedDiffers("time stamp")
    check_time_stamp(signature.time_stamp, Suite.SM2, signature.signature)


def check_value(spki: bytes, suite: Suite, message: bytes, value: bytes) -> None:
    """The signature value stands; `SealedDiffers` otherwise."""
    try:
        verify(spki, suite.scheme, message, value, sm2_id=DEFAULT_SM2_ID)
    except InvalidInput as error:
        raise SealedDiffers("signature value") from error


def check_time_stamp(token: bytes, suite: Suite, value: bytes) -> None:
    """The token is for this very value, and a certificate inside it signed it."""
    parsed = read_token(token)
    _demand(parsed.info.digest is suite.digest and parsed.info.imprint == suite.digest.of(value), "time stamp")
    signers = [one for one in map(_certificate, parsed.certificates) if one.serial == parsed.signer.serial]
    _demand(len(signers) == 1, "certificate of the time stamp")
    try:
        check_token(parsed, signers[0])
    except InvalidInput as error:
        raise SealedDiffers("signature of the time stamp") from error


@lru_cache(maxsize=256)
def _certificate(octets: bytes) -> Certificate:
    """Ours are few and come again with every stamp; the key is the whole certificate."""
    return read_certificate(octets)


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers(what)

"""Comparing what was sealed with what was approved (用章复核), before anything leaves.

Reads the finished file with its own eyes, not the writer's. `seal.compare_pdf` is the other half.
"""

from __future__ import annotations

import base64
from datetime import datetime
from functools import lru_cache

from ca.reading.certificate import Certificate, read_certificate
from ca.reading.stamp import read_token
from ca.signatures import check_token
from ca.suites import Suite
from foundation.errors import InvalidInput
from hsm.digests import sm3
from hsm.verifying import DEFAULT_SM2_ID, verify
from seal import ses
from seal.errors import SealedDiffers
from seal.held import Held
from seal.ofd import document
from seal.ofd.document import children
from seal.ofd.package import ROOT, Package
from seal.ofd.signing import referenced
from seal.ses_check import check_user


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
    signers = [one for one in map(certificate_of, parsed.certificates) if one.serial == parsed.signer.serial]
    _demand(len(signers) == 1, "certificate of the time stamp")
    try:
        check_token(parsed, signers[0])
    except InvalidInput as error:
        raise SealedDiffers("signature of the time stamp") from error


@lru_cache(maxsize=256)
def certificate_of(octets: bytes) -> Certificate:
    """Ours are few and come again with every stamp; the key is the whole certificate."""
    return read_certificate(octets)


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers(what)

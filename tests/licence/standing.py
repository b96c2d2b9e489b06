"""Does a sealed file stand? Read with plain means, not with the writer's: byte ranges, digests, signature values."""

from __future__ import annotations

import base64
import re

from lxml import etree

from ca.reading import read_certificate
from ca.suites import Suite
from hsm.digests import sm3
from hsm.verifying import DEFAULT_SM2_ID, verify
from seal import cms, ses
from seal.ofd.package import Package
from seal.ses_check import check_user

_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


def check_pdf(data: bytes, suites: tuple[Suite, ...]) -> None:
    """Every signature covers all before its hole, the last one the whole file, and each value verifies."""
    ranges = [tuple(int(n) for n in match.groups()) for match in _RANGE.finditer(data)]
    assert len(ranges) == len(suites)
    for (zero, first, second, length), suite in zip(ranges, suites, strict=True):
        assert zero == 0
        hole = bytes.fromhex(data[first + 1 : second - 1].decode())
        content = cms.read(hole)
        signer = content.signers[0]
        assert signer.message_digest == suite.digest.of(data[:first] + data[second : second + length])
        sent = [read_certificate(octets) for octets in content.certificates]
        certificate = next(c for c in sent if (c.issuer.raw, c.serial) == (signer.issuer, signer.serial))
        assert signer.signed_octets is not None
        verify(certificate.spki, suite.scheme, signer.signed_octets, signer.signature, sm2_id=DEFAULT_SM2_ID)
    assert ranges[-1][2] + ranges[-1][3] == len(data)


def check_ofd(data: bytes) -> None:
    """The one SES signature verifies, and every file of the package but the list's own is referenced as it is."""
    package = Package.read(data)
    value = next(name for name in package.entries if name.endswith("SignedValue.dat"))
    listing = next(name for name in package.entries if name.endswith("Signature.xml"))
    signature = ses.read_signature(package.entries[value])
    check_user(signature)
    assert signature.data_hash == sm3(package.entries[listing])
    references = etree.fromstring(package.entries[listing]).iter("{*}Reference")
    found = {r.get("FileRef").lstrip("/"): r.findtext("{*}CheckValue") for r in references}
    assert found.keys() == package.entries.keys() - {value, listing}
    assert all(base64.b64encode(sm3(package.entries[name])).decode() == digest for name, digest in found.items())

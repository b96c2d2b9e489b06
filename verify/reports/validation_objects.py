"""What a TS 119 102-2 report refers to (核验对象): each certificate, list, answer and time stamp once, with its proof.

Lists and answers stand by digest: a list may have 100 MB.
"""

from __future__ import annotations

import base64

from lxml import etree

from hsm.digests import Digest, sha256
from verify.material import Known, Token
from verify.report import CertificateLine, Report, SignatureReport, clean, stamp
from verify.reports.names import CERTIFICATE, CRL, DS, OCSP, POE, TIME_STAMP, VR, digest_uri


def element(parent: etree._Element, name: str, text: str | None = None, space: str = VR) -> etree._Element:
    made = etree.SubElement(parent, f"{{{space}}}{name}")
    made.text = text
    return made


def hashed(parent: etree._Element, algorithm: Digest, value: str) -> None:
    """DigestAlgAndValue; `value` in base64."""
    made = element(parent, "DigestAlgAndValue")
    element(made, "DigestMethod", space=DS).set("Algorithm", digest_uri(algorithm))
    element(made, "DigestValue", value, space=DS)


def digest_of(value: str, algorithm: Digest) -> str:
    """Of octets in base64, in base64."""
    return base64.b64encode(algorithm.of(base64.b64decode(value))).decode("ascii")


def refer(parent: etree._Element, name: str, *identifiers: str) -> etree._Element:
    made = element(parent, name)
    made.set("VOReference", " ".join(identifiers))
    return made


class Objects:
    """Collected while the signatures are told, written after them."""

    def __init__(self, report: Report) -> None:
        self._seen_at = stamp(report.judged_at)
        self._made: dict[str, etree._Element] = {}

    def certificate(self, octets: str) -> str:
        return self._object("C", octets, CERTIFICATE)

    def line(self, line: CertificateLine) -> str | None:
        """The identifier of a path's certificate; what decided about it is listed beside it."""
        if line.known is not None:
            self.revocation(line.known)
        return self.certificate(line.octets) if line.octets is not None else None

    def revocation(self, known: Known) -> str:
        identifier = f"R-{base64.b64decode(known.sha256).hex()[:32]}"
        if identifier not in self._made:
            made = self._begin(identifier, OCSP if known.ocsp else CRL)
            hashed(element(made, "ValidationObjectRepresentation"), Digest.SHA256, known.sha256)
            self._seen(made)
        return identifier

    def token(self, token: Token, signature: SignatureReport) -> str:
        """A time stamp and what it proves: that the signatures it is over existed at its time."""
        identifier = self._object("T", token.octets, TIME_STAMP)
        made = self._made[identifier]
        if token.trusted and made.find(f"{{{VR}}}POEProvisioning") is None:
            proves = element(made, "POEProvisioning")
            element(proves, "POETime", stamp(token.time))
            self._about(proves, signature)
        return identifier

    def _about(self, proves: etree._Element, signature: SignatureReport) -> None:
        """One reference: version 1.2.2 of the schema has room for no more. The newest signature covers the others."""
        material = signature.material
        if material is not None and material.value is not None:
            about = element(proves, "SignatureReference")
            element(about, "DigestMethod", digest_uri(Digest.SHA256))
            element(about, "DigestValue", digest_of(material.value, Digest.SHA256))
        elif signature.covers and signature.format.startswith("PDF "):
            element(element(proves, "SignatureReference"), "PAdESFieldName", clean(signature.covers[-1]))

    def write(self, parent: etree._Element) -> None:
        if self._made:
            element(parent, "SignatureValidationObjects").extend(self._made.values())

    def _object(self, kind: str, octets: str, urn: str) -> str:
        identifier = f"{kind}-{sha256(octets.encode()).hex()[:32]}"
        if identifier not in self._made:
            made = self._begin(identifier, urn)
            element(element(made, "ValidationObjectRepresentation"), "base64", octets)
            self._seen(made)
        return identifier

    def _begin(self, identifier: str, urn: str) -> etree._Element:
        made = etree.Element(f"{{{VR}}}ValidationObject")
        made.set("id", identifier)
        element(made, "ObjectType", urn)
        self._made[identifier] = made
        return made

    def _seen(self, made: etree._Element) -> None:
        """Known to exist since we saw it; a time stamp over it says more where there is one."""
        proof = element(made, "POE")
        element(proof, "POETime", self._seen_at)
        element(proof, "TypeOfProof", POE)

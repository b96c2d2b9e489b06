"""The report of ETSI TS 119 102-2 (核验报告 XML): for other verifiers, archives and courts' systems.

Element order is the schema's. A file without any signature has one entry that says so: the schema wants one.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from lxml import etree

from foundation.text import Text
from hsm.digests import Digest
from verify.indications import Indication, Sub
from verify.report import Finding, Report, SignatureReport, clean, stamp
from verify.reports.names import (
    DS,
    OWN,
    POE,
    PREFIXES,
    TSL,
    VR,
    is_weak,
    main_indication,
    process,
    reason,
    scheme_uri,
    sub_indication,
)
from verify.reports.validation_objects import Objects, digest_of, element, hashed, refer


@dataclass(frozen=True, slots=True)
class Validator:
    """Who judged: a service with its certificate, or a name where a program judged by itself."""

    name: str
    certificate: bytes | None = None


OFFLINE = Validator("Yinxin")
"""The command line tool."""


def to_xml(report: Report, validator: Validator = OFFLINE) -> bytes:
    """The whole report, validating against 1910202xmlSchema.xsd."""
    root = etree.Element(f"{{{VR}}}ValidationReport", nsmap=PREFIXES)
    objects = Objects(report)
    for number, signature in enumerate(report.signatures, 1):
        _signature(root, report, signature, number, objects)
    if not report.signatures:
        _nothing_signed(root, report)
    objects.write(root)
    identity = element(element(root, "SignatureValidator"), "DigitalId")
    if validator.certificate is not None:
        octets = base64.b64encode(validator.certificate).decode("ascii")
        element(identity, "X509Certificate", octets, space=TSL)
    else:
        element(identity, "X509SubjectName", f"CN={clean(validator.name)}", space=TSL)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _nothing_signed(root: etree._Element, report: Report) -> None:
    made = element(root, "SignatureValidationReport")
    _times(made, report, None, None)
    _document(made, report, None)
    element(made, "SignatureValidationProcess").append(_process("Basic"))
    status = element(made, "SignatureValidationStatus")
    element(status, "MainIndication", main_indication(Indication.INDETERMINATE))
    element(status, "SubIndication", sub_indication(Sub.GENERIC))
    data = element(status, "AssociatedValidationReportData")
    _said(data, report.summary, report.findings)


def _signature(root: etree._Element, report: Report, signature: SignatureReport, number: int, objects: Objects) -> None:
    made = element(root, "SignatureValidationReport")
    _identifier(made, signature, number)
    token = _token(signature, objects)
    _times(made, report, signature, token)
    _document(made, report, signature)
    _attributes(made, signature, token)
    signer = _signer(signature, objects)
    if signer is not None:
        information = element(made, "SignerInformation")
        refer(information, "SignerCertificate", signer)
        if signature.signer_subject is not None:
            element(information, "Signer", clean(signature.signer_subject))
    element(made, "SignatureValidationProcess").append(_process(_way(report, signature)))
    _status(made, report, signature, signer, objects)


def _identifier(made: etree._Element, signature: SignatureReport, number: int) -> None:
    identifier = element(made, "SignatureIdentifier")
    identifier.set("id", f"S-{number}")
    material = signature.material
    if material is not None and material.value is not None:
        algorithm = material.document.algorithm if material.document is not None else Digest.SHA256
        hashed(identifier, algorithm, digest_of(material.value, algorithm))
        element(identifier, "SignatureValue", material.value, space=DS)
    element(identifier, "HashOnly", "false")
    element(identifier, "DocHashOnly", "false")
    element(identifier, "DAIdentifier", clean(signature.name))


def _token(signature: SignatureReport, objects: Objects) -> str | None:
    """All time stamps become objects; the trusted one is what the time rests on."""
    best: str | None = None
    for token in signature.material.tokens if signature.material is not None else ():
        identifier = objects.token(token, signature)
        best = identifier if token.trusted and best is None else best
    return best


def _times(made: etree._Element, report: Report, signature: SignatureReport | None, token: str | None) -> None:
    """Without proof the best signature time is the time of judging (EN 319 102-1 5.3)."""
    info = element(made, "ValidationTimeInfo")
    element(info, "ValidationTime", stamp(report.judged_at))
    best = element(info, "BestSignatureTime")
    proved = signature is not None and signature.time_source == "timestamp"
    element(best, "POETime", stamp(signature.time if signature is not None and proved else report.judged_at))
    element(best, "TypeOfProof", POE)
    if proved and token is not None:
        refer(best, "POEObject", token)


def _document(made: etree._Element, report: Report, signature: SignatureReport | None) -> None:
    """What was signed, as the signature states it; else the file as it was handed in."""
    document = element(made, "SignersDocument")
    material = signature.material if signature is not None else None
    if material is not None and material.document is not None:
        hashed(document, material.document.algorithm, material.document.value)
    else:
        hashed(document, Digest.SHA256, base64.b64encode(bytes.fromhex(report.sha256)).decode("ascii"))


def _attributes(made: etree._Element, signature: SignatureReport, token: str | None) -> None:
    attributes = etree.Element(f"{{{VR}}}SignatureAttributes")
    if signature.time is not None and signature.time_source == "claimed":
        claimed = element(attributes, "SigningTime")
        claimed.set("Signed", "true")
        element(claimed, "Time", stamp(signature.time))
    if token is not None and signature.time is not None:
        name = "DocTimeStamp" if signature.kind == "timestamp" else "SignatureTimeStamp"
        time_stamp = element(attributes, name)
        time_stamp.set("Signed", "false")
        refer(time_stamp, "AttributeObject", token)
        element(time_stamp, "TimeStampValue", stamp(signature.time))
    if signature.format.startswith("PDF "):
        element(element(attributes, "SubFilter"), "SubFilterElement", clean(signature.format.removeprefix("PDF ")))
    if len(attributes):
        made.append(attributes)


def _signer(signature: SignatureReport, objects: Objects) -> str | None:
    if signature.certificate_path:
        return objects.line(signature.certificate_path[0])
    material = signature.material
    return objects.certificate(material.certificate) if material is not None and material.certificate else None


def _way(report: Report, signature: SignatureReport) -> str:
    """Which process of EN 319 102-1 clause 5 was needed."""
    if any(other.kind == "timestamp" and signature.name in other.covers for other in report.signatures):
        return "LTA"
    return "LTVM" if signature.time_source == "timestamp" else "Basic"


def _process(name: str) -> etree._Element:
    made = etree.Element(f"{{{VR}}}SignatureValidationProcessID")
    made.text = process(name)
    return made


def _status(
    made: etree._Element, report: Report, signature: SignatureReport, signer: str | None, objects: Objects
) -> None:
    status = element(made, "SignatureValidationStatus")
    sound = signature.intact and signature.trusted
    sub = signature.sub_indication or (None if sound else Sub.GENERIC)
    indication = signature.indication if signature.sub_indication or sound else Indication.INDETERMINATE
    element(status, "MainIndication", main_indication(indication))
    if sub is not None:
        element(status, "SubIndication", sub_indication(sub))
    data = element(status, "AssociatedValidationReportData")
    _chain(data, signature, objects)
    if signer is not None and signature.algorithm is not None:
        used = element(data, "CryptoInformation")
        refer(used, "ValidationObjectId", signer)
        element(used, "Algorithm", scheme_uri(signature.algorithm))
        element(used, "SecureAlgorithm", "false" if is_weak(signature.algorithm) else "true")
    # what is about the file as a whole is said with every signature: each entry may be read alone
    whole = tuple(found for found in report.findings if found.where is None)
    _said(data, signature.sentence, (*signature.findings, *whole))


def _chain(data: etree._Element, signature: SignatureReport, objects: Objects) -> None:
    lines = [(line, objects.line(line)) for line in signature.certificate_path]
    known = [(line, identifier) for line, identifier in lines if identifier is not None]
    if not known:
        return
    anchor = next((identifier for line, identifier in known if line.status == "anchor"), None)
    if anchor is not None:
        refer(data, "TrustAnchor", anchor)
    chain = element(data, "CertificateChain")
    refer(chain, "SigningCertificate", known[0][1])
    for line, identifier in known[1:]:
        refer(chain, "TrustAnchor" if line.status == "anchor" else "IntermediateCertificate", identifier)
    for line, identifier in known:
        if line.known is not None and line.known.revoked_at is not None:
            told = element(data, "RevocationStatusInformation")
            refer(told, "ValidationObjectId", identifier)
            element(told, "RevocationTime", stamp(line.known.revoked_at))
            if line.known.reason is not None:
                element(told, "RevocationReason", reason(line.known.reason))
            refer(told, "RevocationObject", objects.revocation(line.known))
            return  # the schema has room for one


def _said(data: etree._Element, sentence: Text, findings: tuple[Finding, ...]) -> None:
    """Our own words: sentence and reasons, both languages."""
    more = element(data, "AdditionalValidationReportData")
    _text(more, "sentence", sentence)
    for found in dict.fromkeys(findings):
        _text(more, f"finding:{found.severity.value}:{found.code}", found.text)


def _text(more: etree._Element, what: str, text: Text) -> None:
    for language, words in (("zh", text.zh), ("en", text.en)):
        data = element(more, "ReportData")
        element(data, "Type", f"{OWN}:{what}:{language}")
        element(data, "Value", clean(words, 2000))

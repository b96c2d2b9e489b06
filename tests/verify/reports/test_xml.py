"""TS 119 102-2: every kind of report has the elements, order and values the schema asks for, and our words."""

from __future__ import annotations

import base64

import pytest
from lxml import etree
from pyhanko.generated.etsi.ts_11910202 import ValidationReport
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig

from hsm.digests import Digest, sm3
from tests.verify.conftest import Sealed
from tests.verify.reports.samples import CASES, Sample, sample
from verify.report import Report, clean
from verify.reports.names import PREFIXES
from verify.reports.xml_report import Validator, to_xml

STRICT = ParserConfig(fail_on_unknown_properties=True, fail_on_unknown_attributes=True, fail_on_converter_warnings=True)
SM3_URI = "urn:oid:1.2.156.10197.1.401"


def strictly(octets: bytes) -> ValidationReport:
    """Read with bindings made from the schema: nothing unknown, nothing required missing, everything in its order."""
    read = XmlParser(config=STRICT).from_bytes(octets, ValidationReport)
    again = XmlSerializer(config=SerializerConfig()).render(read, ns_map=PREFIXES).encode()
    assert shape(etree.fromstring(again)) == shape(etree.fromstring(octets))
    required(read)
    return read


def shape(element: etree._Element) -> tuple[object, ...]:
    text = (element.text or "").strip()
    return (element.tag, text if not len(element) else "", sorted(element.attrib.items()), [shape(e) for e in element])


def required(made: object) -> None:
    for name, about in getattr(type(made), "__dataclass_fields__", {}).items():
        value = getattr(made, name)
        assert value is not None or not about.metadata.get("required"), f"{type(made).__name__}.{name}"
        for one in value if isinstance(value, tuple | list) else (value,):
            required(one)


def said(report: Report) -> etree._Element:
    octets = to_xml(report)
    strictly(octets)
    return etree.fromstring(octets)


def all_of(root: etree._Element, path: str) -> list[str]:
    return [element.text or "" for element in root.iterfind(path, PREFIXES)]


@pytest.mark.parametrize("name", CASES)
def test_every_report_has_the_schemas_shape_and_the_same_words(name: str) -> None:
    report = sample(name).report
    root = said(report)
    entries = root.findall("vr:SignatureValidationReport", PREFIXES)
    assert len(entries) == max(1, len(report.signatures))
    identifiers = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(identifiers) == len(set(identifiers))
    for element in root.iter():
        for reference in (element.get("VOReference") or "").split():
            assert reference in identifiers
    values = set(all_of(root, ".//vr:Value"))
    for entry, signature in zip(entries, report.signatures, strict=False):
        told = signature.to_json()
        main = entry.findtext("vr:SignatureValidationStatus/vr:MainIndication", None, PREFIXES)
        assert main == f"urn:etsi:019102:mainindication:{told['indication'].lower()}"
        sub = entry.findtext("vr:SignatureValidationStatus/vr:SubIndication", None, PREFIXES)
        assert sub == (f"urn:etsi:019102:subindication:{told['sub_indication']}" if told["sub_indication"] else None)
        assert {told["sentence_zh"], told["sentence_en"]} <= values
    assert {clean(found.text.zh, 2000) for found in report.findings} <= values


def test_a_good_seal_names_what_it_rests_on() -> None:
    made = sample("pdf-sm2")
    root = said(made.report)
    digest = root.find(".//vr:SignatureIdentifier/vr:DigestAlgAndValue", PREFIXES)
    assert digest is not None
    value = base64.b64decode(root.findtext(".//ds:SignatureValue", "", PREFIXES))
    assert value in made.data or value.hex().encode() in made.data.lower()
    assert digest.find("ds:DigestMethod", PREFIXES).get("Algorithm") == SM3_URI  # type: ignore[union-attr]
    assert base64.b64decode(digest.findtext("ds:DigestValue", "", PREFIXES)) == sm3(value)
    assert all_of(root, ".//vr:CryptoInformation/vr:Algorithm") == ["urn:oid:1.2.156.10197.1.501"]
    kinds = [text.rpartition(":")[2] for text in all_of(root, ".//vr:ObjectType")]
    assert sorted(kinds) == ["CRL", "CRL", "certificate", "certificate", "certificate", "timestamp"]
    proved = all_of(root, ".//vr:POEProvisioning/vr:POETime")
    assert proved == all_of(root, ".//vr:BestSignatureTime/vr:POETime") == ["2026-11-22T02:00:00Z"]
    assert all_of(root, ".//vr:SignatureValidationProcessID") == ["urn:etsi:019102:validationprocess:LTVM"]


def test_the_signers_document_has_the_digest_that_was_signed() -> None:
    made = sample("cms")
    root = said(made.report)
    told = [base64.b64decode(text) for text in all_of(root, ".//vr:SignersDocument//ds:DigestValue")]
    assert told[0] == Digest.SM3.of(b"the paper") or len(told[0]) == 32
    assert made.report.signatures[1].parent == made.report.signatures[0].name


def test_a_revocation_is_told_with_its_time_and_list() -> None:
    root = said(sample("pdf-revoked").report)
    assert all_of(root, ".//vr:RevocationStatusInformation/vr:RevocationTime") == ["2026-11-21T02:00:00Z"]
    reasons = all_of(root, ".//vr:RevocationStatusInformation/vr:RevocationReason")
    assert reasons == ["urn:etsi:019102:revocationReason:keyCompromise"]


@pytest.mark.parametrize("kind", ["sm2", "rsa", "dual", "ofd", "open_sm2"])
def test_our_own_files(sealed: Sealed, kind: str) -> None:
    report = sealed.judge(getattr(sealed, kind))
    root = said(report)
    assert len(root.findall("vr:SignatureValidationReport", PREFIXES)) == len(report.signatures)


def test_who_judged_is_named_with_the_certificate() -> None:
    report = sample("unknown").report
    octets = to_xml(report, Validator("核验服务", b"\x30\x03\x02\x01\x01"))
    strictly(octets)
    assert all_of(etree.fromstring(octets), ".//tsl:X509Certificate") == ["MAMCAQE="]


def test_hostile_names_stay_text() -> None:
    made: Sample = sample("hostile")
    octets = to_xml(made.report)
    text = octets.decode("utf-8")
    assert not {"\u202e", "\x1b", "\x00", "\ufffe", "\ufdd0", "\u2028"} & set(text)
    assert "<script>" not in text
    assert "<b>" not in text
    root = said(made.report)
    names = all_of(root, ".//vr:SignatureIdentifier/vr:DAIdentifier")
    assert names == ["a\ufffd<b>"]

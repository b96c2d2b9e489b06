"""PDFs of every make (各类 PDF 输入): judged where we can, "unsupported" where not, never "unsigned" (number 10)."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from foundation import der
from foundation.clock import FixedClock
from hsm.digests import Digest
from tests.verify.pdf_inputs import Make, embed, key, message
from tests.verify.pdf_papers import File, paper, signed
from tests.verify.pki import NOW
from tests.verify.test_pdf_attacks import ask
from tests.verify.test_sealed import told
from verify.judge import Context, judge
from verify.report import Report, Verdict
from verify.trust import TrustStore

FAMILIES = ("sm2", "rsa", "rsa-pss", "p-256", "p-384", "p-521")


def report_on(kind: str, data: bytes) -> Report:
    trust = TrustStore.build([key(kind).root], crls=[key(kind).crl])
    return judge(data, name=None, context=Context(trust, FixedClock(NOW)))


def altered(data: bytes) -> bytes:
    return data.replace(b"(charity)", b"(CHARITY)", 1)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("subfilter", ["ETSI.CAdES.detached", "adbe.pkcs7.detached"])
def test_every_family_of_keys(kind: str, subfilter: str) -> None:
    data = embed(message(kind), subfilter)
    report = report_on(kind, data)
    assert report.verdict is Verdict.GENUINE, told(report)
    assert report.signatures[0].format == f"PDF {subfilter}"
    spoilt = report_on(kind, altered(data))
    assert (spoilt.verdict, spoilt.has("signature.hash")) == (Verdict.NOT_GENUINE, True), told(spoilt)


GM = {
    "attributes": message("sm2", gm=True),
    "no attributes": message("sm2", gm=True, attributes=False),
    "digest inside": message("sm2", gm=True, attributes=False, content="raw"),
    "digest inside, base64": message("sm2", gm=True, attributes=False, content="base64"),
    "digest inside, attributes": message("sm2", gm=True, content="raw"),
    "plain shape": message("sm2", attributes=False),
}


@pytest.mark.parametrize("make", GM.values(), ids=GM)
@pytest.mark.parametrize("subfilter", ["GM.sm2cms.detached", "GM.SM2"])
def test_messages_of_gm_t_0010(subfilter: str, make: Make) -> None:
    """Field evidence: "detached" by name, the digest inside; a library that trusts the message calls changes intact."""
    data = embed(make, subfilter)
    report = report_on("sm2", data)
    assert report.verdict is Verdict.GENUINE, told(report)
    spoilt = report_on("sm2", altered(data))
    assert (spoilt.verdict, spoilt.intact) == (Verdict.NOT_GENUINE, False), told(spoilt)


def test_adbe_pkcs7_sha1() -> None:
    """The message covers the SHA-1 of the file: it holds, and nobody should rely on SHA-1 any more."""
    data = embed(message("rsa", content="raw", covers=Digest.SHA1), "adbe.pkcs7.sha1")
    report = report_on("rsa", data)
    assert report.signatures[0].intact, told(report)
    assert report.verdict is Verdict.CANNOT_TELL, told(report)
    assert report.has("signature.algorithm_weak")
    spoilt = report_on("rsa", altered(data))
    assert (spoilt.verdict, spoilt.has("signature.hash")) == (Verdict.NOT_GENUINE, True)


@pytest.mark.parametrize(
    ("subfilter", "octets"),
    [
        ("adbe.x509.rsa_sha1", der.octet_string(bytes(256))),
        ("Example.unknown", b"\x04\x03abc"),
        ("", b"\x30\x03\x02\x01\x01"),
    ],
    ids=["x509", "unknown", "none"],
)
def test_what_cannot_be_judged_is_named_and_never_called_unsigned(subfilter: str, octets: bytes) -> None:
    report = report_on("rsa", embed(lambda _digest, _covered: octets, subfilter, "/Cert<3000>"))
    assert report.verdict is Verdict.CANNOT_TELL, told(report)
    assert [signature.name for signature in report.signatures] == ["Seal1"]
    assert report.has("signature.unsupported")
    assert not report.has("unsigned")
    assert (subfilter or "unknown") in report.signatures[0].format


def _stacked(first: Make, gap: bytes, second: Make) -> Make:
    return lambda digest, covered: first(digest, covered) + gap + second(digest, covered)


@pytest.mark.parametrize(
    ("second", "named"),
    [
        (message("sm2", gm=True), "GM/T 0010"),
        (message("rsa"), "CMS SignedData"),
        (lambda _d, _c: der.sequence(der.integer(1)), "ASN.1"),
        (lambda _d, _c: b"\xff" * 40, "?"),
    ],
    ids=["gm", "cms", "asn1", "octets"],
)
def test_a_second_structure_in_the_same_place(second: Make, named: str) -> None:
    first = message("rsa")
    for gap in (b"", bytes(16)):
        report = report_on("rsa", embed(_stacked(first, gap, second), "adbe.pkcs7.detached"))
        assert report.verdict is Verdict.NOT_GENUINE, told(report)
        assert named in next(item.text.en for item in report.findings if item.code == "pdf.second_structure")


def test_encrypted_files_are_told_how_to_go_on() -> None:
    with pikepdf.open(BytesIO(paper())) as document:
        out = BytesIO()
        document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    report = report_on("sm2", out.getvalue())
    assert (report.verdict, report.has("pdf.encrypted"), report.has("unsigned")) == (Verdict.CANNOT_TELL, True, False)


def _hybrid(data: bytes, entries: bytes) -> bytes:
    """The newest trailer names a cross-reference stream that only newer readers see (ISO 32000-2 7.5.8.4)."""
    file = File(data)
    number = file.size
    table = b"<</Type/XRef/Size %d/W[1 4 1]/Index[%s]/Length %d>>\nstream\n" % (
        number + 1, b"%d 1" % file.content[0], len(entries),
    )  # fmt: skip
    body = table + entries + b"\nendstream"
    updated = file.update({number: body})
    place = updated.rindex(b"%d 0 obj" % number)
    return re.sub(rb"(trailer\n<<)(?!.*trailer)", rb"\1/XRefStm %d " % place, updated, flags=re.DOTALL)


def test_hybrid_tables_show_no_reader_another_file() -> None:
    """Before sealing it is a way to write a file; after sealing it redirects an object for half of all readers."""
    plain = paper()
    same = b"\x01" + plain.index(b"%d 0 obj" % File(plain).content[0]).to_bytes(4, "big") + b"\x00"
    before = ask("sm2", signed("sm2", _hybrid(plain, same)))
    assert before.verdict is Verdict.GENUINE, told(before)
    sealed = signed("sm2")
    evil = b"\x01" + sealed.index(b"%d 0 obj" % File(sealed).content[1]).to_bytes(4, "big") + b"\x00"
    after = ask("sm2", _hybrid(sealed, evil))
    assert (after.verdict, after.intact) == (Verdict.NOT_GENUINE, False), told(after)


@pytest.mark.parametrize("name", ["SignedValueV4.dat", "SignedValueV5.dat"])
def test_a_foreign_seal_of_another_document_in_the_place(vectors: Path, name: str) -> None:
    """The structure is read and its hash compared with this file, whatever the generation."""
    octets = (vectors / "seal" / name).read_bytes()
    report = report_on("sm2", embed(lambda _digest, _covered: octets, "GM.sm2seal"))
    assert (report.verdict, report.has("signature.hash")) == (Verdict.NOT_GENUINE, True), told(report)

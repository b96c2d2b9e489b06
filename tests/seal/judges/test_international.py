"""RSA and P-256 outputs (国际算法产出): poppler, qpdf, OpenSSL's `cms` and plain pyHanko on every kind of file."""

from __future__ import annotations

import re
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from ca.chain import chain
from ca.suites import Suite
from seal.find import row_of
from seal.keeping import held
from tests.seal import oracles
from tests.seal.conftest import Region
from tests.seal.judges import extract, outputs
from tests.seal.judges.test_sm2 import is_sm2

RANGES = re.compile(r"\[(\d+) - (\d+)\], \[(\d+) - (\d+)\]")


@pytest.fixture(scope="module")
def made(one_region: Region) -> dict[str, bytes]:
    return {name: make(one_region) for name, make in outputs.INTERNATIONAL_PDFS.items()}


def root(region: Region, suite: Suite) -> bytes:
    row = row_of(region.room, region.principal, region.seal_id)
    return chain(region.room.ca, held(region.room, row).templates[suite].certificate)[-1]


def suite_of(name: str) -> Suite:
    return Suite.P256 if "p256" in name else Suite.RSA


def international(document: bytes) -> list[extract.InPdf]:
    """The signatures others can judge; SM2 ones, and SM2 time stamps over the whole, are before the judges of SM2."""
    return [
        one
        for one in extract.pdf_signatures(document)
        if one.subfilter == "/ETSI.CAdES.detached" and not is_sm2(extract.cms_claims("", one.contents, one.covered)[0])
    ]


@pytest.mark.parametrize("name", outputs.INTERNATIONAL_PDFS)
def test_poppler_finds_each_signature_valid_and_covering_all(made: dict[str, bytes], tmp_path: Path, name: str) -> None:
    """Coverage by poppler's own reading: from the first octet to the end of the revision but for the value itself."""
    document = made[name]
    (tmp_path / "file.pdf").write_bytes(document)
    said = subprocess.run(
        ["pdfsig", tmp_path / "file.pdf"], check=False, capture_output=True, text=True, timeout=60
    ).stdout
    blocks = re.split(r"^Signature #\d+:$", said, flags=re.MULTILINE)[1:]
    expected = international(document)
    assert expected
    for one in expected:
        mine = [block for block in blocks if ends(block) == one.end]
        assert mine, said
        for block in mine:  # one for each widget
            assert "Signature Validation: Signature is Valid." in block, block
            start, first, second, _ = (int(number) for number in RANGES.search(block).groups())  # type: ignore[union-attr]
            assert (start, document[first : first + 1], document[second - 1 : second]) == (0, b"<", b">")
            assert ("Total document signed" in block) == (one.end == len(document)), block
    assert document[expected[-1].end - 6 : expected[-1].end].strip() == b"%%EOF"


def ends(block: str) -> int:
    found = RANGES.search(block)
    return int(found[4]) if found else -1


@pytest.mark.parametrize("name", outputs.INTERNATIONAL_PDFS)
def test_qpdf_finds_nothing_to_complain_about(made: dict[str, bytes], tmp_path: Path, name: str) -> None:
    assert oracles.qpdf_clean(tmp_path, made[name])


@pytest.mark.parametrize("name", outputs.INTERNATIONAL_PDFS)
def test_openssl_verifies_each_message_over_its_byte_range(
    one_region: Region, made: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    at, trusted = one_region.clock.now(), root(one_region, suite_of(name))
    for one in international(made[name]):
        said = oracles.openssl_cms(tmp_path, trusted, one.contents, one.covered, at)
        assert "CMS Verification successful" in said, said
    changed = one.covered[:99] + b"?" + one.covered[100:]
    assert "successful" not in oracles.openssl_cms(tmp_path, trusted, one.contents, changed, at)


@pytest.mark.parametrize("name", outputs.INTERNATIONAL_PDFS)
def test_pyhanko_trusts_each_signature(one_region: Region, made: dict[str, bytes], name: str) -> None:
    """As any integrator has it: the root, the time, nothing else. What follows a signature must be allowed by it."""
    reader = PdfFileReader(BytesIO(made[name]))
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(root(one_region, suite_of(name)))],
        moment=one_region.clock.now(),
        allow_fetching=False,
    )
    wanted = tuple(one.contents for one in international(made[name]))
    mine = [one for one in reader.embedded_regular_signatures if one.pkcs7_content.startswith(wanted)]
    assert len(mine) == len(wanted)
    for one in mine:
        status = validate_pdf_signature(one, context, context)
        assert status.bottom_line, status.summary()


@pytest.mark.parametrize("name", [name for name in outputs.INTERNATIONAL_PDFS if "b-b" not in name])
def test_openssl_verifies_each_time_stamp(
    one_region: Region, made: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    """RFC 3161 by `openssl ts`: over the signature's value, under the root of the time stamp authority."""
    trusted, at = root(one_region, suite_of(name)), one_region.clock.now()
    found = [pair for one in international(made[name]) for pair in extract.tokens(one.contents)]
    found += [
        (one.contents, one.covered)
        for one in extract.pdf_signatures(made[name])
        if one.subfilter == "/ETSI.RFC3161" and not is_sm2(extract.token_claims("", one.contents, one.covered)[0])
    ]
    assert found
    for token, covered in found:
        assert "Verification: OK" in oracles.openssl_ts(tmp_path, trusted, token, covered, at)
    assert "Verification: OK" not in oracles.openssl_ts(tmp_path, trusted, found[0][0], covered + b"x", at)


@pytest.mark.parametrize("judge", ["poppler", "openssl", "pyhanko"])
def test_every_judge_refuses_a_changed_page(
    one_region: Region, made: dict[str, bytes], tmp_path: Path, judge: str
) -> None:
    document = bytearray(made["rsa b-b"])
    document[document.index(b"/MediaBox") + 14] ^= 1
    if judge == "poppler":
        assert oracles.pdfsig(tmp_path, bytes(document)) == ["Digest Mismatch."]
    elif judge == "openssl":
        (one,) = extract.pdf_signatures(bytes(document))
        said = oracles.openssl_cms(
            tmp_path, root(one_region, Suite.RSA), one.contents, one.covered, one_region.clock.now()
        )
        assert "successful" not in said
    else:
        status, _ = oracles.pyhanko_rsa(bytes(document), "Seal1", root(one_region, Suite.RSA), one_region.clock.now())
        assert not status.intact


@pytest.mark.parametrize("suite", [Suite.RSA, Suite.P256])
def test_a_detached_message_before_openssl_and_the_extractor(one_region: Region, tmp_path: Path, suite: Suite) -> None:
    data = outputs.detached(suite)(one_region)
    trusted, at = root(one_region, suite), one_region.clock.now()
    assert "CMS Verification successful" in oracles.openssl_cms(tmp_path, trusted, data, outputs.CONTENT, at)
    assert "successful" not in oracles.openssl_cms(tmp_path, trusted, data, outputs.CONTENT + b"x", at)
    assert extract.cms_claims("", data, outputs.CONTENT)

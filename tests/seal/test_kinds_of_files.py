"""Every way a PDF may be written: stamped so that strangers read it, or refused with a reason."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from ca.suites import Suite
from foundation.errors import Conflict, InvalidInput
from hsm.digests import sha256
from seal.orders import PdfOrder, Placement
from seal.pdf.problems import PdfRefused
from seal.places import AtKeyword
from seal.stamp import stamp_pdf
from seal.stamp_large import stamp_pdf_file
from tests.seal import oracles, papers
from tests.seal.conftest import Region
from tests.seal.placed import genuine

BOTH = (Suite.SM2, Suite.RSA)
PLACE = Placement(1, 150, 240)


def seal(region: Region, document: bytes) -> bytes:
    order = PdfOrder(document, region.seal_id, PLACE, region.key(), BOTH)
    return stamp_pdf(region.room, region.principal, order).document


def qpdf(folder: Path, document: bytes, *options: str) -> bytes:
    (folder / "in.pdf").write_bytes(document)
    subprocess.run(["qpdf", *options, "--deterministic-id", folder / "in.pdf", folder / "out.pdf"], check=True)
    return (folder / "out.pdf").read_bytes()


def hybrid(folder: Path) -> bytes:
    """A classic table whose trailer names a cross-reference stream (ISO 32000-2 7.5.8.4): /Info is in there only."""
    del folder
    plain = papers.pdf()
    start = int(plain.rsplit(b"startxref\n", 1)[1].split()[0])
    trailer = plain[plain.index(b"trailer", start) : plain.index(b"startxref", start)]
    size = int(trailer.split(b"/Size ")[1].split()[0])
    hidden = b"%d 0 obj\n<</Title (hybrid)>>\nendobj\n" % size
    stream_at = start + len(hidden)
    entries = b"\x01" + start.to_bytes(4, "big") + b"\x00" + b"\x01" + stream_at.to_bytes(4, "big") + b"\x00"
    stream = (
        b"%d 0 obj\n<</Type/XRef/W[1 4 1]/Index[%d 2]/Size %d/Root 4 0 R/Length %d>>\nstream\n%s\nendstream\nendobj\n"
        % (size + 1, size, size + 2, len(entries), entries)
    )
    body = plain[:start] + hidden + stream
    table = plain[start : plain.index(b"trailer", start)]
    new = trailer.replace(b"/Size %d" % size, b"/Size %d /XRefStm %d" % (size + 2, stream_at))
    return body + table + new + b"startxref\n%d\n%%%%EOF\n" % len(body)


def touched(document: bytes, times: int) -> bytes:
    """Changed by somebody, each time in an incremental update."""
    for number in range(times):
        writer = IncrementalPdfFileWriter(BytesIO(document))
        writer.root["/YinxinTest"] = generic.NumberObject(number)  # type: ignore[no-untyped-call]
        writer.update_root()  # type: ignore[no-untyped-call]
        out = BytesIO()
        writer.write(out)  # type: ignore[no-untyped-call]
        document = out.getvalue()
    return document


KINDS: dict[str, Callable[[Path], bytes]] = {
    "linearised": lambda folder: qpdf(folder, papers.pdf(3), "--linearize"),
    "object-streams": lambda folder: qpdf(folder, papers.pdf(3), "--object-streams=generate"),
    "linearised-object-streams": lambda folder: qpdf(folder, papers.pdf(3), "--linearize", "--object-streams=generate"),
    "xref-stream-updated": lambda folder: touched(qpdf(folder, papers.pdf(), "--object-streams=generate"), 1),
    "hybrid": hybrid,
    "updated": lambda _: touched(papers.pdf(2), 3),
    "no-newline": lambda _: papers.pdf(newline=False),
    "old-version": lambda folder: qpdf(folder, papers.pdf(), "--force-version=1.3"),
    "version-2": lambda folder: qpdf(folder, papers.pdf(), "--min-version=2.0"),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_way_of_writing_a_pdf_takes_a_seal(one_region: Region, tmp_path: Path, kind: str) -> None:
    document = KINDS[kind](tmp_path)
    sealed = seal(one_region, document)
    assert sealed.startswith(document)
    assert oracles.qpdf_clean(tmp_path, sealed)
    assert oracles.pdfsig(tmp_path, sealed)[1] == "Signature is Valid."
    assert genuine(one_region, sealed)


ENCRYPTIONS = {
    "rc4": pikepdf.Encryption(user="", owner="o", R=3, aes=False, metadata=False),
    "aes128": pikepdf.Encryption(user="", owner="o", R=4),
    "aes256": pikepdf.Encryption(user="", owner="o", R=6),
    "aes256-password": pikepdf.Encryption(user="u", owner="o", R=6),
    "no-changes": pikepdf.Encryption(
        user="", owner="o", R=6, allow=pikepdf.Permissions(modify_annotation=False, modify_form=False)
    ),
}


@pytest.mark.parametrize("kind", list(ENCRYPTIONS))
def test_an_encrypted_file_is_named_as_one(one_region: Region, kind: str) -> None:
    with pikepdf.open(BytesIO(papers.pdf())) as pdf:
        out = BytesIO()
        pdf.save(out, encryption=ENCRYPTIONS[kind], object_stream_mode=pikepdf.ObjectStreamMode.generate)
    with pytest.raises(PdfRefused) as refused:
        seal(one_region, out.getvalue())
    assert refused.value.code == "pdf.encrypted"


def test_a_damaged_file_is_refused_with_a_reason(one_region: Region) -> None:
    good = papers.pdf()
    start = int(good.rsplit(b"startxref\n", 1)[1].split()[0])
    broken = {
        "cut off": good[: len(good) // 2],
        "wrong startxref": good.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start - 7)),
        "no trailer": good.replace(b"trailer", b"trail3r"),
        "no pages": good.replace(b"/Pages", b"/Pagez"),
        "xref of another file": good.replace(b" 00000 n", b" 00001 n"),
        "trailing rubbish": good + b"rubbish\n" * 20,
    }
    for what, document in broken.items():
        with pytest.raises(PdfRefused) as refused:
            seal(one_region, document)
        assert refused.value.code == "pdf.damaged", what


# --- from file to file -----------------------------------------------------------------------------------------------


def large(folder: Path, octets: int = 6_000_000) -> Path:
    with pikepdf.open(BytesIO(papers.pdf(3))) as pdf:
        pdf.Root.Big = pdf.make_stream(bytes(octets))
        pdf.save(folder / "large.pdf", compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return folder / "large.pdf"


def order(region: Region, key: str, **more: object) -> PdfOrder:
    return PdfOrder(b"", region.seal_id, more.pop("place", PLACE), key, BOTH, **more)  # type: ignore[arg-type]


def test_a_large_file_goes_from_file_to_file(region: Region, tmp_path: Path) -> None:
    source, key = large(tmp_path), region.key()
    first, again = tmp_path / "sealed.pdf", tmp_path / "again.pdf"
    done = stamp_pdf_file(region.room, region.principal, order(region, key), source, first)
    sealed = first.read_bytes()
    assert sealed.startswith(source.read_bytes())
    assert oracles.pdfsig(tmp_path, sealed)[1] == "Signature is Valid."
    assert genuine(region, sealed)
    # the same order again, also when it came with the whole file, gives back the same octets
    assert stamp_pdf_file(region.room, region.principal, order(region, key), source, again).order_id == done.order_id
    assert again.read_bytes() == sealed
    assert [one.name for one in tmp_path.glob(".*")] == []
    source.write_bytes(papers.pdf())
    with pytest.raises(Conflict):
        stamp_pdf_file(region.room, region.principal, order(region, key), source, tmp_path / "third.pdf")


def test_a_file_without_its_last_newline_gets_one(one_region: Region, tmp_path: Path) -> None:
    (tmp_path / "in.pdf").write_bytes(papers.pdf(newline=False))
    target = tmp_path / "out.pdf"
    stamp_pdf_file(
        one_region.room, one_region.principal, order(one_region, one_region.key()), tmp_path / "in.pdf", target
    )
    assert target.read_bytes().startswith(papers.pdf(newline=False) + b"\n")
    assert sha256((tmp_path / "in.pdf").read_bytes()) == sha256(papers.pdf(newline=False)), "the source stays as it was"
    assert genuine(one_region, target.read_bytes())


def test_what_a_large_file_cannot_have_is_said(one_region: Region, tmp_path: Path) -> None:
    source, target = large(tmp_path, 1000), tmp_path / "out.pdf"
    wanted = order(one_region, one_region.key(), place=AtKeyword("page"))
    with pytest.raises(PdfRefused) as refused:
        stamp_pdf_file(one_region.room, one_region.principal, wanted, source, target)
    assert refused.value.code == "pdf.search_limit"
    target.write_bytes(b"mine")
    with pytest.raises(InvalidInput) as existing:
        stamp_pdf_file(one_region.room, one_region.principal, order(one_region, one_region.key()), source, target)
    assert existing.value.code == "seal.target_exists"
    assert target.read_bytes() == b"mine"

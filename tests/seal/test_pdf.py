"""Sealed PDFs before other people's judges; every PDF that must not be stamped is refused with a reason."""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.status import SignatureCoverageLevel

from ca.chain import chain
from ca.reading import read_token
from ca.suites import USUAL, Suite
from foundation.errors import InvalidInput
from seal import cms
from seal.compare_pdf import RANGE as _RANGE
from seal.orders import PdfOrder, Placement
from seal.pdf.document import inspect
from seal.pdf.pages import PageBox
from seal.pdf.problems import PdfRefused
from seal.stamp import stamp_pdf
from tests.seal import oracles, papers
from tests.seal.conftest import Region

PLACE = Placement(1, 150, 240)
BOTH = (Suite.SM2, Suite.RSA)


def seal(region: Region, document: bytes, suites: tuple[Suite, ...] = (Suite.SM2,), **changes: object) -> bytes:
    order = PdfOrder(
        document, region.seal_id, changes.pop("place", PLACE), region.key(), suites, "电子证照签发", **changes
    )
    return stamp_pdf(region.room, region.principal, order).document


def signatures(document: bytes) -> list[tuple[cms.SignedData, bytes]]:
    """(CMS, covered octets) of every signature, taken apart by hand."""
    found = []
    for match in _RANGE.finditer(document):
        _, first, second, length = (int(number) for number in match.groups())
        contents = bytes.fromhex(document[first + 1 : second - 1].decode())
        found.append((cms.read(contents), document[:first] + document[second : second + length]))
    return found


def root(region: Region, suite: Suite) -> bytes:
    return chain(region.room.ca, region.market.certificates[USUAL.index(suite)])[-1]


# --- judges ----------------------------------------------------------------------------------------------------------


def test_the_approved_bytes_begin_the_sealed_file(one_region: Region) -> None:
    document = papers.pdf(newline=False)
    sealed = seal(one_region, document)
    assert sealed.startswith(document + b"\n")
    assert len(sealed) < len(document) + 26_000


@pytest.mark.parametrize("suites", [(Suite.SM2,), (Suite.RSA,), BOTH], ids=["sm2", "rsa", "dual"])
def test_qpdf_finds_nothing_to_complain_about(one_region: Region, tmp_path: Path, suites: tuple[Suite, ...]) -> None:
    assert oracles.qpdf_clean(tmp_path, seal(one_region, papers.pdf(3), suites))


def test_pdfsig_and_pyhanko_and_openssl_accept_rsa(one_region: Region, tmp_path: Path) -> None:
    sealed, at = seal(one_region, papers.pdf(), (Suite.RSA,)), one_region.clock.now()
    assert oracles.pdfsig(tmp_path, sealed) == ["Signature is Valid."]
    status, permitted = oracles.pyhanko_rsa(sealed, "Seal1", root(one_region, Suite.RSA), at)
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert permitted is MDPPerm.NO_CHANGES
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.trusted
    ((data, covered),) = signatures(sealed)
    assert "Verification successful" in oracles.openssl_cms(
        tmp_path, root(one_region, Suite.RSA), data.raw, covered, at
    )
    assert "Verification successful" not in oracles.openssl_cms(
        tmp_path, root(one_region, Suite.RSA), data.raw, covered + b" ", at
    )


def test_the_rsa_half_of_a_dual_seal_closes_the_file(one_region: Region, tmp_path: Path) -> None:
    sealed = seal(one_region, papers.pdf(), BOTH)
    assert oracles.pdfsig(tmp_path, sealed)[1] == "Signature is Valid."
    status, permitted = oracles.pyhanko_rsa(sealed, "Seal2", root(one_region, Suite.RSA), one_region.clock.now())
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert permitted is MDPPerm.NO_CHANGES


@pytest.mark.parametrize("suites", [(Suite.SM2,), BOTH], ids=["sm2", "dual"])
def test_the_sm2_signature_holds_for_openssl_and_gmssl(
    one_region: Region, tmp_path: Path, suites: tuple[Suite, ...]
) -> None:
    data, covered = signatures(seal(one_region, papers.pdf(), suites))[0]
    signer = data.signers[0]
    certificate = one_region.market.certificates[0]
    assert signer.message_digest == oracles.openssl_sm3(covered)
    assert signer.signed_octets is not None
    assert oracles.openssl_sm2(tmp_path, certificate, signer.signed_octets, signer.signature)
    assert oracles.gmssl_verifies(certificate, signer.signed_octets, signer.signature)
    assert not oracles.openssl_sm2(tmp_path, certificate, signer.signed_octets + b"x", signer.signature)


@pytest.mark.parametrize("suite", USUAL)
def test_the_structure_is_pades_b_t(one_region: Region, suite: Suite) -> None:
    ((data, _),) = signatures(seal(one_region, papers.pdf(), (suite,)))
    signer = data.signers[0]
    assert {item.oid for item in signer.signed_attributes} == {
        cms.CONTENT_TYPE,
        cms.MESSAGE_DIGEST,
        cms.SIGNING_CERTIFICATE_V2,
    }
    assert (signer.content_type, data.content, data.digest_algorithms) == (cms.DATA, None, (suite.digest.oid,))
    token = read_token(signer.time_stamps[0]).info
    assert (token.digest, token.imprint) == (suite.digest, suite.digest.of(signer.signature))
    assert token.time == one_region.clock.now()
    assert len(data.certificates) == 2, "signer and issuing CA; the root stays out"


def test_a_change_of_one_octet_is_seen(one_region: Region, tmp_path: Path) -> None:
    sealed = bytearray(seal(one_region, papers.pdf(), (Suite.RSA,)))
    sealed[sealed.index(b"/MediaBox") + 12] ^= 1
    assert oracles.pdfsig(tmp_path, bytes(sealed)) == ["Digest Mismatch."]


def test_the_seal_shows_red_where_it_was_ordered_and_text_stays_legible(one_region: Region, tmp_path: Path) -> None:
    sealed = seal(one_region, papers.pdf(2), place=Placement(2, 60, 100))
    first, second = oracles.pages(tmp_path, sealed, dpi=127)  # 5 pixels a millimetre
    with Image.open(first) as image:
        assert not _reddish(image.convert("RGB"), (0, 0, *image.size))
    with Image.open(second) as image:
        page = image.convert("RGB")
    box = (39 * 5, 79 * 5, 81 * 5, 121 * 5)
    assert _reddish(page, box) > 3000
    assert _reddish(page, (0, 0, *page.size)) == _reddish(page, box)
    dark = sum(1 for pixel in page.crop(box).get_flattened_data() if max(pixel) < 60)
    assert dark > 50, "letters under the seal are still black"


def _reddish(page: Image.Image, box: tuple[int, int, int, int]) -> int:
    return sum(1 for r, g, b in page.crop(box).get_flattened_data() if r > 150 and g < 120 and b < 120)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_seal_on_a_turned_page_stands_upright(one_region: Region, tmp_path: Path, rotation: int) -> None:
    sealed = seal(one_region, papers.pdf(1, rotation), place=Placement(1, 60, 100))
    (picture,) = oracles.pages(tmp_path, sealed, dpi=127)
    with Image.open(picture) as image:
        page = image.convert("RGB")
    box = (39 * 5, 79 * 5, 81 * 5, 121 * 5)
    assert _reddish(page, (0, 0, *page.size)) == _reddish(page, box)
    # the star's top point is above its centre, not beside it
    assert _reddish(page, (59 * 5, 92 * 5, 61 * 5, 94 * 5)) > 20
    assert _reddish(page, (59 * 5, 105 * 5, 61 * 5, 107 * 5)) == 0


@given(
    left=st.floats(-500, 500),
    bottom=st.floats(-500, 500),
    width=st.floats(100, 2000),
    height=st.floats(100, 2000),
    rotation=st.sampled_from([0, 90, 180, 270]),
)
def test_a_place_on_the_page_is_inside_its_box(
    left: float, bottom: float, width: float, height: float, rotation: int
) -> None:
    box = PageBox(left, bottom, left + width, bottom + height, rotation)
    seen_w, seen_h = box.seen_mm
    x0, y0, x1, y1 = box.rectangle(seen_w / 3, seen_h / 4, 10, 20)
    assert box.left - 60 < x0 < x1 < box.right + 60
    assert box.bottom - 60 < y0 < y1 < box.top + 60
    assert (x1 - x0 < y1 - y0) == (rotation % 180 == 0)


# --- locks and further signatures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("suites", [(Suite.SM2,), (Suite.RSA,), BOTH], ids=["sm2", "rsa", "dual"])
def test_a_closed_file_takes_no_other_seal(one_region: Region, suites: tuple[Suite, ...]) -> None:
    sealed = seal(one_region, papers.pdf(), suites)
    with pytest.raises(PdfRefused) as caught:
        seal(one_region, sealed)
    assert caught.value.code == "pdf.locked"


def test_an_open_file_takes_a_second_seal_that_closes_it(one_region: Region, tmp_path: Path) -> None:
    opened = seal(one_region, papers.pdf(), (Suite.RSA,), closing=False)
    closed = seal(one_region, opened, (Suite.RSA,), place=Placement(1, 80, 240))
    assert oracles.pdfsig(tmp_path, closed) == ["Signature is Valid.", "Signature is Valid."]
    assert oracles.qpdf_clean(tmp_path, closed)
    for field in ("Seal1", "Seal2"):
        status, _ = oracles.pyhanko_rsa(closed, field, root(one_region, Suite.RSA), one_region.clock.now())
        assert status.bottom_line
    with pytest.raises(PdfRefused, match=r"pdf\.locked"):
        seal(one_region, closed)


def test_a_change_after_the_seal_is_refused_by_pyhanko(one_region: Region) -> None:
    """What somebody adds later in a further revision breaks the certification."""
    sealed = seal(one_region, papers.pdf(), (Suite.RSA,))
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.text import TextBoxStyle
    from pyhanko.stamp import TextStampStyle

    writer = IncrementalPdfFileWriter(BytesIO(sealed))
    TextStampStyle(stamp_text="FORGED", text_box_style=TextBoxStyle()).create_stamp(writer, None, {}).apply(0, 50, 50)
    out = BytesIO()
    writer.write(out)
    status, _ = oracles.pyhanko_rsa(out.getvalue(), "Seal1", root(one_region, Suite.RSA), one_region.clock.now())
    assert not status.bottom_line


# --- what must not be stamped ----------------------------------------------------------------------------------------


def _changed(change: object) -> bytes:
    with pikepdf.open(BytesIO(papers.pdf())) as document:
        change(document)  # type: ignore[operator]
        out = BytesIO()
        document.save(out)
    return out.getvalue()


def _javascript(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def _named_script(document: pikepdf.Pdf) -> None:
    tree = pikepdf.Dictionary(Names=pikepdf.Array(["x", pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1")]))
    document.Root.Names = pikepdf.Dictionary(JavaScript=tree)


def _launch(document: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe")
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 10, 10], A=action)
    document.pages[0].Annots = document.make_indirect(pikepdf.Array([document.make_indirect(link)]))


def _chained(document: pikepdf.Pdf) -> None:
    """A harmless action whose /Next is a script."""
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1")
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.GoTo, Next=pikepdf.Array([script]))


def _layers(document: pikepdf.Pdf) -> None:
    layer = document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="hidden"))
    document.Root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array([layer]), D=pikepdf.Dictionary())


def _xfa(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([]), XFA=document.make_stream(b"<xdp/>"))


def _field_script(document: pikepdf.Pdf) -> None:
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1")
    field = pikepdf.Dictionary(FT=pikepdf.Name.Tx, T="x", AA=pikepdf.Dictionary(K=script))
    document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([document.make_indirect(field)]))


def _external(document: pikepdf.Pdf) -> None:
    document.pages[0].Contents = document.make_stream(b"", {"/F": "other.pdf"})


@pytest.mark.parametrize(
    "change", [_javascript, _named_script, _launch, _chained, _layers, _xfa, _field_script, _external]
)
def test_a_file_whose_view_can_differ_from_its_octets_is_refused(one_region: Region, change: object) -> None:
    with pytest.raises(PdfRefused) as caught:
        seal(one_region, _changed(change))
    assert caught.value.code == "pdf.active_content"
    assert caught.value.detail.zh


def test_an_encrypted_file_is_refused(one_region: Region, tmp_path: Path) -> None:
    (tmp_path / "plain.pdf").write_bytes(papers.pdf())
    subprocess.run(
        ["qpdf", "--encrypt", "", "owner", "256", "--", tmp_path / "plain.pdf", tmp_path / "locked.pdf"], check=True
    )
    with pytest.raises(PdfRefused, match=r"pdf\.encrypted"):
        seal(one_region, (tmp_path / "locked.pdf").read_bytes())


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"%PDF-1.7", b"%PDF-1.7\n%%EOF", b"\n" + b"%PDF-1.7\n%%EOF\n", b"%PDF-1.7\nstartxref\n0\n%%EOF\n"],
)
def test_what_is_no_whole_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(PdfRefused):
        inspect(data)


def test_octets_before_and_after_are_refused() -> None:
    with pytest.raises(PdfRefused):
        inspect(b"MZ" + papers.pdf())
    with pytest.raises(PdfRefused):
        inspect(papers.pdf() + b"<script>")


def test_a_tree_of_pages_that_loops_ends(one_region: Region) -> None:
    data = papers.pdf()
    at = data.index(b"/Kids [ ") + 8
    end = data.index(b" ]", at)
    number = data[data.index(b"/Pages ") + 7 :].split(b" ", 1)[0]
    looped = data[:at] + (number + b" 0 R").ljust(end - at) + data[end:]
    with pytest.raises(PdfRefused):
        seal(one_region, looped)


def test_a_page_that_is_not_there_and_a_place_off_the_page(one_region: Region) -> None:
    with pytest.raises(PdfRefused, match=r"pdf\.no_such_page"):
        seal(one_region, papers.pdf(), place=Placement(2, 100, 100))
    for x, y in ((10, 100), (100, 290), (float("nan"), 100), (float("inf"), 100), (-50, -50)):
        with pytest.raises(InvalidInput, match=r"seal\.bad_place"):
            seal(one_region, papers.pdf(), place=Placement(1, x, y))


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_a_damaged_pdf_raises_one_kind_of_error(data: st.DataObject) -> None:
    octets = bytearray(papers.pdf())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(octets) - 1))
        if data.draw(st.booleans()):
            octets[at] = data.draw(st.integers(0, 255))
        else:
            del octets[at : at + data.draw(st.integers(1, 50))]
    try:
        inspect(bytes(octets))
    except PdfRefused as error:
        assert error.detail.zh  # noqa: PT017 - accepting is fine too; only other errors are not

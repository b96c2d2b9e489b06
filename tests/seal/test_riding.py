"""Riding seals (骑缝章) both ways, drawn and put together again; seals in existing fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ca.chain import chain
from ca.suites import Suite
from foundation.errors import InvalidInput
from seal.errors import BadPlace
from seal.pdf.problems import PdfRefused
from seal.places import Edge, InField, Placement, Riding, Way
from tests.seal import oracles, papers
from tests.seal.conftest import Region
from tests.seal.placed import (
    BOTH,
    MM,
    changed,
    genuine,
    near,
    ofd,
    page_image,
    red_box,
    seal,
    sheets,
    verdict,
)

# --- riding seals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize("edge", list(Edge))
def test_a_riding_seal_is_whole_when_the_pages_are_fanned(
    one_region: Region, tmp_path: Path, way: Way, edge: Edge
) -> None:
    sealed = seal(one_region, papers.pdf(4), Riding(edge, 150, way=way), (Suite.RSA,))
    assert set(oracles.pdfsig(tmp_path, sealed)) == {"Signature is Valid."}
    assert oracles.qpdf_clean(tmp_path, sealed)
    assert genuine(one_region, sealed)
    assert fanned(sealed, edge, 4)


def fanned(sealed: bytes, edge: Edge, pages: int) -> bool:
    """Put the slices of the drawn pages together and compare with the seal drawn in one piece."""
    dpi, strip = 96, 42 / pages
    wide = round(strip * dpi / 25.4)
    put = Image.new("RGB", (wide * pages, round(46 * dpi / 25.4)), "white")
    for number in range(1, pages + 1):
        image = page_image(sealed, number, dpi)
        top, width = round(127 * dpi / 25.4), image.width
        at = number - 1 if edge is Edge.RIGHT else pages - number
        left = width - wide if edge is Edge.RIGHT else 0
        put.paste(image.crop((left, top, left + wide, top + put.height)), (at * wide, 0))
    box = red_box(put, dpi)
    assert near(box, (0, 2, 42, 44), 1.2), box
    # the star: red in the middle, where slices two and three of four meet
    return all(
        value > 150 for value in [put.getpixel((put.width // 2 + dx, put.height // 2))[0] for dx in (-3, 3)]
    ) and (put.getpixel((put.width // 2 + 3, put.height // 2))[1] < 110)


def test_groups_share_pages_evenly_and_sizes_may_differ(one_region: Region) -> None:
    def resize(read: pikepdf.Pdf) -> None:
        read.pages[1].MediaBox = [0, 0, 842, 595]
        read.pages[2].MediaBox = [-100, 50, 320, 645]
        read.pages[3].Rotate = 90

    document = changed(papers.pdf(7), resize)
    sealed = seal(one_region, document, Riding(group=3))
    assert genuine(one_region, sealed)
    slices = [14, 14, 14, 21, 21, 21, 21]
    for number, wide in enumerate(slices, 1):
        image = page_image(sealed, number)
        box = red_box(image)
        assert box is not None
        across, down = (side * 25.4 / 72 for side in image.size)
        assert near((box[2], (box[1] + box[3]) / 2), (across, down / 2), 1.5), number
        assert box[2] - box[0] < wide + 1


def test_riding_seals_that_cannot_be(one_region: Region) -> None:
    for pages, group in ((1, 20), (3, 2), (4, 1), (4, 0)):
        with pytest.raises(InvalidInput, match=r"seal\.riding_pages"):
            seal(one_region, papers.pdf(pages), Riding(group=group))
    with pytest.raises(BadPlace):
        seal(one_region, papers.pdf(2), Riding(y_mm=290))
    opened = seal(one_region, papers.pdf(2), Placement(1, 60, 60), closing=False)
    with pytest.raises(InvalidInput, match=r"seal\.riding_signed"):
        seal(one_region, opened, Riding(way=Way.CONTENT))
    with pytest.raises(InvalidInput, match=r"seal\.riding_alone"):
        seal(one_region, papers.pdf(2), (Riding(way=Way.CONTENT), Placement(1, 60, 60)))
    with pytest.raises(InvalidInput, match=r"seal\.riding_content"):
        ofd(one_region, sheets([["甲"], ["乙"]]), Riding(way=Way.CONTENT))


# --- existing fields -------------------------------------------------------------------------------------------------


def with_field(name: str = "Sign.Here", rectangle: tuple[float, ...] = (300, 100, 480, 260), **more: object) -> bytes:
    def add(read: pikepdf.Pdf) -> None:
        entries = {
            "Type": pikepdf.Name.Annot,
            "Subtype": pikepdf.Name.Widget,
            "FT": pikepdf.Name.Sig,
            "T": name,
            "F": 4,
        }
        page = read.pages[1]
        field = read.make_indirect(pikepdf.Dictionary(**entries, Rect=list(rectangle), P=page.obj, **more))
        page.Annots = pikepdf.Array([field])
        read.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))

    return changed(papers.pdf(2), add)


@pytest.mark.parametrize("suites", [(Suite.RSA,), BOTH], ids=["rsa", "dual"])
def test_a_seal_goes_into_an_empty_field(one_region: Region, tmp_path: Path, suites: tuple[Suite, ...]) -> None:
    sealed = seal(one_region, with_field("SignHere"), InField("SignHere"), suites)
    assert oracles.pdfsig(tmp_path, sealed)[-1] == "Signature is Valid."
    assert genuine(one_region, sealed)
    assert verdict(one_region, sealed).signatures[0].name == "SignHere"
    x, y = 390 / MM, (841.89 - 180) / MM
    assert near(red_box(page_image(sealed, 2)), (x - 21, y - 21, x + 21, y + 21))
    with pytest.raises(PdfRefused, match=r"pdf\.locked"):
        seal(one_region, sealed, Placement(1, 60, 60))


def test_fields_that_cannot_take_the_seal(one_region: Region) -> None:
    for document, place, code in (
        (with_field("A"), InField("B"), "seal.field_not_found"),
        (papers.pdf(), InField("B"), "seal.field_not_found"),
        (with_field("A", (300, 100, 400, 150)), InField("A"), "pdf.field_small"),
        (with_field("A", SV=pikepdf.Dictionary(Filter=pikepdf.Name("/X"))), InField("A"), "pdf.field_demands"),
        (with_field("A"), (InField("A"), Placement(1, 60, 60)), "seal.field_alone"),
    ):
        with pytest.raises(InvalidInput) as caught:
            seal(one_region, document, place)  # type: ignore[arg-type]
        assert caught.value.code == code
    opened = seal(one_region, with_field("A"), InField("A"), closing=False)
    with pytest.raises(PdfRefused, match=r"pdf\.field_signed"):
        seal(one_region, opened, InField("A"))
    with pytest.raises(InvalidInput, match=r"seal\.no_fields"):
        ofd(one_region, sheets([["甲"]]), InField("A"))


def test_a_certified_form_takes_the_seal_in_its_prepared_field_only(one_region: Region, tmp_path: Path) -> None:
    """Certified at level 2 by somebody else, with a field left to sign: signing that field is what level 2 permits."""
    form = certified(
        with_field("Second", Lock=pikepdf.Dictionary(Type=pikepdf.Name.SigFieldLock, Action=pikepdf.Name.All)), 2
    )
    sealed = seal(one_region, form, InField("Second"), (Suite.RSA,))
    assert oracles.pdfsig(tmp_path, sealed)[-1] == "Signature is Valid."
    status, _ = oracles.pyhanko_rsa(
        sealed, "Second", chain(one_region.room.ca, one_region.market.certificates[1])[-1], one_region.clock.now()
    )
    assert status.bottom_line
    assert verdict(one_region, sealed).signatures[-1].trusted
    with pytest.raises(PdfRefused, match=r"pdf\.certified"):
        seal(one_region, form, Placement(1, 60, 60))
    with pytest.raises(PdfRefused, match=r"pdf\.locked"):
        seal(one_region, certified(with_field("Second"), 1), InField("Second"))


def certified(document: bytes, level: int) -> bytes:
    """As an author's program does it: pyHanko with a certificate of its own."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "author")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=3650))
    signer = signers.SimpleSigner(
        asn1_x509.Certificate.load(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)),
        PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        SimpleCertificateStore(),
    )
    terms = signers.PdfSignatureMetadata(
        field_name="Author", certify=True, docmdp_permissions=MDPPerm(level), md_algorithm="sha256"
    )
    out = BytesIO()
    writer = IncrementalPdfFileWriter(BytesIO(document))
    signers.sign_pdf(writer, terms, signer, output=out)
    return out.getvalue()

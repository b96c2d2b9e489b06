"""PDF/A stays PDF/A (ISO 19005-2 and -3) through sealing, long-term data and archives: licences and others' files."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image

from ca.suites import Suite
from licence.render.pdf import render_pdf
from seal.longlife.levels import Level
from seal.longlife.region import extend_now
from seal.orders import PdfOrder, Placement
from seal.pdf.painted import Wanted, paint
from seal.pdf_forms import Level as StampLevel
from seal.places import OnPages, Riding, Way
from seal.stamp import stamp_pdf
from tests.licence.render import faces
from tests.seal import oracles, pdfa
from tests.seal.conftest import Region

SRGB = Path("licence/render/srgb.icc")
PLACE = Placement(1, 150, 150)
DUAL = (Suite.SM2, Suite.RSA)


@cache
def licence() -> bytes:
    return render_pdf(faces.fullest(faces.SLUGS[0]))


def stamped(region: Region, document: bytes, suites: tuple[Suite, ...] = (Suite.SM2,), **more: object) -> bytes:
    place = more.pop("place", PLACE)
    order = PdfOrder(document, region.seal_id, place, region.key(), suites, "签发", **more)  # type: ignore[arg-type]
    return stamp_pdf(region.room, region.principal, order).document


def accept(pdf: bytes) -> None:
    assert pdf.startswith(b"%PDF-")


@pytest.mark.parametrize("slug", faces.SLUGS)
def test_a_licence_is_pdf_a_3u(slug: str) -> None:
    made = render_pdf(faces.fullest(slug))
    assert pdfa.claims(made) == ("3", "U")
    assert pdfa.violations(made) == []


@pytest.mark.parametrize(
    ("level", "suites"),
    [("B-B", DUAL), ("B-T", DUAL), ("B-LT", DUAL), ("B-LTA", DUAL), ("B-LTA", (Suite.SM2,)), ("B-LTA", (Suite.RSA,))],
    ids=["b-b-dual", "b-t-dual", "b-lt-dual", "b-lta-dual", "b-lta-sm2", "b-lta-rsa"],
)
def test_a_sealed_licence_is_too_at_every_level(
    one_region: Region, tmp_path: Path, level: str, suites: tuple[Suite, ...]
) -> None:
    file = stamped(one_region, licence(), suites, level=StampLevel.B_B if level == "B-B" else StampLevel.B_T)
    if level in ("B-LT", "B-LTA"):
        file = extend_now(one_region.room, file, Level(level))
    if level == "B-LTA":
        file = extend_now(one_region.room, file, Level(level), check=accept)
    assert pdfa.violations(file) == []
    assert pdfa.claims(file) == ("3", "U")
    assert oracles.qpdf_clean(tmp_path, file)


# --- files of others -------------------------------------------------------------------------------------------------


def profile_of(model: str) -> bytes:
    """A profile of this colour model as far as its header says; nobody here paints with it."""
    octets = bytearray(SRGB.read_bytes())
    octets[16:20] = model.ljust(4).encode()
    return bytes(octets)


def foreign(part: str, *, xref: bool = False, newline: bool = True, intent: str | None = "RGB") -> bytes:
    """A page of another maker's PDF/A, with nothing on it but a grey bar; with no `intent`, of a colour of its own."""
    pdf = pikepdf.new()
    for _ in range(2):
        pdf.add_blank_page(page_size=(595, 842))
    for page in pdf.pages:
        page.obj.Contents = pdf.make_stream(
            b"0.5 g 72 72 200 20 re f" if intent else b"/Own cs 0.5 sc 72 72 200 20 re f"
        )
        own = Array([Name.CalGray, Dictionary(WhitePoint=[0.9505, 1, 1.089])])
        page.obj.Resources = Dictionary(ColorSpace=Dictionary(Own=own))
    if intent is not None:
        channels = {"GRAY": 1, "RGB": 3, "CMYK": 4}[intent]
        profile = pdf.make_stream(profile_of(intent), N=channels)
        said = Dictionary(Type=Name.OutputIntent, S=Name.GTS_PDFA1, OutputConditionIdentifier=intent)
        said.DestOutputProfile = profile
        pdf.Root.OutputIntents = Array([said])
    with pdf.open_metadata(set_pikepdf_as_editor=False) as xmp:
        xmp["pdfaid:part"], xmp["pdfaid:conformance"] = part, "B"
    out = io.BytesIO()
    mode = pikepdf.ObjectStreamMode.generate if xref else pikepdf.ObjectStreamMode.disable
    pdf.save(out, object_stream_mode=mode, deterministic_id=True, compress_streams=False)
    return out.getvalue().rstrip(b"\r\n") + (b"\n" if newline else b"")


@pytest.mark.parametrize(
    ("part", "xref", "newline"),
    [("2", False, False), ("2", True, True), ("3", True, False)],
    ids=["2-table-cut-short", "2-stream-whole", "3-stream-cut-short"],
)
def test_a_pdf_a_of_others_stays_one(one_region: Region, part: str, xref: bool, newline: bool) -> None:
    document = foreign(part, xref=xref, newline=newline)
    assert pdfa.violations(document) == []
    file = extend_now(one_region.room, stamped(one_region, document, DUAL), Level.B_LTA)
    assert pdfa.violations(file) == []
    assert pdfa.claims(file) == (part, "B")


WAYS: dict[str, dict[str, Any]] = {
    "all pages": {"place": OnPages(150, 150)},
    "over the edges": {"place": Riding()},
    "drawn over the edges": {"place": Riding(way=Way.CONTENT)},
    "dated": {"dated": date(2026, 11, 23)},
    "open": {"closing": False},
}


@pytest.mark.parametrize("way", WAYS)
def test_whatever_way_the_seal_shows(one_region: Region, way: str) -> None:
    assert pdfa.violations(stamped(one_region, foreign("2"), **WAYS[way])) == []


INTENTS = [
    (part, intent)
    for part in ("1", "2", "3")
    for intent in ("RGB", "CMYK", "GRAY", None)
    if (part, intent) != ("2", "RGB")
]


@pytest.mark.parametrize(("part", "intent"), INTENTS, ids=str)
def test_the_seal_takes_the_ink_a_document_allows(
    one_region: Region, tmp_path: Path, part: str, intent: str | None
) -> None:
    """Red of its own where the intent is of other colours, no blending where there is none and in PDF/A-1."""
    document = foreign(part, intent=intent)
    assert pdfa.violations(document) == []
    file = stamped(one_region, document, DUAL, dated=date(2026, 11, 23))
    assert pdfa.violations(file) == []
    assert pdfa.claims(file) == (part, "B")
    assert oracles.qpdf_clean(tmp_path, file)
    assert (b"/CalRGB" in file) == (intent != "RGB")
    assert (b"/Multiply" in file) == (part != "1" and intent is not None)
    assert "Signature is Valid" in oracles.pdfsig(tmp_path, file)[-1]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("part", "intent"), [("1", "CMYK"), ("2", None)], ids=["1-cmyk", "2-none"])
def test_whatever_way_the_seal_shows_in_its_ink(one_region: Region, way: str, part: str, intent: str | None) -> None:
    assert pdfa.violations(stamped(one_region, foreign(part, intent=intent), **WAYS[way])) == []


def test_a_file_without_a_claim_gets_the_plain_ink(one_region: Region) -> None:
    """Also when it has intents and metadata of other kinds, or such that cannot be read."""
    document = foreign("2", intent="CMYK")
    for old, new in ((b"pdfaid:part", b"pdfaid:pert"), (b"/Subtype /XML", b"/Filter /LZWx")):
        assert old in document
        file = stamped(one_region, document.replace(old, new))
        assert (b"/CalRGB" in file, b"/Multiply" in file) == (False, True)


def test_the_ink_is_the_same_red(one_region: Region) -> None:
    """Painted by PDFium: device RGB and CalRGB differ by no more than the eye forgives, with and without blending."""
    shown = []
    for part, intent in (("2", "RGB"), ("2", "CMYK"), ("1", "RGB"), ("1", "CMYK")):
        file = stamped(one_region, foreign(part, intent=intent))
        (painted,) = paint([Wanted(file, picture=True)])
        assert painted is not None
        picture = Image.open(io.BytesIO(painted.png)).convert("RGB")
        colours: Any = picture.getcolors(1 << 20)
        shown.append(max((count, value) for count, value in colours if value[0] > 1.5 * value[1])[1])
    assert all(max(abs(a - b) for a, b in zip(one, shown[0], strict=True)) <= 12 for one in shown), shown


# --- the rules themselves --------------------------------------------------------------------------------------------


def _edited(change: Callable[[pikepdf.Pdf, Any], object]) -> bytes:
    pdf = pikepdf.open(io.BytesIO(foreign("2")))
    change(pdf, pdf.pages[0].obj)
    out = io.BytesIO()
    pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def _note(pdf: pikepdf.Pdf, page: Any, **more: object) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([1, 1, 9, 9]), Contents="x", **more)
    page.Annots = Array([pdf.make_indirect(note)])


def _unclaimed(pdf: pikepdf.Pdf, page: Any) -> None:
    del page
    with pdf.open_metadata() as xmp:
        del xmp["pdfaid:part"]


def _clear(pdf: pikepdf.Pdf, page: Any) -> None:
    page.Resources = Dictionary(ExtGState=Dictionary(G=Dictionary(Type=Name.ExtGState, BM=Name.Multiply)))
    page.Contents = pdf.make_stream(b"/G gs")
    del pdf.Root.OutputIntents


EDITS: dict[str, Callable[[pikepdf.Pdf, Any], object]] = {
    "6.2.3": lambda pdf, _: setattr(pdf.Root.OutputIntents[0].DestOutputProfile, "N", 4),
    "6.2.4.3": lambda pdf, page: setattr(page, "Contents", pdf.make_stream(b"0 0 0 1 k 1 1 9 9 re f")),
    "6.2.10": _clear,
    "6.2.11.4.1": lambda _, page: setattr(
        page,
        "Resources",
        Dictionary(Font=Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name.Arial))),
    ),
    "6.3.2": _note,
    "6.3.3": lambda pdf, page: _note(pdf, page, F=28),
    "6.4.1": lambda pdf, _: setattr(pdf.Root, "AcroForm", Dictionary(Fields=Array([]), NeedAppearances=True)),
    "6.5.1": lambda pdf, _: setattr(
        pdf.Root, "OpenAction", pdf.make_indirect(Dictionary(Type=Name.Action, S=Name.JavaScript, JS="1"))
    ),
    "6.6.4": _unclaimed,
    "6.8": lambda pdf, _: pdf.attachments.update({"a.txt": pikepdf.AttachedFileSpec(pdf, b"x")}),
}
OCTETS: dict[str, Callable[[bytes], bytes]] = {
    "6.1.2": lambda data: data.replace(b"%\xbf\xf7\xa2\xfe", b"%abcd", 1),
    "6.1.3": lambda data: data + b"more",
    "6.1.9": lambda data: data.rstrip(b"\n") + stray(data.rstrip(b"\n")),
}


def stray(data: bytes) -> bytes:
    """A revision that begins right behind %%EOF."""
    before = int(data.rpartition(b"startxref\n")[2].split()[0])
    table = b"xref\n90 1\n%010d 00000 n \ntrailer\n<</Size 91/Root 1 0 R/ID[<00><00>]/Prev %d>>\n" % (len(data), before)
    return b"90 0 obj\n<<>>\nendobj\n" + table + b"startxref\n%d\n%%%%EOF\n" % (len(data) + 21)


@pytest.mark.parametrize("clause", EDITS)
def test_the_checker_sees_what_it_is_for(clause: str) -> None:
    assert clause in {one.partition(":")[0] for one in pdfa.violations(_edited(EDITS[clause]))}


@pytest.mark.parametrize("clause", ["6.1.2", "6.1.3", "6.1.9"])
def test_the_checker_reads_octets(clause: str) -> None:
    assert clause in {one.partition(":")[0] for one in pdfa.violations(OCTETS[clause](foreign("2")))}

"""The date drawn with the seal of an OFD: at its place, protected, compared, and only where nothing is broken by it."""

from __future__ import annotations

from datetime import date

import pytest
from PIL import Image

from foundation.errors import InvalidInput
from seal.compare_date import check_dated
from seal.dateline import DateWhere
from seal.errors import BadPlace, SealedDiffers
from seal.ofd.package import NAMESPACE, Package, PackageError, write
from seal.ofd_forms import OfdForm
from seal.orders import OfdOrder, Placement
from seal.places import OnPages, Places, Riding
from seal.placing import Mark
from seal.several import Further
from seal.several_ofd import stamp_several_ofd
from seal.stamp import stamp_ofd
from tests.seal import papers
from tests.seal.conftest import Region
from tests.seal.judges import extract
from tests.seal.ofd_look import look
from tests.seal.placed import annotations, genuine, near, red_box, sheets, verdict

DAY = date(2026, 11, 3)
PLACE = Placement(1, 100, 120)
NOTE = (
    f'<ofd:PageAnnot xmlns:ofd="{NAMESPACE}"><ofd:Annot ID="77" Type="Highlight" Creator="x" LastModDate="2026-01-01">'
    '<ofd:Appearance Boundary="1 1 9 9"/></ofd:Annot></ofd:PageAnnot>'
).encode()


def order(region: Region, document: bytes, place: Places = PLACE, **more: object) -> OfdOrder:
    return OfdOrder(document, region.seal_id, place, region.key(), **{"dated": DAY, **more})  # type: ignore[arg-type]


def seal(region: Region, document: bytes, place: Places = PLACE, **more: object) -> bytes:
    return stamp_ofd(region.room, region.principal, order(region, document, place, **more)).document


def black_box(image: Image.Image, dpi: int = 72) -> tuple[float, ...] | None:
    """Where anything is black, in millimetres."""
    mask = image.convert("RGB")
    dark = Image.eval(mask.getchannel("R"), lambda v: 255 if v < 90 else 0).getbbox()
    return None if dark is None else tuple(value * 25.4 / dpi for value in dark)


@pytest.mark.parametrize("where", list(DateWhere))
def test_the_date_is_drawn_with_the_seal_and_protected(one_region: Region, where: DateWhere) -> None:
    sealed = seal(one_region, sheets([["甲"], ["乙"]]), date_where=where)
    assert genuine(one_region, sealed)
    assert not verdict(one_region, sealed).signatures[0].unprotected
    image = look(sealed, "100", 144)
    red, black = red_box(image, 144), black_box(image, 144)
    assert red is not None
    assert black is not None
    # the ordered point is the middle of seal and date together
    height = 42.0 if where is DateWhere.ACROSS else 42 + 2 + 16 * 25.4 / 72
    assert near(red, (79, 120 - height / 2, 121, 120 - height / 2 + 42), 1), red
    assert (black[0] + black[2]) / 2 == pytest.approx(100, abs=1)
    middle = (black[1] + black[3]) / 2 - (120 - height / 2)
    assert middle == pytest.approx(42 * 0.62 if where is DateWhere.ACROSS else 42 + 2 + 16 * 25.4 / 144, abs=1)
    assert black_box(look(sealed, "101")) is None


def test_every_judge_hashes_the_date_too(one_region: Region) -> None:
    sealed = seal(one_region, papers.ofd())
    assert extract.ofd_claims("dated", sealed)
    listed = Package.read(sealed).file("Doc_0/Signs/Sign_0/Signature.xml")
    for name in ("Doc_0/Document.xml", "Doc_0/Annots/Annotations.xml", "Doc_0/Annots/Page_0/Annotation.xml"):
        assert f'FileRef="/{name}"'.encode() in listed
    entries = dict(Package.read(sealed).entries)
    name = "Doc_0/Annots/Page_0/Annotation.xml"
    entries[name] = entries[name].replace("2026年".encode(), "2025年".encode())
    assert not verdict(one_region, write(entries)).intact


def test_annotations_that_stand_there_stay(one_region: Region) -> None:
    paper = dict(Package.read(papers.ofd()).entries)
    paper["Doc_0/Document.xml"] = paper["Doc_0/Document.xml"].replace(
        b"</ofd:Pages>", b"</ofd:Pages><ofd:Annotations>Notes/List.xml</ofd:Annotations>"
    )
    paper["Doc_0/Notes/List.xml"] = (
        f'<ofd:Annotations xmlns:ofd="{NAMESPACE}"><ofd:Page PageID="1"><ofd:FileLoc>One.xml</ofd:FileLoc></ofd:Page>'
        "</ofd:Annotations>"
    ).encode()
    paper["Doc_0/Notes/One.xml"] = NOTE
    sealed = Package.read(seal(one_region, write(paper)))
    assert genuine(one_region, sealed.rewritten(sealed.entries))
    root = sealed.xml("Doc_0/Notes/One.xml")
    assert [one.get("Type") for one in root] == ["Highlight", "Stamp"]
    identifiers = [one.get("ID") for one in root.iter() if one.get("ID")]
    assert identifiers == ["77", "78", "79"]
    assert b"<ofd:MaxUnitID>79</ofd:MaxUnitID>" in sealed.file("Doc_0/Document.xml")
    assert sealed.file("Doc_0/Notes/List.xml").count(b"PageID") == 1


def test_a_date_on_every_page_and_a_name_in_the_list_once(one_region: Region) -> None:
    sealed = seal(one_region, sheets([["甲"]] * 3), (OnPages(100, 120), Placement(2, 60, 250)))
    assert genuine(one_region, sealed)
    assert len(annotations(sealed)) == 4
    root = Package.read(sealed).xml("Doc_0/Annots/Annotations.xml")
    assert [one.get("PageID") for one in root] == ["100", "101", "102"]


def test_no_date_where_it_would_break_an_earlier_seal(one_region: Region) -> None:
    first = seal(one_region, papers.ofd(), closing=False)
    with pytest.raises(PackageError) as refused:
        seal(one_region, first, Placement(1, 50, 50))
    assert refused.value.code == "ofd.date_would_break"
    second = seal(one_region, first, Placement(1, 50, 50), dated=None)
    assert genuine(one_region, second)
    assert len(verdict(one_region, second).signatures) == 2


def test_of_several_seals_the_first_bears_the_date(one_region: Region) -> None:
    done = stamp_several_ofd(
        one_region.room,
        one_region.principal,
        order(one_region, papers.ofd()),
        (Further(one_region.seal_id, Placement(1, 50, 50)),),
    )
    assert genuine(one_region, done.document)
    assert Package.read(done.document).file("Doc_0/Annots/Page_0/Annotation.xml").count(b"<ofd:Annot ") == 1


def test_what_carries_no_date(one_region: Region) -> None:
    for place, more in ((Riding(), {}), ((), {"form": OfdForm.SIGN})):
        with pytest.raises(InvalidInput) as refused:
            seal(one_region, sheets([["甲"]] * 2), place, **more)
        assert refused.value.code == "seal.ofd_date_place"
    with pytest.raises(BadPlace):
        seal(one_region, papers.ofd(), Placement(1, 100, 275), date_where=DateWhere.UNDER)


@pytest.mark.parametrize("reason", ["stray", "twice", "no number"])
def test_packages_that_can_take_none(one_region: Region, reason: str) -> None:
    paper = dict(Package.read(papers.ofd()).entries)
    if reason == "stray":
        paper["Doc_0/Annots/annotations.XML"] = b"<x/>"
    elif reason == "twice":
        listed = '<ofd:Page PageID="1"><ofd:FileLoc>a.xml</ofd:FileLoc></ofd:Page>' * 2
        paper["Doc_0/A.xml"] = f'<ofd:Annotations xmlns:ofd="{NAMESPACE}">{listed}</ofd:Annotations>'.encode()
        paper["Doc_0/Document.xml"] = paper["Doc_0/Document.xml"].replace(
            b"</ofd:Pages>", b"</ofd:Pages><ofd:Annotations>A.xml</ofd:Annotations>"
        )
    else:
        paper["Doc_0/Document.xml"] = paper["Doc_0/Document.xml"].replace(b"<ofd:MaxUnitID>9</ofd:MaxUnitID>", b"")
    with pytest.raises(PackageError) as refused:
        seal(one_region, write(paper))
    assert refused.value.reason in ("stray_annotations", "annotations_twice", "no_max_id")


def test_another_date_than_ordered_is_found_by_comparing(one_region: Region) -> None:
    paper = papers.ofd()
    wanted = order(one_region, paper)
    approved, finished = Package.read(paper), Package.read(seal(one_region, paper))
    mark = Mark(1, 79, 99, 0, 42)
    check_dated(approved, finished, wanted, (mark,), 42)
    name = "Doc_0/Annots/Page_0/Annotation.xml"
    other = Package.read(seal(one_region, paper, dated=date(2026, 1, 1))).file(name)
    moved = finished.file(name).replace(b'Boundary="7', b'Boundary="6')
    for changed in (
        {name: other},
        {name: moved},
        {name: finished.file(name).replace(b"</ofd:PageAnnot>", NOTE[NOTE.index(b"<ofd:Annot ") :])},
        {"Doc_0/Pages/Page_0/Content.xml": b"<x/>"},
        {"Doc_0/Document.xml": finished.file("Doc_0/Document.xml").replace(b"210", b"211")},
    ):
        with pytest.raises(SealedDiffers):
            check_dated(approved, Package({**finished.entries, **changed}), wanted, (mark,), 42)

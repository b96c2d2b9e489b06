"""The OFD page: its parts by the standard's tables, and what a plain second reader draws from it."""

from __future__ import annotations

import json
import subprocess

import pytest
import zxingcpp
from lxml import etree
from PIL import Image, ImageChops, ImageFilter

from licence.face import LicenceFace
from licence.render.ofd import render_ofd
from licence.render.page import lay_out
from licence.render.pdf import render_pdf
from seal.ofd.package import Package
from tests.licence.render import faces, ofd_view
from tests.licence.render.ofd_view import NS

ORDER = {  # GB/T 33190-2016, tables 3, 5, 6 and 46, as far as we write them
    "DocInfo": "DocID Title Author Subject CreationDate ModDate Creator CreatorVersion CustomDatas",
    "CommonData": "MaxUnitID PageArea PublicRes TemplatePage",
    "Document": "CommonData Pages Attachments",
    "Page": "Template Content",
    "TextObject": "FillColor TextCode",
}


@pytest.fixture(scope="module", params=faces.SLUGS)
def face(request: pytest.FixtureRequest) -> LicenceFace:
    return faces.densest(request.param)


@pytest.fixture(scope="module")
def files(face: LicenceFace) -> dict[str, etree._Element]:
    entries = Package.read(render_ofd(face)).entries
    return {name: etree.fromstring(data) for name, data in entries.items() if name.endswith(".xml")}


def test_elements_stand_in_the_order_of_the_standard(files: dict[str, etree._Element]) -> None:
    seen = set()
    for root in files.values():
        for element in root.iter(f"{{{NS['o']}}}*"):
            name = etree.QName(element).localname
            children = [etree.QName(child).localname for child in element]
            if name in ORDER and children and not (name == "Page" and "Content" not in children):
                assert [child for child in ORDER[name].split() if child in children] == list(dict.fromkeys(children))
                seen.add(name)
    assert seen == set(ORDER)


def test_object_numbers_are_used_once_and_bounded(files: dict[str, etree._Element]) -> None:
    numbers = [
        int(element.get("ID"))
        for root in files.values()
        for element in root.iter()
        if (element.get("ID") or "x").isdigit()
    ]
    assert len(numbers) == len(set(numbers))
    assert max(numbers) == int(files["Doc_0/Document.xml"].findtext(".//o:MaxUnitID", namespaces=NS))


def test_custom_data_has_the_mandatory_metadata(face: LicenceFace, files: dict[str, etree._Element]) -> None:
    items = {item.get("Name"): item.text for item in files["OFD.xml"].iterfind(".//o:CustomData", NS)}
    assert items == dict(face.metadata)
    mandatory = "ZZMC ZZLXDM ZZBS ZZBH ZZBFJG ZZBFJGDM ZZBFRQ CZZT CZZTDM CZZTDMLX CZZTDMLXDM"
    assert all(items[name] for name in mandatory.split())
    assert items["ZZLXDM"] == face.type.code21


def test_the_data_is_attached_whole(face: LicenceFace, files: dict[str, etree._Element]) -> None:
    attachment = files["Doc_0/Attachs/Attachments.xml"].find("o:Attachment", NS)
    name = f"Doc_0/Attachs/{attachment.findtext('o:FileLoc', namespaces=NS)}"
    data = ofd_view.entries(render_ofd(face))[name]
    assert data == face.data_json
    assert json.loads(data)["number"] == face.number


def test_a_plain_reader_sees_the_same_text_and_scans_the_code(face: LicenceFace) -> None:
    view = ofd_view.draw(render_ofd(face), 300)
    assert "".join(view.text) == "".join(line.text for line in lay_out(face).lines)
    assert [code.text for code in zxingcpp.read_barcodes(view.image)] == [face.code_text]


def test_both_files_show_the_same(face: LicenceFace, tmp_path) -> None:
    """The PDF by Poppler and the OFD by the plain reader differ in line work at most, not in where the ink is."""
    (tmp_path / "page.pdf").write_bytes(render_pdf(face))
    command = ["pdftoppm", "-r", "100", "-png", "-singlefile", tmp_path / "page.pdf", tmp_path / "page"]
    subprocess.run(command, check=True)
    pdf = Image.open(tmp_path / "page.png").convert("L").filter(ImageFilter.GaussianBlur(4))
    ofd = ofd_view.draw(render_ofd(face), 100).image.convert("L").resize(pdf.size).filter(ImageFilter.GaussianBlur(4))
    inside = (90, 300, pdf.width - 90, pdf.height - 90)  # below title, code and device
    difference = ImageChops.difference(pdf.crop(inside), ofd.crop(inside)).histogram()
    assert max(level for level, count in enumerate(difference) if count) < 60


def test_rare_characters_are_placed_one_by_one() -> None:
    row = dict(faces.samples.rows("business-licence")[0]) | {"legal_representative": "李𠮷㵾"}
    view = ofd_view.draw(render_ofd(faces.face_of("business-licence", row)), 50)
    assert "李𠮷㵾" in "".join(view.text)


def test_two_runs_give_the_same_octets(face: LicenceFace) -> None:
    assert render_ofd(face) == render_ofd(face)


def test_text_that_looks_like_markup_stays_text() -> None:
    row = dict(faces.samples.rows("business-licence")[0]) | {"holder_name": 'A&B<ofd:X a="1">]]>公司'}
    view = ofd_view.draw(render_ofd(faces.face_of("business-licence", row)), 50)
    assert 'A&B<ofd:X a="1">]]>公司' in "".join(view.text)

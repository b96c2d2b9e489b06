"""The PDF page, judged by other people's tools: qpdf, Poppler and pikepdf."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest

from foundation import fonts
from licence.face import LicenceFace
from licence.render.ofd import render_ofd
from licence.render.pdf import render_pdf
from tests.licence.render import faces

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module", params=faces.SLUGS)
def face(request: pytest.FixtureRequest) -> LicenceFace:
    return faces.fullest(request.param)


@pytest.fixture
def file(face: LicenceFace, tmp_path: Path) -> Path:
    path = tmp_path / "licence.pdf"
    path.write_bytes(render_pdf(face))
    return path


def run(*command: str | Path) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


def test_qpdf_finds_no_fault(file: Path) -> None:
    assert "No syntax or stream encoding errors" in run("qpdf", "--check", file)


def test_every_font_is_embedded_cut_and_searchable(file: Path) -> None:
    rows = [line.split() for line in run("pdffonts", file).splitlines()[2:]]
    assert rows
    for row in rows:
        assert re.fullmatch(r"[A-Z]{6}\+Yinxin\w+-\w+", row[0])
        assert row[1:7] == ["CID", "TrueType", "Identity-H", "yes", "yes", "yes"]


def test_every_value_can_be_found(face: LicenceFace, file: Path) -> None:
    text = "".join(run("pdftotext", "-raw", file, "-").split())
    for key, value in face.values.items():
        for part in value.split():  # Poppler may break lines anywhere
            assert part in text, key
    assert face.type.name_zh in text, "spaced titles carry ActualText"
    for label in ("法定代表人", "许可证编号", "核发机关", "统一社会信用代码"):
        if any(label == item.template for item in face.type.layout.printed):
            assert label in text


def test_rare_names_are_text_from_the_fallback_font(tmp_path: Path) -> None:
    row = dict(faces.samples.rows("business-licence")[0])
    row |= {"legal_representative": "欧阳𬭎𠮷㵾", "holder_name": "印川市䶮㛃𤧛堃喆犇商行"}
    path = tmp_path / "rare.pdf"
    path.write_bytes(render_pdf(faces.face_of("business-licence", row)))
    text = run("pdftotext", path, "-")
    assert "欧阳𬭎𠮷㵾" in text
    assert "印川市䶮㛃𤧛堃喆犇商行" in text
    assert ord("𠮷") not in fonts.coverage(fonts.path("serif"))
    assert "YinxinSerifRare" in run("pdffonts", path)


def test_no_character_is_drawn_as_the_missing_glyph(file: Path) -> None:
    with pikepdf.open(file) as pdf:
        content = pdf.pages[0].Contents.read_bytes().decode()
    glyphs = [
        hexes[at : at + 4] for hexes in re.findall(r"<([0-9a-f]+)> Tj", content) for at in range(0, len(hexes), 4)
    ]
    assert glyphs
    assert "0000" not in glyphs


def test_the_data_is_attached_whole(face: LicenceFace, file: Path, tmp_path: Path) -> None:
    run("pdfdetach", "-save", "1", "-o", tmp_path / "data.json", file)
    saved = (tmp_path / "data.json").read_bytes()
    assert saved == face.data_json
    assert json.loads(saved)["identifier"] == face.identifier
    with pikepdf.open(file) as pdf:
        (associated,) = pdf.Root.AF
        assert associated.AFRelationship == "/Data"
        assert bytes(associated.EF.F.Params.CheckSum) == hashlib.md5(saved, usedforsecurity=False).digest()


def test_metadata_comes_from_the_licence(face: LicenceFace, file: Path) -> None:
    with pikepdf.open(file) as pdf:
        assert str(pdf.Root.Lang) == "zh-CN"
        assert str(pdf.docinfo.Title) == f"{face.type.name_zh} {face.number}"
        assert str(pdf.docinfo.CreationDate) == "D:20261122000000+08'00'"
        with pdf.open_metadata() as xmp:
            assert xmp["dc:title"] == str(pdf.docinfo.Title)
            assert xmp["xmp:CreateDate"] == "2026-11-22T00:00:00+08:00"
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("3", "U")


def test_two_runs_give_the_same_octets(face: LicenceFace) -> None:
    assert render_pdf(face) == render_pdf(face)
    assert render_pdf(face).endswith(b"%%EOF\n")


def test_another_process_gives_the_same_octets() -> None:
    code = (
        "import hashlib\nfrom licence.render.ofd import render_ofd\nfrom licence.render.pdf import render_pdf\n"
        "from tests.licence.render import faces\n"
        "for slug in faces.SLUGS:\n"
        "    face = faces.densest(slug)\n"
        "    print(hashlib.sha256(render_pdf(face) + render_ofd(face)).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    ours = [faces.densest(slug) for slug in faces.SLUGS]
    assert done.stdout.split() == [hashlib.sha256(render_pdf(f) + render_ofd(f)).hexdigest() for f in ours]


def test_a_citizen_number_stands_nowhere_in_the_file(tmp_path: Path) -> None:
    row = next(row for row in faces.samples.rows("food-operation") if row["holder_code"].startswith("219901"))
    face = faces.face_of("food-operation", row)
    number = row["holder_code"]
    with pikepdf.open(io.BytesIO(render_pdf(face))) as pdf:
        streams = [obj.read_bytes() for obj in pdf.objects if isinstance(obj, pikepdf.Stream)]
    assert all(number[6:14].encode() not in stream for stream in streams)
    assert f"{number[:4]}**********{number[-4:]}" == face.values["holder_code"]

"""The printed code is small enough to scan, and scans, with two decoders, from the page as printed at 300 dpi."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from foundation.errors import InvalidInput
from licence.render import qr
from licence.render.page import lay_out
from licence.render.pdf import render_pdf
from tests.licence.render import faces

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+-./:"


def words(length: int) -> str:
    made = random.Random(length)  # noqa: S311 - repeatable on purpose
    return "HTTPS://ZWFW.YINCHUAN.GOV.CN/V#" + "".join(made.choice(ALPHABET) for _ in range(length - 31))


@pytest.mark.parametrize("slug", faces.SLUGS)
def test_every_sample_licence_fits_version_14_at_level_m(slug: str) -> None:
    for face in faces.sample_faces(slug):
        code = lay_out(face).code
        assert (code.size - 17) // 4 <= qr.MAX_VERSION
        assert code.module >= qr.MIN_MODULE


@pytest.mark.parametrize("slug", faces.SLUGS)
def test_the_densest_code_is_read_by_both_decoders(slug: str, tmp_path: Path) -> None:
    face = faces.densest(slug)
    assert _decoded(render_pdf(face), tmp_path) == (face.code_text, face.code_text)


@pytest.mark.parametrize("slug", faces.SLUGS)
def test_a_code_of_480_characters_is_read_by_both_decoders(slug: str, tmp_path: Path) -> None:
    face = faces.face_of(slug, dict(faces.samples.rows(slug)[0]), code=words(480))
    assert _decoded(render_pdf(face), tmp_path) == (words(480), words(480))


def _decoded(data: bytes, folder: Path) -> tuple[str, str]:
    (folder / "page.pdf").write_bytes(data)
    command = ["pdftoppm", "-r", "300", "-png", "-singlefile", folder / "page.pdf", folder / "page"]
    subprocess.run(command, check=True)
    zbar = subprocess.run(["zbarimg", "-q", "--raw", folder / "page.png"], capture_output=True, text=True, check=True)
    (zxing,) = zxingcpp.read_barcodes(Image.open(folder / "page.png"))
    assert zxing.ec_level == "M"
    return zbar.stdout.rstrip("\n"), zxing.text


@pytest.mark.parametrize("length", [540, 900, 5000])
def test_a_code_beyond_version_14_is_refused_naming_the_longest_field(length: int) -> None:
    row = dict(faces.samples.rows("business-licence")[0]) | {"holder_name": "印川市" + "大" * 60 + "公司"}
    with pytest.raises(InvalidInput) as refused:
        lay_out(faces.face_of("business-licence", row, code=words(length)))
    assert refused.value.code == "licence.code_too_long"
    assert [fault.pointer for fault in refused.value.faults] == ["/data/holder_name"]
    assert "名称" in refused.value.detail.zh


def test_what_no_version_holds_is_refused() -> None:
    with pytest.raises(InvalidInput):
        qr.matrix("A" * 4500)


def test_the_quiet_zone_is_white() -> None:
    """Nothing of the ground reaches within four modules of the code (ISO/IEC 18004 5.3.8)."""
    for slug in faces.SLUGS:
        page = lay_out(faces.densest(slug))
        *_, patch = page.decoration
        assert patch.fill == (255, 255, 255)
        left, top = patch.path[0][1:]
        right, bottom = patch.path[2][1:]
        quiet, side = 4 * page.code.module, page.code.module * page.code.size
        assert left <= page.code.x - quiet
        assert top <= page.code.y - quiet
        assert right >= page.code.x + side + quiet
        assert bottom >= page.code.y + side + quiet

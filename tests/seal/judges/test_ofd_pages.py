"""Sealed OFD pages as somebody else's reader shows them (他方阅读器显示): PyPI easyofd draws text and seal.

easyofd makes a PDF of the page, PDFium a picture of that: the seal's red must lie where it was ordered, the words must
be there as text, and as ink the ground alone has not. It knows one StampAnnot per signature and no Clip, so riding
seals are looked at elsewhere.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops

from foundation import fonts
from licence.render.ofd import render_ofd
from seal.ofd.package import Package, write
from seal.orders import OfdOrder, Placement
from seal.stamp import stamp_ofd
from tests.licence.render import faces
from tests.seal.conftest import Region
from tests.seal.placed import near, page_image, red_box

AT = {"food-operation": (236.0, 139.5), "road-transport": (100.0, 140.0)}
"""Licences without any red of their own, and where their seal goes."""
VERSION = {"food-operation": 5, "road-transport": 4}
DPI, POINTS = 100, 200
"""Of the picture; and easyofd's pages, 200 points to the inch."""


@pytest.fixture(scope="module")
def drawn(one_region: Region, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """The PDF easyofd makes of each sealed licence, and of its page before words and seal."""
    folder = tmp_path_factory.mktemp("easyofd")
    for slug, place in AT.items():
        paper = render_ofd(faces.densest(slug))
        (folder / f"{slug} ground.ofd").write_bytes(ground(paper))
        order = OfdOrder(paper, one_region.seal_id, Placement(1, *place), one_region.key(), version=VERSION[slug])
        (folder / f"{slug}.ofd").write_bytes(stamp_ofd(one_region.room, one_region.principal, order).document)
    names = [name for slug in AT for name in (slug, f"{slug} ground")]
    pairs = [str(folder / f"{name}{end}") for name in names for end in (".ofd", ".pdf")]
    script = Path(__file__).with_name("easyofd_draw.py")
    subprocess.run(
        [sys.executable, script, fonts.path("serif"), *pairs], check=True, capture_output=True, cwd=folder, timeout=120
    )
    return {name: (folder / f"{name}.pdf").read_bytes() for name in names}


def ground(paper: bytes) -> bytes:
    entries = dict(Package.read(paper).entries)
    name = "Doc_0/Pages/Page_0/Content.xml"
    entries[name] = re.sub(rb"<ofd:TextObject.*?</ofd:TextObject>", b"", entries[name])
    return write(entries)


def picture(drawn: bytes) -> Image.Image:
    return page_image(drawn, 1, DPI * 72 // POINTS)


@pytest.mark.parametrize("slug", AT)
def test_another_reader_shows_the_seal_where_it_was_ordered(drawn: Mapping[str, bytes], slug: str) -> None:
    x, y = AT[slug]
    box = red_box(picture(drawn[slug]), DPI)
    assert near(box, (x - 21, y - 21, x + 21, y + 21), 1.0), box


@pytest.mark.parametrize("slug", AT)
def test_before_sealing_it_shows_no_red(drawn: Mapping[str, bytes], slug: str) -> None:
    assert red_box(picture(drawn[f"{slug} ground"]), DPI) is None


@pytest.mark.parametrize("slug", AT)
def test_another_reader_shows_the_words(drawn: Mapping[str, bytes], slug: str) -> None:
    face = faces.densest(slug)
    page = pypdfium2.PdfDocument(drawn[slug])[0]
    words, height, scale = page.get_textpage(), page.get_height(), DPI / POINTS
    more = ImageChops.difference(picture(drawn[slug]).convert("L"), picture(drawn[f"{slug} ground"]).convert("L"))
    for wanted in (face.number, face.issuer_name):
        found = words.search(wanted).get_next()
        assert found is not None, wanted
        for at in range(found[0], found[0] + found[1]):
            left, bottom, right, top = words.get_charbox(at)
            box = (left * scale, (height - top) * scale, right * scale, (height - bottom) * scale)
            assert max(more.crop(tuple(map(round, box))).tobytes()) > 120, (wanted, at)

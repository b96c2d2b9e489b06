"""Seals of other shapes on paper (方形名章、椭圆章): personal name seals and ovals in PDF and OFD, and looked at."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from PIL import Image

from ca.suites import Suite
from foundation.principal import SYSTEM
from seal.drawing.design import Design
from seal.drawing.kinds import KINDS, Shape
from seal.kinds import SealKind
from seal.make import make_seal
from seal.orders import OfdOrder, PdfOrder, Placement, SealRequest
from seal.stamp import stamp_ofd, stamp_pdf
from tests.seal import oracles, papers
from tests.seal.conftest import MARKET, Region
from tests.seal.ofd_look import look
from tests.seal.placed import near, page_image, red_box, verdict

DPI = 200
X, Y = 100.0, 120.0
SEALS = {
    "personal": (SealKind.PERSONAL, Design("王小明", "personal")),
    "legal representative": (SealKind.REPRESENTATIVE, Design("欧阳文华", "legal_representative", width=20.0)),
    "invoice, oval": (
        SealKind.INVOICE,
        Design("印川市桑榆里餐饮有限公司", "invoice", line="发票专用章", number="91219901MA10007F6L"),
    ),
    "foreign company, oval": (SealKind.OTHER, Design("印川海纳精密仪器（中国）有限公司", "foreign_invested")),
}
_numbers = count(8100)


@pytest.fixture(scope="module", params=SEALS)
def stamped(request: pytest.FixtureRequest, one_region: Region) -> tuple[Design, bytes, bytes]:
    kind, design = SEALS[request.param]
    room, who = one_region.room, one_region.principal
    code = f"2199000000{next(_numbers)}"
    wanted = SealRequest(MARKET, "印川市市场监督管理局", code, design.text, kind, picture=design)
    made, place = make_seal(room, SYSTEM, wanted), Placement(1, X, Y)
    pdf = PdfOrder(papers.pdf(), made.id, place, one_region.key(), (Suite.SM2, Suite.RSA))
    ofd = OfdOrder(papers.ofd(), made.id, place, one_region.key())
    return design, stamp_pdf(room, who, pdf).document, stamp_ofd(room, who, ofd).document


def pictures(stamped: tuple[Design, bytes, bytes]) -> dict[str, Image.Image]:
    _, pdf, ofd = stamped
    return {"pdf": page_image(pdf, 1, DPI), "ofd": look(ofd, "1", DPI)}


def test_it_shows_in_its_own_size_where_it_was_ordered(stamped: tuple[Design, bytes, bytes]) -> None:
    width, height = stamped[0].size
    wanted = (X - width / 2, Y - height / 2, X + width / 2, Y + height / 2)
    for name, image in pictures(stamped).items():
        assert near(red_box(image, DPI), wanted, 0.5), (name, red_box(image, DPI))


def test_a_square_has_corners_and_an_oval_has_none(stamped: tuple[Design, bytes, bytes]) -> None:
    """Red along the middle of every edge; red in the corners of a square only; ink inside, and not all over."""
    design = stamped[0]
    width, height = design.size
    for name, image in pictures(stamped).items():
        edge, inset = 0.4, 0.06
        sides = [(X, Y - height / 2 + edge), (X, Y + height / 2 - edge), (X - width / 2 + edge, Y)]
        sides.append((X + width / 2 - edge, Y))
        assert all(red(image, *at) for at in sides), name
        corners = [
            (X + dx * width * (0.5 - inset), Y + dy * height * (0.5 - inset)) for dx in (-1, 1) for dy in (-1, 1)
        ]
        near_corner = [red(image, *at, reach=inset * width) for at in corners]
        assert near_corner == [KINDS[design.kind].shape is Shape.SQUARE] * 4, name
        box = tuple(round(v * DPI / 25.4) for v in (X - width / 4, Y - height / 4, X + width / 4, Y + height / 4))
        inside = image.crop(box)  # type: ignore[arg-type]
        share = sum(is_red(*one) for one in pixels(inside)) / (inside.width * inside.height)
        assert 0.03 < share < 0.75, (name, share)


def pixels(image: Image.Image) -> list[tuple[int, int, int]]:
    data = image.convert("RGB").tobytes()
    return [(data[at], data[at + 1], data[at + 2]) for at in range(0, len(data), 3)]


def is_red(r: int, g: int, b: int) -> bool:
    return r > 150 and g < 110 and b < 110


def red(image: Image.Image, x: float, y: float, reach: float = 0.4) -> bool:
    """Anything red within so many millimetres."""
    scale = DPI / 25.4
    box = tuple(round(v * scale) for v in (x - reach, y - reach, x + reach, y + reach))
    return any(is_red(*one) for one in pixels(image.crop(box)))  # type: ignore[arg-type]


def test_others_find_it_valid_and_we_say_whose_it_is(
    stamped: tuple[Design, bytes, bytes], one_region: Region, tmp_path: Path
) -> None:
    _, pdf, ofd = stamped
    assert oracles.pdfsig(tmp_path, pdf)[1] == "Signature is Valid."
    assert oracles.qpdf_clean(tmp_path, pdf)
    for data in (pdf, ofd):
        report = verdict(one_region, data)
        assert all(one.intact and one.trusted for one in report.signatures), [one.code for one in report.findings]

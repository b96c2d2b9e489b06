"""Kinds of seal pictures (印模种类) and their lawful sizes, as data: 国发〔1999〕25号 and public-security practice.

A kind says shape, sizes, what stands in the middle and which lines belong to it (facts: standards 4.4). Other sizes are
drawn only as `custom_*`, inside the bounds of the shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from foundation.text import Text
from seal.drawing.centre import Centre


class Shape(StrEnum):
    ROUND = "round"
    OVAL = "oval"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class PictureKind:
    """`sizes` are (least, most) millimetres across; equal when the rule fixes one. `height` is an oval's."""

    key: str
    name: Text
    shape: Shape
    usual: float
    sizes: tuple[float, float]
    centres: tuple[Centre, ...] = (Centre.STAR,)
    height: tuple[float, float] | None = None
    line: bool | None = None
    """True: a line of purpose is required; False: has none; None: may have one."""
    number: bool | None = False

    def fits(self, width: float, height: float) -> bool:
        low, high = self.sizes
        if not low - 1e-6 <= width <= high + 1e-6:
            return False
        return self.height is None or self.height[0] - 1e-6 <= height <= self.height[1] + 1e-6


_E, _S, _B = Centre.EMBLEM, Centre.STAR, Centre.BLANK
_R, _O, _Q = Shape.ROUND, Shape.OVAL, Shape.SQUARE

_ALL = (
    PictureKind("state_council", Text("国务院", "State Council"), _R, 60, (60, 60), (_E,), line=False),
    PictureKind(
        "province", Text("省级政府、国务院部委", "Province or ministry"), _R, 50, (50, 50), (_E,), line=False
    ),
    PictureKind(
        "vice_ministry", Text("副部级机构、国家局", "Vice-ministerial body or national bureau"), _R, 45, (45, 45),
        (_E, _S), line=False,
    ),
    PictureKind(
        "foreign_affairs", Text("部委外事司（局）", "Foreign-affairs department of a ministry"), _R, 42, (42, 42),
        (_E, _S), line=False,
    ),
    PictureKind(
        "government", Text("市、县、市辖区政府", "City, county or district government"), _R, 45, (45, 45), (_E,),
        line=False,
    ),
    PictureKind("prefecture", Text("地区行署", "Prefecture office"), _R, 45, (45, 45), line=False),
    PictureKind("township", Text("乡镇政府", "Township government"), _R, 42, (42, 42), line=False),
    PictureKind(
        "organ", Text("部门、内设机构、事业单位、社会团体", "Department, internal organ, institution, association"),
        _R, 42, (38, 45), line=False,
    ),
    PictureKind(
        "special", Text("业务专用章（审批、财务、证照等）", "Business seal (approval, finance, licences …)"), _R, 40,
        (38, 42), (_S, _B), line=True,
    ),
    PictureKind("contract", Text("合同专用章", "Contract seal"), _R, 40, (38, 58), (_S, _B), line=True),
    PictureKind("steel", Text("钢印", "Steel (embossing) seal"), _R, 42, (35, 42), (_S, _E), line=None),
    PictureKind("company", Text("有限责任公司", "Limited company"), _R, 40, (40, 42), line=None),
    PictureKind("joint_stock", Text("股份有限公司", "Joint-stock company"), _R, 42, (42, 42), line=None),
    PictureKind("company_section", Text("企业内设部门", "Section of a company"), _R, 38, (38, 40), line=None),
    PictureKind(
        "invoice", Text("发票专用章（椭圆）", "Invoice seal (oval)"), _O, 40, (40, 40), (_B,), (30, 30), line=True,
        number=True,
    ),
    PictureKind(
        "foreign_invested", Text("外商投资企业（椭圆）", "Foreign-invested company (oval)"), _O, 45, (45, 45),
        (_S, _B), (30, 30), line=None, number=None,
    ),
    PictureKind(
        "legal_representative", Text("法定代表人名章（方形）", "Legal representative's name seal (square)"), _Q, 20,
        (16, 25), (_B,), line=False,
    ),
    PictureKind(
        "personal", Text("个人名章（方形）", "Personal name seal (square)"), _Q, 18, (12, 25), (_B,), line=False
    ),
    PictureKind("custom_round", Text("自定尺寸圆章", "Round, own size"), _R, 42, (30, 60), (_S, _E, _B), line=None),
    PictureKind(
        "custom_oval", Text("自定尺寸椭圆章", "Oval, own size"), _O, 45, (35, 60), (_B, _S, _E), (24, 45), line=None,
        number=None,
    ),
    PictureKind("custom_square", Text("自定尺寸方章", "Square, own size"), _Q, 20, (10, 40), (_B,), line=False),
)  # fmt: skip

KINDS: dict[str, PictureKind] = {kind.key: kind for kind in _ALL}

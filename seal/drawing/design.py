"""The design of a seal (印模设计): one value for every shape, checked against its kind, drawn by the shape's geometry.

It is what a request carries, what the row keeps as canonical JSON and what the design page previews, so that the
picture shown, approved and signed is always drawn from the same words.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass

from foundation.errors import InvalidInput
from foundation.text import Text
from seal.drawing import oval, square
from seal.drawing import round as round_
from seal.drawing.artwork import Artwork
from seal.drawing.centre import Centre, emblem_missing
from seal.drawing.kinds import KINDS, PictureKind, Shape
from seal.drawing.shapes import Drawing

USUAL_KIND = "custom_round"


@dataclass(frozen=True, slots=True)
class Design:
    """`text` runs round the seal (or is the name of a square one); `width` is the diameter of a round seal."""

    text: str
    kind: str = USUAL_KIND
    line: str | None = None
    number: str | None = None
    code: str | None = None
    suffix: str = ""
    width: float | None = None
    height: float | None = None
    centre: Centre | None = None
    double_ring: bool = False
    artwork: Artwork | None = None

    @property
    def shape(self) -> Shape:
        return _kind(self.kind).shape

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in millimetres, the kind's usual ones where the design leaves them open."""
        kind = _kind(self.kind)
        width = self.width if self.width is not None else kind.usual
        if kind.height is None:
            return width, width
        return width, self.height if self.height is not None else kind.height[0] if kind.height[0] == kind.height[
            1
        ] else 30.0

    @property
    def middle(self) -> Centre:
        return self.centre if self.centre is not None else _kind(self.kind).centres[0]

    def terms(self) -> str:
        """Canonical JSON: the design as the row keeps it."""
        width, height = self.size
        data = {
            "kind": self.kind, "text": self.text, "line": self.line, "number": self.number, "code": self.code,
            "suffix": self.suffix, "width": width, "height": height, "centre": self.middle.value,
            "double_ring": self.double_ring, "artwork": self.artwork.text() if self.artwork else None,
        }  # fmt: skip
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def of(cls, terms: str) -> Design:
        data = json.loads(terms)
        artwork = data.pop("artwork")
        centre = Centre(data.pop("centre"))
        return cls(**data, centre=centre, artwork=Artwork.from_text(artwork) if artwork else None)


def draw(design: Design) -> Drawing:
    """The picture; raises `InvalidInput` when the design breaks the rules of its kind or a character has no glyph."""
    kind = _kind(design.kind)
    _check_text(design)
    _check_rules(design, kind)
    width, height = design.size
    if kind.shape is Shape.SQUARE:
        return square.draw(square.SquareSeal(design.text, design.suffix, width))
    if kind.shape is Shape.OVAL:
        return oval.draw(
            oval.OvalSeal(
                design.text, design.number, design.line, design.code, width, height, design.middle, design.artwork
            )
        )
    return round_.draw(
        round_.RoundSeal(
            design.text, design.line, design.code, width, design.middle, design.artwork, design.double_ring
        )
    )


def _kind(key: str) -> PictureKind:
    try:
        return KINDS[key]
    except KeyError:
        raise InvalidInput(
            "seal.picture_kind",
            Text(
                "没有这一印模种类，请从列表中选择。", "There is no such kind of seal picture. Choose one from the list."
            ),
        ) from None


def _check_text(design: Design) -> None:
    for value in (design.text, design.line, design.number, design.code):
        if value is not None and (value != value.strip() or value != unicodedata.normalize("NFC", value) or not value):
            raise InvalidInput(
                "seal.text_form",
                Text(
                    "印文前后不能有空格，且须为规范编码的文字。",
                    "The texts of a seal must not be empty, begin or end with a space, or use decomposed characters.",
                ),
            )
    if design.code is not None and not design.code.isascii():
        raise InvalidInput(
            "seal.code_form", Text("下方编码只能用数字和字母。", "The lower code takes figures and letters.")
        )
    if design.number is not None and not design.number.isascii():
        raise InvalidInput("seal.code_form", Text("号码只能用数字和字母。", "The number takes figures and letters."))


def _check_rules(design: Design, kind: PictureKind) -> None:
    if not kind.fits(*design.size):
        raise _wrong(kind, f"尺寸须为{_size_text(kind, '至')}毫米", f"it must be {_size_text(kind, ' to ')} mm")
    if design.middle not in kind.centres:
        if kind.centres == (Centre.EMBLEM,):
            raise emblem_missing()
        raise _wrong(kind, "中央图案不合规定", "this does not belong in its middle")
    if design.middle is not Centre.EMBLEM and design.artwork is not None:
        raise _wrong(kind, "中央不刊徽时不能带徽图案", "artwork belongs to a seal with an emblem only")
    if kind.line is True and design.line is None:
        raise _wrong(kind, "须填写用途横文", "it needs its line of purpose")
    if kind.line is False and design.line is not None:
        raise _wrong(kind, "不刊横文", "it has no line")
    if kind.number is True and design.number is None:
        raise _wrong(kind, "须填写号码（纳税人识别号）", "it needs its number (tax number)")
    if kind.number is False and design.number is not None:
        raise _wrong(kind, "不刊号码", "it has no number")
    plain = kind.shape is Shape.SQUARE and (design.code is not None or design.double_ring)
    if plain or (design.suffix and kind.shape is not Shape.SQUARE):
        raise _wrong(kind, "此形状没有该项", "this shape has no such part")


def _size_text(kind: PictureKind, to: str) -> str:
    def one(pair: tuple[float, float]) -> str:
        return f"{pair[0]:g}" if pair[0] == pair[1] else f"{pair[0]:g}{to}{pair[1]:g}"

    return one(kind.sizes) + (f" × {one(kind.height)}" if kind.height else "")


def _wrong(kind: PictureKind, zh: str, en: str) -> InvalidInput:
    return InvalidInput(
        "seal.picture_rule",
        Text(
            f"“{kind.name.zh}”：{zh}。请更正，或改用自定尺寸。",
            f"{kind.name.en}: {en}. Correct it, or use an own size.",
        ),
    )

"""Artwork as SVG (徽图案 SVG): a small subset, everything else refused by name.

Groups, paths and the simple shapes, filled in one colour, with plain transforms. No scripts, styles, text, images,
references, strokes, gradients or clips; no DTD. The parser is lxml without entities, network or huge trees.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from lxml import etree

from seal.drawing.artwork import MOST_SEGMENTS, BadArtwork
from seal.drawing.artwork_paths import read_d
from seal.drawing.outline import Outline
from seal.drawing.shapes import Affine, Contour, ellipse, rectangle
from seal.drawing.winding import even_odd, outward

_NAMESPACE = "http://www.w3.org/2000/svg"
MOST_ELEMENTS, DEEPEST = 2_000, 16
_SAYING = {"title", "desc", "metadata", "defs"}
"""Read over; `defs` only when empty."""
_KNOWN = {
    "svg": {"width", "height", "viewBox", "version", "preserveAspectRatio", "x", "y", "baseProfile"},
    "g": set(),
    "path": {"d"},
    "circle": {"cx", "cy", "r"},
    "ellipse": {"cx", "cy", "rx", "ry"},
    "rect": {"x", "y", "width", "height"},
    "polygon": {"points"},
}
_COMMON = {"id", "class", "transform", "fill", "fill-rule", "fill-opacity", "opacity", "stroke", "role", "style"}
_STYLES = {"fill", "fill-rule", "fill-opacity", "opacity", "stroke"}
_TRANSFORM = re.compile(r"\s*,?\s*(matrix|translate|scale|rotate)\s*\(([^()]*)\)")
_WHITE = {"white", "#fff", "#ffffff", "rgb(255,255,255)"}


def read_svg(data: bytes) -> list[Contour]:
    """The filled outlines of an SVG; raises `BadArtwork`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadArtwork("不是合法的 XML", "it is not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadArtwork("含有 DOCTYPE", "it has a DOCTYPE")
    if root.tag not in (f"{{{_NAMESPACE}}}svg", "svg"):
        raise BadArtwork("根元素不是 svg", "its root element is not svg")
    reader = _Reader()
    reader.element(root, Affine(1, 0, 0, 1, 0, 0), _Look(), 0)
    return reader.contours


class _Look:
    """What an element inherits."""

    def __init__(self, fill: str = "black", rule: str = "nonzero") -> None:
        self.fill, self.rule = fill, rule


class _Reader:
    def __init__(self) -> None:
        self.contours: list[Contour] = []
        self._count = self._segments = 0
        self._colour: str | None = None

    def element(self, node: etree._Element, place: Affine, above: _Look, depth: int) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or depth > DEEPEST:
            raise BadArtwork("元素过多或嵌套过深", "it has too many elements or nests too deeply")
        if not isinstance(node.tag, str):
            return  # a comment
        name = etree.QName(node).localname
        if etree.QName(node).namespace not in (None, _NAMESPACE):
            return  # an editor's own remarks: not drawn by anybody
        if name in _SAYING and (name != "defs" or len(node) == 0):
            return
        if name not in _KNOWN or (name == "svg" and depth):
            raise BadArtwork(f"含有 <{name[:20]}> 元素", f"it has a <{name[:20]}> element")
        attributes = _attributes(node, name)
        look = _look(attributes, above)
        place = _after(place, attributes.get("transform", ""))
        shape = _SHAPES.get(name)
        if shape is not None:
            self._add(shape(attributes), place, look)
            return
        for child in node:
            self.element(child, place, look, depth + 1)

    def _add(self, contours: list[Contour], place: Affine, look: _Look) -> None:
        if look.fill == "none" or not contours:
            return
        self._colour = self._colour or look.fill
        if look.fill != self._colour or look.fill in _WHITE:
            raise BadArtwork("颜色不止一种，或为白色", "it has more than one colour, or white")
        self._segments += sum(len(contour) for contour in contours)
        if self._segments > MOST_SEGMENTS:
            raise BadArtwork(f"线段超过 {MOST_SEGMENTS} 条", f"it has more than {MOST_SEGMENTS} segments")
        moved = [place.contour(contour) for contour in contours]
        self.contours += even_odd(moved) if look.rule == "evenodd" else outward(moved)


def _attributes(node: etree._Element, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in node.attrib.items():
        name_of = etree.QName(str(key))
        if name_of.namespace is not None:
            if name_of.localname == "href":
                raise BadArtwork("含有外部引用", "it refers to something else")
            continue
        found[name_of.localname] = str(value)
    known = _KNOWN[name] | _COMMON
    unknown = [
        key for key in found if key not in known and not key.startswith(("data-", "aria-", "stroke-", "clip-rule"))
    ]
    if unknown:
        raise BadArtwork(f"含有属性 {unknown[0][:20]}", f"it has the attribute {unknown[0][:20]}")
    for entry in found.pop("style", "").split(";"):
        key, _, value = entry.partition(":")
        if key.strip() in _STYLES:
            found[key.strip()] = value.strip()
        elif key.strip() and not key.strip().startswith("stroke-"):
            raise BadArtwork(f"含有样式 {key.strip()[:20]}", f"it has the style {key.strip()[:20]}")
    return found


def _look(attributes: dict[str, str], above: _Look) -> _Look:
    if attributes.get("stroke", "none").lower() not in ("none", "transparent"):
        raise BadArtwork("含有描边，请先转为填充轮廓", "it has strokes; convert them to filled outlines first")
    for key in ("opacity", "fill-opacity"):
        if attributes.get(key, "1") not in ("1", "1.0", "100%"):
            raise BadArtwork("含有半透明图形", "it has translucent parts")
    fill = attributes.get("fill", above.fill).strip().lower().replace(" ", "")
    if fill.startswith("url"):
        raise BadArtwork("含有渐变或图案填充", "it is filled with a gradient or a pattern")
    if fill == "transparent":
        fill = "none"
    return _Look(fill, attributes.get("fill-rule", above.rule).strip().lower())


def _after(place: Affine, text: str) -> Affine:
    """`place` with the transform of an element inside it."""
    at = 0
    while text[at:].strip(" ,\t\r\n"):
        match = _TRANSFORM.match(text, at)
        if match is None:
            raise BadArtwork("变换不受支持", "a transform is not supported")
        place = _joined(place, _matrix(match[1], _numbers(match[2])))
        at = match.end()
    return place


def _matrix(name: str, n: list[float]) -> Affine:
    if name == "matrix" and len(n) == 6:
        return Affine(*n)
    if name == "translate" and len(n) in (1, 2):
        return Affine(1, 0, 0, 1, n[0], n[1] if len(n) == 2 else 0)
    if name == "scale" and len(n) in (1, 2):
        return Affine(n[0], 0, 0, n[-1], 0, 0)
    if name == "rotate" and len(n) in (1, 3):
        sine, cosine = math.sin(math.radians(n[0])), math.cos(math.radians(n[0]))
        x, y = (n[1], n[2]) if len(n) == 3 else (0.0, 0.0)
        return Affine(cosine, sine, -sine, cosine, x - cosine * x + sine * y, y - sine * x - cosine * y)
    raise BadArtwork("变换不受支持", "a transform is not supported")


def _joined(outer: Affine, inner: Affine) -> Affine:
    a, b = outer.a * inner.a + outer.c * inner.b, outer.b * inner.a + outer.d * inner.b
    c, d = outer.a * inner.c + outer.c * inner.d, outer.b * inner.c + outer.d * inner.d
    return Affine(a, b, c, d, *outer.point(inner.e, inner.f))


def _numbers(text: str) -> list[float]:
    words = text.replace(",", " ").split()
    if len(words) > 2 * MOST_SEGMENTS:
        raise BadArtwork("坐标过多", "it has too many coordinates")
    try:
        found = [float(word.removesuffix("px")) for word in words]
    except ValueError:
        raise BadArtwork("数值有误", "a number is not understood") from None
    if not all(math.isfinite(number) and abs(number) <= 1e7 for number in found):
        raise BadArtwork("坐标超出范围", "a coordinate is out of range")
    return found


def _one(attributes: dict[str, str], key: str) -> float:
    found = _numbers(attributes.get(key, "0"))
    if len(found) != 1:
        raise BadArtwork("数值有误", "a number is not understood")
    return found[0]


def _ellipse(attributes: dict[str, str], across: str, down: str) -> list[Contour]:
    a, b = _one(attributes, across), _one(attributes, down)
    return [ellipse(_one(attributes, "cx"), _one(attributes, "cy"), a, b)] if a > 0 and b > 0 else []


def _rectangle(attributes: dict[str, str]) -> list[Contour]:
    width, height = _one(attributes, "width"), _one(attributes, "height")
    if width <= 0 or height <= 0:
        return []
    return [rectangle(_one(attributes, "x"), _one(attributes, "y"), width, height)]


def _polygon(attributes: dict[str, str]) -> list[Contour]:
    numbers = _numbers(attributes.get("points", ""))
    outline = Outline()
    for index in range(0, len(numbers) - 1, 2):
        point = (numbers[index], numbers[index + 1])
        if index:
            outline.line(point)
        else:
            outline.move(point)
    outline.close()
    return outline.contours


_SHAPES: dict[str, Callable[[dict[str, str]], list[Contour]]] = {
    "path": lambda attributes: read_d(attributes.get("d", "")),
    "circle": lambda attributes: _ellipse(attributes, "r", "r"),
    "ellipse": lambda attributes: _ellipse(attributes, "rx", "ry"),
    "rect": _rectangle,
    "polygon": _polygon,
}

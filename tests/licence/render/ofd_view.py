"""A second, plain reading of an OFD page (test oracle): what a reader without CTM or system fonts draws."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from lxml import etree
from PIL import Image, ImageDraw, ImageFont

NS = {"o": "http://www.ofdspec.org/2016"}


@dataclass
class View:
    image: Image.Image
    text: list[str]


def entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def draw(data: bytes, dpi: int) -> View:
    """Template page first, then the page, each object in order."""
    files = entries(data)
    document = etree.fromstring(files["Doc_0/Document.xml"])
    width, height = map(float, document.findtext(".//o:PhysicalBox", namespaces=NS).split()[2:])
    scale = dpi / 25.4
    image = Image.new("RGB", (round(width * scale), round(height * scale)), "white")
    resources = etree.fromstring(files["Doc_0/PublicRes.xml"])
    fonts = {
        font.get("ID"): files[f"Doc_0/{resources.get('BaseLoc')}/{font.findtext('o:FontFile', namespaces=NS)}"]
        for font in resources.iterfind(".//o:Font", NS)
    }
    view = View(image, [])
    for name in ("Doc_0/Tpls/Tpl_0/Content.xml", "Doc_0/Pages/Page_0/Content.xml"):
        for item in etree.fromstring(files[name]).iterfind(".//o:Layer/*", NS):
            left, top = map(float, item.get("Boundary").split()[:2])
            if etree.QName(item).localname == "TextObject":
                _text(view, item, left, top, scale, fonts)
            else:
                _path(view, item, left, top, scale)
    return view


def _colour(item: etree._Element, name: str) -> tuple[int, ...] | None:
    found = item.find(f"o:{name}", NS)
    return tuple(map(int, found.get("Value").split())) if found is not None else None


def _text(view: View, item: etree._Element, left: float, top: float, scale: float, fonts: dict[str, bytes]) -> None:
    code = item.find("o:TextCode", NS)
    font = ImageFont.truetype(io.BytesIO(fonts[item.get("Font")]), float(item.get("Size")) * scale)
    x, baseline = left + float(code.get("X")), top + float(code.get("Y"))
    steps = _deltas(code.get("DeltaX") or "")
    assert len(steps) == len(code.text) - 1
    for char, step in zip(code.text, [*steps, 0.0], strict=True):
        ImageDraw.Draw(view.image).text(
            (x * scale, baseline * scale), char, _colour(item, "FillColor"), font, anchor="ls"
        )
        x += step
    view.text.append(code.text)


def _deltas(text: str) -> list[float]:
    words, steps = text.split(), []
    while words:
        if words[0] == "g":
            steps += [float(words[2])] * int(words[1])
            words = words[3:]
        else:
            steps.append(float(words.pop(0)))
    return steps


def _path(view: View, item: etree._Element, left: float, top: float, scale: float) -> None:
    assert item.get("CTM") is None
    pen = ImageDraw.Draw(view.image)
    for points in _polylines(item.findtext("o:AbbreviatedData", namespaces=NS).split()):
        placed = [((left + x) * scale, (top + y) * scale) for x, y in points]
        if item.get("Fill") == "true" and len(placed) > 2:
            # Pillow paints the pixels on a polygon's far edges too
            shrunk = [(x - 0.5, y - 0.5) for x, y in placed] if len(points) > 4 else _pixels(placed)
            pen.polygon(shrunk, fill=_colour(item, "FillColor"))
        if item.get("Stroke") != "false":
            pen.line(
                placed, fill=_colour(item, "StrokeColor"), width=max(1, round(float(item.get("LineWidth")) * scale))
            )


def _pixels(corners: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Pixels whose centre lies in a rectangle."""
    right, bottom = max(x for x, _ in corners), max(y for _, y in corners)
    return [(round(x) - (x == right), round(y) - (y == bottom)) for x, y in corners]


def _polylines(words: list[str]) -> list[list[tuple[float, float]]]:
    lines: list[list[tuple[float, float]]] = []
    while words:
        name = words.pop(0)
        count = {"M": 2, "L": 2, "B": 6, "C": 0}[name]
        numbers, words = list(map(float, words[:count])), words[count:]
        if name == "M":
            lines.append([(numbers[0], numbers[1])])
        elif name == "L":
            lines[-1].append((numbers[0], numbers[1]))
        elif name == "B":
            (x0, y0), (x1, y1, x2, y2, x3, y3) = lines[-1][-1], numbers
            for k in range(1, 7):
                t, u = k / 6, 1 - k / 6
                w = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
                x = w[0] * x0 + w[1] * x1 + w[2] * x2 + w[3] * x3
                lines[-1].append((x, w[0] * y0 + w[1] * y1 + w[2] * y2 + w[3] * y3))
        elif len(lines[-1]) > 4:  # rectangles stay four corners
            lines[-1].append(lines[-1][0])
    return lines

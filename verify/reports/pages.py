"""Pages of running text (报告版面): paragraphs, rules and pictures from top to bottom, broken where a page is full.

Coordinates are points from the lower left corner, as PDF has them. Foreign text comes here cleaned; a character no
shipped font holds is spelled out by its code, never drawn as a box.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from foundation import fonts
from foundation.fonts import FontName
from foundation.glyphs import Subset, face, font_of, subset
from foundation.pdf_file import PdfFile, add_font, hex_text, number

WIDTH, HEIGHT = 595.28, 841.89
MARGIN, FOOT = 54.0, 60.0
BLACK, GREY = (0.1, 0.1, 0.1), (0.42, 0.42, 0.42)
Colour = tuple[float, float, float]
_TOKEN = re.compile(r"[!-~]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Style:
    size: float = 10.0
    colour: Colour = BLACK
    font: str = FontName.SANS
    indent: float = 0.0
    leading: float = 1.5


@dataclass(frozen=True, slots=True)
class _Placed:
    text: str
    x: float
    y: float
    style: Style


@dataclass(slots=True)
class _Page:
    lines: list[_Placed] = field(default_factory=list)
    under: list[str] = field(default_factory=list)
    """Operators drawn below the text: boxes and rules."""
    pictures: list[tuple[bytes, float, float, float, float]] = field(default_factory=list)


class Pages:
    """Filled from top to bottom; `write` makes the file."""

    def __init__(self) -> None:
        self._pages: list[_Page] = [_Page()]
        self._y = HEIGHT - MARGIN

    def text(self, text: str, style: Style, *, keep: float = 0.0) -> None:
        """A paragraph; `keep`: so much room must be left below its first line, or a new page begins."""
        room = WIDTH - 2 * MARGIN - style.indent
        for at, line in enumerate(_wrapped(_spelled(text, style.font), style, room)):
            self._need(style.size * style.leading + (keep if at == 0 else 0))
            self._y -= style.size * style.leading
            self._page.lines.append(_Placed(line, MARGIN + style.indent, self._y, style))

    def gap(self, height: float) -> None:
        self._y -= height

    def rule(self) -> None:
        self._need(12)
        self._y -= 6
        y, right = number(self._y), number(WIDTH - MARGIN)
        self._page.under.append(f"0.8 0.8 0.8 RG 0.6 w {number(MARGIN)} {y} m {right} {y} l S")

    def bar(self, height: float, colour: Colour) -> None:
        """A coloured bar at the left of what comes next, `height` tall."""
        self._need(height)
        red, green, blue = map(number, colour)
        place = f"{number(MARGIN - 12)} {number(self._y - height)} 5 {number(height)}"
        self._page.under.append(f"{red} {green} {blue} rg {place} re f")

    def picture(self, png: bytes, x: float, width: float) -> float:
        """At `x` from the margin, its top here; the height it takes, 0 for a picture that cannot be shown."""
        size = _size(png)
        if size is None:
            return 0.0
        height = width * size[1] / size[0]
        self._need(height)
        self._page.pictures.append((png, MARGIN + x, self._y - height, width, height))
        return height

    def room(self, height: float) -> None:
        """Begin a new page unless so much is left."""
        self._need(height)

    def write(self, title: str, foot: str, at: datetime) -> bytes:
        for index, page in enumerate(self._pages, 1):
            words = _spelled(f"{foot}　{index}/{len(self._pages)}", FontName.SANS)
            page.lines.append(_Placed(words, MARGIN, FOOT - 24, Style(7.5, GREY)))
        file = PdfFile()
        used = _fonts(line for page in self._pages for line in page.lines)
        names = {font: f"F{index}" for index, font in enumerate(used)}
        entries = " ".join(f"/{names[font]} {add_font(file, cut)} 0 R" for font, cut in used.items())
        root = file.reserve()
        kids = [_leaf(file, page, root, entries, used, names) for page in self._pages]
        file.fill(root, f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(f'{kid} 0 R' for kid in kids)}]>>")
        catalog = file.add(f"<</Type/Catalog/Pages {root} 0 R/Lang(zh-CN)/ViewerPreferences<</DisplayDocTitle true>>>>")
        stamp = f"D:{at:%Y%m%d%H%M%S}Z"
        made = f"/CreationDate({stamp})/ModDate({stamp})"
        info = file.add(f"<</Title {hex_text(title)}/Creator(Yinxin)/Producer(Yinxin){made}>>")
        return file.finish(catalog, info)

    @property
    def _page(self) -> _Page:
        return self._pages[-1]

    def _need(self, height: float) -> None:
        if self._y - height < FOOT and self._y < HEIGHT - MARGIN:
            self._pages.append(_Page())
            self._y = HEIGHT - MARGIN


def _spelled(text: str, first: str) -> str:
    absent = set(fonts.missing(text, first))
    return "".join(f"[U+{ord(char):04X}]" if char in absent else char for char in text) if absent else text


def _advance(char: str, style: Style) -> float:
    return face(font_of(char, style.font)).advance(char) * style.size / 1000


def _wrapped(text: str, style: Style, room: float) -> Iterator[str]:
    """Words of Latin letters stay whole where they fit a line; anything else may break anywhere."""
    line, width = "", 0.0
    for word in _TOKEN.findall(text):
        for piece in _chopped(word, style, room):
            size = sum(_advance(char, style) for char in piece)
            if width + size > room and line:
                yield line.rstrip()
                line, width = "", 0.0
            if line or piece != " ":
                line, width = line + piece, width + size
    if line:
        yield line


def _chopped(word: str, style: Style, room: float) -> list[str]:
    """Itself, unless it alone is longer than a line."""
    pieces, width = [""], 0.0
    for char in word:
        size = _advance(char, style)
        if width + size > room:
            pieces.append("")
            width = 0.0
        pieces[-1] += char
        width += size
    return pieces


def _fonts(lines: Iterator[_Placed]) -> dict[str, Subset]:
    used: dict[str, set[str]] = {}
    for line in lines:
        for char in line.text:
            used.setdefault(font_of(char, line.style.font), set()).add(char)
    return {name: subset(name, frozenset(chars)) for name, chars in sorted(used.items())}


def _leaf(file: PdfFile, page: _Page, root: int, entries: str, used: dict[str, Subset], names: dict[str, str]) -> int:
    drawn, images = list(page.under), []
    for index, (png, x, y, width, height) in enumerate(page.pictures):
        images.append(f"/P{index} {_image(file, png)} 0 R")
        place = " ".join(map(number, (width, 0, 0, height, x, y)))
        drawn.append(f"q {place} cm /P{index} Do Q")
        drawn.append(f"0.7 0.7 0.7 RG 0.5 w {' '.join(map(number, (x, y, width, height)))} re S")
    drawn += [_line(line, used, names) for line in page.lines]
    contents = file.stream("", zlib.compress("\n".join(drawn).encode("ascii"), 6), deflated=True)
    shown = f"/XObject<<{' '.join(images)}>>" if images else ""
    return file.add(
        f"<</Type/Page/Parent {root} 0 R/MediaBox[0 0 {number(WIDTH)} {number(HEIGHT)}]/Contents {contents} 0 R"
        f"/Resources<</Font<<{entries}>>{shown}>>>>"
    )


def _line(line: _Placed, used: dict[str, Subset], names: dict[str, str]) -> str:
    red, green, blue = map(number, line.style.colour)
    parts = [f"{red} {green} {blue} rg BT 1 0 0 1 {number(line.x)} {number(line.y)} Tm"]
    run, font = "", ""
    for char in (*line.text, ""):
        wanted = font_of(char, line.style.font) if char else ""
        if wanted != font and run:
            coded = "".join(f"{used[font].glyphs[one]:04x}" for one in run)
            parts.append(f"/{names[font]} {number(line.style.size)} Tf <{coded}> Tj")
            run = ""
        font, run = wanted, run + char
    return " ".join([*parts, "ET"])


def _size(png: bytes) -> tuple[int, int] | None:
    """Only what our own drawing process writes: eight bits, red, green and blue, not interlaced."""
    if png[:8] != b"\x89PNG\r\n\x1a\n" or png[12:16] != b"IHDR" or png[24:29] != b"\x08\x02\x00\x00\x00":
        return None
    width, height = struct.unpack(">II", png[16:24])
    return (width, height) if 0 < width < 20_000 and 0 < height < 20_000 else None


def _image(file: PdfFile, png: bytes) -> int:
    """The packed rows as they are: PDF knows PNG's row filters (ISO 32000-1 7.4.4.4)."""
    width, height = _size(png) or (1, 1)
    body, at = b"", 8
    while at + 8 <= len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        body += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    rows = f"/DecodeParms<</Predictor 15/Colors 3/Columns {width}>>"
    entries = f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceRGB/BitsPerComponent 8{rows}"
    return file.stream(entries, body, deflated=True)

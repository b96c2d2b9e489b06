"""Make the shipped fonts (字体) once: Noto Serif SC and Noto Sans SC, from CFF collections to small TrueType files.

Needs the Debian packages fonts-noto-cjk, fonts-noto-cjk-extra and unicode-data. Run `python tools/make_fonts.py`; the
same packages give the same octets. The main fonts hold GB/T 2312, the 8105 characters of 通用规范汉字表 (Unihan kTGH),
Latin, Greek, Cyrillic, kana and the usual punctuation; the fallback holds every other Han character Noto Serif SC has.
The fonts are named Yinxin because they are modified; the OFL 1.1 (reserved name "Source" only) stands beside them.
"""

from __future__ import annotations

import bz2
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.misc.timeTools import timestampFromString
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

SOURCE = Path("/usr/share/fonts/opentype/noto")
UNIHAN = Path("/usr/share/unicode/Unihan_OtherMappings.txt.bz2")
COPYRIGHT = Path("/usr/share/doc/fonts-noto-cjk/copyright")
TARGET = Path(__file__).resolve().parent.parent / "foundation" / "fonts"
SC_FACE = 2
"""Index of the SC face in Debian's collections; checked against the name table before use."""

MADE_AT = timestampFromString("Mon Jan  1 00:00:00 2024")
MAX_ERROR = 1.0
"""Greatest distance of a quadratic from the cubic it replaces, in units of a thousandth of an em."""

MAIN_RANGES = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x2C6, 0x2DD), (0x384, 0x3CE), (0x401, 0x451), (0x2010, 0x2040),
    (0x2070, 0x209C), (0x20A0, 0x20BF), (0x2100, 0x218F), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2460, 0x24FF),
    (0x2500, 0x257F), (0x25A0, 0x266F), (0x2E80, 0x2FDF), (0x3000, 0x30FF), (0x3105, 0x312F), (0x3220, 0x33FF),
    (0xFE10, 0xFE6F), (0xFF01, 0xFFEE),
)  # fmt: skip
HAN_RANGES = ((0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
KEPT_TABLES = frozenset({"head", "hhea", "maxp", "OS/2", "hmtx", "cmap", "loca", "glyf", "name", "post"})


def _expand(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {point for first, last in ranges for point in range(first, last + 1)}


def standard_characters() -> set[int]:
    """The 8105 characters of 通用规范汉字表 (2013), from Unihan's kTGH."""
    lines = bz2.decompress(UNIHAN.read_bytes()).decode()
    found = {int(hit, 16) for hit in re.findall(r"^U\+([0-9A-F]+)\tkTGH\t", lines, re.MULTILINE)}
    if len(found) < 8105:
        raise SystemExit(f"{UNIHAN} has {len(found)} kTGH characters, 8105 expected")
    return found


def gb2312() -> set[int]:
    """Every character of GB/T 2312-1980, by way of the codec."""
    points = set()
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                points.add(ord(bytes((row, cell)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return points


def _cut(font: Any, wanted: set[int]) -> None:
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.glyph_names = False
    options.notdef_outline = True
    options.name_IDs = [0, 5, 13, 14]
    options.name_languages = [0x409]
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG", "STAT", "meta"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(font)


def _to_truetype(font: Any) -> None:
    order = font.getGlyphOrder()
    outlines = font.getGlyphSet()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, MAX_ERROR, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    glyf = font["glyf"] = newTable("glyf")
    glyf.glyphOrder = order
    glyf.glyphs = glyphs
    del font["CFF "]
    glyf.compile(font)
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for key in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs",
                "maxStackElements", "maxSizeOfInstructions", "maxComponentElements", "maxPoints", "maxContours",
                "maxCompositePoints", "maxCompositeContours", "maxComponentDepth"):  # fmt: skip
        setattr(maxp, key, 1 if key == "maxZones" else 0)
    post = font["post"]
    post.formatType = 3.0
    font.sfntVersion = "\x00\x01\x00\x00"
    for name in list(font["hmtx"].metrics):
        width, _ = font["hmtx"].metrics[name]
        font["hmtx"].metrics[name] = (width, getattr(glyphs[name], "xMin", 0) if glyphs[name].numberOfContours else 0)


def _rename(font: Any, family: str, style: str, source: str) -> None:
    names = font["name"]
    postscript = f"{family}-{style}".replace(" ", "")
    entries = {
        1: family,
        2: style,
        3: f"Yinxin;{postscript}",
        4: f"{family} {style}",
        6: postscript,
        10: f"TrueType outlines made from {source} by tools/make_fonts.py of Yinxin",
    }
    for name_id, text in entries.items():
        names.setName(text, name_id, 3, 1, 0x409)


def make(collection: str, expected: str, target: str, family: str, style: str, wanted: set[int]) -> frozenset[int]:
    """Write one font and return what it covers."""
    path = SOURCE / collection
    font: Any = TTFont(str(path), fontNumber=SC_FACE, recalcTimestamp=False)
    name = font["name"].getDebugName(1)
    if name != expected:
        raise SystemExit(f"{path} face {SC_FACE} is {name}, expected {expected}")
    have = set(font.getBestCmap())
    _cut(font, wanted & have)
    _to_truetype(font)
    _rename(font, family, style, f"{expected} {style} 2.x")
    font["head"].created = font["head"].modified = MADE_AT
    for tag in list(font.keys()):
        if tag not in KEPT_TABLES and tag != "GlyphOrder":
            del font[tag]
    out = TARGET / target
    font.save(str(out), reorderTables=True)
    print(f"{out.name}: {len(wanted & have)} characters, {out.stat().st_size} octets")
    return frozenset(wanted & have)


def ship_licence() -> None:
    """The OFL text out of Debian's copyright file, below the copyright lines the source fonts carry themselves."""
    stanza = COPYRIGHT.read_text().split("\nLicense: SIL-1.1\n")[-1].split("\nLicense: ")[0]
    body = "\n".join("" if line == " ." else line.removeprefix(" ") for line in stanza.splitlines())
    if "SIL OPEN FONT LICENSE" not in body.upper():
        raise SystemExit(f"{COPYRIGHT} does not hold the OFL")
    lines = []
    for collection in ("NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc"):
        names: Any = TTFont(str(SOURCE / collection), fontNumber=SC_FACE, lazy=True)["name"]
        lines.append(f"{names.getDebugName(4)}: {names.getDebugName(0)}")
    note = "The Yinxin fonts in this folder are modified versions: cut to a character set, outlines made TrueType."
    (TARGET / "OFL.txt").write_text("\n".join([*lines, note, "", body.strip(), ""]))


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    main_set = _expand(MAIN_RANGES) | gb2312() | standard_characters()
    serif, sans = "Noto Serif CJK SC", "Noto Sans CJK SC"
    covered = make("NotoSerifCJK-Regular.ttc", serif, "YinxinSerif-Regular.ttf", "Yinxin Serif", "Regular", main_set)
    make("NotoSerifCJK-Bold.ttc", serif, "YinxinSerif-Bold.ttf", "Yinxin Serif", "Bold", main_set)
    make("NotoSansCJK-Regular.ttc", sans, "YinxinSans-Regular.ttf", "Yinxin Sans", "Regular", main_set)
    rest = _expand(HAN_RANGES) - covered
    make("NotoSerifCJK-Regular.ttc", serif, "YinxinSerifRare-Regular.ttf", "Yinxin Serif Rare", "Regular", rest)
    ship_licence()


if __name__ == "__main__":
    main()

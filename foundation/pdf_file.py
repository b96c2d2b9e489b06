"""Writing PDF 1.7 files of our own pages (PDF 文件书写): objects, one cross-reference table, composite fonts.

For files we make, never for ones we were given. Nothing here reads a clock; the same objects give the same octets. The
file ends with a newline, so that a signature may be appended (ISO 32000-1 7.5).
"""

from __future__ import annotations

import hashlib
import zlib
from functools import lru_cache

from foundation.glyphs import Subset


class PdfFile:
    """Objects in order of their numbers, one classic cross-reference table."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def reserve(self) -> int:
        self._objects.append(b"")
        return len(self._objects)

    def add(self, body: str) -> int:
        self._objects.append(body.encode("ascii"))
        return len(self._objects)

    def fill(self, number: int, body: str) -> None:
        self._objects[number - 1] = body.encode("ascii")

    def stream(self, entries: str, data: bytes, *, deflated: bool) -> int:
        packing = "/Filter/FlateDecode" if deflated else ""
        head = f"<<{entries}{packing}/Length {len(data)}>>\nstream\n".encode("ascii")
        self._objects.append(head + data + b"\nendstream")
        return len(self._objects)

    def finish(self, catalog: int, info: int) -> bytes:
        parts = [b"%PDF-1.7\n%\xe5\x8d\xb0\xe4\xbf\xa1\n"]
        offset, offsets = len(parts[0]), []
        for number, body in enumerate(self._objects, 1):
            offsets.append(offset)
            part = b"%d 0 obj\n%b\nendobj\n" % (number, body)
            parts.append(part)
            offset += len(part)
        identity = hashlib.sha256(b"".join(parts)).hexdigest()[:32]
        table = "".join(f"{each:010d} 00000 n \n" for each in offsets)
        parts.append(
            f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n{table}trailer\n<</Size {len(offsets) + 1}"
            f"/Root {catalog} 0 R/Info {info} 0 R/ID[<{identity}><{identity}>]>>\n"
            f"startxref\n{offset}\n%%EOF\n".encode("ascii")
        )
        return b"".join(parts)


def add_font(file: PdfFile, cut: Subset) -> int:
    """A composite font, two-octet glyph numbers, with ToUnicode so that the text can be searched and copied."""
    name = f"/{cut.tag}+{cut.name}"
    program, mapping = _packed(cut)
    data = file.stream(f"/Length1 {len(cut.data)}", program, deflated=True)
    bold = cut.name.endswith("Bold")
    descriptor = file.add(
        f"<</Type/FontDescriptor/FontName{name}/Flags 4/FontBBox[-1000 -400 2000 1200]/ItalicAngle 0/Ascent 880"
        f"/Descent -120/CapHeight 733/StemV {120 if bold else 80}/FontFile2 {data} 0 R>>"
    )
    widths = " ".join(map(str, cut.widths))
    descendant = file.add(
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        f"/Supplement 0>>/FontDescriptor {descriptor} 0 R/DW 1000/W[0[{widths}]]/CIDToGIDMap/Identity>>"
    )
    unicode = file.stream("", mapping, deflated=True)
    return file.add(
        f"<</Type/Font/Subtype/Type0/BaseFont{name}/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]"
        f"/ToUnicode {unicode} 0 R>>"
    )


def _packed(cut: Subset) -> tuple[bytes, bytes]:
    """Font program and ToUnicode map, deflated; remembered because labels need the same cut every time."""
    return _pack(cut.tag, cut.name, cut.data, tuple(cut.glyphs.items()))


@lru_cache(maxsize=128)
def _pack(_tag: str, _name: str, data: bytes, glyphs: tuple[tuple[str, int], ...]) -> tuple[bytes, bytes]:
    seen: dict[int, str] = {}
    for char, glyph in glyphs:
        seen.setdefault(glyph, char)
    rows = [f"<{glyph:04x}> <{char.encode('utf-16-be').hex()}>" for glyph, char in sorted(seen.items())]
    blocks = [rows[at : at + 100] for at in range(0, len(rows), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    mapping = (
        "/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
        "/CMapName/Adobe-Identity-UCS def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{body}\n"
        "endcmap CMapName currentdict/CMap defineresource pop end end"
    )
    return zlib.compress(data, 6), zlib.compress(mapping.encode("ascii"), 6)


def hex_text(text: str) -> str:
    return f"<feff{text.encode('utf-16-be').hex()}>"


def number(number: float) -> str:
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text

"""PDFs that cost far more to draw than to send (绘制炸弹), each in a few kilobytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

SIDE = 60_000
A4 = b"[0 0 595 842]"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n" % (entries, len(data)) + data + b"\nendstream"


def document(*objects: bytes) -> bytes:
    """Object 1 is the catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + one + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + head + table + end


def page(content: bytes, *more: bytes, resources: bytes = b"/XObject<</X 5 0 R>>", box: bytes = A4) -> bytes:
    """One page; `more` begins with object 5."""
    return document(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox%s/Contents 4 0 R/Resources<<%s>>>>" % (box, resources),
        stream(content),
        *more,
    )


SHOWN = b"q 500 0 0 500 40 200 cm /X Do Q"


def picture(data: bytes, entries: bytes, *, width: int = SIDE, height: int = SIDE, bits: int = 8) -> bytes:
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent %d" % (width, height, bits)
    return page(SHOWN, stream(data, head + entries))


def huge_page() -> bytes:
    return page(b"0 0 1000000000 1000000000 re f", box=b"[0 0 1000000000 1000000000]")


def endless_page() -> bytes:
    return page(b"0 0 1 100000000 re f", box=b"[0 0 1 100000000]")


def no_size() -> bytes:
    return page(b"0 0 1 1 re f", box=b"[0 0 0 0]")


def deep_forms() -> bytes:
    """Each form shows the next one ten times: ten to the twentieth rectangles."""
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 600 850]"
    forms = [
        stream(b"/X Do " * 10, head + b"/Resources<</XObject<</X %d 0 R>>>>" % (number + 1)) for number in range(5, 25)
    ]
    return page(b"/X Do", *forms, stream(b"0 0 9 9 re f " * 100, head))


def looped_forms() -> bytes:
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 600 850]/Resources<</XObject<</X 5 0 R>>>>"
    return page(b"/X Do", stream(b"/X Do /X Do " * 50, head))


def flate_picture() -> bytes:
    """Sixty thousand pixels either way, all of one colour: 10.8 GB unpacked."""
    row = zlib.compressobj(9)
    packed = b"".join(row.compress(bytes(3 * SIDE)) for _ in range(200)) + row.flush()
    return picture(packed, b"/ColorSpace/DeviceRGB/Filter/FlateDecode")


def nested_flate() -> bytes:
    data = zlib.compress(bytes(50 * 1024 * 1024), 9)
    return picture(
        zlib.compress(data, 9), b"/ColorSpace/DeviceGray/Filter[/FlateDecode/FlateDecode]", width=7_000, height=7_000
    )


def fax_picture() -> bytes:
    return picture(
        b"\xff" * 4000,
        b"/ColorSpace/DeviceGray/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 60000/Rows 60000>>",
        bits=1,
    )


def jbig2_picture() -> bytes:
    """A page of 60,000 by 60,000 and one generic region over all of it (ITU-T T.88 7.4)."""
    info = struct.pack(">IIIIBH", SIDE, SIDE, 0, 0, 0, 0)
    region = (
        struct.pack(">IIIIB", SIDE, SIDE, 0, 0, 0) + b"\x00" + bytes([3, 255, 253, 255, 2, 254, 254, 254]) + bytes(64)
    )
    data = (
        struct.pack(">IBBBI", 0, 48, 0, 1, len(info)) + info + struct.pack(">IBBBI", 1, 38, 0, 1, len(region)) + region
    )
    return picture(data, b"/ColorSpace/DeviceGray/Filter/JBIG2Decode", bits=1)


def jpx_picture() -> bytes:
    """A codestream of JPEG 2000 that says it is that large (ISO/IEC 15444-1 A.5.1), in one tile."""
    size = struct.pack(">HIIIIIIIIH", 0, SIDE, SIDE, 0, 0, SIDE, SIDE, 0, 0, 3) + b"\x07\x01\x01" * 3
    cod = bytes([0, 0, 0, 1, 0, 5, 4, 4, 0, 1])
    qcd = bytes([0x40]) + b"\x40" * 16
    part = lambda mark, body: mark + struct.pack(">H", len(body) + 2) + body  # noqa: E731 - two bytes in front
    tile = part(b"\xff\x90", struct.pack(">HIBB", 0, 0, 0, 1)) + b"\xff\x93" + bytes(64)
    data = b"\xff\x4f" + part(b"\xff\x51", size) + part(b"\xff\x52", cod) + part(b"\xff\x5c", qcd) + tile + b"\xff\xd9"
    return picture(data, b"/ColorSpace/DeviceRGB/Filter/JPXDecode")


def jpeg_picture() -> bytes:
    """A progressive JPEG keeps every coefficient: two octets each."""
    frame = struct.pack(">BHHB", 8, SIDE, SIDE, 3) + bytes([1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])
    tables = b"\xff\xdb\x00\x43\x00" + bytes([16]) * 64
    huffman = b"\xff\xc4\x00\x14\x00" + bytes([1]) + bytes(15) + b"\x00"
    scan = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x00\x00" + bytes(3000)
    data = b"\xff\xd8" + tables + b"\xff\xc2" + struct.pack(">H", len(frame) + 2) + frame + huffman + scan + b"\xff\xd9"
    return picture(data, b"/ColorSpace/DeviceRGB/Filter/DCTDecode")


def masked_picture() -> bytes:
    head = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8/Width %d/Height %d"
    small = stream(b"\0", head % (1, 1) + b"/SMask 6 0 R")
    return page(SHOWN, small, stream(zlib.compress(bytes(10**6)), head % (SIDE, SIDE) + b"/Filter/FlateDecode"))


def pattern_picture() -> bytes:
    """The picture stands in a pattern the page is filled with."""
    head = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 500 500]/XStep 500/YStep 500"
    tile = stream(b"500 0 0 500 0 0 cm /X Do", head + b"/Resources<</XObject<</X 6 0 R>>>>")
    head = (
        b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 1/Width %d/Height %d/Filter/FlateDecode"
        % (SIDE, SIDE)
    )
    return page(
        b"/Pattern cs /P scn 0 0 595 842 re f",
        tile,
        stream(zlib.compress(bytes(10**6)), head),
        resources=b"/Pattern<</P 5 0 R>>",
    )


def tiny_tiles() -> bytes:
    tile = stream(
        b"0 0 1 1 re f", b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.001/YStep 0.001/Resources<<>>"
    )
    return page(b"/Pattern cs /P scn 0 0 595 842 re f", tile, resources=b"/Pattern<</P 5 0 R>>")


def many_paths() -> bytes:
    return page(b"0 0 m " + b"595 842 l 0 842 l 595 0 l 0 0 l " * 100_000 + b"f*")


def many_clips() -> bytes:
    return page(b"q 0 0 595 842 re W n " * 300_000 + b"0 0 9 9 re f")


def blended_groups() -> bytes:
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Group<</S/Transparency/I true/K true>>"
    forms = [
        stream(
            b"/G gs /X Do",
            head + b"/Resources<</ExtGState<</G<</BM/Multiply/ca .5>>>>/XObject<</X %d 0 R>>>>" % (number + 1),
        )
        for number in range(5, 60)
    ]
    return page(b"/X Do", *forms, stream(b"0 0 9 9 re f", head))


def shading() -> bytes:
    """A function-based shading whose function is a program that is run for every pixel (ISO 32000 7.10.5)."""
    program = stream(b"{" + b"dup mul sqrt " * 20_000 + b"dup}", b"/FunctionType 4/Domain[0 1 0 1]/Range[0 1 0 1 0 1]")
    return page(
        b"/S sh",
        b"<</ShadingType 1/ColorSpace/DeviceRGB/Matrix[595 0 0 842 0 0]/Function 6 0 R>>",
        program,
        resources=b"/Shading<</S 5 0 R>>",
    )


def no_page_at_all() -> bytes:
    return document(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 99>>")


def page_loop() -> bytes:
    kids = b" ".join([b"2 0 R"] * 5000)
    return document(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count 9>>" % kids)


INLINE = b"/BPC 8 /CS /G /F /Fl ID " + zlib.compress(bytes(9999)) + b" EI Q"
PLACE = b"q 500 0 0 500 0 0 cm BI "


def inline_picture() -> bytes:
    """In the operators themselves, its keys written in another way."""
    return page(PLACE + b"/#57 60000 /H 60000 " + INLINE)


def inline_behind_a_string() -> bytes:
    return page(PLACE + b"/X (a (ID) ) % ID\n /W 60000.0/H +60000 " + INLINE)


def inline_over_two_parts() -> bytes:
    """The operators of a page are one list, wherever it is cut."""
    return document(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox%s/Contents[4 0 R 5 0 R]/Resources<</Properties<</M 5 0 R>>>>>>" % A4,
        stream(PLACE),
        stream(b"/W 60000 /H 60000 " + INLINE),
    )


def inline_in_a_look() -> bytes:
    """An annotation's appearance need not say that it is a form, and may say that it is a picture."""
    look = stream(PLACE + b"/W 60000 /H 60000 " + INLINE, b"/BBox[0 0 500 500]/Width 1/Height 1")
    return document(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox%s/Annots[4 0 R]>>" % A4,
        b"<</Type/Annot/Subtype/Stamp/Rect[0 0 500 500]/AP<</N 5 0 R>>>>",
        look,
    )


def inline_endless() -> bytes:
    return page(PLACE + b"/X 1 " * 3000 + INLINE)


def hidden_jpeg() -> bytes:
    """The dictionary says ten by ten, the JPEG itself something else, packed once more."""
    frame = struct.pack(">BHHB", 8, SIDE, SIDE, 1) + bytes([1, 0x11, 0])
    data = b"\xff\xd8\xff\xc2" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"
    more = b"/ColorSpace/DeviceGray/Filter[/FlateDecode/DCTDecode]"
    return picture(zlib.compress(data), more, width=10, height=10)


def borrowed_font(text: str) -> bytes:
    """No bomb: a line in a Chinese font that is not embedded, as office programs write it."""
    font = b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>"
    below = b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
    told = b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 880"
    shown = b"BT /F 24 Tf 72 700 Td <%s> Tj ET" % text.encode("utf-16-be").hex().encode()
    return page(
        shown,
        font,
        below + b"/Supplement 4>>/FontDescriptor 7 0 R/DW 1000>>",
        told + b"/Descent -120/CapHeight 700/StemV 80>>",
        resources=b"/Font<</F 5 0 R>>",
    )


LEAVING_OUT: tuple[Callable[[], bytes], ...] = (
    flate_picture, nested_flate, fax_picture, jbig2_picture, jpx_picture, jpeg_picture, masked_picture, pattern_picture,
    inline_picture, inline_behind_a_string, inline_over_two_parts, inline_in_a_look, inline_endless, hidden_jpeg,
)  # fmt: skip
"""PDFium shows the page without the picture, and says nothing."""
ENDLESS: tuple[Callable[[], bytes], ...] = (endless_page, deep_forms, looped_forms, tiny_tiles, shading)


def fine_scan() -> bytes:
    """A page of A4 at 600 dpi in colour, as a good scanner makes it: large, and to be shown."""
    packed = zlib.compress(bytes(3 * 4960 * 7016), 1)
    return picture(packed, b"/ColorSpace/DeviceRGB/Filter/FlateDecode", width=4960, height=7016)


def words_about_it() -> bytes:
    """Text in which the operator's name is a word, and an inline picture of an ordinary size."""
    text = b"BT /F 9 Tf (BI) Tj (in BI 99999 88888, ID) Tj (see BI \\) \\( 99999 88888) Tj ET "
    return page(text + PLACE + b"/W 9 /H 9 " + INLINE, resources=b"")


REFUSED: tuple[Callable[[], bytes], ...] = (page_loop, no_page_at_all)
HARMLESS: tuple[Callable[[], bytes], ...] = (
    huge_page,
    no_size,
    words_about_it,
    fine_scan,
    many_paths,
    many_clips,
    blended_groups,
)

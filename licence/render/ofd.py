"""The page as OFD (GB/T 33190-2016, file per GB/T 36905): the same page model as the PDF, drawn by OFD's own means.

Decoration is a background template page; fonts are the same subsets, embedded; the licence data is in DocInfo's
CustomDatas by GB/T 36903 short name and, whole, as an attachment. Elements stand in the order of the standard's tables.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from foundation.fonts import FontName
from foundation.glyphs import ASCENT, Subset
from licence.face import DATA_NAME, LicenceFace
from licence.render.model import CodeDrawing, Colour, Line, Matrix, Page, Path, Run, Segment, Shape
from licence.render.page import cut_fonts, lay_out
from seal.ofd.package import NAMESPACE, write

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NS = f'xmlns:ofd="{NAMESPACE}"'
_OPERATORS = {"M": "M", "L": "L", "C": "B", "Z": "C"}
_TEMPLATE, _PAGE, _LAYER, _FIRST_FONT = 1, 2, 3, 4
"""Object numbers; fonts follow, then what stands on the page. The template's own objects count from 1000."""
_FIRST_DECORATION = 1000


def render_ofd(face: LicenceFace) -> bytes:
    """One page, ready to be sealed at `face.type.layout.seal_place`; the same face gives the same octets."""
    return write_ofd(lay_out(face), face)


def write_ofd(page: Page, face: LicenceFace) -> bytes:
    """The page as a package with its metadata and attached data."""
    fonts = cut_fonts(page.lines)
    numbers = {font: _FIRST_FONT + index for index, font in enumerate(fonts)}
    template, last = _template(page.decoration)
    files = {
        "Doc_0/Document.xml": _document(page, last).encode(),
        "Doc_0/PublicRes.xml": _resources(fonts, numbers).encode(),
        "Doc_0/Tpls/Tpl_0/Content.xml": template,
        "Doc_0/Pages/Page_0/Content.xml": _content(page, numbers).encode(),
        "Doc_0/Attachs/Attachments.xml": _attachments(face).encode(),
        f"Doc_0/Attachs/{DATA_NAME}": face.data_json,
        **{f"Doc_0/Res/{cut.name}.ttf": cut.data for cut in fonts.values()},
    }
    return write({"OFD.xml": _root(face, files).encode(), **files}, level=1)  # sealing packs it anew


def _root(face: LicenceFace, files: dict[str, bytes]) -> str:
    """The entry file. The document number is made from the content, so that it is unique and repeatable."""
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(b"%d:%d:" % (len(name), len(data)) + name.encode() + data)
    items = "".join(
        f"<ofd:CustomData Name={quoteattr(name)}>{escape(value)}</ofd:CustomData>"
        for name, value in face.metadata.items()
    )
    day = face.issued_on.isoformat()
    return (
        f'{_HEAD}<ofd:OFD {_NS} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
        f"<ofd:DocID>{digest.hexdigest()[:32]}</ofd:DocID>"
        f"<ofd:Title>{escape(f'{face.type.name_zh} {face.number}')}</ofd:Title>"
        f"<ofd:Author>{escape(face.issuer_name)}</ofd:Author><ofd:Subject>{escape(face.identifier)}</ofd:Subject>"
        f"<ofd:CreationDate>{day}</ofd:CreationDate><ofd:ModDate>{day}</ofd:ModDate>"
        f"<ofd:Creator>Yinxin</ofd:Creator><ofd:CreatorVersion>{face.type.version}</ofd:CreatorVersion>"
        f"<ofd:CustomDatas>{items}</ofd:CustomDatas></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    )


def _document(page: Page, last: int) -> str:
    box = f"0 0 {_n(page.width)} {_n(page.height)}"
    return (
        f"{_HEAD}<ofd:Document {_NS}><ofd:CommonData><ofd:MaxUnitID>{last}</ofd:MaxUnitID>"
        f"<ofd:PageArea><ofd:PhysicalBox>{box}</ofd:PhysicalBox></ofd:PageArea>"
        "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
        f'<ofd:TemplatePage ID="{_TEMPLATE}" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData>'
        f'<ofd:Pages><ofd:Page ID="{_PAGE}" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>'
        "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments></ofd:Document>"
    )


def _resources(fonts: dict[str, Subset], numbers: dict[str, int]) -> str:
    entries = "".join(
        f'<ofd:Font ID="{numbers[font]}" FontName="{cut.name}" FamilyName="{cut.family}" Charset="unicode">'
        f"<ofd:FontFile>{cut.name}.ttf</ofd:FontFile></ofd:Font>"
        for font, cut in fonts.items()
    )
    return f'{_HEAD}<ofd:Res {_NS} BaseLoc="Res"><ofd:Fonts>{entries}</ofd:Fonts></ofd:Res>'


def _attachments(face: LicenceFace) -> str:
    day = f"{face.issued_on.isoformat()}T00:00:00"
    return (
        f'{_HEAD}<ofd:Attachments {_NS}><ofd:Attachment ID="licence-data" Name="{DATA_NAME}" Format="json"'
        f' CreationDate="{day}" Size="{len(face.data_json) / 1024:.3f}" Visible="true" Usage="data">'
        f"<ofd:FileLoc>{DATA_NAME}</ofd:FileLoc></ofd:Attachment></ofd:Attachments>"
    )


def _content(page: Page, numbers: dict[str, int]) -> str:
    objects: list[str] = []
    for line in page.lines:
        at = line.x
        for run in _pieces(line):
            start = _FIRST_FONT + len(numbers) + len(objects)
            width = sum(run.advances) * line.size / 1000 + line.spacing * len(run.text)
            objects.append(_text(start, numbers[run.font], run, line, at, width))
            at += width
    objects.append(_code(_FIRST_FONT + len(numbers) + len(objects), page.code))
    return (
        f'{_HEAD}<ofd:Page {_NS}><ofd:Template TemplateID="{_TEMPLATE}" ZOrder="Background"/><ofd:Content>'
        f'<ofd:Layer ID="{_LAYER}" Type="Body">{"".join(objects)}</ofd:Layer></ofd:Content></ofd:Page>'
    )


def _pieces(line: Line) -> list[Run]:
    """Runs; rare characters one by one, as readers disagree whether DeltaX counts characters or UTF-16 units."""
    pieces = []
    for run in line.runs:
        if run.font == FontName.RARE:
            pieces += [Run(run.font, char, (run.advances[place],)) for place, char in enumerate(run.text)]
        else:
            pieces.append(run)
    return pieces


def _text(number: int, font: int, run: Run, line: Line, x: float, width: float) -> str:
    top = line.baseline - ASCENT * line.size
    box = f"{_n(x)} {_n(top)} {_n(max(width, 0.1))} {_n(line.size * 1.2)}"
    deltas = [_n(advance * line.size / 1000 + line.spacing) for advance in run.advances[:-1]]
    delta = f' DeltaX="{_run_lengths(deltas)}"' if deltas else ""
    return (
        f'<ofd:TextObject ID="{number}" Boundary="{box}" Font="{font}" Size="{_n(line.size)}">'
        f'<ofd:FillColor Value="{_rgb(line.colour)}"/>'
        f'<ofd:TextCode X="0" Y="{_n(ASCENT * line.size)}"{delta}>{escape(run.text)}</ofd:TextCode></ofd:TextObject>'
    )


def _run_lengths(deltas: list[str]) -> str:
    """`5 5 5 3` as `g 3 5 3`, the short form of GB/T 33190 11.3."""
    parts: list[str] = []
    at = 0
    while at < len(deltas):
        end = at
        while end < len(deltas) and deltas[end] == deltas[at]:
            end += 1
        parts.append(f"g {end - at} {deltas[at]}" if end - at > 2 else " ".join(deltas[at:end]))
        at = end
    return " ".join(parts)


def _code(number: int, code: CodeDrawing) -> str:
    """All modules as one path in millimetres; `qr.draw` sees to it that a module is a whole number of hundredths."""
    at = [_n(code.module * place) for place in range(code.size + 1)]
    data = " ".join(
        [
            f"M {at[x]} {at[y]} L {at[x + n]} {at[y]} L {at[x + n]} {at[y + 1]} L {at[x]} {at[y + 1]} C"
            for x, y, n in code.bars
        ]
    )
    side = at[code.size]
    return (
        f'<ofd:PathObject ID="{number}" Boundary="{_n(code.x)} {_n(code.y)} {side} {side}" Stroke="false" Fill="true">'
        f'<ofd:FillColor Value="0 0 0"/><ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>'
    )


@lru_cache(maxsize=64)
def _template(shapes: tuple[Shape, ...]) -> tuple[bytes, int]:
    """Border and ground as a template page, and the highest object number in the document."""
    objects: list[str] = []
    for shape in shapes:
        for path, places in _without_matrix(shape):
            look, data, (left, top, width, height) = _figure(shape, path)
            for x, y in places:
                number = _FIRST_DECORATION + len(objects) + 1
                box = f"{left + x:.2f} {top + y:.2f} {width:.2f} {height:.2f}"
                objects.append(f'<ofd:PathObject ID="{number}" Boundary="{box}"{look}{data}</ofd:PathObject>')
    text = (
        f'{_HEAD}<ofd:Page {_NS}><ofd:Content><ofd:Layer ID="{_FIRST_DECORATION}" Type="Background">'
        f"{''.join(objects)}</ofd:Layer></ofd:Content></ofd:Page>"
    )
    return text.encode(), _FIRST_DECORATION + len(objects)


def _without_matrix(shape: Shape) -> list[tuple[Path, list[tuple[float, float]]]]:
    """Paths and where they go. Some readers ignore CTM, so copies are moved by their boundary or drawn out."""
    if not shape.copies:
        return [(shape.path, [(0.0, 0.0)])]
    if all(copy[:4] == (1, 0, 0, 1) for copy in shape.copies):
        return [(shape.path, [copy[4:] for copy in shape.copies])]
    drawn_out = [_moved(segment, copy) for copy in shape.copies for segment in shape.path]
    return [(tuple(drawn_out), [(0.0, 0.0)])]


def _moved(segment: Segment, matrix: Matrix) -> Segment:
    a, b, c, d, e, f = matrix
    numbers = segment[1:]
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return (segment[0], *(n for x, y in pairs for n in (a * x + c * y + e, b * x + d * y + f)))


def _figure(shape: Shape, path: Path) -> tuple[str, str, tuple[float, float, float, float]]:
    """Attributes, content and boundary of a path; its coordinates count from the boundary's corner.

    Drawn to a hundredth of a millimetre: every octet here is hashed by whoever seals or verifies the file.
    """
    points = [point for _, *numbers in path for point in zip(numbers[::2], numbers[1::2], strict=True)]
    across, down = [x for x, _ in points], [y for _, y in points]
    left, top = min(across) - shape.width, min(down) - shape.width
    box = (left, top, max(across) + shape.width - left, max(down) + shape.width - top)
    look = f' LineWidth="{_n(shape.width)}"' if shape.stroke else ' Stroke="false"'
    look += ' Fill="true">' if shape.fill else ">"
    colours = f'<ofd:StrokeColor Value="{_rgb(shape.stroke)}"/>' if shape.stroke else ""
    colours += f'<ofd:FillColor Value="{_rgb(shape.fill)}"/>' if shape.fill else ""
    steps = (_moved(segment, (1, 0, 0, 1, -left, -top)) for segment in path)
    data = " ".join(" ".join([_OPERATORS[name], *(f"{n:.2f}" for n in numbers)]) for name, *numbers in steps)
    return look, f"{colours}<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData>", box


def _n(number: float) -> str:
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def _rgb(colour: Colour) -> str:
    return " ".join(map(str, colour))

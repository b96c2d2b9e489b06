"""Looking at a PDF before it is stamped (签章前检查): may it be, and where are its pages.

Refused: encrypted, damaged, locked by an earlier signature (DocMDP and FieldMDP are honoured), and files whose view can
differ from their octets: scripts, launching, XFA, optional content, external streams (T21).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from seal.pdf.problems import PdfRefused, damaged, reading

MOST_PAGES = 5000
MOST_ANNOTATIONS = 20_000
_ACTIONS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition", "/RichMediaExecute"})
_MM = 72 / 25.4


def entry(holder: Any, key: str, default: Any = None) -> Any:
    """The value itself: pyHanko's `get` hands over an unresolved reference."""
    return holder[key] if key in holder else default  # noqa: SIM401 - only [] resolves


def items(array: Any) -> list[Any]:
    return [item.get_object() for item in array]


@dataclass(frozen=True, slots=True)
class PageBox:
    """What is seen of a page: crop box in points, and the clockwise turn of /Rotate."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    @property
    def seen_mm(self) -> tuple[float, float]:
        """Width and height as the reader sees the page."""
        width, height = (self.right - self.left) / _MM, (self.top - self.bottom) / _MM
        return (height, width) if self.rotation % 180 else (width, height)

    def rectangle(
        self, x_mm: float, y_mm: float, width_mm: float, height_mm: float
    ) -> tuple[float, float, float, float]:
        """PDF rectangle of a box centred `x_mm`, `y_mm` from the top left corner as seen."""
        x, y, half_w, half_h = x_mm * _MM, y_mm * _MM, width_mm * _MM / 2, height_mm * _MM / 2
        if self.rotation == 0:
            cx, cy = self.left + x, self.top - y
        elif self.rotation == 90:
            cx, cy = self.left + y, self.bottom + x
        elif self.rotation == 180:
            cx, cy = self.right - x, self.bottom + y
        else:
            cx, cy = self.right - y, self.top - x
        if self.rotation % 180:
            half_w, half_h = half_h, half_w
        return cx - half_w, cy - half_h, cx + half_w, cy + half_h


@dataclass(frozen=True, slots=True)
class Inspected:
    """A PDF that may be stamped. `signed` when it already carries signatures (then none of them locks it)."""

    data: bytes
    """The approved bytes, ended by a newline (PDF/A 6.1.9 in the next revision wants one)."""
    page: PageBox
    field_names: frozenset[str]
    signed: bool


def inspect(data: bytes, page: int) -> tuple[Inspected, IncrementalPdfFileWriter]:
    """Check `data` for stamping on `page` (from 1); raises `PdfRefused`. The writer is fresh and unused."""
    if not data.startswith(b"%PDF-"):
        raise PdfRefused("not_pdf", "这不是 PDF 文件。", "This is not a PDF file.")
    if not re.search(rb"%%EOF[\x00\t\n\x0c\r ]*\Z", data[-64:]):
        raise damaged()
    whole = data if data.endswith((b"\n", b"\r")) else data + b"\n"
    with reading():
        writer = IncrementalPdfFileWriter(BytesIO(whole), strict=True)
        reader: PdfFileReader = writer.prev
        if "/Encrypt" in reader.trailer:
            raise PdfRefused(
                "encrypted",
                "这个 PDF 已加密，请先解除密码保护再签章。",
                "This PDF is encrypted. Remove its password protection first.",
            )
        root = reader.root
        _refuse_hidden_content(root)
        names, signed = _fields_and_locks(reader, root)
        pages = _pages(root)
        if not 1 <= page <= len(pages):
            raise PdfRefused(
                "no_such_page",
                f"文件共 {len(pages)} 页，没有第 {page} 页。",
                f"The file has {len(pages)} pages; there is no page {page}.",
            )
        for node in pages:
            _refuse_actions(node)
        box = _page_box(pages[page - 1])
    return Inspected(whole, box, names, signed), writer


# --- what can make the view differ from the octets ------------------------------------------------------------------


def _refuse_hidden_content(root: Any) -> None:
    form = entry(root, "/AcroForm", {})
    if "/XFA" in form:
        raise _active("XFA 动态表单", "an XFA form")
    if entry(entry(root, "/OCProperties", {}), "/OCGs"):
        raise _active("可开关的图层", "optional content (layers that can be switched)")
    names = entry(root, "/Names", {})
    if "/JavaScript" in names:
        raise _active("脚本", "scripts")
    _refuse_action(entry(root, "/OpenAction"))
    _refuse_additional(root)
    _refuse_additional_in_fields(form)


def _refuse_additional_in_fields(form: Any) -> None:
    waiting, count = items(entry(form, "/Fields", [])), 0
    while waiting:
        field = waiting.pop()
        count += 1
        if count > MOST_ANNOTATIONS:
            raise damaged()
        _refuse_additional(field)
        _refuse_action(entry(field, "/A"))
        waiting.extend(items(entry(field, "/Kids", [])))


def _refuse_actions(page: Any) -> None:
    _refuse_additional(page)
    annotations = entry(page, "/Annots", [])
    if len(annotations) > MOST_ANNOTATIONS:
        raise damaged()
    for annotation in items(annotations):
        _refuse_action(entry(annotation, "/A"))
        _refuse_additional(annotation)
        if entry(annotation, "/Subtype") in ("/Movie", "/Screen", "/RichMedia", "/3D"):
            raise _active("多媒体内容", "multimedia content")
    contents = entry(page, "/Contents")
    streams = items(contents) if isinstance(contents, generic.ArrayObject) else [contents]
    for stream in streams:
        if isinstance(stream, generic.StreamObject) and "/F" in stream:
            raise _active("外部引用", "an external stream")


def _refuse_additional(holder: Any) -> None:
    for action in entry(holder, "/AA", {}).values():
        _refuse_action(action.get_object())


def _refuse_action(action: Any) -> None:
    """Follow /Next a bounded way; a destination array is no action."""
    waiting, count = [action], 0
    while waiting:
        item = waiting.pop()
        if not isinstance(item, generic.DictionaryObject):
            continue
        count += 1
        if entry(item, "/S") in _ACTIONS or count > 64:
            raise _active("脚本或启动动作", "a script or a launching action")
        following = entry(item, "/Next")
        waiting.extend(items(following) if isinstance(following, generic.ArrayObject) else [following])


def _active(zh: str, en: str) -> PdfRefused:
    return PdfRefused(
        "active_content",
        f"文件含有{zh}，所见内容可能与签章内容不一致。请另存为不含此类内容的 PDF 后再签章。",
        f"The file contains {en}: what is seen may differ from what is sealed. Save it without and try again.",
    )


# --- earlier signatures ----------------------------------------------------------------------------------------------


def _fields_and_locks(reader: PdfFileReader, root: Any) -> tuple[frozenset[str], bool]:
    """Names in use, and whether it is signed; refuses when an earlier signature forbids another one.

    A certified document takes no new signature field at any level: level 2 speaks of signing fields that exist
    (ISO 32000-2 12.8.2.2), and pyHanko and Acrobat judge it so.
    """
    names: set[str] = set()
    signed = False
    for name, value, _ in enumerate_sig_fields(reader):
        names.add(name)
        if value is None:
            continue
        signed = True
        _refuse_locks(value.get_object())
    if "/DocMDP" in entry(root, "/Perms", {}):
        raise _locked()
    names.update(str(entry(field, "/T", "")) for field in items(entry(entry(root, "/AcroForm", {}), "/Fields", [])))
    return frozenset(names), signed


def _refuse_locks(signature: Any) -> None:
    for reference in items(entry(signature, "/Reference", [])):
        parameters = entry(reference, "/TransformParams", {})
        if entry(reference, "/TransformMethod") == "/DocMDP":
            raise _locked()
        if entry(reference, "/TransformMethod") == "/FieldMDP" and entry(parameters, "/P") in (1, 2, 3):
            raise _locked()


def _locked() -> PdfRefused:
    return PdfRefused(
        "locked",
        "文件已被先前的签章锁定，不允许再增加签章。如需多方签章，请从未锁定的版本开始。",
        "An earlier signature locks this file; no further one may be added. Start from the version before it.",
    )


# --- pages -----------------------------------------------------------------------------------------------------------


def _pages(root: Any) -> list[Any]:
    """The page dictionaries in order; bounded, because /Kids can loop."""
    pages: list[Any] = []
    waiting = [root["/Pages"]]
    visited = 0
    while waiting:
        node = waiting.pop()
        visited += 1
        if visited > 2 * MOST_PAGES:
            raise PdfRefused("too_many_pages", f"文件超过 {MOST_PAGES} 页。", f"The file has over {MOST_PAGES} pages.")
        if "/Kids" in node:
            waiting.extend(reversed(items(node["/Kids"])))
        else:
            pages.append(node)
    return pages


def _page_box(page: Any) -> PageBox:
    box = _inherited(page, "/CropBox") or _inherited(page, "/MediaBox")
    media = _inherited(page, "/MediaBox")
    x0, y0, x1, y1 = (float(value) for value in box)
    mx0, my0, mx1, my1 = (float(value) for value in media)
    left, right = max(min(x0, x1), min(mx0, mx1)), min(max(x0, x1), max(mx0, mx1))
    bottom, top = max(min(y0, y1), min(my0, my1)), min(max(y0, y1), max(my0, my1))
    rotation = int(_inherited(page, "/Rotate") or 0) % 360
    if rotation % 90 or right - left < 1 or top - bottom < 1:
        raise damaged()
    return PageBox(left, bottom, right, top, rotation)


def _inherited(page: Any, key: str) -> Any:
    node = page
    for _ in range(64):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise damaged()

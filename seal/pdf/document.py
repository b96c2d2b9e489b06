"""Looking at a PDF before it is stamped (签章前检查): may it be, and where are its pages.

Refused: encrypted, damaged, locked by an earlier signature (DocMDP and FieldMDP are honoured), and files whose view can
differ from their octets: scripts, launching, XFA, optional content, external streams (T21).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from seal.pdf.inks import PLAIN, Ink, ink_for
from seal.pdf.locks import fields_and_locks
from seal.pdf.octets import FileOctets, Octets
from seal.pdf.pages import PageBox, entry, items, page_box, page_nodes
from seal.pdf.problems import PdfRefused, damaged, reading
from seal.pdf.writer import Writer, open_writer, open_writer_on

MOST_ANNOTATIONS = 20_000
_ACTIONS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition", "/RichMediaExecute"})


@dataclass(frozen=True, slots=True)
class Inspected:
    """A PDF that may be stamped. `signed` when it already carries signatures (then none of them locks it)."""

    data: Octets
    """The approved bytes, ended by a newline (PDF/A 6.1.9 in the next revision wants one)."""
    nodes: tuple[Any, ...]
    references: tuple[generic.Reference, ...]
    """The page dictionaries in order, and where they stand."""
    field_names: frozenset[str]
    signed: bool
    ink: Ink = PLAIN
    """What a seal on it is painted with."""
    _boxes: dict[int, PageBox] = field(default_factory=dict, repr=False, compare=False)

    @property
    def count(self) -> int:
        return len(self.nodes)

    def page(self, number: int) -> PageBox:
        """Page `number`, from 1."""
        if not 1 <= number <= len(self.nodes):
            raise PdfRefused(
                "no_such_page",
                f"文件共 {len(self.nodes)} 页，没有第 {number} 页。",
                f"The file has {len(self.nodes)} pages; there is no page {number}.",
            )
        known = self._boxes.get(number)
        if known is None:
            with reading():
                known = self._boxes[number] = page_box(self.nodes[number - 1])
        return known


def inspect(data: bytes, field: str | None = None) -> tuple[Inspected, Writer]:
    """Check `data` for stamping; raises `PdfRefused`. The writer is fresh and unused.

    With `field`, an empty field to be signed, a certification that allows signing what exists is no obstacle.
    """
    _check_ends(data)
    whole = data if data.endswith((b"\n", b"\r")) else data + b"\n"
    with reading():
        return _inspected(whole, open_writer(whole), field)


def inspect_copy(path: Path, field: str | None = None) -> tuple[Inspected, Writer]:
    """The same for our own copy of a large file: it gets its last newline here, and its revision later."""
    octets = FileOctets.of(path)
    _check_ends(octets)
    if octets[len(octets) - 1 :] not in (b"\n", b"\r"):
        with path.open("ab") as file:
            file.write(b"\n")
    with reading():
        return _inspected(FileOctets.of(path), open_writer_on(path), field)


def _check_ends(data: Octets) -> None:
    if data[:5] != b"%PDF-":
        raise PdfRefused("not_pdf", "这不是 PDF 文件。", "This is not a PDF file.")
    if not re.search(rb"%%EOF[\x00\t\n\x0c\r ]*\Z", data[max(0, len(data) - 64) :]):
        raise damaged()


def _inspected(whole: Octets, writer: Writer, field: str | None) -> tuple[Inspected, Writer]:
    reader: PdfFileReader = writer.prev
    if "/Encrypt" in reader.trailer:
        raise PdfRefused(
            "encrypted",
            "这个 PDF 已加密，请先解除密码保护再签章。",
            "This PDF is encrypted. Remove its password protection first.",
        )
    root = reader.root
    _refuse_hidden_content(root)
    names, signed = fields_and_locks(reader, root, field)
    pages = page_nodes(root)
    for _, node in pages:
        _refuse_actions(node)
        _let_go(reader, node)
    nodes, references = tuple(node for _, node in pages), tuple(reference for reference, _ in pages)
    return Inspected(whole, nodes, references, names, signed, ink_for(root)), writer


def _let_go(reader: PdfFileReader, page: Any) -> None:
    """The content of a page was looked at; pyHanko would hold the octets of all pages to the end."""
    if "/Contents" not in page:
        return
    value = page["/Contents"]
    parts = value if isinstance(value, generic.ArrayObject) else [page.raw_get("/Contents")]
    for part in parts:
        if isinstance(part, generic.IndirectObject):
            reader.resolved_objects.pop((part.generation, part.idnum), None)


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

"""The date drawn with the seals of an OFD (成文日期): one Annot of type Stamp for each seal. GB/T 33190-2016 7.5, 15.1.

It stands among the files before they are hashed, so the signature protects it like any page. Document.xml must change
for it, so it can only come with the first signature over that file. Glyph outlines: no font is asked of the reader. The
same octets for the same order, for the signer makes them once more (`seal.approval.redone`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from lxml import etree

from seal import dateline
from seal.dateline import Dated
from seal.drawing.ofd import write as path_data
from seal.drawing.shapes import Drawing
from seal.ofd import document as tree
from seal.ofd.document import Body, child, children, local, qualified, text
from seal.ofd.lists import protected, serialise
from seal.ofd.package import NAMESPACE, Package, PackageError, parse_xml
from seal.ofd.sheets import OfdSheets
from seal.orders import OfdOrder
from seal.placing import Mark, resolve

_AFTER = ("CustomTags", "Attachments", "Extensions")
"""What stands behind Annotations in Document.xml (schema order of 7.5)."""
CREATOR = "Yinxin"


@dataclass(frozen=True, slots=True)
class Laid:
    """The package that is signed, and where the seals show in it."""

    package: Package
    sheets: OfdSheets
    marks: tuple[Mark, ...]


def lay(package: Package, sheets: OfdSheets, order: OfdOrder, width: float, height: float) -> Laid:
    """Seals of this size at the places of the order, with its date where it has one; raises `PackageError`."""
    if order.dated is None:
        return Laid(package, sheets, resolve(order.place, sheets, width, height))
    dated = dateline.place(order.dated, order.date_where, width, height)
    boxes = resolve(order.place, sheets, dated.width, dated.height)
    changed = _annotated(package, sheets, boxes, dated, order.dated)
    if changed.keys() & protected(package):
        raise PackageError(
            "date_would_break",
            "先前的签章已保护文档目录，画日期须修改它；请只在第一次签章时画日期",
            "an earlier signature protects the file a date must change; draw dates with the first seal only",
        )
    packed = {name: one for name, one in package.packed.items() if name not in changed}
    after = Package({**package.entries, **changed}, package.limits, packed)
    return Laid(after, OfdSheets.of(after, order.which), tuple(_seal_mark(box, dated, width) for box in boxes))


def _seal_mark(box: Mark, dated: Dated, width: float) -> Mark:
    return replace(box, left=box.left + dated.seal_left, top=box.top + dated.seal_top, part_width=width)


def files(package: Package, body: Body) -> set[str]:
    """All a date may change or add in this document; nothing where its annotations cannot take one."""
    try:
        return _files(package, body)
    except PackageError:
        return set()


def _files(package: Package, body: Body) -> set[str]:
    document, pages = tree.page_elements(package, body)
    name, listed = _list_of(package, body, document)
    named = {page.get("ID", ""): number for number, page in enumerate(pages, 1)}
    return {body.document, name, *(_file_of(package, name, listed, page, at)[0] for page, at in named.items())}


def _annotated(
    package: Package, sheets: OfdSheets, boxes: tuple[Mark, ...], dated: Dated, day: date
) -> dict[str, bytes]:
    """The files that differ: Document.xml, the list of annotations, one file for each page."""
    body, document = sheets.body, parse_xml(package.file(sheets.body.document), sheets.body.document)
    name, listed = _list_of(package, body, document)
    pages = sorted({box.page for box in boxes})
    places = {number: _file_of(package, name, listed, sheets.page(number).id, number) for number in pages}
    roots = {number: _page_annotations(package, *places[number]) for number in pages}
    contents = [sheets.content(number) for number in pages]
    at = _highest(child(document, "CommonData"), (document, *contents, *roots.values()))
    drawn = path_data(Drawing(dated.width, dated.height, dated.contours))
    for box in boxes:
        _annotate(roots[box.page], at + 1, box, dated, drawn, day)
        at += 2
    highest = _sole_number(document)
    highest.text = str(at)
    for number in pages:
        file, known = places[number]
        if not known:
            entry = etree.SubElement(listed, qualified("Page"), {"PageID": sheets.page(number).id})
            etree.SubElement(entry, qualified("FileLoc")).text = f"/{file}"
    _name(document, name)
    changed = {places[number][0]: serialise(roots[number]) for number in pages}
    return {**changed, name: serialise(listed), body.document: serialise(document)}


def _list_of(package: Package, body: Body, document: etree._Element) -> tuple[str, etree._Element]:
    """Annotations.xml, a new one where the document has none."""
    told = text(tree.sole(document, "Annotations"))
    if told:
        name = package.resolve(told, base=body.document)
        return name, parse_xml(package.file(name), name)
    name = f"{body.folder}/Annots/Annotations.xml"
    _refuse_stray(package, name)
    return name, etree.Element(qualified("Annotations"), nsmap={"ofd": NAMESPACE})


def _file_of(package: Package, base: str, listed: etree._Element, page: str, number: int) -> tuple[str, bool]:
    """(file of this page's annotations, whether the list has it already)."""
    found = [one for one in children(listed, "Page") if one.get("PageID") == page]
    if len(found) > 1:
        raise PackageError("annotations_twice", "同一页的批注列出两次", "a page's annotations are listed twice")
    if found:
        return package.resolve(text(child(found[0], "FileLoc")), base=base), True
    return f"{base.rpartition('/')[0]}/Page_{number - 1}/Annotation.xml", False


def _page_annotations(package: Package, name: str, known: bool) -> etree._Element:  # noqa: FBT001 - as found
    if known:
        return parse_xml(package.file(name), name)
    _refuse_stray(package, name)
    return etree.Element(qualified("PageAnnot"), nsmap={"ofd": NAMESPACE})


def _refuse_stray(package: Package, name: str) -> None:
    if any(one.casefold() == name.casefold() for one in package):
        raise PackageError("stray_annotations", "含有未登记的批注文件", "it holds unlisted annotations")


def _highest(common: etree._Element | None, roots: Iterable[etree._Element]) -> int:
    """No identifier in use is higher; some writers' MaxUnitID is too low."""
    stated = text(child(common, "MaxUnitID")) if common is not None else ""
    used = [one.get("ID", "") for root in roots for one in root.iter()]
    return max((int(one) for one in (stated, *used) if one.isdecimal() and len(one) < 10), default=0)


def _sole_number(document: etree._Element) -> etree._Element:
    common = tree.sole(document, "CommonData")
    found = tree.sole(common, "MaxUnitID") if common is not None else None
    if found is None:
        raise PackageError("no_max_id", "没有最大对象标识 MaxUnitID", "it has no MaxUnitID")
    return found


def _name(document: etree._Element, name: str) -> None:
    if child(document, "Annotations") is not None:
        return
    element = etree.Element(qualified("Annotations"))
    element.text = f"/{name}"
    at = next((index for index, one in enumerate(document) if local(one) in _AFTER), len(document))
    document.insert(at, element)


def _annotate(root: etree._Element, number: int, box: Mark, dated: Dated, drawn: str, day: date) -> None:
    told = {"ID": str(number), "Type": "Stamp", "Creator": CREATOR, "LastModDate": day.isoformat(), "ReadOnly": "true"}
    annot = etree.SubElement(root, qualified("Annot"), told)
    etree.SubElement(annot, qualified("Remark")).text = dateline.words(day)
    place = f"{box.left:.3f} {box.top:.3f} {dated.width:.3f} {dated.height:.3f}"
    look = etree.SubElement(annot, qualified("Appearance"), {"Boundary": place})
    own = f"0 0 {dated.width:.3f} {dated.height:.3f}"
    shape = {"ID": str(number + 1), "Boundary": own, "Stroke": "false", "Fill": "true", "Rule": "NonZero"}
    path = etree.SubElement(look, qualified("PathObject"), shape)
    etree.SubElement(path, qualified("FillColor"), {"Value": "0 0 0"})
    etree.SubElement(path, qualified("AbbreviatedData")).text = drawn

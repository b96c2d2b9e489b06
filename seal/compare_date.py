"""Comparing what a date changed in an OFD with what was ordered (成文日期复核): the ordered dates, nothing else.

Reads the finished package against the approved one with its own eyes. Every file the date does not concern is the
business of `seal.compare_ofd`.
"""

from __future__ import annotations

from lxml import etree

from seal import dateline
from seal.drawing.ofd import write as path_data
from seal.drawing.shapes import Drawing
from seal.errors import SealedDiffers
from seal.ofd import document as tree
from seal.ofd.document import child, children, text
from seal.ofd.package import Package, parse_xml
from seal.ofd.shown import near
from seal.orders import OfdOrder
from seal.placing import Mark


def check_dated(approved: Package, finished: Package, order: OfdOrder, marks: tuple[Mark, ...], height: float) -> None:
    """`marks`: where the seals show, `height` of the seal. Raises `SealedDiffers`."""
    if order.dated is None:
        return
    body = tree.chosen_body(finished, order.which)
    _demand(_bare_document(approved, body.document) == _bare_document(finished, body.document), "document with a date")
    document, pages = tree.page_elements(finished, body)
    listed = finished.resolve(text(child(document, "Annotations")), base=body.document)
    by_page: dict[int, list[Mark]] = {}
    for mark in marks:
        by_page.setdefault(mark.page, []).append(mark)
    files = {}
    for entry in children(finished.xml(listed), "Page"):
        files[entry.get("PageID")] = finished.resolve(text(child(entry, "FileLoc")), base=listed)
    mine = {body.document, listed}
    for page, wanted in by_page.items():
        name = files[pages[page - 1].get("ID")]
        mine.add(name)
        _check_page(approved, finished.xml(name), name, order, wanted, height)
    _demand(
        all(finished.entries[name] == octets for name, octets in approved.entries.items() if _content(name, mine)),
        "files beside the date",
    )
    _demand(_entries(approved, listed) <= _entries(finished, listed), "list of annotations")
    _demand(len(files) == len(children(finished.xml(listed), "Page")), "list of annotations")


def _content(name: str, mine: set[str]) -> bool:
    """OFD.xml and lists of signatures grow, and are held by `check_ofd`."""
    return name not in mine and name != "OFD.xml" and not name.endswith("/Signatures.xml")


def _bare_document(package: Package, name: str) -> bytes:
    """Document.xml without what a date changes in it."""
    root = parse_xml(package.file(name), name)
    for one in children(root, "Annotations"):
        root.remove(one)
    common = child(root, "CommonData")
    for one in children(common, "MaxUnitID") if common is not None else []:
        one.text = ""
    return _canonical(root)


def _entries(package: Package, listed: str) -> set[bytes]:
    return {_canonical(one) for one in package.xml(listed)} if listed in package else set()


def _check_page(
    approved: Package, root: etree._Element, name: str, order: OfdOrder, marks: list[Mark], height: float
) -> None:
    """The last Annots are the dates; before them stands what stood there."""
    if order.dated is None:
        return
    added = list(root)[-len(marks) :]
    _demand(len(added) == len(marks), "number of dates")
    before = [_canonical(one) for one in approved.xml(name)] if name in approved else []
    _demand([_canonical(one) for one in root][: -len(marks)] == before, "annotations of a page")
    for annot, mark in zip(added, marks, strict=True):
        dated = dateline.place(order.dated, order.date_where, mark.part_width, height)
        look = child(annot, "Appearance")
        (path,) = list(look) if look is not None and len(look) == 1 else (None,)
        holds = (
            annot.get("Type") == "Stamp"
            and look is not None
            and near(
                look.get("Boundary"),
                [mark.left - dated.seal_left, mark.top - dated.seal_top, dated.width, dated.height],
            )
            and path is not None
            and near(path.get("Boundary"), [0, 0, dated.width, dated.height])
            and text(child(path, "AbbreviatedData")) == path_data(Drawing(dated.width, dated.height, dated.contours))
        )
        _demand(holds, "date")


def _canonical(element: etree._Element) -> bytes:
    return bytes(etree.tostring(element, method="c14n", with_tail=False))


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers(what)

"""Finding one's way in an OFD (文档结构): document body, pages, list of signatures. GB/T 33190-2016 7.4 to 7.8."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

from lxml import etree

from seal.ofd.package import NAMESPACE, ROOT, Package, PackageError

MOST_PAGES = 5000


@dataclass(frozen=True, slots=True)
class Body:
    """One document of a package: where it begins and where its signatures are listed."""

    document: str
    signatures: str | None
    number: int = 1
    """Its place among the documents, from 1."""
    id: str = ""
    """DocID: 32 hexadecimal digits."""

    @property
    def folder(self) -> str:
        return PurePosixPath(self.document).parent.as_posix()

    @property
    def list_name(self) -> str:
        """Where its list of signatures is, or will be."""
        return self.signatures or f"{self.folder}/Signs/Signatures.xml"


@dataclass(frozen=True, slots=True)
class Page:
    """`id` is what StampAnnot@PageRef names; size in millimetres."""

    id: str
    width: float
    height: float


def local(element: etree._Element) -> str:
    """The local name; files in the field also come without the namespace."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in element if local(child) == name]


def child(element: etree._Element, name: str) -> etree._Element | None:
    found = children(element, name)
    return found[0] if found else None


def sole(element: etree._Element, name: str) -> etree._Element | None:
    """The one child of that name; two would let two readers follow two (T20)."""
    found = children(element, name)
    if len(found) > 1:
        raise PackageError("twice", f"元素 {name} 重复出现", f"{name} stands twice")
    return found[0] if found else None


def text(element: etree._Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def qualified(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def bodies(package: Package) -> list[Body]:
    """Every DocBody of OFD.xml."""
    known = package.known.get("bodies")
    if known is None:
        known = package.known["bodies"] = tuple(_bodies(package))
    return list(cast("tuple[Body, ...]", known))


def _bodies(package: Package) -> list[Body]:
    found = []
    for number, element in enumerate(children(package.xml(ROOT), "DocBody"), 1):
        root = text(sole(element, "DocRoot"))
        if not root:
            raise PackageError("no_document", "OFD.xml 没有指明文档", "OFD.xml names no document")
        listed = text(sole(element, "Signatures"))
        info = child(element, "DocInfo")
        identifier = text(child(info, "DocID")) if info is not None else ""
        signatures = package.resolve(listed, base=ROOT) if listed else None
        found.append(Body(package.resolve(root, base=ROOT), signatures, number, identifier.lower()))
    return found


def only_body(package: Package) -> Body:
    """The one document; a second body could show another document than the one approved (T20)."""
    return chosen_body(package, None)


def chosen_body(package: Package, which: str | None) -> Body:
    """The document to be sealed: by its place from 1 or its DocID, needed only where there are several."""
    found = bodies(package)
    if which is None:
        if len(found) != 1:
            raise PackageError(
                "several_documents",
                f"含有 {len(found)} 个文档，请指明对哪一个签章（序号或 DocID）",
                f"it holds {len(found)} documents; say which one to seal, by its place or its DocID",
            )
        return found[0]
    refuse_alike(found)
    chosen = [body for body in found if which in (str(body.number), body.id) or which.lower() == body.id]
    if len(chosen) != 1:
        raise PackageError(
            "no_such_document",
            f"共 {len(found)} 个文档，没有指明的那一个",
            f"it holds {len(found)} documents, and not the one that was named",
        )
    return chosen[0]


def refuse_alike(found: list[Body]) -> None:
    """Two bodies with the same root, list or DocID: readers could take either for the one that was sealed."""
    for values in (
        [body.document for body in found],
        [body.list_name for body in found],
        [body.id for body in found if body.id],
    ):
        if len(set(values)) != len(values):
            raise PackageError(
                "documents_alike", "含有无法区分的多个文档", "it holds documents that cannot be told apart"
            )


def page_elements(package: Package, body: Body) -> tuple[etree._Element, list[etree._Element]]:
    """Document.xml, and its Page elements in order."""
    document = package.xml(body.document)
    pages = children(_need(child(document, "Pages")), "Page")
    if len(pages) > MOST_PAGES:
        raise PackageError("too_many_pages", f"超过 {MOST_PAGES} 页", f"it has over {MOST_PAGES} pages")
    return document, pages


def page_size(document: etree._Element, content: etree._Element) -> tuple[float, float]:
    """The page's own, or the document's."""
    area = child(content, "Area")
    if area is None or child(area, "PhysicalBox") is None:
        area = child(_need(child(document, "CommonData")), "PageArea")
    box = text(child(_need(area), "PhysicalBox")).split()
    try:
        width, height = float(box[2]), float(box[3])
    except (ValueError, IndexError) as error:
        raise PackageError("no_page_size", "页面没有尺寸", "a page has no size") from error
    return width, height


def _need(element: etree._Element | None) -> etree._Element:
    if element is None:
        raise PackageError("incomplete", "文档结构不完整", "its structure is incomplete")
    return element

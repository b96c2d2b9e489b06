"""Finding one's way in an OFD (文档结构): document body, pages, list of signatures. GB/T 33190-2016 7.4 to 7.8."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from lxml import etree

from seal.ofd.package import NAMESPACE, ROOT, Package, PackageError

MOST_PAGES = 5000


@dataclass(frozen=True, slots=True)
class Body:
    """The one document of a package: where it begins and where its signatures are listed."""

    document: str
    signatures: str | None

    @property
    def folder(self) -> str:
        return PurePosixPath(self.document).parent.as_posix()


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


def text(element: etree._Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def qualified(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def bodies(package: Package) -> list[Body]:
    """Every DocBody of OFD.xml."""
    found = []
    for element in children(package.xml(ROOT), "DocBody"):
        root = text(child(element, "DocRoot"))
        if not root:
            raise PackageError("no_document", "OFD.xml 没有指明文档", "OFD.xml names no document")
        listed = text(child(element, "Signatures"))
        found.append(Body(package.resolve(root, base=ROOT), package.resolve(listed, base=ROOT) if listed else None))
    return found


def only_body(package: Package) -> Body:
    """The one document; a second body could show another document than the one approved (T20)."""
    found = bodies(package)
    if len(found) != 1:
        raise PackageError(
            "several_documents",
            "一个 OFD 须恰好包含一个文档才能签章",
            "exactly one document must be inside to be sealed",
        )
    return found[0]


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

"""What each file of an OFD is for (包内文件的用途): page, template, annotation and so on. GB/T 33190-2016 7.

Followed as a reader would, from the documents downwards, to name what no seal protects. It only names: a package that
cannot be followed any further leaves the rest without a role, which is never better than with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from lxml import etree

from seal.ofd.document import Body, bodies, child, children, local, text
from seal.ofd.package import Package, PackageError

MOST_STEPS = 4096


class Role(StrEnum):
    DOCUMENT = "document"
    PAGE = "page"
    TEMPLATE = "template"
    ANNOTATION = "annotation"
    ATTACHMENT = "attachment"
    RESOURCE = "resource"
    TAG = "tag"
    UNUSED = "unused"


def roles(package: Package) -> dict[str, Role]:
    """File → what a document uses it for. Files that no document uses are not in it."""
    found: dict[str, Role] = {}
    for body in bodies(package):
        found.setdefault(body.document, Role.DOCUMENT)
        for name, role in _Walk(package).of(body):
            found.setdefault(name, role)
    return found


class _Walk:
    """One document, bounded in steps; what is damaged is passed over."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._left = MOST_STEPS

    def of(self, body: Body) -> Iterator[tuple[str, Role]]:
        document = self._open(body.document)
        if document is None:
            return
        common = child(document, "CommonData")
        for item in common if common is not None else ():
            if local(item) in ("PublicRes", "DocumentRes"):
                yield from self._resources(text(item), body.document)
            elif local(item) == "TemplatePage":
                yield from self._page(item.get("BaseLoc", ""), body.document, Role.TEMPLATE)
        pages = child(document, "Pages")
        for item in children(pages, "Page") if pages is not None else ():
            yield from self._page(item.get("BaseLoc", ""), body.document, Role.PAGE)
        yield from self._files(document, "Annotations", body.document, Role.ANNOTATION)
        yield from self._files(document, "Attachments", body.document, Role.ATTACHMENT)
        yield from self._files(document, "CustomTags", body.document, Role.TAG)
        yield from self._files(document, "Extensions", body.document, Role.TAG)

    def _page(self, location: str, base: str, role: Role) -> Iterator[tuple[str, Role]]:
        name = self._name(location, base)
        if name is None:
            return
        yield name, role
        page = self._open(name)
        for item in children(page, "PageRes") if page is not None else ():
            yield from self._resources(text(item), name)

    def _resources(self, location: str, base: str) -> Iterator[tuple[str, Role]]:
        name = self._name(location, base)
        if name is None:
            return
        yield name, Role.RESOURCE
        root = self._open(name)
        if root is None:
            return
        folder = root.get("BaseLoc", "").strip("/")
        for item in root.iter():
            if local(item) in ("FontFile", "MediaFile") or item.get("Profile"):
                told = text(item) or item.get("Profile", "")
                inside = told if told.startswith("/") or not folder else f"{folder}/{told}"
                found = self._name(inside, name) or self._name(told, name)
                if found is not None:
                    yield found, Role.RESOURCE

    def _files(self, document: etree._Element, element: str, base: str, role: Role) -> Iterator[tuple[str, Role]]:
        """A list in a file of its own, and the files it names."""
        for location in children(document, element):
            name = self._name(text(location), base)
            if name is None:
                continue
            yield name, role
            root = self._open(name)
            for item in root.iter() if root is not None else ():
                if local(item) in ("FileLoc", "SchemaLoc") and (found := self._name(text(item), name)) is not None:
                    yield found, role

    def _name(self, location: str, base: str) -> str | None:
        if not location:
            return None
        try:
            name = self._package.resolve(location, base=base)
        except PackageError:
            return None
        return name if name in self._package else None

    def _open(self, name: str) -> etree._Element | None:
        self._left -= 1
        if self._left < 0 or name not in self._package:
            return None
        try:
            return self._package.xml(name)
        except PackageError:
            return None

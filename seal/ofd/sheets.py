"""An OFD as placing sees it (OFD 定位): sizes of pages and words. GB/T 33190-2016 7.7, 11.3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from foundation.errors import InvalidInput
from foundation.text import Text
from seal.matching import last_line, occurrences
from seal.ofd import document as tree
from seal.ofd.document import Body, Page, child, children
from seal.ofd.package import Package, PackageError
from seal.ofd.words import Character, characters
from seal.placing import Found

MOST_CHARACTERS = 500_000


@dataclass(slots=True)
class OfdSheets:
    """Pages are read when they are asked for, and kept."""

    package: Package
    body: Body
    document: etree._Element
    elements: list[etree._Element]
    _pages: dict[int, Page] = field(default_factory=dict)

    @classmethod
    def of(cls, package: Package, which: str | None = None) -> OfdSheets:
        body = tree.chosen_body(package, which)
        return cls(package, body, *tree.page_elements(package, body))

    @property
    def count(self) -> int:
        return len(self.elements)

    def page(self, number: int) -> Page:
        """Page `number`, from 1, with its identifier."""
        if not 1 <= number <= len(self.elements):
            raise PackageError(
                "no_such_page",
                f"文件共 {len(self.elements)} 页，没有第 {number} 页",
                f"it has {len(self.elements)} pages and no page {number}",
            )
        if number not in self._pages:
            width, height = tree.page_size(self.document, self.content(number))
            self._pages[number] = Page(self.elements[number - 1].get("ID", ""), width, height)
        return self._pages[number]

    def size(self, page: int) -> tuple[float, float]:
        found = self.page(page)
        return found.width, found.height

    def find(self, text: str, first: int, last: int, most: int) -> Sequence[Found]:
        """In the order of the page's file: its own content, then its templates."""
        found: list[Found] = []
        left = MOST_CHARACTERS
        for number in range(first, last + 1):
            read = self.characters(number, left)
            left -= len(read)
            for begin, end in occurrences([one.char for one in read], text):
                x, y = last_line([one.box for one in read[begin : end + 1] if not one.char.isspace()]).centre
                width, height = self.size(number)
                if 0 <= x <= width and 0 <= y <= height:
                    found.append(Found(number, x, y))
                if len(found) >= most:
                    return found
        return found

    def field(self, name: str) -> Found:
        raise InvalidInput(
            "seal.no_fields",
            Text(
                "OFD 没有签名域，请改用坐标或关键字。",
                f"An OFD has no signature fields ({len(name)} characters given). Place by coordinates or by keyword.",
            ),
        )

    def content(self, number: int) -> etree._Element:
        """The page's own file."""
        location = self.elements[number - 1].get("BaseLoc", "")
        return self.package.xml(self.package.resolve(location, base=self.body.document))

    def characters(self, number: int, most: int) -> list[Character]:
        content = self.content(number)
        read = characters(content, most)
        common = child(self.document, "CommonData")
        templates = {
            one.get("ID", ""): one.get("BaseLoc", "")
            for one in (children(common, "TemplatePage") if common is not None else [])
        }
        for used in children(content, "Template"):
            location = templates.get(used.get("TemplateID", ""))
            if location is not None:
                name = self.package.resolve(location, base=self.body.document)
                read += characters(self.package.xml(name), most - len(read))
        return read

"""Where in the document a value stands (文档位置), from which follows what a change of it means. ISO 32000-2 7.7."""

from __future__ import annotations

from dataclasses import dataclass, replace

from verify.changes import Box
from verify.pdf.compare.kinds import Kind


@dataclass(frozen=True, slots=True)
class Place:
    kind: Kind
    page: int | None = None
    box: Box | None = None
    field: str | None = None

    def of(self, kind: Kind) -> Place:
        return self if kind is self.kind else replace(self, kind=kind)


@dataclass(frozen=True, slots=True)
class Difference:
    revision: int
    place: Place
    prepared: bool = False
    """Of a signature: the field was there before, empty."""

    @property
    def kind(self) -> Kind:
        return self.place.kind


CATALOG: dict[str, Kind] = {
    "/DSS": Kind.ARCHIVE,
    "/Extensions": Kind.ARCHIVE,
    "/Version": Kind.ARCHIVE,
    "/Metadata": Kind.METADATA,
    "/PieceInfo": Kind.METADATA,
    "/StructTreeRoot": Kind.STRUCTURE,
    "/MarkInfo": Kind.STRUCTURE,
    "/OCProperties": Kind.LAYERS,
    "/OpenAction": Kind.SCRIPT,
    "/AA": Kind.SCRIPT,
    "/Outlines": Kind.OUTLINE,
    "/Dests": Kind.NAMES,
    "/AF": Kind.ATTACHMENT,
    "/Collection": Kind.ATTACHMENT,
    "/Perms": Kind.PERMISSIONS,
    "/Legal": Kind.PERMISSIONS,
}
"""Any other entry is `VIEW`; pages, form and names are walked by themselves."""
NAMES: dict[str, Kind] = {
    "/EmbeddedFiles": Kind.ATTACHMENT,
    "/JavaScript": Kind.SCRIPT,
    "/Renditions": Kind.SCRIPT,
    "/Pages": Kind.PAGES,
    "/Templates": Kind.PAGES,
}
PAGE: dict[str, Kind] = {
    "/Contents": Kind.CONTENT,
    "/Resources": Kind.RESOURCES,
    "/Group": Kind.RESOURCES,
    "/MediaBox": Kind.PAGE_BOX,
    "/CropBox": Kind.PAGE_BOX,
    "/Rotate": Kind.PAGE_BOX,
    "/UserUnit": Kind.PAGE_BOX,
    "/AA": Kind.SCRIPT,
    "/AF": Kind.ATTACHMENT,
    "/Metadata": Kind.METADATA,
    "/PieceInfo": Kind.METADATA,
    "/LastModified": Kind.METADATA,
    "/StructParents": Kind.STRUCTURE,
    "/Tabs": Kind.STRUCTURE,
}
INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
FORM: dict[str, Kind] = {"/XFA": Kind.SCRIPT, "/CO": Kind.SCRIPT}
FIELD: dict[str, Kind] = {
    "/V": Kind.FIELD_VALUE,
    "/RV": Kind.FIELD_VALUE,
    "/I": Kind.FIELD_VALUE,
    "/AP": Kind.FIELD_LOOK,
    "/AS": Kind.FIELD_LOOK,
    "/MK": Kind.FIELD_LOOK,
    "/A": Kind.SCRIPT,
    "/AA": Kind.SCRIPT,
    "/M": Kind.METADATA,
    "/StructParent": Kind.STRUCTURE,
}

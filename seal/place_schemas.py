"""Places of a seal as they cross the wire (用章位置数据): one JSON array beside the file, each item says how (`by`)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from foundation.web.api import Wire
from seal.places import MOST_KEYWORD, AtKeyword, Edge, InField, OnPages, Place, Placement, Riding, Way

_Millimetres = Annotated[float, Field(ge=0, le=5000, description="From the top left corner of the page as seen")]
_Shift = Annotated[float, Field(ge=-5000, le=5000)]
_Number = Annotated[int, Field(ge=1, le=10_000)]


class _Span(Wire):
    first: _Number = 1
    last: _Number | None = Field(None, description="Default: the last page")


class PointBody(Wire):
    by: Literal["point"]
    page: _Number = 1
    x_mm: _Millimetres
    y_mm: _Millimetres

    def place(self) -> Place:
        return Placement(self.page, self.x_mm, self.y_mm)


class PagesBody(_Span):
    by: Literal["pages"]
    x_mm: _Millimetres
    y_mm: _Millimetres

    def place(self) -> Place:
        return OnPages(self.x_mm, self.y_mm, self.first, self.last)


class KeywordBody(_Span):
    by: Literal["keyword"]
    text: str = Field(min_length=1, max_length=MOST_KEYWORD, pattern=r"\S", description="White space does not count")
    occurrence: _Number | Literal["all"] = 1
    dx_mm: _Shift = Field(0.0, description="To the right of the keyword's middle")
    dy_mm: _Shift = Field(0.0, description="Below the keyword's middle")

    def place(self) -> Place:
        occurrence = None if self.occurrence == "all" else self.occurrence
        return AtKeyword(self.text, occurrence, self.dx_mm, self.dy_mm, self.first, self.last)


class RidingBody(_Span):
    by: Literal["riding"]
    edge: Edge = Edge.RIGHT
    y_mm: _Millimetres | None = Field(None, description="Middle of the seal; default: middle of each page")
    group: int = Field(20, ge=2, le=50, description="Most pages that share one seal")
    way: Way = Field(Way.WIDGETS, description="PDF: content draws into the pages, before the first signature only")

    def place(self) -> Place:
        return Riding(self.edge, self.y_mm, self.first, self.last, self.group, self.way)


class FieldBody(Wire):
    by: Literal["field"]
    name: str = Field(min_length=1, max_length=200, description="An empty signature field of the PDF")

    def place(self) -> Place:
        return InField(self.name)


PlaceBody: TypeAlias = Annotated[
    PointBody | PagesBody | KeywordBody | RidingBody | FieldBody, Field(discriminator="by")
]

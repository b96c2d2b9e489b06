"""What crosses the wire at the seal room (印章接口数据)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, Json, model_validator

from foundation.web.api import Wire, bad
from seal.design_schemas import Base64, PictureBody, octets
from seal.ofd_schemas import OfdOptions
from seal.orders import Matter, SealKind, SealRecord, SealRequest
from seal.pdf_schemas import PdfOptions
from seal.place_schemas import PlaceBody
from seal.places import MOST_PLACES, Placement, Places
from seal.ses import CertificateList
from seal.tokens import token_key

Code = Annotated[str, Field(pattern=r"^[0-9]{14}$", description="Seal code: region (6) and serial (8)")]


class SealOut(Wire):
    id: UUID
    code: str
    name: str
    department: str
    department_name: str
    kind: SealKind
    state: str
    diameter_mm: float
    valid_from: datetime | None
    valid_until: datetime | None

    @classmethod
    def of(cls, seal: SealRecord) -> SealOut:
        return cls(
            id=seal.id,
            code=seal.code,
            name=seal.name,
            department=seal.department,
            department_name=seal.department_name,
            kind=seal.kind,
            state=seal.state,
            diameter_mm=seal.diameter,
            valid_from=seal.valid_from,
            valid_until=seal.valid_until,
        )


class SealsOut(Wire):
    items: list[SealOut]


class SealPath(Wire):
    id: UUID


class MakeBody(Wire):
    department: str = Field(pattern=r"^[0-9A-Z]{18}$", description="Unified social credit code of the department")
    department_name: str = Field(min_length=2, max_length=60)
    code: Code
    ring_text: str | None = Field(None, min_length=4, max_length=36, description="Round the seal, usually the name")
    kind: SealKind = SealKind.NAME
    line_text: str | None = Field(None, min_length=1, max_length=12, description="Below the star: the purpose")
    diameter_mm: float = Field(42.0, ge=30, le=60)
    picture: PictureBody | None = Field(None, description="The whole design; instead of ring_text and line_text")
    ses_version: Literal[4, 5] | None = Field(None, description="4: GB/T 38540-2020, 5: GM/T 0031-2025")
    cert_list: CertificateList | None = None
    token: Base64 | None = Field(
        None,
        max_length=50_000,
        description="Base64 DER of the token's certificate request, or its certificate of our CA: the key stays there",
    )

    @model_validator(mode="after")
    def _one_picture(self) -> MakeBody:
        if (self.picture is None) == (self.ring_text is None):
            raise bad("请填写 ring_text 或 picture，二者取一。", "Give ring_text or picture, but not both.")
        return self

    def request(self) -> SealRequest:
        return SealRequest(
            department_uscc=self.department,
            department_name=self.department_name,
            code14=self.code,
            ring_text=self.ring_text or "",
            kind=self.kind,
            line_text=self.line_text,
            diameter=self.diameter_mm,
            picture=self.picture.design() if self.picture else None,
            ses_version=self.ses_version,
            cert_list=self.cert_list,
            token=token_key(octets(self.token)) if self.token else None,
        )


Word = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.\-]{1,64}$")]


class StampForm(PdfOptions, OfdOptions):
    """Fields beside the file. Millimetres from the top left corner of the page as seen, to the seal's centre.

    Either one point (`page`, `x_mm`, `y_mm`) or `places`.
    """

    seal: UUID = Field(description="Id of one of the department's own seals")
    page: int = Field(1, ge=1, le=10_000)
    x_mm: float | None = Field(None, ge=0, le=5000, allow_inf_nan=False)
    y_mm: float | None = Field(None, ge=0, le=5000, allow_inf_nan=False)
    places: Json[list[PlaceBody]] | None = Field(
        None,
        description="JSON array of 1 to 20 places of one signature; by: point, pages, keyword, riding, field",
    )

    matter: Word | None = Field(None, description="Code of the matter the seal is used for")
    matter_number: Word | None = Field(None, description="Number of this case of the matter; no personal data")

    def about(self) -> Matter | None:
        return Matter(self.matter, self.matter_number) if self.matter is not None else None

    @model_validator(mode="after")
    def _one_way(self) -> StampForm:
        point = self.x_mm is not None and self.y_mm is not None
        some = self.x_mm is not None or self.y_mm is not None
        if self.plain and self.places is None and not some:
            return self
        if (self.places is None and not point) or (self.places is not None and some):
            raise bad("请填写 x_mm 和 y_mm，或填写 places，二者取一。", "Give x_mm and y_mm, or places, but not both.")
        if self.places is not None and not 0 < len(self.places) <= MOST_PLACES:
            raise bad(f"places 须为 1 至 {MOST_PLACES} 处。", f"places takes 1 to {MOST_PLACES} items.")
        return self

    def wanted(self) -> Places:
        """A single point stays one, so that orders of earlier releases keep their terms."""
        if self.plain and self.places is None and self.x_mm is None:
            return ()
        if self.places is not None:
            found = tuple(item.place() for item in self.places)
            return found[0] if len(found) == 1 else found
        assert self.x_mm is not None  # noqa: S101 - `_one_way` has looked
        assert self.y_mm is not None  # noqa: S101
        return Placement(self.page, self.x_mm, self.y_mm)

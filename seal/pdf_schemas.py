"""What a request may say about a PDF's signature (PDF 签名选项), beside seal and places."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, Json

from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.text import Text
from foundation.web.api import Wire
from seal.dateline import DateWhere
from seal.pdf_forms import Certification, Level, PdfForm
from seal.place_schemas import PlaceBody
from seal.places import MOST_PLACES
from seal.several import Further

FieldName = Annotated[str, Field(min_length=1, max_length=200)]


class AlsoBody(Wire):
    seal: UUID
    places: list[PlaceBody] = Field(min_length=1, max_length=MOST_PLACES)

    def further(self) -> Further:
        found = tuple(item.place() for item in self.places)
        return Further(self.seal, found[0] if len(found) == 1 else found)


class PdfOptions(Wire):
    suites: Literal["sm2", "rsa", "p256", "sm2,rsa", "sm2,p256"] = Field(
        "sm2", description="PDF only; an OFD is always SM2"
    )
    form: PdfForm = Field(
        PdfForm.PADES,
        description="PDF only: the SM2 signature as PAdES, as a GM/T 0010 message, or as a GB/T 38540 seal signature",
    )
    level: Level = Field(Level.B_T, description="PDF only: b-b, b-t (time stamp), b-lt (evidence), b-lta (archive)")
    reason: str | None = Field(None, min_length=1, max_length=100, description="Printed in the PDF's signature")
    closing: bool = Field(default=True, description="Nothing may be changed or signed afterwards")
    certify: Literal["1", "2", "3"] | None = Field(
        None,
        description="PDF only, first signature only, in place of closing. Afterwards allowed: 1 nothing, "
        "2 filling in forms and signing existing fields, 3 comments too",
    )
    lock: Json[list[FieldName]] | None = Field(
        None, description="PDF only, with closing=false or certify: JSON array of form fields nobody may change"
    )
    also: Json[list[AlsoBody]] | None = Field(
        None, description="JSON array of up to 9 further seals of the department, each signing in turn"
    )
    dated: date | None = Field(
        None, description="A date drawn with the seal, e.g. 2026-11-23; in an OFD with the first seal only"
    )
    date_where: DateWhere = Field(DateWhere.ACROSS, description="The date under the seal's ink, or below the seal")

    def chosen(self) -> tuple[Suite, ...]:
        return tuple(Suite(name) for name in self.suites.split(","))

    def further(self) -> tuple[Further, ...]:
        return tuple(item.further() for item in self.also or ())

    @property
    def certification(self) -> Certification | None:
        return Certification(int(self.certify)) if self.certify else None

    def refuse_for_ofd(self) -> None:
        """What an OFD has no place for is refused, not dropped."""
        if self.form is not PdfForm.PADES or self.level is not Level.B_T or self.certify or self.lock:
            raise InvalidInput(
                "seal.pdf_only",
                Text(
                    "form、level、certify、lock 只用于 PDF 文件。",
                    "form, level, certify and lock are for PDF files only.",
                ),
            )

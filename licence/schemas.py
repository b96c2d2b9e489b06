"""What crosses the wire (接口数据): licences go out masked; whole data leaves only inside the sealed files."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, field_validator

from foundation import masking
from foundation.numbers import is_citizen_number
from foundation.web.api import Wire, bad
from licence.catalogue import FieldSpec, LicenceType, licence_type
from licence.life import State
from licence.register import Content, Licence
from licence.revoke import Reason
from licence.search import MOST, Page

SuiteName = Literal["sm2", "rsa"]
Short = Annotated[str, Field(min_length=1, max_length=120)]


class LicencePath(Wire):
    id: UUID


class EvidenceQuery(Wire):
    format: Literal["pdf", "ofd"] = "pdf"
    line: Literal["sm3", "sha256", "sha384", "sha512"] = Field("sm3", description="Algorithm the record begins with")


class IssueBody(Wire):
    type: Annotated[str, Field(max_length=40, examples=["food-operation"])]
    data: Annotated[
        dict[str, str], Field(max_length=100, description="证照数据，键见证照目录 / by the catalogue's keys")
    ]
    suites: Annotated[tuple[SuiteName, ...], Field(min_length=1, max_length=2, description="PDF 签章套件 / suites")] = (
        "sm2",
    )
    number: Annotated[str | None, Field(max_length=60, description="存量证照的编号 / number of existing stock")] = None

    @field_validator("suites")
    @classmethod
    def _each_once(cls, value: tuple[SuiteName, ...]) -> tuple[SuiteName, ...]:
        if len(set(value)) != len(value):
            raise bad("签章套件不能重复。", "Name each suite once.")
        return tuple(sorted(value, reverse=True))  # SM2 signs first


class RevokeBody(Wire):
    reason: Reason
    note: Annotated[str, Field(max_length=500, description="说明，加密保存 / kept encrypted")] = ""


class ListQuery(Wire):
    type: Annotated[str | None, Field(max_length=40)] = None
    status: State | None = None
    identifier: Annotated[str | None, Field(max_length=120)] = None
    ends_by: Annotated[date | None, Field(description="有效期在此日或之前届满的有效证照 / valid, ending by")] = None
    after: Annotated[UUID | None, Field(description="上一页的 next / `next` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


class SearchBody(Wire):
    """Personal terms travel in the body: addresses end up in logs."""

    holder_code: Annotated[str | None, Field(max_length=60)] = None
    number: Annotated[str | None, Field(max_length=60)] = None
    type: Annotated[str | None, Field(max_length=40)] = None
    status: State | None = None
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


class LicenceOut(Wire):
    id: UUID
    type: str
    name_zh: str
    name_en: str
    identifier: str
    number: str
    holder_name: str
    holder_code: str
    department: str
    department_name: str
    status: State
    issued_on: date
    valid_from: date | None
    valid_to: date | None
    revoked_at: datetime | None
    revocation: str | None
    version: int

    @classmethod
    def of(cls, licence: Licence) -> LicenceOut:
        kind = licence_type(licence.type_slug)
        return cls(
            id=licence.id,
            type=licence.type_slug,
            name_zh=kind.name_zh,
            name_en=kind.name_en,
            identifier=licence.identifier,
            number=licence.shown_number,
            holder_name=licence.shown_name,
            holder_code=licence.shown_code,
            department=licence.department,
            department_name=licence.department_name,
            status=licence.state,
            issued_on=licence.issued_on,
            valid_from=licence.valid_from,
            valid_to=licence.valid_to,
            revoked_at=licence.revoked_at,
            revocation=licence.revocation,
            version=licence.version,
        )


class ItemOut(Wire):
    key: str
    label_zh: str
    label_en: str
    value: str


class LicenceDetail(Wire):
    licence: LicenceOut
    items: list[ItemOut]
    suites: list[str]
    pdf_sm3: str
    ofd_sm3: str

    @classmethod
    def of(cls, content: Content) -> LicenceDetail:
        return cls(
            licence=LicenceOut.of(content.licence),
            items=items(content),
            suites=list(content.suites),
            pdf_sm3=content.pdf_sm3,
            ofd_sm3=content.ofd_sm3,
        )


def items(content: Content) -> list[ItemOut]:
    """The data of a licence in catalogue order, people masked; pages show the same."""
    kind = licence_type(content.licence.type_slug)
    natural = content.licence.natural_person
    return [
        ItemOut(
            key=spec.key,
            label_zh=spec.label_zh,
            label_en=spec.label_en,
            value=_shown(kind, spec, content.data[spec.key], natural=natural),
        )
        for spec in kind.fields
        if spec.key in content.data
    ]


def _shown(kind: LicenceType, spec: FieldSpec, value: str, *, natural: bool) -> str:
    if is_citizen_number(value):
        return masking.mask_id_number(value)
    if (spec.personal and spec.kind == "name") or (natural and spec.key == kind.holder_field):
        return masking.mask_name(value)
    return masking.mask_text(value)


class PageOut(Wire):
    items: list[LicenceOut]
    next: UUID | None

    @classmethod
    def of(cls, page: Page) -> PageOut:
        return cls(items=[LicenceOut.of(licence) for licence in page.items], next=page.next)


class MineOut(Wire):
    items: list[LicenceOut]


class FieldOut(Wire):
    key: str
    label_zh: str
    label_en: str
    kind: str
    required: bool
    max_length: int
    personal: bool
    choices: list[str]

    @classmethod
    def of(cls, spec: FieldSpec) -> FieldOut:
        return cls(
            key=spec.key,
            label_zh=spec.label_zh,
            label_en=spec.label_en,
            kind=spec.kind,
            required=spec.required,
            max_length=spec.max_length,
            personal=spec.personal,
            choices=list(spec.choices),
        )


class TypeOut(Wire):
    slug: str
    code: str
    version: int
    name_zh: str
    name_en: str
    validity_years: int | None
    fields: list[FieldOut]

    @classmethod
    def of(cls, kind: LicenceType) -> TypeOut:
        return cls(
            slug=kind.slug,
            code=kind.code21,
            version=kind.version,
            name_zh=kind.name_zh,
            name_en=kind.name_en,
            validity_years=kind.validity_years,
            fields=[FieldOut.of(spec) for spec in kind.fields],
        )


class TypesOut(Wire):
    items: list[TypeOut]

"""What crosses the wire for hash-only stamping (摘要用章接口数据): digests, millimetres, certificates, the seal."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ca.suites import Suite
from foundation.web.api import Wire
from seal.hash_only.orders import Digested, HashOrder, Material
from seal.placing import MOST_MARKS

SuiteName = Literal["sm2", "rsa", "p256"]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Millimetres = Annotated[float, Field(ge=-5000, le=5000, allow_inf_nan=False)]


class MaterialQuery(Wire):
    suite: SuiteName = "sm2"


class MaterialOut(Wire):
    """Binary values in base64."""

    seal_name: str
    department_name: str
    code: str
    esl: str = Field(description="The SESeal of GB/T 38540")
    width_mm: float
    height_mm: float
    operators: str = Field(description="The seal as deflated PDF operators")
    certificate: str
    chain: list[str] = Field(description="Issuing certificates to send along, without the root")

    @classmethod
    def of(cls, found: Material) -> MaterialOut:
        look = found.held.appearance
        return cls(
            seal_name=found.seal_name,
            department_name=found.department_name,
            code=found.held.code,
            esl=_text(found.held.esl),
            width_mm=look.width,
            height_mm=look.height,
            operators=_text(look.deflated),
            certificate=_text(found.certificate),
            chain=[_text(one) for one in found.chain],
        )


class MarkBody(Wire):
    """Left top corner of the seal's box."""

    page: int = Field(ge=1, le=10_000)
    left_mm: _Millimetres
    top_mm: _Millimetres


class OpenBody(Wire):
    seal: UUID = Field(description="Id of one of the department's own seals")
    format: Literal["pdf", "ofd"]
    suite: SuiteName = "sm2"
    sha256: _Digest = Field(description="SHA-256 of the file as it was approved; the file itself stays with you")
    size: int = Field(ge=1, le=1 << 31, description="Its octets")
    marks: list[MarkBody] = Field(min_length=1, max_length=MOST_MARKS)
    closing: bool = True

    def order(self, key: str) -> HashOrder:
        return HashOrder(
            f"{self.format}-hash",
            bytes.fromhex(self.sha256),
            self.size,
            self.seal,
            tuple((mark.page, mark.left_mm, mark.top_mm) for mark in self.marks),
            key,
            Suite(self.suite),
            self.closing,
        )


class OpenedOut(Wire):
    id: UUID
    signing_time: datetime = Field(description="Frozen: /M of the PDF's signature, SignatureDateTime of the OFD's")


class OrderPath(Wire):
    id: UUID


class DigestBody(Wire):
    digest: _Digest = Field(description="PDF: of the byte ranges, under the suite's digest; OFD: SM3 of Signature.xml")
    property_info: str | None = Field(None, max_length=200, description="OFD: absolute path of Signature.xml")

    def digested(self) -> Digested:
        return Digested(bytes.fromhex(self.digest), self.property_info)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()

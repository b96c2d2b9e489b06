"""What crosses the wire for many certificates at once (批量签发数据), and for profiles."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from ca.enrol import Enrolment
from ca.issue_many import Outcome
from ca.profiles import Profile
from ca.schemas import IdentityBody, NamesBody, ProfileName, SubjectBody, decode
from ca.suites import Suite
from foundation.errors import FieldFault, InvalidInput, YinxinError
from foundation.text import Text
from foundation.web.api import Wire

MOST_LINES = 1000
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]


class BatchLine(Wire):
    """One certificate, as for a single one. `reference` tells the lines apart and makes a repeat harmless."""

    reference: Reference
    suite: Suite
    profile: ProfileName
    subject: SubjectBody
    identity: IdentityBody = IdentityBody()
    names: NamesBody = NamesBody()
    csr: str = Field(max_length=50_000, description="PKCS#10 request, PEM or base64 of DER; only its key is used")
    validity_days: int | None = Field(None, ge=1, le=1825)

    def enrolment(self, prefix: str) -> Enrolment | YinxinError:
        """The order under a request key of its own, or why it cannot be read."""
        try:
            csr = decode(self.csr)
        except ValueError:
            why = Text("不是 PEM 或 base64 格式的证书请求", "neither PEM nor base64")
            detail = Text(f"证书请求无法解析：{why.zh}。", f"The certificate request cannot be read: {why.en}.")
            return InvalidInput("ca.csr", detail, faults=(FieldFault("/csr", why),))
        return Enrolment(
            self.suite,
            self.profile,
            self.subject.subject(),
            self.identity.identity(),
            csr,
            f"{prefix}:{self.reference}"[:200],
            timedelta(days=self.validity_days) if self.validity_days else None,
            self.names.names(),
        )


class BatchBody(Wire):
    lines: list[BatchLine] = Field(min_length=1, max_length=MOST_LINES)


class LineFault(Wire):
    code: str
    text_zh: str
    text_en: str
    pointers: list[str]


class BatchLineOut(Wire):
    """Either a certificate or a fault."""

    reference: str
    id: UUID | None = None
    authority: str | None = None
    serial: str | None = None
    sha256: str | None = None
    certificate: str | None = Field(None, description="Base64 of DER")
    fault: LineFault | None = None

    @classmethod
    def of(cls, reference: str, made: Outcome) -> BatchLineOut:
        if isinstance(made, YinxinError):
            pointers = [fault.pointer for fault in made.faults]
            fault = LineFault(code=made.code, text_zh=made.detail.zh, text_en=made.detail.en, pointers=pointers)
            return cls(reference=reference, fault=fault)
        return cls(
            reference=reference,
            id=made.id,
            authority=made.issuer,
            serial=f"{made.serial:x}",
            sha256=made.fingerprint,
            certificate=base64.b64encode(made.der).decode(),
        )


class BatchOut(Wire):
    issued: int
    refused: int
    lines: list[BatchLineOut]
    chains: dict[str, list[str]] = Field(description="By authority: the CAs above, nearest first, PEM")


class ProfileOut(Wire):
    name: str
    version: int
    sha256: str = Field(description="Of the profile's canonical content; each certificate's row keeps it")
    title_zh: str
    title_en: str
    holder: str
    requestable: bool
    lifetime_days: int
    algorithms: list[str]
    key_usage: list[str]
    extended_key_usage: list[str]
    names: list[str]
    identity: list[str]
    numbering: str

    @classmethod
    def of(cls, profile: Profile) -> ProfileOut:
        return cls(
            name=profile.name,
            version=profile.version,
            sha256=profile.digest,
            title_zh=profile.title.zh,
            title_en=profile.title.en,
            holder=profile.holder,
            requestable=profile.requestable,
            lifetime_days=profile.lifetime.days,
            algorithms=sorted(profile.algorithms),
            key_usage=[str(usage) for usage in profile.key_usage],
            extended_key_usage=list(profile.eku),
            names=sorted(profile.names),
            identity=sorted(profile.identity),
            numbering=profile.numbering,
        )


class ProfilesOut(Wire):
    items: list[ProfileOut]

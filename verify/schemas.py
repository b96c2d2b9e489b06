"""What crosses the wire (接口数据): the report of design.md §4, code trust for browsers, status questions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from foundation.web.api import Wire, bad
from verify.report import Report
from verify.reports.asking import ReportForm, ReportSuite
from verify.status import LicenceState, LicenceStatus


class FindingOut(Wire):
    code: str
    severity: Literal["error", "unknown", "warning", "info"]
    text_zh: str
    text_en: str
    where: str | None = None


class CertificateLineOut(Wire):
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    algorithm: str
    status: Literal["good", "revoked", "unknown", "anchor"]
    source: str | None
    fingerprint: str | None


class ChangeOut(Wire):
    """签后改动 / one change after signing; `box` is left, bottom, right, top in points of the page."""

    revision: int
    kind: str
    allowed: bool
    page: int | None
    box: list[float] | None
    field: str | None
    text_zh: str
    text_en: str


class SignatureOut(Wire):
    name: str
    kind: Literal["seal", "signature", "timestamp", "certificate", "list"]
    intact: bool
    trusted: bool
    indication: Literal["TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"]
    sub_indication: str | None
    signer: str | None
    signer_subject: str | None
    time: datetime | None
    time_source: Literal["timestamp", "claimed"] | None
    algorithm: str | None
    format: str
    certificate_path: list[CertificateLineOut]
    coverage: str | None
    unprotected: list[str]
    seal: dict[str, str] | None
    findings: list[FindingOut]
    changes: list[ChangeOut]
    sentence_zh: str
    sentence_en: str
    parent: str | None
    covers: list[str]


class LicenceFactsOut(Wire):
    identifier: str | None
    type: str | None
    number: str | None
    holder: str | None
    values: dict[str, str]
    state: str | None
    checked_at: datetime | None


class ReportOut(Wire):
    """核验报告"""

    name: str | None
    kind: Literal["pdf", "ofd", "cms", "jws", "seal", "certificate", "list", "timestamp", "code", "unknown"]
    sha256: str
    size: int
    verdict: Literal["genuine", "not_genuine", "cannot_tell"]
    intact: bool
    summary_zh: str
    summary_en: str
    judged_at: datetime
    signatures: list[SignatureOut]
    findings: list[FindingOut]
    licence: LicenceFactsOut | None

    @classmethod
    def of(cls, report: Report) -> ReportOut:
        return cls.model_validate(report.to_json())


class FileForm(Wire):
    """How a file is to be judged."""

    strict: bool = Field(default=False, description="偏离标准即为错误 / every departure from the standards is an error")
    format: ReportForm = Field(
        default=ReportForm.JSON,
        description="json：供程序；xml：TS 119 102-2；pdf：由核验服务签名 / for programs, TS 119 102-2, sealed PDF",
    )
    suite: ReportSuite = Field(
        default=ReportSuite.SM2, description="PDF 报告的签名算法 / what a PDF report is signed with"
    )


class CodeBody(Wire):
    text: str = Field(max_length=8192, description="扫描所得全文 / the scanned text, whole address or fragment")


class StatusBody(Wire):
    """电子证照标识，或二维码中的模板与状态序号 / an identifier, or template and index of a printed code."""

    identifier: str | None = Field(None, min_length=1, max_length=128)
    template: str | None = Field(None, min_length=1, max_length=40)
    status_index: int | None = Field(None, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        by_code = self.template is not None and self.status_index is not None
        if by_code == (self.identifier is not None) or (self.template is None) != (self.status_index is None):
            raise bad("请给出证照标识，或模板与状态序号。", "Give an identifier, or a template with a status index.")
        return self


class StatusOut(Wire):
    """Nothing but the state: an index can be guessed, so the answer must not name the licence."""

    state: LicenceState
    since: datetime | None
    reason: str | None
    checked_at: datetime

    @classmethod
    def of(cls, status: LicenceStatus) -> StatusOut:
        return cls(state=status.state, since=status.at, reason=status.reason, checked_at=status.checked_at)


class CodeKeyOut(Wire):
    kid: str = Field(description="SHA-256 of the certificate, first 8 octets, hexadecimal")
    point: str = Field(description="04‖X‖Y, hexadecimal")
    subject: str
    not_before: datetime
    not_after: datetime
    revoked: bool


class CodeTrustOut(Wire):
    """浏览器离线核验二维码所需 / what a browser needs to check codes without a network."""

    cose_algorithm: int
    sm2_id: str
    alphabet: str
    keys: list[CodeKeyOut]
    templates: list[dict[str, Any]]
    made_at: datetime

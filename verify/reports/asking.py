"""Which report somebody wants (报告格式): JSON for programs, XML after TS 119 102-2, a sealed PDF for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ca.suites import Suite
from verify.pdf.pictures import of_report
from verify.report import Report
from verify.reports.sealing import ReportSealer
from verify.reports.xml_report import to_xml


class ReportForm(StrEnum):
    JSON = "json"
    XML = "xml"
    PDF = "pdf"


class ReportSuite(StrEnum):
    """What a PDF report is signed with: SM2, or RSA for readers that know no SM2."""

    SM2 = "sm2"
    RSA = "rsa"


XML, PDF = "application/xml", "application/pdf"


@dataclass(frozen=True, slots=True)
class Written:
    """The file name has nothing of the judged file's name in it: that one may be hostile."""

    octets: bytes
    media_type: str
    filename: str


def written(sealer: ReportSealer, report: Report, data: bytes, form: ReportForm, suite: ReportSuite) -> Written:
    """The report in `form`; `data` is the file, whose pages are shown where they were changed."""
    stem = f"report-{report.sha256[:12]}"
    if form is ReportForm.XML:
        return Written(to_xml(report, sealer.validator()), XML, f"{stem}.xml")
    return Written(sealer.sealed(report, of_report(data, report), Suite(suite)), PDF, f"{stem}.pdf")

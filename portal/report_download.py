"""A report as a file (下载核验报告): the same report in the form asked for, the PDF sealed by our own service."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from foundation.errors import NotFound
from foundation.text import Text
from foundation.web.frame import room
from verify.report import Report
from verify.reports.sealing import ReportSealer
from verify.reports.xml_report import to_xml


@dataclass(frozen=True, slots=True)
class Form:
    media: str
    make: Callable[[Report], bytes]


def _pdf(report: Report) -> bytes:
    """Without pictures of the pages: the file is not here any more."""
    return room(ReportSealer).sealed(report)


def _json(report: Report) -> bytes:
    return json.dumps(report.to_json(), ensure_ascii=False, indent=2).encode("utf-8", "replace")


def _xml(report: Report) -> bytes:
    return to_xml(report, room(ReportSealer).validator())


FORMS: Mapping[str, Form] = {
    "pdf": Form("application/pdf", _pdf),
    "json": Form("application/json", _json),
    "xml": Form("application/xml", _xml),
}


def form_of(name: str) -> Form:
    try:
        return FORMS[name]
    except KeyError:
        raise NotFound(
            "report.form", Text("没有这种格式的报告。", "There is no report in this form. Choose one of the buttons.")
        ) from None

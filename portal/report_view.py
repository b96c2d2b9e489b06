"""A verification report as a page shows it (核验报告页): headings, labels and words in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from foundation.web.frame import language
from licence.catalogue import ADDED_KEYS, catalogue
from portal.wording import Word
from verify.report import Finding, LicenceFacts, Report, Severity, Verdict

HEADINGS: Mapping[Verdict, Any] = {
    Verdict.GENUINE: _("真实有效"),
    Verdict.NOT_GENUINE: _("不能采信"),
    Verdict.CANNOT_TELL: _("无法判断"),
}
SEVERITIES: Mapping[str, Any] = {
    "error": _("问题"),
    "unknown": _("未能确认"),
    "warning": _("提醒"),
    "info": _("说明"),
}
WHOLE = {True: Word(_("内容完整"), "good"), False: Word(_("内容被改动"), "bad")}
BELIEVED = {True: Word(_("签章人可信"), "good"), False: Word(_("签章人未获信任"), "warn")}
TIME_SOURCES: Mapping[str, Any] = {"timestamp": _("时间戳机构证明"), "claimed": _("签章人自称")}


def context(report: Report) -> dict[str, Any]:
    """What `pages/_report.html` needs."""
    return {
        "report": report,
        "findings": list({(one.severity, one.text): one for one in report.findings}.values()),
        "verdict_heading": HEADINGS[report.verdict],
        "verdict_reason": _reason(report),
        "licence_pairs": _pairs(report.licence) if report.licence else [],
        "severities": SEVERITIES,
        "whole": WHOLE,
        "believed": BELIEVED,
        "time_sources": TIME_SOURCES,
    }


def _reason(report: Report) -> Any:
    """The sentence under the verdict: what decided it."""
    if report.verdict is Verdict.GENUINE:
        return _("内容自盖章后没有改动，签章单位可信。")
    deciding: Finding | None = next(
        (one for wanted in (Severity.ERROR, Severity.UNKNOWN) for one in report.findings if one.severity is wanted),
        None,
    )
    return deciding.text.pick(language()) if deciding else _("没有足够的依据。")


def _pairs(facts: LicenceFacts) -> list[tuple[Any, str]]:
    given = [
        (_("证照类型"), _label(facts.type or "")),
        (_("证照编号"), facts.number),
        (_("持证主体"), facts.holder),
        (_("电子证照标识"), facts.identifier),
    ]
    shown = {value for _label, value in given if value}
    values = [(_label(label), value) for label, value in facts.values.items() if value not in shown]
    return [(label, value) for label, value in given if value] + values


def _label(chinese: str) -> str:
    """The label of a printed code is Chinese; the catalogue knows its English."""
    if language() == "zh":
        return chinese
    return _english().get(chinese, chinese)


def _english() -> dict[str, str]:
    known = {text.zh: text.en for text in ADDED_KEYS.values()}
    known |= {kind.name_zh: kind.name_en for kind in catalogue().values()}
    return known | {spec.label_zh: spec.label_en for kind in catalogue().values() for spec in kind.fields}

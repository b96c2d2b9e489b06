"""The report as a PDF for a clerk (核验报告 PDF): the verdict first, then who, when, why and what was changed.

Words are those of the JSON and the pages (`verify.sentences`, `verify.words`), Chinese above English. It says what
somebody claims and what is proved, and holds no more of the document than its name and digest.
"""

from __future__ import annotations

from foundation.fonts import FontName
from foundation.text import Text
from verify.changes import Change
from verify.pdf.looking import Sight
from verify.report import CertificateLine, Finding, Report, SignatureReport, Verdict, clean
from verify.reports.basis import Basis
from verify.reports.pages import GREY, HEIGHT, MARGIN, WIDTH, Colour, Pages, Style
from verify.sentences import FILES, INDICATIONS, KINDS, STATUSES, TIME_SOURCES, moment

_COLOURS: dict[Verdict, Colour] = {
    Verdict.GENUINE: (0.05, 0.5, 0.25),
    Verdict.NOT_GENUINE: (0.75, 0.1, 0.1),
    Verdict.CANNOT_TELL: (0.75, 0.5, 0.0),
}
_TITLE = Style(20, font=FontName.SERIF_BOLD)
_HEAD = Style(12.5, font=FontName.SERIF_BOLD, leading=1.7)
_PLAIN, _SMALL = Style(9.5), Style(8, GREY)
_IN, _SMALL_IN = Style(9, indent=12), Style(7.5, GREY, indent=12)
MOST_SIGNATURES, MOST_FINDINGS, MOST_CHANGES, MOST_SIGHTS = 40, 30, 20, 4


def write(report: Report, basis: Basis, sights: tuple[Sight, ...] = ()) -> bytes:
    """The pages, unsigned; the same input gives the same octets. `sights`: pages before and after a change."""
    pages = Pages()
    pages.text("核验报告", _TITLE)  # what is at the right of it is the service's mark (`mark`)
    pages.text("Verification report", Style(12, GREY, FontName.SERIF_BOLD))
    pages.gap(14)
    _verdict(pages, report)
    _file(pages, report, basis)
    for at, signature in enumerate(report.signatures[:MOST_SIGNATURES], 1):
        _signature(pages, signature, at)
    if len(report.signatures) > MOST_SIGNATURES:
        left = len(report.signatures) - MOST_SIGNATURES
        _say(pages, Text(f"另有 {left} 个签名未列出。", f"{left} more signatures are not listed."), _PLAIN, _SMALL)
    _sights(pages, sights)
    whole = [found for found in report.findings if found.where is None]
    if whole:
        _heading(pages, Text("关于整个文件", "About the file as a whole"))
        _findings(pages, whole)
    return pages.write("核验报告 Verification report", f"{clean(basis.service)}　{basis.number}", report.judged_at)


def _verdict(pages: Pages, report: Report) -> None:
    colour = _COLOURS[report.verdict]
    pages.bar(46, colour)
    pages.text(clean(report.summary.zh), Style(15, colour, FontName.SERIF_BOLD))
    pages.text(clean(report.summary.en), Style(10, colour))
    pages.gap(12)


def _file(pages: Pages, report: Report, basis: Basis) -> None:
    _heading(pages, Text("文件与依据", "The file, and how it was judged"))
    _row(pages, Text("文件名", "Name"), clean(report.name or "—", 200))
    kind = FILES.get(report.kind, FILES["unknown"])
    _row(pages, Text("类型", "Kind"), f"{kind.zh} {kind.en}")
    _row(pages, Text("大小", "Size"), f"{report.size} B")
    _row(pages, Text("SHA-256", "SHA-256"), report.sha256)
    _row(pages, Text("核验时间", "Judged at"), f"{moment(report.judged_at)} (UTC+8)")
    _row(pages, Text("信任库指纹", "Trust store"), basis.trust)
    _row(pages, Text("核验依据", "Judged by"), "ETSI EN 319 102-1, GB/T 38540, GM/T 0031, GB/T 35275, RFC 5280")
    if report.licence is not None and report.licence.identifier is not None:
        _row(pages, Text("证照标识", "Licence"), clean(report.licence.identifier))
    note = Text(
        "本报告只说明核验时、按上述信任库得出的结论；文件以摘要为准，本服务不保存文件。",
        "This report states the outcome at that time and under that trust store. The digest names the file, "
        "which this service does not keep.",
    )
    _say(pages, note, _SMALL, _SMALL)


def _signature(pages: Pages, signature: SignatureReport, at: int) -> None:
    kind = KINDS[signature.kind]
    _heading(pages, Text(f"{at}. {kind.zh}", f"{kind.en} “{clean(signature.name, 60)}”"))
    _say(pages, signature.sentence, Style(10.5), Style(9, GREY))
    state = INDICATIONS[signature.indication]
    sub = f" / {signature.sub_indication.value}" if signature.sub_indication else ""
    _row(pages, Text("结论", "Outcome"), f"{state.zh} {state.en}（{signature.indication.value}{sub}）")
    _row(pages, Text("签名人", "Signer"), clean(signature.signer or "—", 200))
    if signature.signer_subject:
        _row(pages, Text("证书主体", "Subject"), clean(signature.signer_subject, 200))
    source = TIME_SOURCES["timestamp" if signature.time_source == "timestamp" else "claimed"]
    told = f"{moment(signature.time)} (UTC+8)（{source.zh} {source.en}）"
    _row(pages, Text("时间", "Time"), told if signature.time else "—")
    _row(pages, Text("格式", "Format"), f"{clean(signature.format)}　{signature.algorithm or ''}")
    for key, label in _SEAL.items():
        if signature.seal is not None and signature.seal.get(key):
            _row(pages, label, clean(signature.seal[key], 200))
    if signature.parent is not None:
        _row(pages, Text("所附签名", "Made on"), clean(signature.parent))
    if signature.covers:
        _row(pages, Text("覆盖", "Covers"), "、".join(clean(name, 60) for name in signature.covers[:20]))
    _path(pages, signature.certificate_path)
    _changes(pages, signature.changes)
    _findings(pages, list(signature.findings))


_SEAL = {
    "code": Text("印章编码", "Seal code"),
    "name": Text("印章名称", "Seal name"),
    "valid_until": Text("印章有效期至", "Seal valid until"),
    "maker": Text("制章者", "Made by"),
}


def _path(pages: Pages, lines: tuple[CertificateLine, ...]) -> None:
    if lines:
        pages.text("证书路径　Certificate path", _SMALL)
    for line in lines:
        state = STATUSES.get(line.status, STATUSES["unknown"])
        pages.text(f"{clean(line.subject, 160)}　{state.zh} {state.en}", _IN)
        valid = f"{moment(line.not_before)[:10]} – {moment(line.not_after)[:10]}"
        pages.text(f"{line.serial}　{valid}　{line.source or ''}", _SMALL_IN)


def _changes(pages: Pages, changes: tuple[Change, ...]) -> None:
    if changes:
        pages.text("签名之后的改动　Changed after signing", _SMALL)
    for change in changes[:MOST_CHANGES]:
        allowed = Text("允许", "allowed") if change.allowed else Text("不允许", "not allowed")
        pages.text(f"{clean(change.text.zh, 300)}（{allowed.zh}）", _IN)
        pages.text(f"{clean(change.text.en, 300)} ({allowed.en})", _SMALL_IN)
    if len(changes) > MOST_CHANGES:
        pages.text(f"… {len(changes)}", _SMALL_IN)


def _findings(pages: Pages, findings: list[Finding]) -> None:
    if findings:
        pages.text("依据与说明　Reasons", _SMALL)
    for found in findings[:MOST_FINDINGS]:
        pages.text(clean(found.text.zh), _IN)
        pages.text(f"{clean(found.text.en)} [{found.code}]", _SMALL_IN)
    if len(findings) > MOST_FINDINGS:
        pages.text(f"… {len(findings)}", _SMALL_IN)


def _sights(pages: Pages, sights: tuple[Sight, ...]) -> None:
    """Side by side: as it was signed, and as it is now."""
    width = (WIDTH - 2 * MARGIN - 16) / 2
    for sight in sights[:MOST_SIGHTS]:
        if sight.before is None or sight.after is None:
            continue
        pages.room(min(width * 1.45 + 60, HEIGHT - 2 * MARGIN - 20))
        _heading(
            pages,
            Text(f"第 {sight.page} 页：签名时与现在", f"Page {sight.page}: as it was signed, and as it is now"),
        )
        pages.gap(4)
        taken = max(pages.picture(sight.before, 0, width), pages.picture(sight.after, width + 16, width))
        pages.gap(taken)


def _heading(pages: Pages, text: Text) -> None:
    pages.gap(6)
    pages.rule()
    pages.text(f"{text.zh}　{text.en}", _HEAD, keep=50)


def _row(pages: Pages, label: Text, value: str) -> None:
    name = label.zh if label.zh == label.en else f"{label.zh} {label.en}"
    pages.text(f"{name}：{value}", _PLAIN)


def _say(pages: Pages, text: Text, first: Style, second: Style) -> None:
    pages.text(clean(text.zh, 1000), first)
    pages.text(clean(text.en, 1000), second)

"""A verification report as a page shows it (核验报告页): the words are the verifier's own, this only arranges them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _

from foundation.web.frame import language
from licence.catalogue import ADDED_KEYS, catalogue
from portal.report_parts import Node, SheetView, nodes_of, sheets_of, tree_of
from portal.wording import Word
from verify.changes import Change
from verify.exhibits.shown import Exhibits
from verify.report import Finding, LicenceFacts, Report, Severity, Verdict, clean
from verify.sentences import KINDS, TIME_SOURCES, VERDICTS

SEVERITIES: Mapping[str, Any] = {
    "error": _("问题"),
    "unknown": _("未能确认"),
    "warning": _("提醒"),
    "info": _("说明"),
}
WHOLE = {True: Word(_("内容完整"), "good"), False: Word(_("内容未能核对"), "warn")}
ALTERED = Word(_("内容被改动"), "bad")
BELIEVED = {True: Word(_("签章人可信"), "good"), False: Word(_("签章人未获信任"), "warn")}
TONES: Mapping[Verdict, str] = {Verdict.GENUINE: "good", Verdict.NOT_GENUINE: "bad", Verdict.CANNOT_TELL: "warn"}
SIGNS: Mapping[str, str] = {"good": "✓", "bad": "✕", "warn": "?"}
NO_EXHIBITS = Exhibits()


@dataclass(frozen=True, slots=True)
class View:
    """One report on a page. `number` keeps the anchors of several apart."""

    report: Report
    number: int = 1
    exhibits: Exhibits = NO_EXHIBITS
    carried: str = ""
    """The report itself, for its downloads (`portal.report_carried`)."""
    unshown: bool = False
    """No pictures were made because too many files came at once."""
    nodes: tuple[Node, ...] = field(init=False)
    sheets: tuple[SheetView, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", nodes_of(self.report, self.number))
        object.__setattr__(self, "sheets", sheets_of(self.exhibits, self.nodes))

    @property
    def roots(self) -> tuple[Node, ...]:
        """The signatures that hang under no other."""
        return tree_of(self.nodes)

    @property
    def placed(self) -> set[int]:
        """Numbers of the signatures that stand on a page shown."""
        return {box.number for one in self.sheets for box in one.boxes}

    @property
    def several_documents(self) -> bool:
        return any(one.sheet.document > 1 for one in self.sheets)

    @property
    def heading(self) -> str:
        """The verifier's word, without its full stop."""
        return heading(self.report.verdict)

    @property
    def tone(self) -> str:
        return TONES[self.report.verdict]

    @property
    def reason(self) -> Any:
        """The sentence under the verdict: what decided it."""
        if self.report.verdict is Verdict.GENUINE:
            return _("内容自盖章后没有改动，签章单位可信。")
        deciding: Finding | None = next(
            (
                one
                for wanted in (Severity.ERROR, Severity.UNKNOWN)
                for one in self.report.findings
                if one.severity is wanted
            ),
            None,
        )
        return deciding.text.pick(language()) if deciding else _("没有足够的依据。")

    @property
    def findings(self) -> list[Finding]:
        """Each sentence once; departures from the standards stand in a list of their own."""
        return [one for one in self._said if not one.code.startswith("deviation.")]

    @property
    def deviations(self) -> list[Finding]:
        return [one for one in self._said if one.code.startswith("deviation.")]

    @property
    def _said(self) -> list[Finding]:
        return list({(one.severity, one.text): one for one in self.report.findings}.values())

    @property
    def changes(self) -> list[tuple[Change, list[int]]]:
        """What was changed, and after which signatures; those not allowed first."""
        found: dict[Change, list[int]] = {}
        for node in self.nodes:
            for change in node.signature.changes:
                found.setdefault(change, []).append(node.number)
        return sorted(found.items(), key=lambda pair: pair[0].allowed)

    @property
    def spoiled(self) -> bool:
        return any(not change.allowed for change, _numbers in self.changes)

    @property
    def unprotected(self) -> list[str]:
        """Each part once; what lies behind a signed revision is told as changes."""
        if self.report.kind == "pdf":
            return []
        parts = (part for one in self.report.signatures for part in one.unprotected)
        return [clean(part, 120) for part in dict.fromkeys(parts)]

    @property
    def licence_pairs(self) -> list[tuple[Any, str]]:
        return _pairs(self.report.licence) if self.report.licence else []


def heading(verdict: Verdict) -> str:
    return VERDICTS[verdict].pick(language()).rstrip("。.")


def counts(views: list[View]) -> list[tuple[str, str, int]]:
    """Tone, word and number of each verdict among several."""
    every = [(TONES[one], heading(one), sum(view.report.verdict is one for view in views)) for one in Verdict]
    return [(tone, word, number) for tone, word, number in every if number]


WORDS: Mapping[str, Any] = {
    "severities": SEVERITIES,
    "whole": WHOLE,
    "altered": ALTERED,
    "believed": BELIEVED,
    "time_sources": TIME_SOURCES,
    "signs": SIGNS,
    "stamp_word": KINDS["timestamp"],
}
"""What `pages/_report.html` needs beside a view."""


def _pairs(facts: LicenceFacts) -> list[tuple[Any, str]]:
    given = [
        (_("证照类型"), _label(facts.type or "")),
        (_("证照编号"), facts.number),
        (_("持证主体"), facts.holder),
        (_("电子证照标识"), facts.identifier),
    ]
    shown = {value for _label, value in given if value}
    values = [(_label(label), value) for label, value in facts.values.items() if value not in shown]
    return [(label, clean(value)) for label, value in given if value] + [(one, clean(two)) for one, two in values]


def _label(chinese: str) -> str:
    """The label of a printed code is Chinese; the catalogue knows its English."""
    if language() == "zh":
        return chinese
    return _english().get(chinese, chinese)


def _english() -> dict[str, str]:
    known = {text.zh: text.en for text in ADDED_KEYS.values()}
    known |= {kind.name_zh: kind.name_en for kind in catalogue().values()}
    return known | {spec.label_zh: spec.label_en for kind in catalogue().values() for spec in kind.fields}

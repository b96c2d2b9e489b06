"""The result of a run (批量结果): a table, JSON or lines of JSON, a CSV file beside it, progress for people."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

import click

from foundation.clock import Clock
from verify.report import Report, Severity, Verdict, clean, stamp

Form = Literal["table", "json", "jsonl"]
_MARKS = {Verdict.GENUINE: "✔", Verdict.NOT_GENUINE: "✘", Verdict.CANNOT_TELL: "?"}
_COLUMNS = (
    "name",
    "verdict",
    "intact",
    "kind",
    "size",
    "sha256",
    "signers",
    "time",
    "codes",
    "summary_zh",
    "summary_en",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Teller(Protocol):
    def __call__(self, report: Report) -> None: ...


@contextmanager
def teller(form: Form, summary: Path | None, clock: Clock) -> Iterator[Teller]:
    """Everything told so far stays told: after an interruption the table ends, the JSON closes, the CSV is whole."""
    counted: Counter[Verdict] = Counter()
    began = clock.steady()
    sheet = summary.open("w", encoding="utf-8-sig", newline="") if summary is not None else None
    writer: Any = csv.writer(sheet) if sheet is not None else None
    if writer is not None:
        writer.writerow(_COLUMNS)

    def tell(report: Report) -> None:
        _print(report, form, first=not counted)
        counted[report.verdict] += 1
        if writer is not None:
            writer.writerow(_row(report))
        _progress(counted, clock.steady() - began, sys.stderr)

    try:
        yield tell
    finally:
        if form == "json":
            click.echo("\n]" if counted else "[]")
        if sheet is not None:
            sheet.close()
        _close(counted, clock.steady() - began)


def _print(report: Report, form: Form, *, first: bool) -> None:
    if form == "table":
        if sys.stderr.isatty():
            click.echo("\r\033[K", nl=False, err=True)
        click.echo(f"{_MARKS[report.verdict]} {report.kind:<11} {clean(report.name or '-')}  {_why(report)}")
        return
    words = json.dumps(report.to_json(), ensure_ascii=False)
    click.echo(words if form == "jsonl" else f"{'[' if first else ','}\n{words}", nl=form == "jsonl")


def _why(report: Report) -> str:
    """Who sealed it, or the first reason against."""
    if report.verdict is Verdict.GENUINE:
        return "、".join(dict.fromkeys(clean(one.signer) for one in report.signatures if one.signer))
    for wanted in (Severity.ERROR, Severity.UNKNOWN):
        for found in report.findings:
            if found.severity is wanted:
                return f"{found.code}: {clean(found.text.zh)} {clean(found.text.en)}"
    return clean(report.summary.zh)


def _row(report: Report) -> list[str]:
    summary = report.summary
    cells = (
        clean(report.name or ""),
        report.verdict.value,
        "yes" if report.intact else "no",
        report.kind,
        str(report.size),
        report.sha256,
        "; ".join(clean(one.signer or "?") for one in report.signatures),
        "; ".join(stamp(one.time) or "?" for one in report.signatures),
        " ".join(dict.fromkeys(one.code for one in report.findings)),
        clean(summary.zh),
        clean(summary.en),
    )
    # a name from a foreign file must not become a formula in somebody's spreadsheet
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]


def _progress(counted: Counter[Verdict], seconds: float, terminal: TextIO) -> None:
    done = counted.total()
    if terminal.isatty() and done % 5 == 0:
        click.echo(f"\r\033[K{done} …  {done / max(seconds, 0.001):.0f}/s", nl=False, err=True)


def _close(counted: Counter[Verdict], seconds: float) -> None:
    done = counted.total()
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    good, bad, open_ = (counted[one] for one in (Verdict.GENUINE, Verdict.NOT_GENUINE, Verdict.CANNOT_TELL))
    click.echo(
        f"共 {done} 个文件，{done / max(seconds, 0.001):.1f} 个/秒：真实有效 {good}，不通过 {bad}，无法判断 {open_} / "
        f"{done} files, {done / max(seconds, 0.001):.1f}/s: {good} genuine, {bad} not genuine, {open_} cannot tell",
        err=True,
    )

"""`yinxin verify` (命令行核验): files and codes, with a trust folder and without a network.

Exit code 0 genuine, 1 not genuine, 2 cannot tell, 3 misuse; over several, the worst. `command` takes from the
composition root what to believe when no `--trust` is given.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from foundation.clock import SHANGHAI, SystemClock
from foundation.errors import YinxinError
from verify.judge import Context, judge_code
from verify.many import command as many
from verify.regions import folder
from verify.report import Report, Verdict, clean, stamp
from verify.reports.files import save
from verify.sandbox.pool import shared

Own = Callable[[], AbstractContextManager[Context] | None]
"""The running region's own context, or None where there is no region here."""

_EXITS = {Verdict.GENUINE: 0, Verdict.NOT_GENUINE: 1, Verdict.CANNOT_TELL: 2}
_WORST = (1, 2, 0)
_CODE = re.compile(r"https?://[^\s#]{1,255}#\S+|[0-9A-Z+\-./:]{60,}", re.IGNORECASE)


class Misuse(click.ClickException):
    exit_code = 3

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")


class VerifyCommand(click.Command):
    """Click's own usage errors exit with 2, which here would mean "cannot tell"."""

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        try:
            return super().make_context(*args, **more)
        except click.UsageError as error:
            raise Misuse("用法有误。", error.format_message()) from error


def command(own: Own = lambda: None) -> click.Command:
    @click.command("verify", cls=VerifyCommand)
    @click.argument("things", nargs=-1, required=True, metavar="FILE|FOLDER|CODE|-…")
    @click.option(
        "--trust", type=click.Path(path_type=Path), help="信任库文件夹或证书文件 / trust folder or certificate"
    )
    @click.option("--at", "at_text", metavar="TIME", help="按此时间判断 / judge as of this time (ISO 8601)")
    @click.option("--offline", is_flag=True, help="不询问登记库，撤销信息过期仅提示 / ask nobody, say so")
    @click.option(
        "--content",
        type=click.Path(path_type=Path),
        help="与签名分离的原文件，或文件的证据记录 / the file a signature is about, or a file's evidence record",
    )
    @click.option("--strict", is_flag=True, help="偏离标准即为错误 / every departure from the standards is an error")
    @click.option("--json", "as_json", is_flag=True, help="机器可读 / for programs")
    @click.option("--jsonl", "as_lines", is_flag=True, help="每个文件一行 JSON / one line of JSON for each file")
    @click.option("--table", "as_table", is_flag=True, help="每个文件一行 / one line for each file")
    @click.option("--summary", type=click.Path(path_type=Path), help="结果另存为 CSV / also write a CSV of the results")
    @click.option("--report", "form", type=click.Choice(["xml", "pdf"]), help="另存核验报告 / also write reports")
    @click.option("--out", type=click.Path(path_type=Path), help="报告所在文件夹 / the folder reports go into")
    def verify(  # noqa: PLR0917 - click hands every option over by name
        things: tuple[str, ...],
        trust: Path | None,
        at_text: str | None,
        offline: bool,  # noqa: FBT001 - click flags
        content: Path | None,
        strict: bool,  # noqa: FBT001
        as_json: bool,  # noqa: FBT001
        as_lines: bool,  # noqa: FBT001
        as_table: bool,  # noqa: FBT001
        summary: Path | None,
        form: str | None,
        out: Path | None,
    ) -> None:
        """核验文件或二维码的真伪 / is this genuine, and why: PDF, OFD, signatures, seals, certificates, codes.

        文件夹含其下所有文件；“-”从标准输入读取路径或 tar 流 / a folder with all below; "-" takes paths or a tar stream.
        """
        at = _time(at_text) if at_text else None
        if (form is None) != (out is None):
            raise Misuse("--report 与 --out 须同时给出。", "Give --report and --out together.")
        try:
            with _context(trust, own) as context:
                asked = replace(context, at=at, offline=offline or context.offline, strict=strict or context.strict)
                if as_lines or as_table or summary is not None or many.asked_for(things):
                    if form is not None or content is not None:
                        raise Misuse(
                            "--report 与 --content 只用于单个文件。", "--report and --content are for single files."
                        )
                    many.verify(things, asked, many.form_of(as_json, as_lines), summary)
                about = _octets(content, asked) if content is not None else None
                reports = [_one(thing, asked, about) for thing in things]
                if form is not None and out is not None:
                    for thing, report in zip(things, reports, strict=True):
                        save(report, _again(thing, asked), form, out, asked.trust)
        except YinxinError as error:
            raise Misuse(error.detail.zh, error.detail.en) from error
        if as_json:
            click.echo(json.dumps([report.to_json() for report in reports], ensure_ascii=False, indent=2))
        else:
            for report in reports:
                click.echo(_lines(report))
        _leave(reports)

    return verify


def _context(trust: Path | None, own: Own) -> AbstractContextManager[Context]:
    if trust is not None:
        clock = SystemClock()
        return nullcontext(Context(trust=folder.load(trust, clock.now()), clock=clock))
    region = own()
    if region is None:
        raise Misuse(
            "此处没有运行中的区域，请用 --trust 指定信任库文件夹或根证书。",
            "There is no region here. Say with --trust which trust folder or root certificate to believe.",
        )
    return region


def _one(thing: str, context: Context, content: bytes | None) -> Report:
    path = Path(thing)
    if len(thing) < 1024 and path.is_file():
        return shared().judge(_octets(path, context), name=path.name, context=context, content=content)
    if _CODE.fullmatch(thing.strip()):
        return judge_code(thing, context=context)
    raise Misuse(f"没有这个文件，它也不是二维码内容：{thing[:80]}", f"No such file, and no code either: {thing[:80]}")


def _again(thing: str, context: Context) -> bytes:
    """The file once more, for its pages; nothing for a code."""
    path = Path(thing)
    return _octets(path, context) if len(thing) < 1024 and path.is_file() else b""


def _octets(path: Path, context: Context) -> bytes:
    try:
        if path.stat().st_size > context.most_octets:
            raise Misuse(f"{path.name} 过大，无法核验。", f"{path.name} is too large to be verified.")
        return path.read_bytes()
    except OSError as error:
        raise Misuse(f"无法读取 {path.name}。", f"{path.name} cannot be read.") from error


def _time(text: str) -> datetime:
    """A time without zone is China time, as on a licence."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Misuse(
            f"时间格式有误：{text[:40]}", f"Not a time: {text[:40]} (use 2026-11-22T10:00:00+08:00)"
        ) from error
    return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def _lines(report: Report) -> str:
    """For people: verdict first, then who and when, then every reason in both languages."""
    marks = {Verdict.GENUINE: "✔", Verdict.NOT_GENUINE: "✘", Verdict.CANNOT_TELL: "?"}
    summary = report.summary
    lines = [f"{marks[report.verdict]} {clean(report.name or report.kind)}: {clean(summary.zh)} {clean(summary.en)}"]
    for signature in report.signatures:
        signer, at = clean(signature.signer or "?"), stamp(signature.time) or "?"
        lines.append(
            f"    {clean(signature.name)}  {signer}  {at} ({signature.time_source or '-'})  {signature.format}"
        )
        lines.append(
            f"        {signature.indication.value} {signature.sub_indication.value if signature.sub_indication else ''}"
        )
        lines += [f"        ← {clean(line.subject)}  [{line.status}]" for line in signature.certificate_path]
    for finding in report.findings:
        lines.append(
            f"    [{finding.severity.value}] {finding.code}: {clean(finding.text.zh)} {clean(finding.text.en)}"
        )
    return "\n".join(lines)


def _leave(reports: list[Report]) -> NoReturn:
    exits = {_EXITS[report.verdict] for report in reports}
    sys.exit(next(code for code in _WORST if code in exits))

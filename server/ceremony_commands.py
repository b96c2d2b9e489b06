"""`yinxin ceremony` (密钥仪式命令): plan, approve, run, verify, print. Works without a region and without a network."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ca.reading.certificate import read_certificate
from foundation.clock import SystemClock
from hsm import libcrypto
from hsm.ceremony import approvals as approving
from hsm.ceremony.plan import read_plan
from hsm.ceremony.printing import page
from hsm.ceremony.run import Console, Stopped, hold
from hsm.ceremony.transcript import read_transcript
from hsm.ceremony.verify import check
from hsm.ceremony.words import CLOSING, OPENING, step_title
from server.ceremony import OfflineHome, tool_versions
from server.cli import as_json as json_flag
from server.cli import say

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


class People:
    """The real thing: whoever is named comes to the keyboard."""

    rehearsal = False

    def say(self, text: str) -> None:
        click.echo(text)

    def confirm(self, question: str, who: str) -> None:
        if not click.confirm(f"[{who}] {question}", default=None):
            raise Stopped(who, question)

    def secret(self, prompt: str, *, new: bool) -> str:
        return str(click.prompt(prompt, hide_input=True, confirmation_prompt=new))

    def hand_over(self, who: str, words: str) -> None:
        click.pause(f"请 {who} 单独来到屏幕前，按任意键显示 / {who} alone, then press a key")
        click.echo(words)
        click.pause("抄好后按任意键清屏 / written down? press a key to clear the screen")
        click.clear()


class Rehearsal:
    """`--yes`: answers for everybody. The transcript says so, and so does every page of it."""

    rehearsal = True

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase

    def say(self, text: str) -> None:
        click.echo(text)

    def confirm(self, question: str, who: str) -> None:
        click.echo(f"[{who}] {question} ✓")

    def secret(self, prompt: str, *, new: bool) -> str:
        del new
        click.echo(f"{prompt}: ······")
        return self._passphrase

    def hand_over(self, who: str, words: str) -> None:
        click.echo(f"[{who}] {len(words.split())} words")


def group() -> click.Group:
    @click.group("ceremony")
    def ceremony() -> None:
        """密钥仪式 / key ceremonies: an offline root, one reviewed plan in, one signed transcript out."""
        libcrypto.configure(None)

    for add in (_add_plan, _add_approve, _add_run, _add_verify):
        add(ceremony)
    return ceremony


def _add_plan(ceremony: click.Group) -> None:
    @ceremony.command("plan")
    @click.argument("file", type=_FILE)
    def plan(file: Path) -> None:
        """检查方案，显示步骤与摘要 / check a plan, show its steps and its digest."""
        reviewed = read_plan(file)
        lines = [reviewed.plan.title, *OPENING]
        lines += [step_title(number, step) for number, step in enumerate(reviewed.plan.steps, 1)]
        for line in [*lines, *CLOSING]:
            click.echo(f"  [ ] {line}")
        click.echo(f"\nSHA-256 {reviewed.digest}")
        lacking = approving.lacking(reviewed.plan, reviewed.digest, approving.read(file))
        click.echo(f"待审批 / lacks: {', '.join(lacking) or '-'}")


def _add_approve(ceremony: click.Group) -> None:
    @ceremony.command("approve")
    @click.argument("file", type=_FILE)
    @click.option("--name", required=True, help="审批人姓名 / an approver named in the plan")
    @click.option("--digest", prompt="打印件上的摘要（至少 16 位） / digest on your copy", help="摘要 / digest")
    def approve(file: Path, name: str, digest: str) -> None:
        """审批方案 / approve the plan by its digest, read off the reviewed copy."""
        given = approving.approve(file, read_plan(file), name, digest.strip(), SystemClock().now())
        click.echo(f"已审批 / approved: {', '.join(one.name for one in given)}")


def _add_run(ceremony: click.Group) -> None:
    @ceremony.command("run")
    @click.argument("file", type=_FILE)
    @click.option("--home", required=True, type=_FOLDER, help="移动介质上的离线环境 / offline home on removable media")
    @click.option("--out", required=True, type=_FOLDER, help="输出文件夹（须为空） / outputs, an empty folder")
    @click.option(
        "--yes", is_flag=True, help="演练：自动确认，记录标明为演练 / rehearsal: confirms all, marked as such"
    )
    @click.option("--passphrase-file", type=_FILE, help="仅供演练 / for rehearsals only")
    def run(*, file: Path, home: Path, out: Path, yes: bool, passphrase_file: Path | None) -> None:
        """举行仪式 / hold the ceremony."""
        if yes != (passphrase_file is not None):
            raise click.UsageError("--yes 与 --passphrase-file 只能一起用于演练 / both or neither, rehearsals only")
        console: Console = People()
        if passphrase_file is not None:
            console = Rehearsal(passphrase_file.read_text("utf-8").strip())
        reviewed, clock = read_plan(file), SystemClock()
        with OfflineHome(reviewed, home, clock) as performer:
            hold(reviewed, approving.read(file), performer, console, clock, out, tool_versions())
        click.echo(f"记录 / transcript: {out / 'transcript.json'}")


def _add_verify(ceremony: click.Group) -> None:
    @ceremony.command("verify")
    @click.argument("file", type=_FILE)
    @click.option(
        "--root", "roots", multiple=True, type=_FILE, help="须由其签名的根证书 / a root that must have signed"
    )
    @click.option("--files", type=_FOLDER, help="输出文件所在文件夹；默认记录所在处 / where the outputs are")
    @json_flag
    def verify(*, file: Path, roots: tuple[Path, ...], files: Path | None, as_json: bool) -> None:
        """核验仪式记录 / check a transcript, its signatures, plan, approvals and files."""
        keys = tuple(read_certificate(one.read_bytes()).spki for one in roots)
        report = check(read_transcript(file.read_bytes()), folder=files or file.parent, roots=keys)
        faults = [{"text_zh": one.zh, "text_en": one.en} for one in report.faults]
        data = {
            "sound": report.sound,
            "rehearsal": report.rehearsal,
            "complete": report.complete,
            "signed_by": list(report.signed_by),
            "faults": faults,
        }
        lines = [f"✗ {one.zh} / {one.en}" for one in report.faults] or ["✓"]
        if report.rehearsal:
            lines.append("演练 / rehearsal")
        say(data, as_json=as_json, lines=lines)
        if not report.sound:
            sys.exit(1)

    @ceremony.command("print")
    @click.argument("file", type=_FILE)
    @click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
    def print_(file: Path, out: Path) -> None:
        """生成可打印的记录 / write the transcript as a page for printing and signing by hand."""
        transcript = read_transcript(file.read_bytes())
        out.write_text(page(transcript, check(transcript, folder=file.parent)), "utf-8")
        click.echo(str(out))

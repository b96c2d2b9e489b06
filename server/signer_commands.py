"""`yinxin signer …` (签名进程命令): run, look, seal, unseal, and prove the journal against the database."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from foundation.settings import Settings
from server.cli import as_json as json_flag
from server.cli import load_settings, say


@click.group("signer")
def signer() -> None:
    """签名进程 / the signer: the process that holds the keys."""


@signer.command("run")
@click.option("--child", is_flag=True, hidden=True)
@click.option("--sealed", is_flag=True, help="以加封状态启动 / start sealed, whatever the settings could open")
@click.option("--settings-fd", type=int, default=0, hidden=True)
def run(*, child: bool, sealed: bool, settings_fd: int) -> None:
    """运行签名进程 / run the signer."""
    from server.signer_process import run as run_signer

    run_signer(_given(settings_fd) if child else load_settings(), child=child, sealed=sealed)


@signer.command("status")
@json_flag
def status(*, as_json: bool) -> None:
    """状态 / sealed or open, journal, protections that could not be had."""
    from server.signer_talk import ask_status

    found = ask_status(load_settings())
    words = found.reason_zh if found.sealed else "已解封 / open"
    lines = [
        f"{words}  (pid {found.pid}, uid {found.uid}, {found.environment}, {found.started_at:%Y-%m-%d %H:%M:%S}Z)",
        f"签名日志 / journal: {found.journal_records} 条 records, {found.journal_head[:16]}…",
    ]
    if found.method == "shares":
        lines.append(f"分量 / shares: {found.shares_have}/{found.shares_need}")
    if found.healed_octets:
        lines.append(f"启动时截去不完整记录 / torn record cut at start: {found.healed_octets} 字节 octets")
    lines += [f"! {words}" for words in found.lacking]
    say(asdict(found), as_json=as_json, lines=lines)
    if found.sealed:
        sys.exit(1)


@signer.command("seal")
def seal() -> None:
    """立即加封（一人即可） / seal at once; one operator is enough."""
    from server.signer_talk import seal_up

    seal_up(load_settings())
    click.echo("已加封，密钥已随进程内存清除 / sealed; the keys are gone with the memory of the old process")


@signer.command("unseal")
@click.option("--configured", is_flag=True, help="用密钥文件或配置中的口令 / from the key file or configured secret")
@json_flag
def unseal(*, configured: bool, as_json: bool) -> None:
    """解封：输入本人保管的分量或口令 / give your share, or the passphrase."""
    from server.signer_talk import ask_status, unseal_with

    settings = load_settings()
    before = ask_status(settings)
    secret = "" if configured or not before.sealed else _secret(before.method)
    found = unseal_with(settings, before, secret)
    waiting = f"已收到 {found.shares_have}/{found.shares_need} 份，请下一位保管人继续"
    waiting += f" / {found.shares_have} of {found.shares_need} shares; the next custodian, please"
    say(asdict(found), as_json=as_json, lines=[waiting if found.sealed else "已解封 / open"])


@signer.command("permit")
@click.argument("intent")
def permit(intent: str) -> None:
    """放行长时间停机遗留的签名意向 / let one intent be signed although an outage made it late."""
    from server.signer_talk import permit_late

    permit_late(load_settings(), intent)
    click.echo(f"已放行 / permitted: {intent}")


@signer.command("split")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="每份写入一个文件 / one file a share")
@click.option("--keep-file", is_flag=True, help="保留原密钥文件 / leave the key file where it is")
def split(*, out: Path | None, keep_file: bool) -> None:
    """把主密钥分成五份，任三份可解封 / five shares of the key; from then on any three open it."""
    from server.signer_split import split_key

    settings = load_settings()
    shares = split_key(settings, out, keep_file=keep_file, confirm=None if out else _hand_over)
    click.echo(f"主密钥已改由分量解封 / the key is now opened by shares: {shares}")


@signer.command("reconcile")
@click.option("--journal", "folders", multiple=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_flag
def reconcile(*, folders: tuple[Path, ...], as_json: bool) -> None:
    """核对签名日志与数据库 / prove that journal and database name the same signatures."""
    from server.reconcile import reconcile as compare

    report = compare(load_settings(), folders)
    say(report.as_dict(), as_json=as_json, lines=report.lines())
    if not report.sound:
        sys.exit(1)


def group() -> click.Group:
    return signer


def _given(descriptor: int) -> Settings:
    """One line of JSON; read octet by octet, for what follows on standard input is the parent's silence."""
    octets = bytearray()
    while (one := os.read(descriptor, 1)) not in (b"", b"\n"):
        octets += one
    return load_settings(**json.loads(octets))


def _secret(method: str) -> str:
    if method == "shares":
        words = "请输入您保管的分量（33 个单词，不回显） / your share, 33 words, not shown"
    elif method == "passphrase":
        words = "请输入口令（不回显） / the passphrase, not shown"
    else:
        return ""
    typed: str = click.prompt(words, hide_input=sys.stdin.isatty(), err=True)
    return typed


def _hand_over(number: int, share: str) -> None:
    """One custodian at the screen at a time; he types a word back, so nobody walks past without noticing."""
    click.pause(f"请第 {number} 位保管人到屏幕前，其他人离开，按任意键显示 / custodian {number} alone, any key to show")
    click.echo(share)
    words = share.split()
    while click.prompt(f"请输入第 {number + 3} 个单词以确认已抄写 / type word {number + 3}") != words[number + 2]:
        click.echo("不符，请核对 / it does not fit; look again")
    click.clear()

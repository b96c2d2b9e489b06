"""Commands around revocation (撤销命令): the checker and mass revocation, for whoever runs the host."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from ca import mass_selection, revocation_check, revoke_many
from ca.mass_selection import Selection
from ca.reading.crl import Reason
from ca.revocations import REASONS
from ca.room import CaRoom
from foundation.principal import SYSTEM

Opener = Callable[[], AbstractContextManager[CaRoom]]
_WORDS = {reason.name.lower().replace("_", "-"): reason for reason in REASONS}
_TIME = click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"])


def add_commands(group: click.Group, room: Opener) -> None:
    group.add_command(_check(room))
    group.add_command(_revoke_many(room))


def _check(room: Opener) -> click.Command:
    @click.command("check-revocation")
    @click.option(
        "--thorough", is_flag=True, help="逐张解析证书并验签应答 / parse every certificate, verify every answer"
    )
    @click.option("--json", "as_json", is_flag=True, help="机器可读 / for programs")
    def check(*, thorough: bool, as_json: bool) -> None:
        """核对证书库、各类列表与 OCSP 应答 / compare the store, every list and the stored OCSP answers."""
        with room() as ca:
            report = revocation_check.run(ca, thorough=thorough)
        if as_json:
            told = {**asdict(report), "agrees": report.agrees}
            click.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))
        else:
            for one in report.findings:
                click.echo(f"✗ {one.place} {one.serial or ''} {one.zh} / {one.en} [{one.code}]")
            click.echo(f"{report.serials} 张证书 / certificates, {report.faults} 处不一致 / disagreements")
        if not report.agrees:
            sys.exit(1)

    return check


def _revoke_many(room: Opener) -> click.Command:
    @click.command("revoke-many")
    @click.option("--reason", required=True, type=click.Choice(sorted(_WORDS)), help="撤销原因 / why")
    @click.option("--ca", "authority", help="CA 名称 / which CA, needed with --serials")
    @click.option(
        "--serials",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="每行一个十六进制序列号 / a file, one serial in hexadecimal a line",
    )
    @click.option("--key", "key_hash", help="公钥的 SHA-256 / SHA-256 of the SubjectPublicKeyInfo")
    @click.option("--profile", help="证书模板 / profile")
    @click.option("--issued-from", type=_TIME, help="签发时间起，含时区 / issued from, with a zone")
    @click.option("--issued-before", type=_TIME, help="签发时间止，含时区 / issued before, with a zone")
    @click.option("--invalid-since", type=_TIME, help="密钥失控时间 / when the key is thought to have been lost")
    @click.option("--resume", type=click.UUID, help="继续未完成的任务 / go on with this one")
    @click.option("--yes", is_flag=True, help="不再询问 / do not ask")
    @click.option("--json", "as_json", is_flag=True, help="机器可读 / for programs")
    def revoke(
        *,
        reason: str,
        authority: str | None,
        serials: Path | None,
        key_hash: str | None,
        profile: str | None,
        issued_from: datetime | None,
        issued_before: datetime | None,
        invalid_since: datetime | None,
        resume: UUID | None,
        yes: bool,
        as_json: bool,
    ) -> None:
        """批量撤销证书 / revoke many certificates, in chunks; interrupted, it goes on with --resume."""
        with room() as ca:
            job = resume
            if job is None:
                listed = _read(serials) if serials else ()
                selection = Selection(authority, listed, key_hash, profile, issued_from, issued_before)
                made = mass_selection.prepare(ca, SYSTEM, selection, _WORDS[reason], invalid_since)
                job = made.id
                if not yes:
                    click.confirm(f"将撤销 {made.total} 张证书 / {made.total} certificates will be revoked", abort=True)
                revoke_many.approve(ca, SYSTEM, job)
            began = time.monotonic()
            revoke_many.run(ca, job)
            done = mass_selection.progress(ca, SYSTEM, job)
            refused = mass_selection.refusals(ca, job)
        _tell(done, [(str(one), code) for one, code in refused], time.monotonic() - began, as_json=as_json)

    return revoke


def _read(path: Path) -> tuple[int, ...]:
    found = []
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        text = line.strip().removeprefix("0x").replace(":", "")
        if not text or text.startswith("#"):
            continue
        try:
            found.append(int(text, 16))
        except ValueError as error:
            raise click.ClickException(f"第 {number} 行不是序列号 / line {number} is no serial number") from error
    return tuple(found)


def _tell(done: mass_selection.Progress, refused: list[tuple[str, str]], seconds: float, *, as_json: bool) -> None:
    if as_json:
        told = {**asdict(done), "reason": Reason(done.reason).name.lower(), "refusals": refused, "seconds": seconds}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))
        return
    for certificate, code in refused:
        click.echo(f"✗ {certificate} [{code}]")
    click.echo(
        f"{done.id}  {done.state}: 撤销 {done.revoked}，原已撤销 {done.standing}，拒绝 {done.refused} / "
        f"revoked {done.revoked}, stood already {done.standing}, refused {done.refused}; {seconds:.1f} s"
    )

"""`yinxin ca recheck` (复查已签发证书)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import click

from ca.recheck.run import recheck
from ca.room import CaRoom


def command(room: Callable[[], AbstractContextManager[CaRoom]], say: Callable[..., None]) -> click.Command:
    @click.command("recheck")
    @click.option(
        "--since",
        type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
        help="只复查此后的记录（UTC） / from this time",
    )
    @click.option("--json", "as_json", is_flag=True, help="机器可读 / for programs")
    def run(since: datetime | None, as_json: bool) -> None:  # noqa: FBT001 - a click flag
        """复查全部已签发的证书、列表和密钥；有问题时退出码为 1 / look again at everything issued; exit 1 on a fault."""
        with room() as ca:
            report = recheck(ca, since=since.replace(tzinfo=UTC) if since else None)
        counts: dict[str, Any] = {
            "certificates": report.certificates,
            "unfinished": report.unfinished,
            "lists": report.lists,
            "keys": report.keys,
            "waiting": report.waiting,
        }
        faults = [
            {"code": one.code, "object": one.object, "text_zh": one.text.zh, "text_en": one.text.en}
            for one in report.faults
        ]
        summary = (
            f"证书 {report.certificates}，列表 {report.lists}，密钥 {report.keys}，问题 {report.found} / "
            f"{report.certificates} certificates, {report.lists} lists, {report.keys} keys, {report.found} faults"
        )
        lines = [summary, *(f"✗ {one['code']} {one['object']}: {one['text_zh']} / {one['text_en']}" for one in faults)]
        say({**counts, "sound": report.sound, "found": report.found, "faults": faults}, as_json=as_json, lines=lines)
        if not report.sound:
            sys.exit(1)

    return run

"""`yinxin ca credential`: enrolment credentials on the host (登记凭据命令)."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import click

from ca.credentials import store
from ca.credentials.store import NewCredential, Protocol
from ca.room import CaRoom
from foundation.principal import SYSTEM

OpenRoom = Callable[[], AbstractContextManager[CaRoom]]


def group(open_room: OpenRoom) -> click.Group:
    @click.group("credential")
    def credential() -> None:
        """登记凭据 / credentials for ACME, EST and CMP."""

    _add_create(credential, open_room)
    _add_list(credential, open_room)

    @credential.command("disable")
    @click.argument("identifier", type=click.UUID)
    def disable(identifier: UUID) -> None:
        """停用 / no more certificates by this credential."""
        with open_room() as room:
            store.disable(room, SYSTEM, identifier)

    return credential


def _add_create(credential: click.Group, open_room: OpenRoom) -> None:
    @credential.command("create")
    @click.argument("protocol", type=click.Choice([one.value for one in Protocol]))
    @click.option("--title", required=True, help="用途说明 / what it is for")
    @click.option("--department", required=True, help="统一社会信用代码 / USCC")
    @click.option("--organization", required=True, help="证书中的单位名称 / O of the certificates")
    @click.option("--profile", required=True, help="证书模板，如 tls-server、device / certificate profile")
    @click.option(
        "--name", "names", multiple=True, required=True, help="允许的名称，如 *.example.gov.cn / permitted name"
    )
    @click.option("--days", type=click.IntRange(1, 1096), default=366, show_default=True)
    @click.option("--uses", type=click.IntRange(1), default=None, help="可用次数 / how often")
    @click.option("--json", "as_json", is_flag=True)
    def create(protocol: str, days: int, uses: int | None, *, as_json: bool, **given: str | tuple[str, ...]) -> None:
        """发放 / hand one out; the secret is shown this once."""
        texts = {name: str(given[name]) for name in ("title", "department", "organization", "profile")}
        new = NewCredential(
            Protocol(protocol), names=tuple(given["names"]), lasts=timedelta(days=days), uses=uses, **texts
        )
        with open_room() as room:
            made = store.create(room, SYSTEM, new)
        if as_json:
            click.echo(json.dumps({"id": str(made.id), "reference": made.reference, "secret": made.secret}))
            return
        click.echo(f"编号 reference  {made.reference}\n密钥 secret     {made.secret}\n只显示这一次 / shown this once")


def _add_list(credential: click.Group, open_room: OpenRoom) -> None:
    @credential.command("list")
    @click.option("--all", "over", is_flag=True, help="含已停用和过期的 / also those that are over")
    @click.option("--json", "as_json", is_flag=True)
    def list_(*, over: bool, as_json: bool) -> None:
        """列出 / list."""
        with open_room() as room:
            rows = [
                {
                    "id": str(one.id),
                    "reference": one.reference,
                    "protocol": one.protocol.value,
                    "title": one.title,
                    "department": one.department,
                    "profile": one.profile,
                    "names": list(one.names),
                    "valid_until": one.valid_until.isoformat(),
                }
                for one in store.listed(room, SYSTEM, over=over)
            ]
        if as_json:
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for row in rows:
            click.echo(f"{row['reference']}  {row['protocol']:<5} {row['profile']:<14} {row['title']}")

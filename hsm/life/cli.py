"""`yinxin hsm` (命令行): keys, requests, approvals and their execution. Whoever acts signs in as themselves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import UUID

import click

from foundation.principal import Principal
from hsm.digests import sha256
from hsm.keys import Algorithm, Purpose
from hsm.life import key_file
from hsm.life.keeper import Provided
from hsm.life.listing import keys
from hsm.life.orders import Operation, Order
from hsm.life.requests import Request, ask, find, judge, listed
from hsm.pem import private_octets, public_octets
from hsm.room import HsmRoom
from hsm.shares import NEED

OpenRoom = Callable[[], AbstractContextManager[HsmRoom]]
SignIn = Callable[[HsmRoom, str, str], Principal]
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_AS = click.option("--as", "account", required=True, prompt="账号 / account", help="本人账号 / your own account")


def add_commands(group: click.Group, open_room: OpenRoom, sign_in: SignIn) -> None:
    """Into `yinxin hsm`, beside what other modules of the room add."""
    for add in (_add_lists, _add_request, _add_judgements, _add_execute):
        add(group, open_room, sign_in)


def _who(room: HsmRoom, sign_in: SignIn, account: str) -> Principal:
    return sign_in(room, account, click.prompt("密码 / password", hide_input=True, err=True))


def _add_lists(group: click.Group, open_room: OpenRoom, sign_in: SignIn) -> None:
    del sign_in

    @group.command("keys")
    @click.argument("prefix", default="")
    def list_keys(prefix: str) -> None:
        """列出密钥及状态 / keys, their versions and states."""
        with open_room() as room:
            for one in keys(room.ground.db, prefix):
                place = f"{one.name}#{one.version}"
                click.echo(f"{place:<40} {one.algorithm:<10} {one.state:<10} {one.backend:<9} {one.spki_sha256[:16]}")

    @group.command("requests")
    def list_requests() -> None:
        """列出密钥操作申请 / requests for key operations, newest first."""
        with open_room() as room:
            for one in listed(room.ground):
                click.echo(_line(one))


def _add_request(group: click.Group, open_room: OpenRoom, sign_in: SignIn) -> None:
    @group.command("request")
    @click.argument("operation", type=click.Choice([one.value for one in Operation]))
    @click.argument("key")
    @click.option("--version", type=int)
    @click.option("--algorithm", type=click.Choice([one.value for one in Algorithm]))
    @click.option("--purpose", "purposes", multiple=True, type=click.Choice([one.value for one in Purpose]))
    @click.option("--to", "recipient", help="备份加密对象 / passphrase, shares, or key:<SHA-256>")
    @click.option("--file", type=_FILE, help="要恢复的备份文件 / the backup to restore; the rest is read from it")
    @click.option("--reason", required=True, help="理由 / why")
    @_AS
    def request(
        *,
        operation: str,
        key: str,
        version: int | None,
        algorithm: str | None,
        purposes: tuple[str, ...],
        recipient: str | None,
        file: Path | None,
        reason: str,
        account: str,
    ) -> None:
        """申请密钥操作，另一人审批后执行 / ask for an operation on a key; another person approves it."""
        order = Order(
            Operation(operation),
            key,
            version,
            Algorithm(algorithm) if algorithm else None,
            tuple(sorted({Purpose(one) for one in purposes})),
            recipient,
        )
        if file is not None:
            order = _restore_order(key, file.read_bytes())
        with open_room() as room:
            _show(ask(room.ground, _who(room, sign_in, account), order, reason))


def _restore_order(key: str, file: bytes) -> Order:
    about = key_file.about(file)
    return Order(
        Operation.RESTORE,
        key,
        int(str(about["version"])),
        Algorithm(str(about["algorithm"])),
        tuple(sorted(Purpose(one) for one in str(about["purposes"]).split(","))),
        file_sha256=sha256(file).hex(),
        spki_sha256=str(about["spki_sha256"]),
    )


def _add_judgements(group: click.Group, open_room: OpenRoom, sign_in: SignIn) -> None:
    def command(name: str, *, agree: bool) -> None:
        @group.command(name, help="同意 / approve" if agree else "不同意 / refuse")
        @click.argument("request_id", type=click.UUID)
        @_AS
        def judgement(request_id: UUID, account: str) -> None:
            with open_room() as room:
                _show(find(room.ground, request_id))
                digest = click.prompt("输入您核对过的摘要 / type the digest you have checked", err=True)
                who = _who(room, sign_in, account)
                click.echo(judge(room.ground, who, request_id, digest.strip(), agree=agree).standing)

    command("approve", agree=True)
    command("refuse", agree=False)


def _add_execute(group: click.Group, open_room: OpenRoom, sign_in: SignIn) -> None:
    @group.command("execute")
    @click.argument("request_id", type=click.UUID)
    @click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="备份写到 / where a backup goes")
    @click.option("--transport-key", type=_FILE, help="传输公钥 PEM / public key of a backup's recipient")
    @click.option("--file", type=_FILE, help="要恢复的备份 / the backup to restore")
    @click.option("--private-key", type=_FILE, help="传输私钥 PEM / private key that opens the backup")
    @_AS
    def execute(
        *,
        request_id: UUID,
        out: Path | None,
        transport_key: Path | None,
        file: Path | None,
        private_key: Path | None,
        account: str,
    ) -> None:
        """执行已审批的操作，仅一次 / do what was approved, once."""
        with open_room() as room:
            asked = find(room.ground, request_id)
            if asked.order.operation is Operation.BACKUP and (out is None or out.exists()):
                raise click.UsageError("--out 须指向一个新文件 / --out must name a new file")
            who = _who(room, sign_in, account)
            provided = Provided(
                passphrase=_passphrase(asked, file),
                shares=_shares(file),
                private_key=private_octets(private_key.read_bytes()) if private_key else None,
                transport_key=public_octets(transport_key.read_bytes()) if transport_key else None,
                file=file.read_bytes() if file else None,
            )
            done = room.keeper.execute(who, request_id, provided)
        if out is not None and done.file is not None:
            out.write_bytes(done.file)
        for number, words in enumerate(done.shares, 1):
            click.echo(f"分量 / share {number}: {words}")
        click.echo(f"{done.key}#{done.version} {done.state} {done.spki_sha256}")


def _passphrase(asked: Request, file: Path | None) -> str | None:
    if asked.order.recipient == "passphrase":
        return str(click.prompt("备份口令 / passphrase", hide_input=True, confirmation_prompt=True, err=True))
    if file is not None and key_file.sealed_how(file.read_bytes()) == "passphrase":
        return str(click.prompt("备份口令 / passphrase", hide_input=True, err=True))
    return None


def _shares(file: Path | None) -> tuple[str, ...]:
    if file is None or key_file.sealed_how(file.read_bytes()) != "shares":
        return ()
    return tuple(
        click.prompt(f"第 {number} 份分量 / share {number}", hide_input=True, err=True) for number in range(1, NEED + 1)
    )


def _line(one: Request) -> str:
    return f"{one.id}  {one.standing:<9} {one.order.operation:<9} {one.order.key}  {one.requester}"


def _show(one: Request) -> None:
    click.echo(_line(one))
    click.echo(f"理由 / reason: {one.reason}")
    click.echo(f"内容 / order:  {one.order.canonical()}")
    click.echo(f"摘要 / digest: {one.digest}")

"""`yinxin sso` (命令行): register people, officials and clients, rotate token keys. Passwords are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import UUID

import click
from cryptography import x509

from foundation.principal import SYSTEM
from sso import clients, officials, people, token_keys
from sso.client_certificates import thumbprint
from sso.clients import AUTH_METHODS, ID_TOKEN_ALGS, NewClient
from sso.errors import no_such
from sso.people import NewPerson
from sso.room import SsoRoom

OpenRoom = Callable[[], AbstractContextManager[SsoRoom]]
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def group(open_room: OpenRoom) -> click.Group:
    """The commands over a room that is opened when one of them runs."""

    @click.group("sso")
    def sso() -> None:
        """统一身份认证 / people, officials, clients and token keys."""

    for add in (_add_people, _add_officials, _add_clients, _add_keys):
        add(sso, open_room)
    return sso


def _add_people(sso: click.Group, open_room: OpenRoom) -> None:
    @sso.command("add-person")
    @click.option("--name", prompt="姓名 / name")
    @click.option("--citizen-number", prompt="身份证号 / citizen number")
    @click.option("--phone", prompt="手机号 / mobile")
    @click.option("--username", default=None)
    @click.password_option(prompt="密码 / password")
    def add_person(name: str, citizen_number: str, phone: str, username: str | None, password: str) -> None:
        """登记一个人 / register a person. Leave the options out: what is typed at a prompt stays out of the history."""
        with open_room() as room:
            new = NewPerson(name, citizen_number, phone, password, username)
            click.echo(people.add_person(room.ground, SYSTEM, new))

    @sso.command("set-password")
    @click.argument("person_id", type=click.UUID)
    @click.password_option(prompt="新密码 / new password")
    def set_password(person_id: UUID, password: str) -> None:
        """重设密码，并结束此人的全部登录 / a new password; all logins of the person end."""
        with open_room() as room:
            people.set_password(room.ground, SYSTEM, person_id, password)

    @sso.command("disable-person")
    @click.argument("person_id", type=click.UUID)
    def disable_person(person_id: UUID) -> None:
        """停用账号 / no login any more."""
        with open_room() as room:
            people.disable(room.ground, SYSTEM, person_id)

    @sso.command("find-person")
    @click.option("--identifier", prompt="手机号、身份证号或用户名 / mobile, citizen number or user name")
    def find_person(identifier: str) -> None:
        """查人员编号 / the id of a person."""
        with open_room() as room, room.ground.db.read() as session:
            person = people.find(room.ground, session, identifier)
            if person is None:
                raise no_such("人员", "person")
            click.echo(person.id)


def _add_officials(sso: click.Group, open_room: OpenRoom) -> None:
    @sso.command("add-official")
    @click.argument("person_id", type=click.UUID)
    @click.option("--department", required=True, help="统一社会信用代码 / USCC")
    @click.option("--role", required=True, type=click.Choice(sorted(officials.ROLES)))
    def add_official(person_id: UUID, department: str, role: str) -> None:
        """授予部门角色 / give a person a role in a department."""
        with open_room() as room:
            click.echo(officials.add_official(room.ground, SYSTEM, person_id, department, role))

    @sso.command("end-official")
    @click.argument("official_id", type=click.UUID)
    def end_official(official_id: UUID) -> None:
        """结束任职 / the role and the person's logins end."""
        with open_room() as room:
            officials.end_official(room.ground, SYSTEM, official_id)


def _add_clients(sso: click.Group, open_room: OpenRoom) -> None:
    @sso.command("add-client")
    @click.argument("client_id")
    @click.option("--name-zh", required=True)
    @click.option("--name-en", required=True)
    @click.option("--department", required=True, help="统一社会信用代码 / USCC")
    @click.option("--redirect-uri", "redirect_uris", multiple=True)
    @click.option("--post-logout-redirect-uri", "post_logout_redirect_uris", multiple=True)
    @click.option("--auth-method", type=click.Choice(AUTH_METHODS), default=AUTH_METHODS[0])
    @click.option("--jwks", type=_FILE, default=None, help="公钥集文件 / JWK Set file, public keys only")
    @click.option("--certificate", type=_FILE, default=None, help="客户端证书 PEM / client certificate")
    @click.option("--scope", "scopes", multiple=True, default=("openid",))
    @click.option("--id-token-alg", type=click.Choice(ID_TOKEN_ALGS), default=ID_TOKEN_ALGS[0])
    @click.option("--consent-free", is_flag=True, help="本级部门系统，姓名和手机号不再询问 / first-party")
    def add_client(jwks: Path | None, certificate: Path | None, **values: object) -> None:
        """登记接入系统 / register a department's system."""
        keys = json.loads(jwks.read_text(encoding="utf-8"))["keys"] if jwks else ()
        print_ = thumbprint(x509.load_pem_x509_certificate(certificate.read_bytes())) if certificate else None
        new = NewClient(jwks=keys, certificate_thumbprint=print_, **values)  # type: ignore[arg-type]  # click's options
        with open_room() as room:
            click.echo(clients.add_client(room.ground, SYSTEM, new))

    @sso.command("set-client-keys")
    @click.argument("client_id")
    @click.argument("jwks", type=_FILE)
    def set_client_keys(client_id: str, jwks: Path) -> None:
        """更换公钥 / replace the client's public keys."""
        with open_room() as room:
            clients.set_keys(room.ground, SYSTEM, client_id, json.loads(jwks.read_text(encoding="utf-8"))["keys"])

    @sso.command("disable-client")
    @click.argument("client_id")
    def disable_client(client_id: str) -> None:
        """停用接入系统，令牌立即失效 / stop a client; its tokens die at once."""
        with open_room() as room:
            clients.disable_client(room.ground, SYSTEM, client_id)


def _add_keys(sso: click.Group, open_room: OpenRoom) -> None:
    @sso.command("rotate-keys")
    @click.argument("alg", type=click.Choice(sorted(token_keys.ALGORITHMS)))
    def rotate_keys(alg: str) -> None:
        """更换令牌签名密钥：先公布，15 分钟后启用 / publish a new token key now, use it in 15 minutes."""
        with open_room() as room:
            click.echo(token_keys.rotate(room.ground, room.keys, room.token_keys, SYSTEM, alg))

"""Clients (接入系统): a department's system, its addresses, its public keys and what it may ask for.

Redirect URIs are compared octet by octet, so nothing ambiguous is registered (RFC 9700 2.1); no wildcard exists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.errors import Conflict, InvalidInput
from foundation.ground import Ground
from foundation.numbers import is_uscc
from foundation.principal import Principal
from foundation.text import Text
from sso import jwks
from sso.errors import no_such
from sso.models import Client
from sso.protocol_models import AccessToken
from sso.records import ClientRecord, live_client
from sso.scopes import PERSON_SCOPES, PROGRAM_SCOPES

AuthMethod = Literal["private_key_jwt", "self_signed_tls_client_auth"]
AUTH_METHODS: tuple[AuthMethod, ...] = ("private_key_jwt", "self_signed_tls_client_auth")
ID_TOKEN_ALGS = ("RS256", "ES256")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_PLAIN = re.compile(r"[!-~]+")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class NewClient:
    client_id: str
    name_zh: str
    name_en: str
    department: str
    redirect_uris: Sequence[str] = ()
    post_logout_redirect_uris: Sequence[str] = ()
    auth_method: AuthMethod = "private_key_jwt"
    jwks: Sequence[Mapping[str, object]] = ()
    certificate_thumbprint: str | None = None
    scopes: Sequence[str] = field(default=("openid",))
    id_token_alg: str = "RS256"  # noqa: S105 - an algorithm
    consent_free: bool = False


def add_client(ground: Ground, principal: Principal, new: NewClient) -> str:
    """Register a system. Refuses whatever could not be compared, verified or explained later."""
    _check(new, loopback=ground.settings.environment == "sample")
    row = Client(
        client_id=new.client_id,
        name_zh=new.name_zh,
        name_en=new.name_en,
        department=new.department,
        redirect_uris=list(new.redirect_uris),
        post_logout_redirect_uris=list(new.post_logout_redirect_uris),
        auth_method=new.auth_method,
        jwks=jwks.checked(new.jwks),
        certificate_thumbprint=new.certificate_thumbprint,
        scopes=sorted(new.scopes),
        id_token_alg=new.id_token_alg,
        consent_free=new.consent_free,
        created_at=ground.clock.now(),
        disabled_at=None,
    )
    try:
        with ground.db.begin() as session:
            session.add(row)
            session.flush()
            payload = {"department": new.department, "scopes": sorted(new.scopes), "auth_method": new.auth_method}
            ground.audit.record(
                session, principal, action="sso.add_client", object=f"client:{new.client_id}", payload=payload
            )
    except IntegrityError as error:
        raise Conflict("sso.client_taken", Text("该系统标识已被登记。", "This client id is taken.")) from error
    return new.client_id


def set_keys(ground: Ground, principal: Principal, client_id: str, keys: Sequence[Mapping[str, object]]) -> None:
    """Replace a client's public keys: a department rotates, or a stolen key goes."""
    checked = jwks.checked(keys)
    if not checked:
        raise _bad("jwks", "至少一把公钥", "at least one public key is needed")
    with ground.db.begin() as session:
        statement = update(Client).where(Client.client_id == client_id).values(jwks=checked)
        if not session.execute(statement.returning(Client.client_id)).all():
            raise no_such("接入系统", "client")
        kids = [key["kid"] for key in checked]
        ground.audit.record(
            session, principal, action="sso.set_client_keys", object=f"client:{client_id}", payload={"kids": kids}
        )


def disable_client(ground: Ground, principal: Principal, client_id: str) -> None:
    """From the next request on nothing works for it; its live tokens die in the same transaction (T27)."""
    now = ground.clock.now()
    with ground.db.begin() as session:
        statement = update(Client).where(Client.client_id == client_id).values(disabled_at=now)
        if not session.execute(statement.returning(Client.client_id)).all():
            raise no_such("接入系统", "client")
        session.execute(
            update(AccessToken)
            .where(AccessToken.client_id == client_id, AccessToken.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        ground.audit.record(session, principal, action="sso.disable_client", object=f"client:{client_id}", payload={})


def live(session: Session, client_id: str) -> ClientRecord | None:
    """The client of that id unless it is stopped; None also for what could never be an id."""
    return live_client(session, client_id) if _ID.fullmatch(client_id) else None


def _check(new: NewClient, *, loopback: bool) -> None:
    if not _ID.fullmatch(new.client_id):
        raise _bad("client_id", "3 到 64 个小写字母、数字或 . _ -", "3 to 64 of a-z 0-9 . _ -")
    if not new.name_zh.strip() or not new.name_en.strip() or max(len(new.name_zh), len(new.name_en)) > 100:
        raise _bad("name", "中英文名称各 1 到 100 个字", "both names have 1 to 100 characters")
    if not is_uscc(new.department):
        raise _bad("department", "统一社会信用代码不正确", "this is no unified social credit code")
    for uri in (*new.redirect_uris, *new.post_logout_redirect_uris):
        check_uri(uri, loopback=loopback)
    if unknown := set(new.scopes) - PERSON_SCOPES.keys() - PROGRAM_SCOPES:
        raise _bad("scopes", f"不认识 {min(unknown)}", f"{min(unknown)} is unknown")
    if new.id_token_alg not in ID_TOKEN_ALGS:
        raise _bad("id_token_alg", "须为 RS256 或 ES256", "RS256 or ES256")
    _check_authentication(new)


def _check_authentication(new: NewClient) -> None:
    if new.auth_method not in AUTH_METHODS:
        raise _bad("auth_method", "须为 private_key_jwt 或客户端证书", "private_key_jwt or a client certificate")
    if new.auth_method == "private_key_jwt" and not new.jwks:
        raise _bad("jwks", "至少一把公钥", "at least one public key is needed")
    by_certificate = new.auth_method == "self_signed_tls_client_auth"
    if by_certificate != (new.certificate_thumbprint is not None):
        raise _bad(
            "certificate_thumbprint",
            "用客户端证书认证时必填，否则不填",
            "needed with a client certificate and only then",
        )
    if new.certificate_thumbprint is not None and not _THUMBPRINT.fullmatch(new.certificate_thumbprint):
        raise _bad("certificate_thumbprint", "须为证书 SHA-256 的 base64url", "base64url of the certificate's SHA-256")


def check_uri(uri: str, *, loopback: bool) -> None:
    """Https with a host and nothing two parsers could read differently; http only to this very machine, in samples."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _bad_uri() from error
    local = loopback and parts.scheme == "http" and host in _LOOPBACK
    plain = len(uri) <= 500 and _PLAIN.fullmatch(uri) and not set(uri) & set('\\"<>^`{|}*')
    odd = "@" in parts.netloc or "#" in uri or "%2f" in uri.lower() or "%5c" in uri.lower() or port == 0
    dots = any(segment.split(";")[0] in (".", "..") for segment in parts.path.lower().replace("%2e", ".").split("/"))
    if (
        not host
        or not (parts.scheme == "https" or local)
        or not plain
        or odd
        or dots
        or parts.netloc != parts.netloc.lower()
    ):
        raise _bad_uri()


def _bad_uri() -> InvalidInput:
    return _bad(
        "redirect_uri", "须为完整的 https 地址，不含 #、@、* 或 ..", "a full https address without #, @, * or .."
    )


def _bad(what: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(
        f"sso.client.{what}", Text(f"接入系统的 {what} 不合格：{zh}。", f"The client's {what} is refused: {en}.")
    )

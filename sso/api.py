"""Routes of the room (接口): a person's own sessions and consents, and the protocol's addresses for `openapi.yaml`."""

from __future__ import annotations

from typing import Any

from foundation.text import Text
from foundation.web.api import Call, Reply, api, collect, documented
from foundation.web.frame import room
from sso import own
from sso.room import SsoRoom
from sso.schemas import (
    AuthoriseQuery,
    BearerErrorOut,
    ClaimsOut,
    ConsentPath,
    ConsentsOut,
    JwksOut,
    LogoutQuery,
    MeOut,
    MetadataOut,
    OAuthErrorOut,
    SessionPath,
    SessionsOut,
    TokenForm,
    TokenOut,
)

JSON = "application/json"
_OAUTH_ERROR = Reply(400, Text("RFC 6749 5.2 错误", "Error body of RFC 6749 5.2"), JSON, OAuthErrorOut)
_OAUTH_CLIENT = Reply(401, Text("客户端认证失败", "The client could not be authenticated"), JSON, OAuthErrorOut)
_BEARER = (
    Reply(401, Text("缺少令牌或令牌无效", "No token, or one that is not valid"), JSON, BearerErrorOut),
    Reply(403, Text("令牌权限不足", "The token does not open this"), JSON, BearerErrorOut),
)


@api("GET", "/api/v1/sso/me", tag="sso", summary="我是谁", summary_en="Who am I", returns=MeOut, login=True)
def me(call: Call) -> MeOut:
    return own.me(room(SsoRoom), call.principal)


@api(
    "GET",
    "/api/v1/sso/sessions",
    tag="sso",
    summary="我的登录",
    summary_en="My logins",
    returns=SessionsOut,
    login=True,
    problems=("forbidden",),
)
def list_sessions(call: Call) -> SessionsOut:
    return SessionsOut(sessions=own.list_sessions(room(SsoRoom), call.principal))


@api(
    "DELETE",
    "/api/v1/sso/sessions/{session_id}",
    tag="sso",
    summary="结束我的一个登录",
    summary_en="End one of my logins",
    path=SessionPath,
    login=True,
    audit="sso.logout",
)
def end_session(call: Call[None, None, SessionPath]) -> None:
    own.end_own_session(room(SsoRoom), call.principal, call.path.session_id)


@api(
    "GET",
    "/api/v1/sso/consents",
    tag="sso",
    summary="我同意提供的信息",
    summary_en="What I agreed to share",
    returns=ConsentsOut,
    login=True,
    problems=("forbidden",),
)
def list_consents(call: Call) -> ConsentsOut:
    return ConsentsOut(consents=own.list_consents(room(SsoRoom), call.principal))


@api(
    "DELETE",
    "/api/v1/sso/consents/{client_id}",
    tag="sso",
    summary="撤回同意",
    summary_en="Withdraw my consent",
    path=ConsentPath,
    login=True,
    audit="sso.withdraw_consent",
)
def withdraw_consent(call: Call[None, None, ConsentPath]) -> None:
    own.withdraw_consent(room(SsoRoom), call.principal, call.path.client_id)


_PAGE = Reply(303, Text("转到登录页或接入系统", "On to the login page or back to the client"), headers=("Location",))
_OPEN: dict[str, Any] = {"tag": "oauth2", "rate": "public"}

authorization_endpoint = documented(
    "GET",
    "/oauth2/authorize",
    name="authorize",
    summary="授权端点",
    summary_en="Authorisation endpoint (OpenID Connect Core 3.1.2)",
    query=AuthoriseQuery,
    status=303,
    also=(_PAGE,),
    problems=("invalid-input",),
    **_OPEN,
)
authorization_by_form = documented(
    "POST",
    "/oauth2/authorize",
    name="authorize_by_form",
    summary="授权端点（表单）",
    summary_en="Authorisation endpoint, parameters in a form",
    form=AuthoriseQuery,
    status=303,
    also=(_PAGE,),
    **_OPEN,
)
token_endpoint = documented(
    "POST",
    "/oauth2/token",
    name="token",
    summary="令牌端点",
    summary_en="Token endpoint (RFC 6749 3.2)",
    form=TokenForm,
    returns=TokenOut,
    also=(_OAUTH_ERROR, _OAUTH_CLIENT),
    **_OPEN,
)
userinfo = documented(
    "GET",
    "/oauth2/userinfo",
    name="userinfo",
    summary="用户信息端点",
    summary_en="UserInfo (OpenID Connect Core 5.3)",
    returns=ClaimsOut,
    also=_BEARER,
    **_OPEN,
)
userinfo_by_post = documented(
    "POST",
    "/oauth2/userinfo",
    name="userinfo_by_post",
    summary="用户信息端点（POST）",
    summary_en="UserInfo by POST, token in the header",
    returns=ClaimsOut,
    also=_BEARER,
    **_OPEN,
)
jwks = documented(
    "GET", "/oauth2/jwks", name="jwks", summary="公钥集", summary_en="JWK Set (RFC 7517 5)", returns=JwksOut, **_OPEN
)
logout = documented(
    "GET",
    "/oauth2/logout",
    name="logout",
    summary="退出登录",
    summary_en="RP-initiated logout",
    query=LogoutQuery,
    status=303,
    also=(_PAGE,),
    **_OPEN,
)
logout_by_form = documented(
    "POST",
    "/oauth2/logout",
    name="logout_by_form",
    summary="退出登录（表单）",
    summary_en="RP-initiated logout, parameters in a form",
    form=LogoutQuery,
    status=303,
    also=(_PAGE,),
    **_OPEN,
)
openid_configuration = documented(
    "GET",
    "/.well-known/openid-configuration",
    name="openid_configuration",
    summary="服务发现",
    summary_en="Metadata (OpenID Connect Discovery 3)",
    returns=MetadataOut,
    **_OPEN,
)
oauth_metadata = documented(
    "GET",
    "/.well-known/oauth-authorization-server",
    name="oauth_authorization_server",
    summary="服务发现（OAuth）",
    summary_en="Metadata (RFC 8414)",
    returns=MetadataOut,
    **_OPEN,
)
ROUTES = collect(globals())

"""Who asks, and where the answer may go. Until these pass, errors are pages and nobody is redirected.

RFC 9700 4.11.2: an authorisation server must not become an open redirector.
"""

from __future__ import annotations

from foundation.text import Text
from sso import clients
from sso.authorisation import Authorisation
from sso.errors import PageError

_NEXT = Text(
    "请返回原来的网站重新开始；如再次出现，请联系该网站的主管部门。",
    "Go back to the site you came from and start again; if this returns, tell the department that runs it.",
)


def check_addressee_once(request: Authorisation) -> None:
    """RFC 6749 3.1: parameters must not come twice. For these two nobody could say which one is meant."""
    for name in ("client_id", "redirect_uri"):
        if sum(key == name for key, _ in request.parameters.pairs) > 1:
            raise _page("sso.repeated", f"请求中的 {name} 出现了两次。", f"The request names {name} twice.")


def load_client(request: Authorisation) -> None:
    """RFC 6749 4.1.1: `client_id` is a registered, live client."""
    client_id = request.parameters.get("client_id")
    client = clients.live(request.session, client_id or "")
    if client is None:
        raise _page(
            "sso.unknown_client",
            "发起登录的网站没有在本平台登记，或已停用。",
            "The site that sent you is not registered here, or was stopped.",
        )
    request.client = client


def check_redirect_uri(request: Authorisation) -> None:
    """OpenID Connect Core 3.1.2.1, RFC 9700 2.1: present, and equal to a registered one, octet by octet."""
    uri = request.parameters.get("redirect_uri")
    if uri is None or uri not in request.client.redirect_uris:
        raise _page(
            "sso.redirect_uri",
            "登录后返回的地址没有登记，为保护您的账号已停止。",
            "The address to return to is not registered, so we stopped to protect your account.",
        )
    request.redirect_uri = uri


def _page(code: str, zh: str, en: str) -> PageError:
    return PageError(code, Text(zh + _NEXT.zh, f"{en} {_NEXT.en}"))

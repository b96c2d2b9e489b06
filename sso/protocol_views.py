"""The protocol's addresses (协议端点): read, call one function, answer. Bodies and errors are those of the RFCs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode

from flask import Blueprint, Request, Response, json, redirect, request
from flask.typing import ResponseReturnValue

from foundation.text import Text
from foundation.web import csrf, sessions
from sso import access, authorize, browser, client_certificates, discovery, forms, login_pages, logout, token, userinfo
from sso.access import TokenRefused
from sso.authorisation import Parameters, Redirect
from sso.errors import OAuthError, PageError

blueprint = Blueprint("oauth2", __name__)
csrf.exempt(blueprint)  # other sites send browsers and programs here; each request brings its own proof
JWKS_SECONDS = 300


@blueprint.get("/oauth2/authorize")
def authorization() -> ResponseReturnValue:
    parameters = _visited(forms.of_query)
    outcome = authorize.authorise(browser.issuer(), parameters, browser.browser())
    return login_pages.follow(outcome, parameters.get("ui_locales"))


@blueprint.post("/oauth2/authorize")
def authorization_by_form() -> ResponseReturnValue:
    """Core 3.1.2.1 asks for POST. Another site's POST comes without our cookie, so the browser comes back by GET."""
    parameters = _visited(forms.of_body)
    return redirect(f"/oauth2/authorize?{urlencode(list(parameters.pairs), quote_via=quote)}", 303)


@blueprint.post("/oauth2/token")
def token_endpoint() -> ResponseReturnValue:
    room = browser.issuer()
    try:
        thumbprint = client_certificates.presented(request, room.ground.settings, room.ground.clock.now())
        return _json(token.grant(room, forms.of_body(request), thumbprint))
    except OAuthError as error:
        return _json(error.body(), error.status)


@blueprint.route("/oauth2/userinfo", methods=["GET", "POST"])
def userinfo_endpoint() -> ResponseReturnValue:
    room = browser.issuer()
    try:
        value = access.bearer(request)
        if value is None:
            return _challenge("", 401)
        thumbprint = client_certificates.presented(request, room.ground.settings, room.ground.clock.now())
        return _json(userinfo.claims(room, value, thumbprint))
    except TokenRefused:
        return _challenge("invalid_token", 401)
    except OAuthError as error:
        return _challenge(error.error, error.status)


@blueprint.get("/oauth2/jwks")
def jwks_endpoint() -> ResponseReturnValue:
    return _public(browser.issuer().token_keys.jwks())


@blueprint.get("/.well-known/openid-configuration")
@blueprint.get("/.well-known/oauth-authorization-server")
def metadata() -> ResponseReturnValue:
    return _public(discovery.metadata(browser.issuer()))


@blueprint.route("/oauth2/logout", methods=["GET", "POST"])
def end_session() -> ResponseReturnValue:
    parameters = _visited(forms.of_body if request.method == "POST" else forms.of_query)
    login = browser.browser()
    outcome = logout.rp_logout(browser.issuer(), parameters, login)
    if isinstance(outcome, logout.Confirm):
        return redirect("/logout", 303)
    if isinstance(outcome, logout.Refuse):
        raise PageError(
            "sso.post_logout_redirect_uri",
            Text(
                "退出后返回的地址没有登记，您仍处于登录状态。需要退出请点页面上方的“退出登录”。",
                "The address to return to is not registered; you are still logged in. To log out, use the"
                " button at the top.",
            ),
        )
    if login is not None:
        sessions.end()
    return redirect(authorize.location(outcome) if isinstance(outcome, Redirect) else "/logged-out", 303)


def _visited(read: Callable[[Request], Parameters]) -> Parameters:
    """A browser is looking: what cannot be read is a page."""
    try:
        return read(request)
    except OAuthError as error:
        raise forms.as_page(error) from error


def _json(body: Mapping[str, object], status: int = 200) -> Response:
    """RFC 6749 5.1: never stored."""
    response = Response(json.dumps(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _public(body: Mapping[str, object]) -> Response:
    response = Response(json.dumps(body), mimetype="application/json")
    response.headers["Cache-Control"] = f"public, max-age={JWKS_SECONDS}"
    return response


def _challenge(error: str, status: int) -> Response:
    """RFC 6750 3: a bare challenge when no token came, the error's name when one did."""
    response = _json({"error": error} if error else {}, status)
    response.headers["WWW-Authenticate"] = 'Bearer realm="yinxin"' + (f', error="{error}"' if error else "")
    return response

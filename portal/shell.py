"""What every page has around it (页面框架): navigation by permission, language, 长辈版, who is logged in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, redirect, render_template, request
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as BaseResponse

from foundation.principal import Kind, Permission, Principal
from foundation.text import Text
from foundation.web.frame import current_principal, frame, language
from foundation.web.problems import ProblemView, on_error_page
from portal import languages, wording
from portal.assets import asset
from portal.assets import blueprint as assets
from seal.management.access import READERS
from verify.report import clean

VIEW_COOKIE = "yinxin_view"
View = Literal["standard", "elder"]
blueprint = Blueprint("shell", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    text: Any


TRUST = (Permission.TRUST_PROPOSE, Permission.TRUST_APPROVE, Permission.ADMIN_READ)
"""Who may look at the trusted regions."""
_SEALS = (*READERS, Permission.SEAL_STAMP, Permission.SEAL_CONSENT)


def navigation(principal: Principal) -> list[Link]:
    """What this person can use, and nothing greyed out."""
    links = [Link("/", _("首页")), Link("/verify", _("真伪核验"))]
    if principal.kind is Kind.CITIZEN or principal.may(Permission.LICENCE_OWN):
        links.append(Link("/my/licences", _("我的证照")))
    if principal.person_id is not None:
        links.append(Link("/my/certificates", _("我的证书")))
    if principal.may(Permission.LICENCE_ISSUE):
        links.append(Link("/console", _("证照签发")))
    if any(principal.may(one) for one in _SEALS):
        reads = any(principal.may(one) for one in READERS)
        links.append(Link("/seals" if reads else "/seals/uses", languages.pick(Text("印章", "Seals"))))
    if principal.may(Permission.WINDOW_CHECK):
        links.append(Link("/window", _("窗口核验")))
    if principal.may(Permission.CA_READ):
        links.append(Link("/authority", _("证书管理")))
    if any(principal.may(one) for one in TRUST):
        links.append(Link("/trust", languages.pick(Text("互信区域", "Trusted regions"))))
    if principal.may(Permission.ADMIN_READ):
        links.append(Link("/admin", _("运行总览")))
    return links


def view() -> View:
    return "elder" if request.cookies.get(VIEW_COOKIE) == "elder" else "standard"


def here(**changes: str) -> str:
    """The page's own address with some query parameters changed (language switch)."""
    query = {**request.args.to_dict(), **changes}
    return f"{request.path}?{urlencode(query)}"


def foreign(text: str | None) -> str:
    """Words out of somebody else's file, made safe to show."""
    return clean(text) if text else ""


def told(text: str) -> str:
    """A finding's sentence, its exact times in the region's civil time, to the minute."""

    def civil(found: re.Match[str]) -> str:
        return languages.moment(datetime.fromisoformat(found[0]))

    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", civil, foreign(text))


def size(octets: int) -> str:
    return f"{octets / 1024:.0f} KB" if octets < 1024 * 1024 else f"{octets / 1024 / 1024:.1f} MB"


def current_link(url: str) -> bool:
    return request.path == url or (url != "/" and request.path.startswith(url + "/"))


@blueprint.get("/preferences")
def preferences() -> BaseResponse:
    """Switch 长辈版 on or off and return. A link, so that it works without JavaScript and before any login."""
    back = request.args.get("back", "/")
    safe = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
    answer = redirect(safe, 303)
    wish = request.args.get("view")
    if wish in ("elder", "standard"):
        secure = frame().settings.web.secure
        answer.set_cookie(VIEW_COOKIE, wish, max_age=31_536_000, path="/", secure=secure, httponly=True, samesite="Lax")
    return answer


def _error_page(problem: ProblemView) -> Response | BaseResponse | tuple[str, int]:
    if problem.kind == "unauthenticated" and request.method == "GET":
        return redirect(f"/login?{urlencode({'next': here() if request.query_string else request.path})}", 303)
    return render_template("pages/problem.html", problem=problem), problem.status


def install(app: Flask) -> None:
    """Everything templates may use. Rooms' own templates (`sso`) extend `base.html` and get the same."""
    languages.install(app)
    app.register_blueprint(assets)
    app.register_blueprint(blueprint)
    on_error_page(app, _error_page)
    app.jinja_env.globals.update(asset=asset, here=here, current_link=current_link)
    app.jinja_env.filters.update(wording.FILTERS, foreign=foreign, told=told, size=size)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def _shell() -> dict[str, Any]:
        principal = current_principal()
        settings = frame().settings
        return {
            "principal": principal,
            "navigation": navigation(principal),
            "lang": language(),
            "html_lang": languages.html_lang(),
            "view": view(),
            "region": settings.region,
            "sample": settings.environment == "sample",
        }

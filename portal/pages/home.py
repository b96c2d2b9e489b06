"""The front page (首页): what this is, and what the person who opened it can do here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _

from foundation.principal import Kind, Permission, Principal
from foundation.web.frame import current_principal

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Tile:
    url: str
    heading: Any
    text: Any


VERIFY = Tile("/verify", _("真伪核验"), _("文件、证书、二维码，任何人都可以核验，不用登录。"))
MINE = Tile("/my/licences", _("我的证照"), _("名下全部电子证照，在手机上出示，或下载盖章文件。"))
CONSOLE = Tile("/console", _("证照签发"), _("填表签发、自动编号盖章，查询、下载和注销。"))
WINDOW = Tile("/window", _("窗口核验"), _("摄像头、扫码枪或图片，一秒内给出结论，断网也能用。"))
ADMIN = Tile("/admin", _("运行总览"), _("证书树、签发数量和审计检查点。"))
API = Tile("/docs", _("接口文档"), _("部门系统可以用接口签发、盖章和核验。"))


def tiles(principal: Principal) -> list[Tile]:
    """Visitors see what there is for citizens; everybody else what their account can do."""
    if principal.anonymous:
        return [VERIFY, MINE, API]
    found = [VERIFY]
    if principal.kind is Kind.CITIZEN or principal.may(Permission.LICENCE_OWN):
        found.append(MINE)
    for permission, tile in (
        (Permission.LICENCE_ISSUE, CONSOLE),
        (Permission.WINDOW_CHECK, WINDOW),
        (Permission.ADMIN_READ, ADMIN),
    ):
        if principal.may(permission):
            found.append(tile)
    return [*found, API]


@blueprint.get("/")
def home() -> str:
    return render_template("pages/home.html", tiles=tiles(current_principal()))

"""The window page (窗口核验): camera, handheld scanner or picture in, one big verdict out.

With scripts the signature is checked on the spot and the register asked in the same second; without them the form
posts. A service worker keeps the page usable while the network is down; what it keeps holds nobody's data.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from foundation.principal import Permission
from foundation.text import Language
from foundation.web.context import address, frame
from foundation.web.frame import require, room
from foundation.web.headers import relax
from portal import offline, report_view
from portal.pictures import PictureUnreadable, code_in
from verify.code_answers import ANSWERS
from verify.report import Report
from verify.room import VerifyRoom

blueprint = Blueprint("window", __name__)


@blueprint.get("/window")
@relax(wasm=True)
def desk() -> str:
    require(Permission.WINDOW_CHECK)
    return _page()


@blueprint.post("/window")
@relax(wasm=True)
def check() -> str | tuple[str, int]:
    principal = require(Permission.WINDOW_CHECK)
    frame().limits.check("upload", principal, address())
    picture, code = request.files.get("image"), request.form.get("code", "").strip()
    if picture is not None and picture.filename:
        try:
            code = code_in(picture.stream.read())
        except PictureUnreadable as error:
            return _page(faults={"image": str(error.text)}), 422
    elif picture is not None:
        return _page(faults={"image": _("请先选择一张图片。")}), 422
    elif not code:
        return _page(faults={"code": _("没有收到内容，请再扫一次。")}), 422
    return _page(report=room(VerifyRoom).judge_code(code[:8192]))


@blueprint.get("/window/offline")
@relax(wasm=True)
def kept() -> str:
    """The page as the worker keeps it: the same desk, nobody logged in, no form token."""
    return _page(offline_page=True)


@blueprint.get("/window-worker-<any(zh, en):spoken>.js")
def worker(spoken: Language) -> Response:
    """At the root, because a worker rules over its own folder only."""
    headers = {"Cache-Control": "no-cache"}
    return Response(offline.worker(spoken), content_type="text/javascript; charset=utf-8", headers=headers)


def _page(*, report: Report | None = None, faults: dict[str, str] | None = None, offline_page: bool = False) -> str:
    return render_template(
        "pages/window.html",
        faults=faults or {},
        answers=ANSWERS,
        answer_level=2,
        offline_page=offline_page,
        shown=report_view.View(report) if report else None,
        **report_view.WORDS,
    )

"""Public verification (真伪核验): a file or a code, by anybody, judged here and forgotten.

Works without JavaScript: the form posts, the answer is a page.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from foundation.web.context import address, current_principal, frame
from foundation.web.frame import room
from portal import report_view
from portal.pictures import PictureUnreadable, code_in
from verify.report import Report
from verify.room import VerifyRoom

blueprint = Blueprint("verifying", __name__)
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")


@blueprint.get("/verify")
def form() -> str:
    return _page()


@blueprint.post("/verify")
def judge() -> str | tuple[str, int]:
    frame().limits.check("upload", current_principal(), address())
    upload, code = request.files.get("file"), request.form.get("code", "").strip()
    if upload is not None and upload.filename:
        return _judge_upload(upload)
    if code:
        return _page(report=room(VerifyRoom).judge_code(code[:8192]))
    if "code" in request.form:
        return _page(faults={"code": _("请粘贴二维码内容。")}), 422
    return _page(faults={"file": _("请先选择一个文件。")}), 422


def _judge_upload(upload: FileStorage) -> str | tuple[str, int]:
    """A picture is looked at for a code; everything else is judged as a file."""
    data = upload.stream.read()
    if not data.startswith(PICTURES):
        return _page(report=room(VerifyRoom).judge_file(data, (upload.filename or "")[:200]))
    try:
        return _page(report=room(VerifyRoom).judge_code(code_in(data)))
    except PictureUnreadable as error:
        return _page(faults={"file": str(error.text)}), 422


def _page(*, report: Report | None = None, faults: dict[str, str] | None = None) -> str:
    most = frame().settings.web.max_upload_bytes // (1024 * 1024)
    extra = report_view.context(report) if report else {"report": None}
    return render_template("pages/verify.html", faults=faults or {}, code="", most_megabytes=most, **extra)

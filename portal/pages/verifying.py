"""Public verification (真伪核验): files or a code, by anybody, judged here and forgotten.

Works without JavaScript: the form posts, the answer is a page. What the page shows and what its downloads need travels
in the page itself; nothing of a file is written anywhere or put into an address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from foundation.clock import SHANGHAI
from foundation.web.context import address, current_principal, frame
from foundation.web.frame import ground, room
from portal import report_download, report_view
from portal.pictures import PictureUnreadable, code_in
from portal.report_carried import carried, opened
from portal.report_view import View
from verify.exhibits.shown import gather
from verify.report import Report, clean
from verify.room import VerifyRoom

blueprint = Blueprint("verifying", __name__)
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
MOST_FILES = 20
MOST_SHOWN = 5
"""Files of one request whose pages are drawn: each costs a process of its own."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent. `faults` name fields."""

    files: tuple[FileStorage, ...]
    content: bytes | None
    code: str
    strict: bool
    day: str
    at: datetime | None
    faults: dict[str, str]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A picture among several files in which no code was found."""

    name: str
    text: str
    number: int


@blueprint.get("/verify")
def form() -> str:
    return _page()


@blueprint.post("/verify")
def judge() -> str | tuple[str, int]:
    frame().limits.check("upload", current_principal(), address())
    typed = _typed()
    if typed.faults:
        return _page(typed=typed, faults=typed.faults), 422
    if not typed.files:
        return _page([_view(room(VerifyRoom).judge_code(typed.code), 1)], typed=typed)
    found: list[View | Unreadable] = []
    for number, upload in enumerate(typed.files, 1):
        if number > 1:
            frame().limits.check("upload", current_principal(), address())
        try:
            found.append(_judge(upload, typed, number))
        except PictureUnreadable as error:
            found.append(Unreadable(clean(upload.filename or "", 80), str(error.text), number))
    if len(found) == 1 and isinstance(found[0], Unreadable):
        return _page(typed=typed, faults={"file": found[0].text}), 422
    return _page(found, typed=typed)


@blueprint.post("/verify/report")
def download() -> Response:
    """One of the forms of the report a page carried."""
    frame().limits.check("upload", current_principal(), address())
    wanted = report_download.form_of(request.form.get("as", ""))
    report = opened(ground(), request.form.get("report", ""))
    name = f"report-{report.sha256[:8]}.{request.form['as']}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(wanted.make(report), content_type=wanted.media, headers=headers)


def _typed() -> Typed:
    faults: dict[str, str] = {}
    files = tuple(one for one in request.files.getlist("file") if one.filename)
    beside = request.files.get("content")
    content = beside.stream.read() if beside is not None and beside.filename else None
    code, day = request.form.get("code", "").strip()[:8192], request.form.get("at", "").strip()
    if not files and not code:
        if "code" in request.form:
            faults["code"] = _("请粘贴二维码内容。")
        else:
            faults["file"] = _("请先选择一个文件。")
    if len(files) > MOST_FILES:
        faults["file"] = _("一次最多核验 %(most)s 个文件，请分几次。", most=MOST_FILES)
    if content is not None and len(files) > 1:
        faults["content"] = _("附原文件时，一次只能核验一个签名文件。")
    at = _end_of(day) if day else None
    if day and at is None:
        faults["at"] = _("请按“年-月-日”填写今天或以前的日期，例如 2026-03-01。")
    if at is not None and at >= ground().clock.now():
        at = None  # today: as things stand now
    return Typed(files, content, code, request.form.get("strict") == "yes", clean(day, 20), at, faults)


def _end_of(text: str) -> datetime | None:
    """The last second of that day in China; None for what is no day, or not yet come."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    today = ground().clock.now().astimezone(SHANGHAI).date()
    return datetime.combine(day, time(23, 59, 59), SHANGHAI) if date(1990, 1, 1) <= day <= today else None


def _judge(upload: FileStorage, typed: Typed, number: int) -> View:
    """A picture is looked at for a code; everything else is judged as a file."""
    data, name = upload.stream.read(), (upload.filename or "")[:200]
    if data.startswith(PICTURES):
        return _view(replace(room(VerifyRoom).judge_code(code_in(data)), name=name), number)
    verifier = room(VerifyRoom)
    report = verifier.judge_file(data, name, content=typed.content, strict=typed.strict, at=typed.at)
    if number > MOST_SHOWN:
        return _view(report, number, unshown=report.kind in ("pdf", "ofd"))
    return _view(report, number, exhibits=gather(data, report))


def _view(report: Report, number: int, **more: Any) -> View:
    return View(report, number, carried=carried(ground(), report), **more)


def _page(found: list[Any] | None = None, *, typed: Typed | None = None, faults: dict[str, str] | None = None) -> str:
    return render_template(
        "pages/verify.html",
        found=found or [],
        counts=report_view.counts([one for one in found or [] if isinstance(one, View)]),
        faults=faults or {},
        typed=typed,
        code="",
        today=ground().clock.now().astimezone(SHANGHAI).date().isoformat(),
        most_files=MOST_FILES,
        most_megabytes=frame().settings.web.max_upload_bytes // (1024 * 1024),
        forms=list(report_download.FORMS),
        **report_view.WORDS,
    )

"""Problems (错误响应; RFC 9457): the one place where an error becomes a status and words.

Programs get `application/problem+json`, people a page (the portal registers its own with `on_error_page`). What is not
a `YinxinError` is our fault: a fixed text with the request id, the traceback goes to the log and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, InternalServerError

from foundation.errors import TABLE, FieldFault, Problem, TooMany, Unavailable, YinxinError
from foundation.text import Language, Text
from foundation.web.context import frame, language, request_id
from foundation.web.idempotency import InProgress

log = structlog.get_logger("web.problems")
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_UNAVAILABLE = 5

_INTERNAL = Text(
    "系统出错，本次操作没有完成。请稍后重试；若仍然出现，请把请求编号告诉运维人员。",
    "Something went wrong on our side; the operation was not completed. Try again later. If it persists, give the "
    "operator the request id.",
)
# Refusals of the HTTP layer itself, before any room is asked.
_HTTP: dict[int, tuple[str, Text, Text]] = {
    400: (
        "bad-request",
        Text("请求格式有误", "Malformed request"),
        Text("请求无法读取，请检查格式。", "The request cannot be read; check its format."),
    ),
    404: (
        "not-found",
        TABLE["not-found"].title,
        Text("这个地址不存在，请检查网址。", "There is nothing at this address. Check the URL."),
    ),
    405: (
        "method-not-allowed",
        Text("不支持的请求方法", "Method not allowed"),
        Text(
            "这个地址不支持该请求方法，可用的方法见响应头 Allow。",
            "This address does not take that method. The header Allow lists those it takes.",
        ),
    ),
    413: (
        "too-large",
        TABLE["too-large"].title,
        Text("文件或内容太大，请缩小后重试。", "The file or content is too large. Make it smaller and try again."),
    ),
    415: (
        "unsupported",
        TABLE["unsupported"].title,
        Text("不支持这种内容类型。", "This content type is not supported."),
    ),
}
KINDS: dict[str, Problem] = TABLE | {
    kind: Problem(status, title) for status, (kind, title, _) in _HTTP.items() if kind not in TABLE
}
"""Every kind a `type` may name; each has its anchor on `/docs`."""


@dataclass(frozen=True, slots=True)
class ProblemView:
    """Everything an error page may show."""

    kind: str
    status: int
    code: str
    title: Text
    detail: Text
    language: Language
    request_id: str
    faults: tuple[FieldFault, ...] = ()
    retry_after: int | None = None

    @property
    def heading(self) -> str:
        return self.title.pick(self.language)

    @property
    def explanation(self) -> str:
        return self.detail.pick(self.language)


ErrorPage = Callable[[ProblemView], ResponseReturnValue]


def on_error_page(app: Flask, page: ErrorPage) -> None:
    """The portal's page for problems; it may answer a 401 with a redirect to the log-in page."""
    app.extensions["yinxin"].pages["error"] = page


def install(app: Flask) -> None:
    app.register_error_handler(YinxinError, _on_error)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(Exception, _on_accident)


def view_of(error: YinxinError) -> ProblemView:
    entry = TABLE.get(error.kind, TABLE["internal"])
    wait: int | None = None
    if isinstance(error, (TooMany, InProgress)):
        wait = error.retry_after
    elif isinstance(error, Unavailable):
        wait = RETRY_AFTER_UNAVAILABLE
    return ProblemView(
        kind=error.kind,
        status=entry.status,
        code=error.code,
        title=entry.title,
        detail=_INTERNAL if error.kind == "internal" else error.detail,
        language=language(),
        request_id=request_id(),
        faults=error.faults,
        retry_after=wait,
    )


def render(view: ProblemView) -> Response:
    """The problem for whoever asked."""
    response = _page(view) if wants_page() else _document(view)
    response.headers["Content-Language"] = "zh-CN" if view.language == "zh" else "en"
    if view.retry_after is not None:
        response.headers["Retry-After"] = str(view.retry_after)
    if view.status == 401:
        response.headers.setdefault("WWW-Authenticate", 'Bearer realm="yinxin"')
    return response


def wants_page() -> bool:
    """People get pages; API paths never do, whatever a browser says it accepts."""
    if request.endpoint in frame().endpoints or request.path.startswith("/api/"):
        return False
    if request.headers.get("HX-Request") == "true":
        return True
    return request.accept_mimetypes.best_match((MEDIA_TYPE, "application/json", "text/html")) == "text/html"


def _document(view: ProblemView) -> Response:
    body: dict[str, object] = {
        "type": f"{frame().settings.web.public_url}/docs#problem-{view.kind}",
        "title": view.heading,
        "status": view.status,
        "detail": view.explanation,
        "instance": view.request_id,
        "code": view.code,
    }
    if view.faults:
        body["errors"] = [
            {"pointer": one.pointer, "in": one.where, "detail": one.detail.pick(view.language)} for one in view.faults
        ]
    return Response(
        json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace"), view.status, content_type=MEDIA_TYPE
    )


def _page(view: ProblemView) -> Response:
    page = frame().pages.get("error", _plain_page)
    try:
        return current_app.make_response(page(view))
    except Exception:  # the frame's own boundary: nobody is left to answer if the error page fails as well
        log.exception("error_page_failed")
        return current_app.make_response(_plain_page(view))


def _plain_page(view: ProblemView) -> ResponseReturnValue:
    return render_template("web/problem.html", view=view), view.status


def _on_error(error: YinxinError) -> Response:
    view = view_of(error)
    if view.status >= 500:
        log.error("problem", code=error.code, status=view.status, exc_info=error)
    return render(view)


def _on_http(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return current_app.make_response(error.get_response())
    original = getattr(error, "original_exception", None)
    if isinstance(original, YinxinError):
        return _on_error(original)
    status = error.code or 500
    if status >= 500:
        return _on_accident(original or error)
    kind, title, detail = _HTTP.get(status, ("bad-request", _HTTP[400][1], _HTTP[400][2]))
    response = render(
        ProblemView(kind, status, f"http.{kind.replace('-', '_')}", title, detail, language(), request_id())
    )
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _on_accident(error: Exception) -> Response:
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        log.error("unhandled", exc_info=error.original_exception)
    else:
        log.error("unhandled", exc_info=error)
    entry = TABLE["internal"]
    return render(ProblemView("internal", 500, "internal", entry.title, _INTERNAL, language(), request_id()))

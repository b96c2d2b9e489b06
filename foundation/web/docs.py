"""The API reference (接口文档): `/docs` from the same document as `/openapi.yaml`; no script, nothing fetched."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from flask import Blueprint, Response, render_template

from foundation.web.api import Route
from foundation.web.context import language
from foundation.web.problems import KINDS
from foundation.web.reference import Reference

_STYLE = Path(__file__).parent / "static" / "docs.css"


def blueprint(routes: Sequence[Route]) -> Blueprint:
    pages = Blueprint("docs", __name__, template_folder="templates")
    lock = threading.Lock()
    made: list[Reference] = []

    def reference() -> Reference:
        """Made at the first question, not at the start: it takes longer than all the rest of starting."""
        with lock:
            if not made:
                made.append(Reference(routes))
            return made[0]

    @pages.get("/openapi.yaml")
    def openapi_yaml() -> Response:
        answer = Response(reference().text, content_type="application/yaml; charset=utf-8")
        answer.headers["Cache-Control"] = "public, max-age=300"
        return answer

    @pages.get("/docs")
    def docs_page() -> str:
        kinds = sorted(KINDS.items(), key=lambda item: (item[1].status, item[0]))
        return render_template("web/docs.html", reference=reference(), problems=kinds, lang=language())

    @pages.get("/docs.css")
    def docs_style() -> Response:
        answer = Response(_STYLE.read_bytes(), content_type="text/css; charset=utf-8")
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer

    return pages

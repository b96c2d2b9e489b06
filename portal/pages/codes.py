"""What a printed code opens (扫码打开的页面): the fragment stays in the browser, which checks the signature itself.

The server only learns which status index is asked about; without JavaScript the page says so and offers a form.
"""

from __future__ import annotations

import re

from flask import Blueprint, g, redirect, render_template
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from verify.code_answers import ANSWERS

blueprint = Blueprint("codes", __name__)
_BODY = re.compile(r"[0-9A-Z+\-./:]{1,4296}")


@blueprint.get("/V")
@blueprint.get("/v")
@blueprint.get("/V/")
@blueprint.get("/v/")
def opened() -> str:
    return render_template("pages/code.html", answers=ANSWERS, answer_level=2)


@blueprint.get("/v/<path:code>")
@blueprint.get("/V/<path:code>")
def moved(code: str) -> Response:
    """A code that came as a path goes back into the fragment, and stays out of our own log."""
    g.yinxin_private_path = "/v/…"
    if not _BODY.fullmatch(code.upper()):
        raise NotFound
    return redirect(f"/V#{code.upper()}", 303, Response)

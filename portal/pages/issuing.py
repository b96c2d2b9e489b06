"""Issuing by form (填表签发): the form is the catalogue's, faults stand beside fields, a double click issues once."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.principal import Permission
from foundation.web.frame import ground, language, require, room
from licence.catalogue import LicenceType, licence_type
from licence.intents import IssueRequest
from licence.issue import issue
from licence.room import LicenceRoom
from portal import forms
from portal.licence_view import type_name

blueprint = Blueprint("issuing", __name__)
_KEY = re.compile(r"[A-Za-z0-9_\-]{16,64}")
SUITES: dict[str, tuple[tuple[Suite, ...], Any]] = {
    "sm2": ((Suite.SM2,), lazy_gettext("国密 SM2（推荐）")),
    "both": ((Suite.SM2, Suite.RSA), lazy_gettext("国密 SM2 和国际 RSA 双签")),
    "rsa": ((Suite.RSA,), lazy_gettext("国际 RSA")),
}


@blueprint.get("/console/issue/<slug>")
def form(slug: str) -> str:
    require(Permission.LICENCE_ISSUE)
    return _page(licence_type(slug), {}, ground().ids.token(18))


@blueprint.post("/console/issue/<slug>")
def send(slug: str) -> Response | tuple[str, int]:
    principal = require(Permission.LICENCE_ISSUE)
    kind = licence_type(slug)
    given = {spec.key: request.form.get(spec.key, "") for spec in kind.fields}
    key = request.form.get("request_key", "")
    if not _KEY.fullmatch(key):
        key = ground().ids.token(18)
    suites = request.form.get("suites", "sm2")
    data = {name: value for name, value in given.items() if value.strip()}
    wanted = IssueRequest(slug, data, f"page:{principal.label}:{key}", SUITES.get(suites, SUITES["sm2"])[0])
    try:
        licence = issue(room(LicenceRoom), principal, wanted)
    except InvalidInput as error:
        # what was refused was never accepted, so the same form may be sent again under its key
        faults = forms.faults_of(error) or {"suites": error.detail.pick(language())}
        return _page(kind, given, key, faults=faults, heading=error.detail.pick(language()), suites=suites), 422
    return redirect(f"/console/licences/{licence.id}?done=issued", 303, Response)


def _page(
    kind: LicenceType,
    given: dict[str, str],
    key: str,
    *,
    faults: dict[str, str] | None = None,
    heading: str = "",
    suites: str = "sm2",
) -> str:
    return render_template(
        "pages/issue.html",
        density="dense",
        name=type_name(kind),
        inputs=forms.inputs(kind, given),
        request_key=key,
        faults=faults or {},
        fault_heading=heading or _("请更正后再提交"),
        suites=suites,
        suite_choices=[(name, text) for name, (_suites, text) in SUITES.items()],
    )

"""The form of the stamping desk (盖章表单): what was typed becomes the same request the interface takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from foundation.errors import InvalidInput
from foundation.principal import Principal
from foundation.text import Text
from foundation.web.faults import from_validation
from seal.order_keys import order_key
from seal.orders import PdfOrder, Stamped
from seal.places import Places
from seal.room import SealRoom
from seal.schemas import StampForm
from seal.stamp import stamp_ofd, stamp_pdf

FIELDS = (
    "seal", "by", "page", "x_mm", "y_mm", "text", "occurrence", "edge", "name", "suites", "form", "dated", "date_where",
    "reason", "closing", "matter", "matter_number", "request_key",
)  # fmt: skip
WAYS = ("point", "pages", "keyword", "riding", "field")
_PDF_ONLY = ("suites", "form", "dated", "date_where")


def blank(seal: str) -> dict[str, str]:
    return dict.fromkeys(FIELDS, "") | {
        "seal": seal,
        "by": "point",
        "page": "1",
        "occurrence": "1",
        "edge": "right",
        "suites": "sm2",
        "form": "pades",
        "date_where": "across",
        "closing": "yes",
    }


def given(form: Mapping[str, str]) -> dict[str, str]:
    return {name: form.get(name, "").strip()[:200] for name in FIELDS}


def request(typed: Mapping[str, str], kind: str) -> StampForm:
    """Raises `InvalidInput`."""
    optional = {name: typed[name] for name in ("reason", "matter", "matter_number") if typed[name]}
    if kind == "pdf":
        optional |= {name: typed[name] for name in _PDF_ONLY if typed[name]}
    said = {"seal": typed["seal"], "places": json.dumps([place(typed)]), "closing": typed["closing"] == "yes"}
    try:
        return StampForm.model_validate({**said, **optional})
    except ValidationError as error:
        raise InvalidInput(
            "seal.desk_form",
            Text("请核对填写的内容。", "Please check what you filled in."),
            faults=from_validation(error, "form"),
        ) from error


def place(typed: Mapping[str, str]) -> dict[str, Any]:
    point = {"x_mm": typed["x_mm"], "y_mm": typed["y_mm"]}
    match typed["by"]:
        case "pages":
            return {"by": "pages", **point}
        case "keyword":
            every = typed["occurrence"] == "all"
            return {"by": "keyword", "text": typed["text"], "occurrence": "all" if every else typed["occurrence"] or 1}
        case "riding":
            return {"by": "riding", "edge": typed["edge"]}
        case "field":
            return {"by": "field", "name": typed["name"]}
    return {"by": "point", "page": typed["page"], **point}


def places(typed: Mapping[str, str], kind: str) -> Places:
    return request(typed, kind).wanted()


def stamp(room: SealRoom, principal: Principal, octets: bytes, kind: str, typed: Mapping[str, str]) -> Stamped:
    """Carry the order out; sent twice with the same key, it is one order."""
    form = request(typed, kind)
    key, where = order_key(principal, f"page:{typed['request_key']}"), form.wanted()
    if kind == "pdf":
        pdf = PdfOrder(octets, form.seal, where, key, form.chosen(), form.reason, form.closing, form.form)
        pdf = replace(pdf, dated=form.dated, date_where=form.date_where, matter=form.about())
        return stamp_pdf(room, principal, pdf)
    ofd = form.ofd_order(octets, form.seal, where, key, closing=form.closing)
    return stamp_ofd(room, principal, replace(ofd, matter=form.about()))

"""The form of the stamping desk (盖章表单): what was typed becomes the same request the interface takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pydantic import ValidationError

from foundation.errors import InvalidInput
from foundation.principal import Principal
from foundation.text import Text
from foundation.web.faults import from_validation
from seal.drafts.several import check_approvals
from seal.order_keys import order_key
from seal.orders import PdfOrder, Stamped
from seal.places import Places
from seal.room import SealRoom
from seal.schemas import StampForm
from seal.several import Further, stamp_several
from seal.several_ofd import stamp_several_ofd
from seal.stamp import stamp_ofd, stamp_pdf

FIELDS = (
    "seal", "by", "page", "x_mm", "y_mm", "text", "occurrence", "edge", "name", "suites", "form", "dated", "date_where",
    "reason", "closing", "matter", "matter_number", "ofd_version", "ofd_document", "request_key",
)  # fmt: skip
WAYS = ("point", "pages", "keyword", "riding", "field")
_ONLY = {"pdf": ("suites", "form"), "ofd": ("ofd_version", "ofd_document")}
_OPTIONAL = ("reason", "matter", "matter_number", "dated", "date_where")


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
    optional = {name: typed[name] for name in (*_OPTIONAL, *_ONLY[kind]) if typed[name]}
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


def stamp(
    room: SealRoom,
    principal: Principal,
    octets: bytes,
    kind: str,
    typed: Mapping[str, str],
    placed: Sequence[Mapping[str, str]] = (),
) -> Stamped:
    """Carry the order out, the seals placed before it first; sent twice with the same key, it is one order."""
    first, *others = [request({**typed, **one}, kind) for one in (*placed, typed)]
    also = tuple(Further(one.seal, one.wanted()) for one in others)
    if also:
        check_approvals(room, [first.seal, *(one.seal_id for one in also)])
    key, where = order_key(principal, f"page:{typed['request_key']}"), first.wanted()
    if kind == "pdf":
        pdf = PdfOrder(octets, first.seal, where, key, first.chosen(), first.reason, first.closing, first.form)
        pdf = replace(pdf, dated=first.dated, date_where=first.date_where, matter=first.about())
        return stamp_several(room, principal, pdf, also) if also else stamp_pdf(room, principal, pdf)
    ofd = first.ofd_order(octets, first.seal, where, key, closing=first.closing)
    ofd = replace(ofd, dated=first.dated, date_where=first.date_where, matter=first.about())
    return stamp_several_ofd(room, principal, ofd, also) if also else stamp_ofd(room, principal, ofd)


def day(typed: Mapping[str, str]) -> date | None:
    """The day to draw, while it is being typed."""
    try:
        return date.fromisoformat(typed["dated"]) if typed["dated"] else None
    except ValueError:
        return None

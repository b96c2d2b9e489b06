"""Applying for a seal (印章申请) and for changing one: one form, previewed with the geometry that will be made."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from foundation.errors import Forbidden, YinxinError
from foundation.principal import Permission, Principal
from foundation.text import Text
from foundation.web.frame import require, room
from portal import seal_design as desk
from portal.languages import pick
from portal.seals.frame import page, told
from portal.seals.words import sentence
from portal.seals.words_apply import APPLY
from portal.seals.words_files import CUSTODY
from seal.designing import PictureFormat, render
from seal.drawing.design import Design, draw
from seal.drawing.kinds import KINDS as PICTURES
from seal.drawing.square import SUFFIXES
from seal.kinds import KINDS, SealKind
from seal.management import apply, counters, finding, reasons
from seal.management.apply import Application, Custody
from seal.management.errors import ReasonNeeded
from seal.management.finding import FileView
from seal.management.reasons import Reason
from seal.preparing import with_emblem
from seal.room import SealRoom

blueprint = Blueprint("seal_apply", __name__, url_prefix="/seals/apply")
_FIELDS = (
    "department_name", "kind", "text", "line", "picture_kind", "number", "suffix", "width", "custody", "custodian",
    "reason", "words", "replaces",
)  # fmt: skip
_FAULTS = {
    "seal.reason_needed": "reason",
    "seal.custodian": "custodian",
    "seal.square_kind": "kind",
    "seal.department_name": "department_name",
    "seal.missing_glyph": "text",
    "seal.does_not_fit": "text",
    "seal.text_form": "text",
    "seal.number_and_centre": "number",
    "seal.design_size": "width",
    "seal.emblem_missing": "picture_kind",
}


@blueprint.get("")
def form() -> str:
    principal = require(Permission.SEAL_APPLY)
    old = _old(principal, request.args.get("replaces", ""))
    return _page(_blank(principal, old), old)


@blueprint.post("")
def send() -> BaseResponse | str | tuple[str, int]:
    principal = require(Permission.SEAL_APPLY)
    typed = {name: request.form.get(name, "").strip()[: 500 if name == "words" else 60] for name in _FIELDS}
    old = _old(principal, typed["replaces"])
    try:
        wanted = _wanted(principal, typed, old)
        if request.form.get("do") != "send":
            return _page(typed, old, shown=_shown(principal, wanted))
        file_id = apply.apply(room(SealRoom), principal, wanted)
    except YinxinError as error:
        said = pick(APPLY["why_needed"]) if isinstance(error, ReasonNeeded) else told(error)
        return _page(typed, old, faults={_FAULTS.get(error.code, "picture_kind"): said}), 422
    return redirect(f"/seals/{file_id}?done=applied", 303)


def _wanted(principal: Principal, typed: Mapping[str, str], old: FileView | None) -> Application:
    picture = _picture(typed)
    return Application(
        department=_department(principal),
        department_name=typed["department_name"],
        reason=Reason(typed["reason"]) if typed["reason"] in set(Reason) else Reason.MEETS_RULES,
        ring_text=typed["text"],
        kind=SealKind(typed["kind"]) if typed["kind"] in set(SealKind) else SealKind.NAME,
        line_text=typed["line"] or None,
        picture=picture,
        custody=Custody(typed["custody"]) if typed["custody"] in set(Custody) else Custody.CLOUD,
        custodian=typed["custodian"] or None,
        words=typed["words"] or None,
        replaces=old.id if old is not None else None,
    )


def _picture(typed: Mapping[str, str]) -> Design | None:
    """None: the usual picture of the kind, so that the code of the seal stands in it."""
    if typed["picture_kind"] not in PICTURES:
        return None
    given = desk.blank() | {
        "kind": typed["picture_kind"],
        "text": typed["text"],
        "line": typed["line"],
        "number": typed["number"],
        "suffix": typed["suffix"],
        "width": typed["width"],
    }
    return with_emblem(room(SealRoom), desk.design_of(given, None))


def _department(principal: Principal) -> str:
    if principal.department is None:
        raise Forbidden(
            "seal.no_department",
            Text(
                "您的账号没有所属单位，请联系管理员。", "Your account belongs to no department. Ask your administrator."
            ),
        )
    return principal.department


def _shown(principal: Principal, wanted: Application) -> desk.Shown:
    code = f"{counters.region_of(_department(principal))}00000000"
    design = with_emblem(room(SealRoom), wanted.request(code).design())
    drawing = draw(design)
    svg = render(room(SealRoom), design, PictureFormat.SVG).data
    return desk.Shown(drawing.width, drawing.height, "data:image/svg+xml;base64," + base64.b64encode(svg).decode())


def _old(principal: Principal, text: str) -> FileView | None:
    """The seal to change, of the caller's own department; anything else begins a new application."""
    try:
        return finding.file(room(SealRoom), principal, UUID(text)) if text else None
    except ValueError:
        return None


def _blank(principal: Principal, old: FileView | None) -> dict[str, str]:
    blank = dict.fromkeys(_FIELDS, "") | {"kind": "name", "custody": "cloud"}
    if old is not None:
        return blank | {
            "department_name": old.department_name,
            "kind": old.kind.value,
            "text": old.ring_text,
            "line": old.line_text or "",
            "picture_kind": old.picture_kind or "",
            "custody": old.custody.value,
            "replaces": str(old.id),
        }
    known = finding.files(room(SealRoom), principal, limit=1).items
    name = known[0].department_name if known and known[0].department == principal.department else ""
    return blank | {"department_name": name, "text": name}


def _page(typed: Mapping[str, str], old: FileView | None, **more: Any) -> str:
    allowed = reasons.APPLY if old is None else reasons.CHANGE
    return page(
        "apply",
        APPLY,
        typed=typed,
        old=old,
        kinds=[(kind.value, sentence(facts.words)) for kind, facts in KINDS.items()],
        pictures=[(kind.key, f"{pick(kind.name)} · {desk.size_of(kind)}") for kind in PICTURES.values()],
        suffixes=[(suffix, suffix or pick(APPLY["no_suffix"])) for suffix in SUFFIXES],
        custodies=[(key, sentence(text)) for key, text in CUSTODY.items()],
        reasons=[(one.value, sentence(reasons.WORDS[one])) for one in sorted(allowed)],
        **{"shown": None} | more,
    )

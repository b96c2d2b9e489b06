"""Stamping by hand (手工盖章): upload, see the page, place the seal by dragging, clicking or typing, download.

The whole form travels with every step, so nothing typed is lost and no script is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from foundation.errors import InvalidInput, YinxinError
from foundation.principal import Permission, Principal
from foundation.web.frame import require, room
from portal.languages import pick
from portal.seals import placing
from portal.seals.choices import choices
from portal.seals.frame import page, request_key, told
from portal.seals.sheets import NARROW, WIDE, Sheet, spots
from portal.seals.words_stamp import STAMP
from seal import find, keeping, pictures
from seal.approval.errors import Waiting
from seal.drafts import desk
from seal.drafts.models import SealDraft
from seal.models import OrderState, SealState
from seal.orders import SealRecord
from seal.placing import Mark
from seal.room import SealRoom

blueprint = Blueprint("stamping", __name__, url_prefix="/seals/stamp")
_MEDIA = {"pdf": "application/pdf", "ofd": "application/ofd"}
_PRIVATE = {"Cache-Control": "private, max-age=600"}


@blueprint.get("")
def start() -> str:
    return _start(require(Permission.SEAL_STAMP))


@blueprint.post("")
def upload() -> BaseResponse | tuple[str, int]:
    principal = require(Permission.SEAL_STAMP)
    file = request.files.get("file")
    if file is None or not file.filename:
        return _start(principal, faults={"file": pick(STAMP["upload_missing"])}), 422
    try:
        kept = desk.keep(room(SealRoom), principal, file.read(desk.MOST_OCTETS + 1))
    except YinxinError as error:
        return _start(principal, faults={"file": told(error)}), 422
    seal = request.form.get("seal", "")
    return redirect(f"/seals/stamp/{kept.id}" + (f"?seal={seal}" if _is_uuid(seal) else ""), 303)


@blueprint.get("/<uuid:draft_id>")
def look(draft_id: UUID) -> str:
    principal = require(Permission.SEAL_STAMP)
    kept = desk.draft(room(SealRoom), principal, draft_id)
    usable = seals_to_use(principal)
    wanted = request.args.get("seal", "")
    known = wanted if any(str(one.id) == wanted for one in usable) else (str(usable[0].id) if usable else "")
    return _editor(principal, kept, _middle(kept, placing.blank(known)))


@blueprint.post("/<uuid:draft_id>")
def work(draft_id: UUID) -> BaseResponse | str | tuple[str, int]:
    """A click on the page, another page, a look at the place, or the stamp itself."""
    principal = require(Permission.SEAL_STAMP)
    seals, typed = room(SealRoom), placing.given(request.form)
    kept = desk.draft(seals, principal, draft_id)
    if request.form.get("do") != "stamp":
        try:
            return _editor(principal, kept, _moved(kept, typed))
        except YinxinError as error:
            return _editor(principal, kept, typed | {"page": "1"}, fault=told(error)), 422
    typed["request_key"] = request_key(typed["request_key"])
    try:
        stamped = placing.stamp(seals, principal, kept.octets, kept.format, typed)
    except Waiting as waiting:
        return redirect(f"/seals/stamp/done/{waiting.order_id}", 303)
    except YinxinError as error:
        return _editor(principal, kept, typed, fault=told(error)), 422
    return redirect(f"/seals/stamp/done/{stamped.order_id}", 303)


@blueprint.get("/<uuid:draft_id>/page/<int:number>")
def picture(draft_id: UUID, number: int) -> Response:
    kept = desk.draft(room(SealRoom), require(Permission.SEAL_STAMP), draft_id)
    data, media = desk.picture(kept.octets, kept.format, number)
    return Response(data, content_type=media, headers=_PRIVATE)


@blueprint.get("/seal/<uuid:seal_id>.svg")
def seal_picture(seal_id: UUID) -> Response:
    data = pictures.svg(room(SealRoom), require(Permission.SEAL_STAMP), seal_id)
    return Response(data, content_type="image/svg+xml", headers=_PRIVATE)


@blueprint.get("/done/<uuid:order_id>")
def done(order_id: UUID) -> str:
    found = desk.done(room(SealRoom), require(Permission.SEAL_STAMP), order_id)
    return page("stamped", STAMP, done=found, refresh=5 if found.state == OrderState.RECORDED else 0)


@blueprint.get("/done/<uuid:order_id>/file")
def result(order_id: UUID) -> Response:
    data, kind = desk.result(room(SealRoom), require(Permission.SEAL_STAMP), order_id)
    headers = {"Content-Disposition": f'attachment; filename="sealed-{order_id}.{kind}"'}
    return Response(data, content_type=_MEDIA[kind], headers=headers)


def seals_to_use(principal: Principal) -> list[SealRecord]:
    """The department's seals this page can stamp with; a key on a UKey is not ours."""
    found = find.seals_of(room(SealRoom), principal.department) if principal.department else []
    return [one for one in found if one.state == SealState.IN_USE and not _on_token(principal, one)]


def _on_token(principal: Principal, seal: SealRecord) -> bool:
    return find.row_of(room(SealRoom), principal, seal.id).token_key is not None


def _start(principal: Principal, **more: Any) -> str:
    return page("stamp", STAMP, usable=seals_to_use(principal), wanted=request.values.get("seal", ""), **more)


def _middle(kept: SealDraft, typed: dict[str, str]) -> dict[str, str]:
    """Where seals of documents usually stand: right and low on the last page."""
    sizes = desk.sizes(kept.octets, kept.format)
    width, height = sizes.size(1)
    return typed | {"x_mm": f"{width * 0.7:.1f}", "y_mm": f"{height * 0.75:.1f}"}


def _moved(kept: SealDraft, typed: dict[str, str]) -> dict[str, str]:
    """What a button or a click changes: the page, or the place on it."""
    sizes, form = desk.sizes(kept.octets, kept.format), request.form
    wanted = form.get("go", "") or typed["page"]
    number = min(max(int(wanted), 1), sizes.count) if wanted.isdecimal() and len(wanted) < 6 else 1
    typed = typed | {"page": str(number)}
    width, height = sizes.size(number)
    sheet = Sheet(number, sizes.count, width, height, "", "", 0, 0, ())
    for name, across in (("wide", WIDE), ("narrow", NARROW)):
        x, y = form.get(f"{name}.x", ""), form.get(f"{name}.y", "")
        if x.isdecimal() and y.isdecimal() and (x, y) != ("0", "0"):
            at_x, at_y = sheet.point(across, int(x[:5]), int(y[:5]))
            typed |= {
                "x_mm": f"{at_x:g}",
                "y_mm": f"{at_y:g}",
                "by": typed["by"] if typed["by"] == "pages" else "point",
            }
    return typed


def _editor(principal: Principal, kept: SealDraft, typed: Mapping[str, str], *, fault: str = "") -> str:
    typed = dict(typed) | {"request_key": request_key(typed["request_key"])}
    usable = seals_to_use(principal)
    sheet, wrong = _sheet(principal, kept, typed)
    return page(
        "stamp_place",
        STAMP,
        kept=kept,
        typed=typed,
        sheet=sheet,
        wide=WIDE,
        narrow=NARROW,
        usable=[(str(one.id), f"{one.name}（{one.code}）") for one in usable],
        fault=fault or wrong,
        choices=choices(),
    )


def _sheet(principal: Principal, kept: SealDraft, typed: Mapping[str, str]) -> tuple[Sheet, str]:
    """The page, with every seal that would stand on it; and why none would, if so."""
    sizes = desk.sizes(kept.octets, kept.format)
    number = min(max(int(typed["page"]), 1), sizes.count) if typed["page"].isdecimal() else 1
    width, height = sizes.size(number)
    seal, wide, high, wrong = "", 0.0, 0.0, ""
    marks: tuple[Mark, ...] = ()
    if _is_uuid(typed["seal"]):
        row = find.row_of(room(SealRoom), principal, UUID(typed["seal"]))
        look = keeping.held(room(SealRoom), row).appearance
        seal, wide, high = f"/seals/stamp/seal/{row.id}.svg", look.width, look.height
        try:
            marks = desk.marks(kept.octets, kept.format, placing.places(typed, kept.format), wide, high)
        except InvalidInput as error:
            wrong = told(error)
    shown = spots(marks, number, high)
    return Sheet(
        number, sizes.count, width, height, f"/seals/stamp/{kept.id}/page/{number}", seal, wide, high, shown
    ), wrong


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False

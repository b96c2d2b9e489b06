"""Stamping by hand (手工盖章): upload, see the page, place the seal by dragging, clicking or typing, download.

The whole form travels with every step, so nothing typed is lost and no script is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from foundation.errors import YinxinError
from foundation.principal import Permission, Principal
from foundation.web.frame import require, room
from portal.languages import pick
from portal.seals import adding, desk_view, placing
from portal.seals.choices import choices
from portal.seals.frame import page, request_key, told
from portal.seals.sheets import NARROW, WIDE
from portal.seals.words import sentence
from portal.seals.words_stamp import STAMP
from seal import find, pictures
from seal.approval.errors import Waiting
from seal.drafts import desk
from seal.drafts.models import SealDraft
from seal.kinds import KINDS
from seal.models import OrderState, SealState
from seal.orders import SealRecord
from seal.room import SealRoom
from seal.several import MOST_FURTHER

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
    usable = [str(one.id) for one in seals_to_use(principal)]
    wanted = request.args.get("seal", "")
    known = wanted if wanted in usable else next(iter(usable), "")
    return _editor(principal, kept, desk_view.middle(kept, placing.blank(known)))


@blueprint.post("/<uuid:draft_id>")
def work(draft_id: UUID) -> BaseResponse | str | tuple[str, int]:
    """A click on the page, another page, a look at the place, a seal more or less, or the stamp itself."""
    principal = require(Permission.SEAL_STAMP)
    seals, typed = room(SealRoom), placing.given(request.form)
    placed = adding.read(request.form.getlist("also"))
    kept = desk.draft(seals, principal, draft_id)
    if request.form.get("do") != "stamp":
        try:
            typed = desk_view.moved(kept, typed, request.form)
            return _editor(principal, kept, *_changed(principal, kept, typed, placed))
        except YinxinError as error:
            return _editor(principal, kept, typed | {"page": "1"}, placed, fault=told(error)), 422
    typed["request_key"] = request_key(typed["request_key"])
    try:
        stamped = placing.stamp(seals, principal, kept.octets, kept.format, typed, placed)
    except Waiting as waiting:
        return redirect(f"/seals/stamp/done/{waiting.order_id}", 303)
    except YinxinError as error:
        return _editor(principal, kept, typed, placed, fault=told(error)), 422
    return redirect(f"/seals/stamp/done/{stamped.order_id}", 303)


@blueprint.get("/<uuid:draft_id>/page/<int:number>")
def picture(draft_id: UUID, number: int) -> Response:
    kept = desk.draft(room(SealRoom), require(Permission.SEAL_STAMP), draft_id)
    which = request.args.get("document", "")
    data, media = desk.picture(kept.octets, kept.format, number, which if which.isdecimal() else None)
    return Response(data, content_type=media, headers=_PRIVATE)


@blueprint.get("/seal/<uuid:seal_id>.svg")
def seal_picture(seal_id: UUID) -> Response:
    data = pictures.svg(room(SealRoom), require(Permission.SEAL_STAMP), seal_id)
    return Response(data, content_type="image/svg+xml", headers=_PRIVATE)


@blueprint.get("/done/<uuid:order_id>")
def done(order_id: UUID) -> str:
    found = desk.done(room(SealRoom), require(Permission.SEAL_STAMP), order_id)
    return page("stamped", STAMP, done=found, refresh=2 if found.state == OrderState.RECORDED else 0)


@blueprint.get("/done/<uuid:order_id>/file")
def result(order_id: UUID) -> Response:
    data, kind = desk.result(room(SealRoom), require(Permission.SEAL_STAMP), order_id)
    headers = {"Content-Disposition": f'attachment; filename="sealed-{order_id}.{kind}"'}
    return Response(data, content_type=_MEDIA[kind], headers=headers)


def seals_to_use(principal: Principal) -> list[SealRecord]:
    """The department's seals this page can stamp with; a key on a UKey is not ours."""
    found = find.seals_of(room(SealRoom), principal.department) if principal.department else []
    return [one for one in found if one.state == SealState.IN_USE and not _on_token(principal, one)]


def seal_choices(usable: list[SealRecord]) -> list[tuple[str, str]]:
    """What it is for comes first: a phone cuts the end off, and the department's name begins all of them alike."""
    return [(str(one.id), f"{_what(one)} · {_whose(one)}（{one.code}）") for one in usable]


def _what(seal: SealRecord) -> str:
    return seal.line_text or sentence(KINDS[seal.kind].words)


def _whose(seal: SealRecord) -> str:
    return seal.name if seal.kind.personal else seal.ring_text or seal.department_name


def _on_token(principal: Principal, seal: SealRecord) -> bool:
    return find.row_of(room(SealRoom), principal, seal.id).token_key is not None


def _start(principal: Principal, **more: Any) -> str:
    return page(
        "stamp", STAMP, usable=seal_choices(seals_to_use(principal)), wanted=request.values.get("seal", ""), **more
    )


def _changed(
    principal: Principal, kept: SealDraft, typed: dict[str, str], placed: list[dict[str, str]]
) -> tuple[dict[str, str], list[dict[str, str]]]:
    """One seal more to place, one fewer, or the last placed once more."""
    wish = request.form.get("do", "")
    if wish == "add" and len(placed) < MOST_FURTHER:
        desk_view.check(room(SealRoom), principal, kept, typed)
        placed = [*placed, typed]
        return adding.further(typed, placed, [str(one.id) for one in seals_to_use(principal)]), placed
    if wish == "back" and placed:
        return typed | placed[-1], placed[:-1]
    number = wish.removeprefix("drop-")
    if wish != number and number.isdecimal() and len(number) < 3:
        return typed, [one for at, one in enumerate(placed) if at != int(number)]
    return typed, placed


def _editor(
    principal: Principal,
    kept: SealDraft,
    typed: Mapping[str, str],
    placed: Sequence[dict[str, str]] = (),
    *,
    fault: str = "",
) -> str:
    typed = dict(typed) | {"request_key": request_key(typed["request_key"])}
    names = dict(seal_choices(seals_to_use(principal)))
    sheet, wrong = desk_view.sheet(room(SealRoom), principal, kept, typed, placed)
    return page(
        "stamp_place",
        STAMP,
        kept=kept,
        typed=typed,
        sheet=sheet,
        wide=WIDE,
        narrow=NARROW,
        usable=list(names.items()),
        placed=[(adding.line(one), names.get(one["seal"], ""), desk_view.place_words(one)) for one in placed],
        more=len(placed) < MOST_FURTHER,
        documents=desk_view.documents(kept),
        fault=fault or wrong,
        choices=choices(kept.format),
    )


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False

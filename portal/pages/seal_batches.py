"""Batches (批量用章): many documents under one seal, their progress without scripts, each result with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from pydantic import ValidationError
from werkzeug.wrappers import Response as BaseResponse

from foundation.errors import InvalidInput, YinxinError
from foundation.principal import Permission, Principal
from foundation.text import Text
from foundation.web.faults import from_validation
from foundation.web.frame import require, room
from portal.languages import pick
from portal.pages.stamping import seal_choices, seals_to_use
from portal.seals import placing
from portal.seals.choices import choices
from portal.seals.frame import page, told
from portal.seals.words_batches import BATCHES
from portal.seals.words_stamp import STAMP
from portal.wording import Word
from seal.batches import handing, load, report, run
from seal.batches.models import BatchState, ItemState, SealBatch
from seal.batches.schemas import BatchBody
from seal.room import SealRoom

blueprint = Blueprint("seal_batches", __name__, url_prefix="/seals/batches")
_FIELDS = (
    "seal", "by", "page", "x_mm", "y_mm", "text", "occurrence", "edge", "name", "suites", "reason", "closing",
    "matter", "matter_number",
)  # fmt: skip
_TONES = {"running": "warn", "waiting": "warn", "paused": "warn", "done": "good", "cancelled": "bad", "refused": "bad"}
_ITEM_TONES = {"sealed": "good", "failed": "bad", "refused": "bad"}
_CHANGES = {"pause": BatchState.PAUSED, "resume": BatchState.RUNNING, "cancel": BatchState.CANCELLED}
SHOWN = 100


@blueprint.get("")
def listed() -> str:
    return _list(require(Permission.SEAL_STAMP))


@blueprint.post("")
def create() -> BaseResponse | tuple[str, int]:
    principal = require(Permission.SEAL_STAMP)
    typed = {name: request.form.get(name, "").strip()[:200] for name in _FIELDS}
    if not _files():
        return _list(principal, typed=typed, faults={"files": pick(BATCHES["upload_missing"])}), 422
    try:
        body = _body(typed)
        made = load.create(room(SealRoom), principal, body.way(), body.about())
        taken, refused = _add(principal, made.id)
    except YinxinError as error:
        return _list(principal, typed=typed, faults={"files": told(error)}), 422
    return redirect(f"/seals/batches/{made.id}?taken={taken}&refused={refused}", 303)


@blueprint.get("/<uuid:batch_id>")
def one(batch_id: UUID) -> str:
    return _page(require(Permission.SEAL_STAMP), batch_id)


@blueprint.post("/<uuid:batch_id>/files")
def add(batch_id: UUID) -> BaseResponse | tuple[str, int]:
    principal = require(Permission.SEAL_STAMP)
    if not _files():
        return _page(principal, batch_id, fault=pick(BATCHES["upload_missing"])), 422
    try:
        taken, refused = _add(principal, batch_id)
    except YinxinError as error:
        return _page(principal, batch_id, fault=told(error)), 422
    return redirect(f"/seals/batches/{batch_id}?taken={taken}&refused={refused}", 303)


@blueprint.post("/<uuid:batch_id>")
def change(batch_id: UUID) -> BaseResponse | tuple[str, int]:
    principal, wanted = require(Permission.SEAL_STAMP), request.form.get("do", "")
    try:
        if wanted == "start":
            run.start(room(SealRoom), principal, batch_id)
        elif wanted in _CHANGES:
            run.change(room(SealRoom), principal, batch_id, _CHANGES[wanted])
    except YinxinError as error:
        return _page(principal, batch_id, fault=told(error)), 422
    return redirect(f"/seals/batches/{batch_id}", 303)


@blueprint.get("/<uuid:batch_id>/items/<int:number>")
def document(batch_id: UUID, number: int) -> Response:
    item, octets = report.result(room(SealRoom), require(Permission.SEAL_STAMP), batch_id, number)
    return _attached(octets, f"application/{item.format}", f"{item.number:06d}.{item.format}")


@blueprint.get("/<uuid:batch_id>/results.zip")
def results(batch_id: UUID) -> Response:
    """Sent as it is read, however many there are."""
    pieces = handing.archive(room(SealRoom), require(Permission.SEAL_STAMP), batch_id)
    return _attached(pieces, "application/zip", "sealed.zip")


@blueprint.get("/<uuid:batch_id>/items.csv")
def table(batch_id: UUID) -> Response:
    pieces = handing.table(room(SealRoom), require(Permission.SEAL_STAMP), batch_id)
    return _attached(pieces, "text/csv; charset=utf-8", "items.csv")


def _body(typed: Mapping[str, str]) -> BatchBody:
    optional = {name: typed[name] for name in ("reason", "matter", "matter_number") if typed[name]}
    said = {
        "seal": typed["seal"],
        "places": [placing.place(typed)],
        "suites": typed["suites"] or "sm2",
        "closing": typed["closing"] == "yes",
    }
    try:
        return BatchBody.model_validate_json(json.dumps({**said, **optional}))
    except ValidationError as error:
        raise InvalidInput(
            "seal.desk_form",
            Text("请核对填写的内容。", "Please check what you filled in."),
            faults=from_validation(error, "form"),
        ) from error


def _files() -> list[Any]:
    return [one for one in request.files.getlist("files") if one.filename]


def _add(principal: Principal, batch_id: UUID) -> tuple[int, int]:
    """Archives are opened, everything else is a document or is refused with its reason."""
    taken = refused = 0
    documents: list[tuple[str, bytes]] = []
    for file in _files():
        name, data = file.filename or "", file.read()
        if data[:4] == b"PK\x03\x04" and name.lower().endswith(".zip"):
            more = load.add_archive(room(SealRoom), principal, batch_id, data)
            taken, refused = taken + more[0], refused + more[1]
        else:
            documents.append((name, data))
    if documents:
        more = load.add_files(room(SealRoom), principal, batch_id, documents)
        taken, refused = taken + more[0], refused + more[1]
    return taken, refused


def _list(principal: Principal, **more: Any) -> str:
    found = report.listed(room(SealRoom), principal)
    usable = seals_to_use(principal)
    names = {one.id: one.name for one in usable}
    blank = placing.blank(str(usable[0].id) if usable else "") | {"x_mm": "150", "y_mm": "230"}
    return page(
        "batches",
        {**STAMP, **BATCHES},
        rows=[(one, names.get(one.seal_id, ""), _state(one)) for one in found],
        usable=seal_choices(usable),
        choices=choices(),
        **{"typed": blank} | more,
    )


def _page(principal: Principal, batch_id: UUID, *, fault: str = "") -> str:
    seals, args = room(SealRoom), request.args
    found = report.progress(seals, principal, batch_id)
    after = int(args["after"]) if args.get("after", "").isdecimal() and len(args["after"]) < 8 else 0
    wanted = ItemState(args["state"]) if args.get("state") in set(ItemState) else None
    items = report.items(seals, principal, batch_id, after=after, state=wanted, limit=SHOWN)
    state = BatchState(found.batch.state)
    counts = {name: args[name] for name in ("taken", "refused") if args.get(name, "").isdecimal()}
    return page(
        "batch",
        BATCHES,
        found=found,
        batch=found.batch,
        state=_state(found.batch),
        over=found.sealed + found.failed,
        all=found.batch.total - found.refused,
        items=[(one, _item(one.state)) for one in items],
        following=items[-1].number if len(items) == SHOWN else 0,
        only=args.get("state", ""),
        filters=[(one.value, _item(one.value).text) for one in ItemState],
        added=counts if len(counts) == 2 else None,
        refresh=3 if state is BatchState.RUNNING and not fault else 0,
        fault=fault,
    )


def _state(batch: SealBatch) -> Word:
    said = pick(BATCHES["batch_refused" if batch.state == BatchState.REFUSED else batch.state])
    return Word(said[:1].upper() + said[1:], _TONES.get(batch.state, "idle"))


def _item(state: str) -> Word:
    said = pick(BATCHES[state])
    return Word(said[:1].upper() + said[1:], _ITEM_TONES.get(state, "idle"))


def _attached(data: bytes | Iterator[bytes], media: str, name: str) -> Response:
    return Response(data, content_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})

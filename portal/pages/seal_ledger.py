"""The ledger of a seal's uses (用章台账), for its owners: filtered, as CSV, held against the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from foundation.clock import SHANGHAI
from foundation.errors import NotFound
from foundation.principal import Permission, Principal
from foundation.text import Text
from foundation.web.frame import ground, require, room
from portal.seals.frame import page
from portal.seals.people import named
from portal.seals.words_rules import LEDGER
from seal import ledger
from seal.ledger import Filter
from seal.management import finding
from seal.management.finding import FileView
from seal.room import SealRoom

blueprint = Blueprint("seal_ledger", __name__, url_prefix="/seals/<uuid:file_id>")
_FORMATS = ("pdf", "ofd", "pdf-hash", "ofd-hash", "cms", "gm-cms", "jws")


def owned(principal: Principal, file_id: UUID) -> tuple[FileView, UUID]:
    """The file of a seal that was made, for its own department."""
    file = finding.file(room(SealRoom), principal, file_id)
    if file.seal_id is None or file.department != principal.department:
        raise NotFound("seal.not_made", Text("这枚印章还没有制成。", "This seal has not been made yet."))
    return file, file.seal_id


@blueprint.get("/ledger")
def lines(file_id: UUID) -> str:
    principal = require(Permission.SEAL_POLICY)
    file, seal_id = owned(principal, file_id)
    asked = {name: request.args.get(name, "").strip()[:64] for name in ("since", "until", "matter", "format", "after")}
    found, after = ledger.lines(room(SealRoom), principal, seal_id, _filter(asked))
    differing = ledger.differing(room(SealRoom), principal, seal_id) if request.args.get("check") else None
    return page(
        "ledger",
        LEDGER,
        file=file,
        asked=asked,
        rows=found,
        people=named(ground(), [one.requester for one in found]),
        formats=[(one, one.upper()) for one in _FORMATS],
        following=after,
        differing=differing,
    )


@blueprint.get("/ledger.csv")
def table(file_id: UUID) -> Response:
    principal = require(Permission.SEAL_POLICY)
    file, seal_id = owned(principal, file_id)
    data = ledger.table(room(SealRoom), principal, seal_id, _filter(request.args.to_dict()))
    headers = {"Content-Disposition": f'attachment; filename="ledger-{file.code}.csv"'}
    return Response(data, content_type="text/csv; charset=utf-8", headers=headers)


def _filter(asked: dict[str, str]) -> Filter:
    kind = asked.get("format", "")
    return Filter(
        _day(asked.get("since", "")),
        _day(asked.get("until", "")),
        asked.get("matter") or None,
        kind if kind in _FORMATS else None,
        _uuid(asked.get("after", "")),
    )


def _day(text: str) -> datetime | None:
    """Midnight of a day in the region's civil time; what is no day filters nothing."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def _uuid(text: str) -> Any:
    try:
        return UUID(text)
    except ValueError:
        return None

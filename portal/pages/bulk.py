"""Applying in bulk (批量申请): a table up, its progress, and every fault with line and column."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from ca.registration import batches, bulk, policy, rows, sheet
from ca.registration.policy import Channel
from ca.registration.room import RegistrationRoom
from ca.suites import Suite
from foundation.errors import NotFound, YinxinError
from foundation.principal import Permission, Principal
from foundation.web.frame import language, require, room
from portal.wording import batch_state

blueprint = Blueprint("bulk", __name__, url_prefix="/authority/bulk")
FILERS = (Permission.RA_APPLY, Permission.RA_REVIEW)
WATCHERS = (*FILERS, Permission.RA_APPROVE, Permission.AUDIT_READ)


@blueprint.get("")
def listed() -> str:
    return _page(require(*WATCHERS))


@blueprint.post("")
def upload() -> BaseResponse | tuple[str, int]:
    principal, desk = require(*FILERS), room(RegistrationRoom)
    given = {name: request.form.get(name, "") for name in ("profile", "suite", "partial")}
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(principal, given=given, faults={"file": _("请选择 CSV 或 XLSX 文件。")}), 422
    try:
        made = bulk.upload(
            desk,
            principal,
            file.read(sheet.MOST_OCTETS + 1),
            profile=given["profile"],
            suite=Suite.RSA if given["suite"] == "rsa" else Suite.SM2,
            channel=_channel(principal),
            partial=given["partial"] == "yes",
        )
    except YinxinError as error:
        if isinstance(error, NotFound):
            raise
        return _page(principal, given=given, faults={"file": error.detail.pick(language())}), 422
    return redirect(f"/authority/bulk/{made}", 303)


@blueprint.get("/template.csv")
def template() -> Response:
    require(*WATCHERS)
    return Response(
        rows.template().encode(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="registrations.csv"'},
    )


@blueprint.get("/<uuid:bulk_id>")
def one(bulk_id: UUID) -> str:
    found = batches.find(room(RegistrationRoom), require(*WATCHERS), bulk_id)
    return render_template(
        "pages/authority/batch.html",
        density="dense",
        one=found,
        state=batch_state(found.state),
        working=found.state in (bulk.CHECKING, bulk.FILING),
        shown=found.faults[:MOST_SHOWN],
    )


MOST_SHOWN = 300


def _page(principal: Principal, **more: Any) -> str:
    may = any(principal.may(right) for right in FILERS)
    return render_template(
        "pages/authority/bulk.html",
        density="dense",
        rows=[(one, batch_state(one.state)) for one in batches.listed(room(RegistrationRoom), principal)],
        profiles=_profiles(principal) if may else [],
        columns=[column.label for column in rows.COLUMNS],
        **{"faults": {}, "given": {}} | more,
    )


def _channel(principal: Principal) -> Channel:
    """Whoever may apply for a department does; an RA officer applies for those at the counter."""
    return Channel.DEPARTMENT if principal.may(Permission.RA_APPLY) else Channel.COUNTER


def _profiles(principal: Principal) -> list[tuple[str, Any]]:
    """Those the caller may apply for this way."""
    wanted = _channel(principal)
    found = [one for one in room(RegistrationRoom).ca.profiles() if one.requestable]
    return [(one.name, one.title.pick(language())) for one in found if wanted in policy.channels(one)]

"""Approvals (待办审批): what waits for a first look or a second person, one application in clear, and the decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from ca.registration import deadlines, evidence, search, steps
from ca.registration.room import RegistrationRoom
from ca.registration.search import Query, Queue
from ca.registration.states import Step
from foundation.errors import NotFound, YinxinError
from foundation.principal import Permission, Principal
from foundation.web.frame import language, require, room

blueprint = Blueprint("approvals", __name__, url_prefix="/authority/approvals")
MOST_REASON = 500
DECISIONS = (Step.REVIEW, Step.APPROVE, Step.RETURN, Step.REJECT)


@blueprint.get("")
def queue() -> str:
    principal = _decider()
    desk = room(RegistrationRoom)
    first = search.search(desk, principal, Query(queue=Queue.REVIEW, limit=search.MOST)).items
    second = search.search(desk, principal, Query(queue=Queue.APPROVE, limit=search.MOST)).items
    return render_template(
        "pages/authority/approvals.html",
        density="dense",
        first=first,
        second=second,
        cases=deadlines.cases(desk, principal),
        now=desk.ground.clock.now(),
    )


@blueprint.get("/<uuid:application_id>")
def one(application_id: UUID) -> str:
    return _page(_decider(), application_id)


@blueprint.post("/<uuid:application_id>")
def decide(application_id: UUID) -> BaseResponse | tuple[str, int]:
    """The form carries the digest of what was shown: if the application says something else by now, nothing happens."""
    principal = _decider()
    wish = next((one for one in DECISIONS if one.value == request.form.get("step", "")), None)
    if wish is None:
        return _page(principal, application_id, fault=_("请选择一种处理结果。")), 422
    reason = request.form.get("reason", "").strip()[:MOST_REASON] or None
    try:
        steps.take(
            room(RegistrationRoom), principal, application_id, wish, digest=request.form.get("digest"), reason=reason
        )
    except YinxinError as error:
        if isinstance(error, NotFound):
            raise
        return _page(principal, application_id, fault=error.detail.pick(language())), 422
    return redirect(f"/authority/approvals?done={wish.value}", 303)


@blueprint.get("/<uuid:application_id>/evidence/<uuid:evidence_id>")
def look(application_id: UUID, evidence_id: UUID) -> Response:
    """Always as a download of a neutral type: what somebody uploaded is never run in our origin."""
    found = evidence.look(room(RegistrationRoom), _decider(), application_id, evidence_id)
    name = f"{evidence_id}.{_ENDINGS.get(found.media_type, 'bin')}"
    return Response(
        found.octets,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


def _page(principal: Principal, application_id: UUID, *, fault: str = "") -> str:
    desk = room(RegistrationRoom)
    whole = search.find(desk, principal, application_id)
    clear = search.read(desk, principal, application_id)
    return render_template(
        "pages/authority/approval.html",
        density="dense",
        whole=whole,
        entry=whole.entry,
        subject=clear.content.subject.attributes(),
        identity=_numbers(clear.content.identity),
        content=clear.content,
        digest=clear.digest,
        pieces=evidence.pieces(desk, principal, application_id),
        may=[step for step in DECISIONS if step in whole.may],
        fault=fault,
    )


def _numbers(identity: Any) -> list[tuple[str, str]]:
    return [(name, getattr(identity, name)) for name in type(identity).__slots__ if getattr(identity, name)]


def _decider() -> Principal:
    return require(Permission.RA_REVIEW, Permission.RA_APPROVE)

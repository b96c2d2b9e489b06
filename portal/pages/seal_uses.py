"""The approval inbox (用章审批): what waits, one case with its document as it will be signed, the decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from foundation.errors import InvalidInput, NotFound, YinxinError
from foundation.principal import Permission, Principal
from foundation.text import Text
from foundation.web.frame import address, ground, require, room
from portal.languages import pick
from portal.seals.frame import page, told
from portal.seals.people import named
from portal.seals.sheets import Layer, Sheet
from portal.seals.signatures import fingerprint, signature
from portal.seals.words_uses import USES
from portal.wording import Word
from seal.approval import cases, cases_open, shown, where
from seal.approval.cloud import consents, keys
from seal.approval.cloud.models import KeyState
from seal.approval.cloud.room import CloudRoom
from seal.approval.models import CaseKind, CaseState, Decision, SealCase
from seal.formats import HASH_FORMATS
from seal.room import SealRoom

blueprint = Blueprint("seal_uses", __name__, url_prefix="/seals/uses")
_READERS = (Permission.SEAL_CONSENT, Permission.SEAL_STAMP, Permission.SEAL_POLICY)
_TONES = {"waiting": "warn", "approved": "good"}


@blueprint.get("")
def inbox() -> str:
    principal, seals = require(Permission.SEAL_CONSENT, Permission.SEAL_STAMP), room(SealRoom)
    waiting = cases.inbox(seals, principal) if principal.may(Permission.SEAL_CONSENT) else []
    asked = where.mine(seals, principal) if principal.may(Permission.SEAL_STAMP) else []
    names = where.seals(seals, [*waiting, *asked])
    people = named(ground(), [one.requester for one in waiting])
    return page(
        "uses",
        USES,
        waiting=[(one, names[one.seal_id], people[one.requester]) for one in waiting],
        asked=[(one, names[one.seal_id], _state(one)) for one in asked],
        consents=principal.may(Permission.SEAL_CONSENT),
        stamps=principal.may(Permission.SEAL_STAMP),
        key=_key(principal),
    )


@blueprint.get("/<uuid:case_id>")
def one(case_id: UUID) -> str:
    return _page(require(*_READERS), case_id)


@blueprint.post("/<uuid:case_id>")
def decide(case_id: UUID) -> BaseResponse | str | tuple[str, int]:
    """Send a code, or decide with it, or with a signature from a device."""
    principal, form = require(Permission.SEAL_CONSENT), request.form
    try:
        decision = _decision(form.get("decision", ""))
        if form.get("do") == "code":
            sent = consents.ask_code(room(CloudRoom), principal, case_id, decision, address=address())
            return _page(principal, case_id, sent=sent.phone)
        reason = form.get("reason", "").strip()[:500] or None
        if decision is Decision.REFUSE and reason is None:
            raise _wrong("refuse_needed")
        if form.get("do") == "cloud":
            consents.decide(room(CloudRoom), principal, case_id, form.get("code", "").strip(), decision, reason)
        else:
            cases.decide(room(SealRoom), principal, case_id, decision, fingerprint(), signature(), reason)
    except YinxinError as error:
        return _page(principal, case_id, fault=told(error)), 422
    return redirect(f"/seals/uses/{case_id}?done=1", 303)


@blueprint.post("/<uuid:case_id>/withdrawal")
def withdraw(case_id: UUID) -> BaseResponse | tuple[str, int]:
    principal = require(Permission.SEAL_STAMP)
    try:
        cases.withdraw(room(SealRoom), principal, case_id, request.form.get("reason", "").strip()[:500] or None)
    except YinxinError as error:
        return _page(principal, case_id, fault=told(error)), 422
    return redirect(f"/seals/uses/{case_id}?done=1", 303)


@blueprint.get("/<uuid:case_id>/statement/<any(approve, refuse):decision>.txt")
def statement(case_id: UUID, decision: str) -> Response:
    said = cases.statement(room(SealRoom), require(Permission.SEAL_CONSENT), case_id, Decision(decision))
    return _attached(said, f"statement-{case_id}-{decision}.txt")


@blueprint.get("/<uuid:case_id>/document")
def document(case_id: UUID) -> Response:
    """The bytes themselves, always as a download of a neutral type."""
    data, name = shown.document(room(SealRoom), require(*_READERS), case_id)
    return _attached(data, name)


@blueprint.get("/<uuid:case_id>/items/<int:number>/document")
def item_document(case_id: UUID, number: int) -> Response:
    data, name = shown.item_document(room(SealRoom), require(*_READERS), case_id, number)
    return _attached(data, name)


@blueprint.get("/<uuid:case_id>/page/<int:number>")
def picture(case_id: UUID, number: int) -> Response:
    item = request.args.get("item", "")
    chosen = int(item) if item.isdecimal() and len(item) < 8 else None
    data, media = where.page(room(SealRoom), require(*_READERS), case_id, number, item=chosen)
    return Response(data, content_type=media, headers={"Cache-Control": "private, max-age=600"})


@blueprint.get("/<uuid:case_id>/seal.svg")
def seal_picture(case_id: UUID) -> Response:
    data = where.picture(room(SealRoom), require(*_READERS), case_id)
    return Response(data, content_type="image/svg+xml", headers={"Cache-Control": "private, max-age=600"})


def _page(principal: Principal, case_id: UUID, *, fault: str = "", sent: str = "") -> str:
    seals = room(SealRoom)
    case = cases.find(seals, principal, case_id)
    code, name = where.seals(seals, [case])[case.seal_id]
    sheet, unclear, item = _sheet(principal, case)
    open_now = case.state == CaseState.WAITING and seals.ground.clock.now() < case.expires_at
    given = cases.approvals(seals, case)
    decides = open_now and principal.may(Permission.SEAL_CONSENT) and case.requester != principal.label
    decides = decides and all(one.person != principal.label for one in given)
    return page(
        "use",
        USES,
        case=case,
        seal=(code, name),
        requester=named(ground(), [case.requester])[case.requester],
        given=sum(one.decision == Decision.APPROVE for one in given),
        state=_state(case),
        reason=cases_open.reason(seals, case),
        sheet=sheet,
        unclear=unclear,
        item=item,
        items=shown.items(seals, principal, case_id, limit=200) if case.kind == CaseKind.BATCH else (),
        decides=decides,
        statement=cases.statement(seals, principal, case_id, Decision.APPROVE).decode() if decides else "",
        key=_key(principal) if decides else None,
        withdraws=open_now and case.requester == principal.label,
        fetches=case.requester == principal.label and case.kind == CaseKind.ORDER and case.state == CaseState.APPROVED,
        typed=request.form,
        sent=sent,
        done=request.args.get("done", ""),
        fault=fault,
    )


def _sheet(principal: Principal, case: SealCase) -> tuple[Sheet | None, str, int | None]:
    """The page asked for of the document, or of one of a batch; None where there is no document to show."""
    if case.format in HASH_FORMATS or case.format not in ("pdf", "ofd", "list"):
        return None, "", None
    number, item = _number("page"), _number("item") if case.kind == CaseKind.BATCH else None
    try:
        found = where.view(room(SealRoom), principal, case.id, number, item=item)
    except NotFound:
        return None, "", item
    except YinxinError as error:
        return None, told(error), item
    asked = f"?item={item}" if item is not None else ""
    base = f"/seals/uses/{case.id}"
    size = found.seal_width, found.seal_height
    layer = Layer.of(f"{base}/seal.svg", size, found.marks, found.number, found.dated)
    picture = f"{base}/page/{found.number}{asked}"
    sheet = Sheet(found.number, found.count, found.width, found.height, picture, (layer,))
    return sheet, pick(found.unclear), item


def _number(name: str) -> int:
    text = request.args.get(name, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def _state(case: SealCase) -> Word:
    said = pick(USES[case.state])
    return Word(said[:1].upper() + said[1:], _TONES.get(case.state, "bad"))


def _key(principal: Principal) -> dict[str, Any] | None:
    """The caller's cloud key, as far as the page needs it."""
    if not principal.may(Permission.SEAL_CONSENT):
        return None
    found = keys.mine(room(CloudRoom), principal)
    if found is None:
        return {"state": "none", "certificate": ""}
    return {"state": "active" if found.state == KeyState.ACTIVE else "waiting", "certificate": found.certificate or ""}


def _decision(text: str) -> Decision:
    if text not in set(Decision):
        raise _wrong("choose")
    return Decision(text)


def _wrong(word: str) -> InvalidInput:
    text: Text = USES[word]
    return InvalidInput(f"seal.page_{word}", text)


def _attached(data: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type="application/octet-stream", headers=headers)

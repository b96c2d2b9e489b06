"""Rules of a seal (用章规则): proposed by one owner, agreed to by another with a signature over what the page shows."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from pydantic import ValidationError
from werkzeug.wrappers import Response as BaseResponse

from foundation.errors import InvalidInput, YinxinError
from foundation.principal import Permission, Principal
from foundation.text import Text
from foundation.web.faults import from_validation
from foundation.web.frame import ground, language, require, room
from portal.languages import pick
from portal.pages.seal_ledger import owned
from portal.seals.frame import page, told
from portal.seals.people import named
from portal.seals.signatures import fingerprint, signature
from portal.seals.words import sentence
from portal.seals.words_rules import RULES
from portal.seals.words_uses import USES
from portal.wording import Word
from seal.approval import policy, rules
from seal.approval.cloud.holders import holders
from seal.approval.cloud.room import CloudRoom
from seal.approval.models import Decision, PolicyState, SealPolicy
from seal.approval.schemas import RulesBody
from seal.room import SealRoom

blueprint = Blueprint("seal_rules", __name__, url_prefix="/seals/<uuid:file_id>/rules")
_FIELDS = (
    "approvals", "approvers", "start", "end", "matters", "clients", "per_day", "in_total", "valid_minutes",
)  # fmt: skip
_TONES = {"active": "good", "proposed": "warn", "refused": "bad"}


@blueprint.get("")
def shown(file_id: UUID) -> str:
    return _page(require(Permission.SEAL_POLICY), file_id)


@blueprint.post("")
def propose(file_id: UUID) -> BaseResponse | tuple[str, int]:
    principal = require(Permission.SEAL_POLICY)
    typed = {name: request.form.get(name, "").strip()[:4000] for name in _FIELDS}
    _, seal_id = owned(principal, file_id)
    try:
        policy.propose(room(SealRoom), principal, seal_id, _body(typed).rules())
    except YinxinError as error:
        return _page(principal, file_id, typed=typed, fault=told(error)), 422
    return redirect(f"/seals/{file_id}/rules?done=1", 303)


@blueprint.post("/<uuid:policy_id>")
def decide(file_id: UUID, policy_id: UUID) -> BaseResponse | tuple[str, int]:
    principal, wanted = require(Permission.SEAL_POLICY), request.form.get("decision", "")
    owned(principal, file_id)
    try:
        if wanted not in set(Decision):
            raise InvalidInput("seal.page_choose", USES["choose"])
        policy.decide(room(SealRoom), principal, policy_id, Decision(wanted), fingerprint(), signature())
    except YinxinError as error:
        return _page(principal, file_id, fault=told(error)), 422
    return redirect(f"/seals/{file_id}/rules?done=1", 303)


@blueprint.get("/<uuid:policy_id>/<any(approve, refuse):decision>.txt")
def statement(file_id: UUID, policy_id: UUID, decision: str) -> Response:
    principal = require(Permission.SEAL_POLICY)
    owned(principal, file_id)
    said = policy.statement(room(SealRoom), principal, policy_id, Decision(decision))
    headers = {"Content-Disposition": f'attachment; filename="rules-{policy_id}-{decision}.txt"'}
    return Response(said, content_type="application/octet-stream", headers=headers)


def _body(typed: dict[str, str]) -> RulesBody:
    said: dict[str, Any] = {name: typed[name] for name in ("approvals", "per_day", "in_total", "valid_minutes")}
    lines = [line.split() for line in (*request.form.getlist("approver"), *typed["approvers"].splitlines())]
    lines = [line for line in lines if line]
    said["approvers"] = [{"person": line[0], "certificate": line[-1].lower()} for line in lines]
    said |= {name: typed[name].split() for name in ("matters", "clients")} | {
        "formats": request.form.getlist("formats")
    }
    days = [int(one) for one in re.sub(r"\D", "", "".join(request.form.getlist("days")))[:7]]
    if days:
        said["hours"] = [{"days": days, "start": typed["start"], "end": typed["end"]}]
    try:
        return RulesBody.model_validate({name: value for name, value in said.items() if value not in ("", [])})
    except ValidationError as error:
        raise InvalidInput(
            "seal.desk_form",
            Text("请核对填写的内容。", "Please check what you filled in."),
            faults=from_validation(error, "form"),
        ) from error


def _page(principal: Principal, file_id: UUID, *, typed: dict[str, str] | None = None, fault: str = "") -> str:
    file, seal_id = owned(principal, file_id)
    found = policy.versions(room(SealRoom), principal, seal_id)
    people = named(ground(), [label for one in found for label in (one.proposed_by, one.decided_by) if label])
    return page(
        "rules",
        {**USES, **RULES},
        file=file,
        rows=[(one, _state(one), _content(one), people) for one in found],
        open=[(one, one.proposed_by != principal.label, _said(principal, one)) for one in found if _waits(one)],
        typed=typed or dict.fromkeys(_FIELDS, "") | {"approvals": "1", "valid_minutes": "4320"},
        formats=[(one, sentence(RULES[one])) for one in rules.FORMATS],
        chosen=[one for name in ("formats", "approver", "days") for one in request.form.getlist(name)],
        week=[(str(day), pick(RULES[f"day_{day}"])) for day in range(1, 8)],
        holders=_holders(principal),
        done=request.args.get("done", ""),
        fault=fault,
    )


def _holders(principal: Principal) -> list[tuple[str, str]]:
    """Who can be named with a tick: value and masked name of everybody with a cloud signature."""
    found = holders(room(CloudRoom), principal)
    people = named(ground(), [one.person for one in found])
    return [(f"{one.person} {one.certificate}", people[one.person]) for one in found]


def _waits(row: SealPolicy) -> bool:
    return row.state == PolicyState.PROPOSED


def _said(principal: Principal, row: SealPolicy) -> str:
    return policy.statement(room(SealRoom), principal, row.id, Decision.APPROVE).decode()


def _state(row: SealPolicy) -> Word:
    said = pick(RULES[row.state])
    return Word(said[:1].upper() + said[1:], _TONES.get(row.state, "idle"))


def _content(row: SealPolicy) -> list[tuple[str, str]]:
    """What the rules say, in words; a limit that is not set is not mentioned."""
    ruled = rules.read(row.rules)
    people = named(ground(), [one.person for one in ruled.approvers])
    between = "、" if language() == "zh" else ", "
    hours = "; ".join(
        f"{between.join(pick(RULES[f'day_{day}']) for day in one.days)} {one.start}–{one.end}"
        for one in ruled.hours or ()
    )
    found = [
        ("approvals", str(ruled.approvals)),
        ("approvers", between.join(f"{people[one.person]} {one.certificate[:8]}…" for one in ruled.approvers)),
        ("days", hours),
        ("formats", between.join(pick(RULES[one]) for one in ruled.formats or ())),
        ("matters", " ".join(ruled.matters or ())),
        ("clients", " ".join(ruled.clients or ())),
        ("per_day", str(ruled.per_day or "")),
        ("in_total", str(ruled.in_total or "")),
        ("valid", _period(ruled.valid_minutes)),
    ]
    return [(pick(RULES[name]), value) for name, value in found if value]


def _period(minutes: int) -> str:
    """In the largest unit that comes out even."""
    for unit, word in ((1440, "period_days"), (60, "period_hours")):
        if minutes % unit == 0:
            return pick(RULES[word]) % {"count": minutes // unit}
    return pick(RULES["period_minutes"]) % {"count": minutes}

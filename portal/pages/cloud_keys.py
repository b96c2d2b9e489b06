"""Cloud signatures (云签名): one's own (what it is for, how it stands, asking, revoking), and agreeing to others'.

An approver has one of their own; whoever agrees is another person with the registration approver's role.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from ca.reading.crl import Reason
from foundation.errors import InvalidInput, YinxinError
from foundation.principal import Permission, Principal
from foundation.web.frame import ground, require, room
from portal.languages import pick
from portal.seals.frame import page, spoken, told
from portal.seals.people import named
from portal.seals.words import COMMON
from portal.seals.words_cloud import CLOUD, OFFICE
from portal.wording import Word
from seal.approval.cloud import keys
from seal.approval.cloud.models import KeyState, SealCloudKey
from seal.approval.cloud.room import CloudRoom

blueprint = Blueprint("cloud_keys", __name__)
MINE, OTHERS = "/seals/cloud-key", "/authority/cloud-keys"
_TONES = {"requested": "warn", "agreed": "warn", "active": "good", "refused": "bad", "revoked": "bad"}
_OPEN = (KeyState.REQUESTED, KeyState.AGREED)
_DONE = {"asked": "asked_done", "revoked": "revoked_done", "approve": "agreed_done", "refuse": "refused_done"}


@blueprint.get(MINE)
def mine() -> str:
    return _mine(require(Permission.SEAL_CONSENT))


@blueprint.post(MINE)
def ask() -> BaseResponse | tuple[str, int]:
    principal = require(Permission.SEAL_CONSENT)
    try:
        keys.enrol(room(CloudRoom), principal)
    except YinxinError as error:
        return _mine(principal, fault=told(error)), 422
    return redirect(f"{MINE}?done=asked", 303)


@blueprint.post(f"{MINE}/<uuid:key_id>/revocation")
def revoke_mine(key_id: UUID) -> BaseResponse | tuple[str, int]:
    principal = require(Permission.SEAL_CONSENT)
    try:
        _revoke(principal, key_id)
    except YinxinError as error:
        return _mine(principal, fault=told(error)), 422
    return redirect(f"{MINE}?done=revoked", 303)


@blueprint.get(OTHERS)
def others() -> str:
    return _others(require(Permission.RA_APPROVE))


@blueprint.post(f"{OTHERS}/<uuid:key_id>")
def decide(key_id: UUID) -> BaseResponse | tuple[str, int]:
    principal, wish = require(Permission.RA_APPROVE), request.form.get("decision", "")
    verbs = {"approve": keys.agree, "refuse": keys.refuse}
    try:
        if wish not in verbs:
            raise InvalidInput("seal.page_choose", COMMON["please_choose"])
        verbs[wish](room(CloudRoom), principal, key_id)
    except YinxinError as error:
        return _others(principal, fault=told(error)), 422
    return redirect(f"{OTHERS}?done={wish}", 303)


@blueprint.post(f"{OTHERS}/<uuid:key_id>/revocation")
def revoke_other(key_id: UUID) -> BaseResponse | tuple[str, int]:
    principal = require(Permission.RA_APPROVE)
    try:
        _revoke(principal, key_id)
    except YinxinError as error:
        return _others(principal, fault=told(error)), 422
    return redirect(f"{OTHERS}?done=revoked", 303)


def _revoke(principal: Principal, key_id: UUID) -> None:
    if request.form.get("sure") != "yes":
        raise InvalidInput("seal.page_sure", CLOUD["be_sure"])
    reason = Reason.KEY_COMPROMISE if request.form.get("compromised") == "yes" else Reason.UNSPECIFIED
    keys.revoke(room(CloudRoom), principal, key_id, reason)


def _mine(principal: Principal, *, fault: str = "") -> str:
    every = keys.history(room(CloudRoom), principal)
    live = next((one for one in every if one.live is not None), None)
    return page(
        "cloud_key",
        CLOUD,
        live=live,
        state=state_of(live) if live is not None else None,
        past=[(one, state_of(one)) for one in every if one.live is None],
        people=named(ground(), [one.decided_by for one in every if one.decided_by]),
        done=_done(CLOUD),
        fault=fault,
    )


def _others(principal: Principal, *, fault: str = "") -> str:
    cloud = room(CloudRoom)
    every = keys.every(cloud, principal)
    people = named(ground(), [label for one in every for label in (one.person, one.decided_by) if label])
    units = {one.department: keys.organisation(cloud, one.department) for one in every}
    words = {**COMMON, **CLOUD, **OFFICE}
    more: dict[str, Any] = {
        "waiting": [one for one in every if one.state in _OPEN],
        "in_use": [one for one in every if one.state == KeyState.ACTIVE],
        "ended": [(one, state_of(one)) for one in every if one.ended_at is not None][:50],
    }
    return render_template(
        "pages/seals/cloud_keys.html", density="dense", w=spoken(words), people=people, units=units, fault=fault,
        own=principal.label, done=_done(words), **more,
    )  # fmt: skip


def state_of(row: SealCloudKey) -> Word:
    said = pick(CLOUD[f"state_{row.state}"])
    return Word(said[:1].upper() + said[1:], _TONES[row.state])


def _done(words: Any) -> str:
    word = _DONE.get(request.args.get("done", ""), "")
    return pick(words[word]) if word in words else ""

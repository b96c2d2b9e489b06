"""Changes of trust (信任改动): what waits, what was decided, and one change as the second person has to see it."""

from __future__ import annotations

import json
from uuid import UUID

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from ca.reading import Certificate
from foundation.errors import InvalidInput, YinxinError
from foundation.principal import Permission, Principal
from foundation.web.frame import ground, require, room
from portal.languages import pick
from portal.seals.people import named
from portal.trust.differences import Line, differences
from portal.trust.frame import page, reader, told
from portal.trust.view import entry_view
from portal.trust.words import CHANGES
from portal.wording import Word
from verify.regions import changes, editions
from verify.regions.changes import Change
from verify.regions.models import ChangeKind, ChangeState
from verify.regions.room import RegionsRoom
from verify.regions.shapes import Region, read_region

blueprint = Blueprint("trust_changes", __name__, url_prefix="/trust/changes")
_TONES = {ChangeState.PROPOSED: "warn", ChangeState.AGREED: "good", ChangeState.REFUSED: "idle"}
_DECISIONS = {"agree": True, "refuse": False}


@blueprint.get("")
def listed() -> str:
    reader()
    found = changes.listed(room(RegionsRoom))
    people = named(ground(), [label for one in found for label in (one.proposed_by, one.decided_by) if label])
    return page(
        "changes",
        CHANGES,
        waiting=[one for one in found if one.state is ChangeState.PROPOSED],
        decided=[(one, state_of(one)) for one in found if one.state is not ChangeState.PROPOSED],
        names={one.id: name_of(one) for one in found},
        people=people,
    )


@blueprint.get("/<uuid:change_id>")
def one(change_id: UUID) -> str:
    return _page(reader(), change_id)


@blueprint.post("/<uuid:change_id>")
def decide(change_id: UUID) -> BaseResponse | tuple[str, int]:
    principal = require(Permission.TRUST_APPROVE)
    try:
        wish = request.form.get("decision", "")
        if wish not in _DECISIONS:
            raise InvalidInput("verify.trust_choose", CHANGES["choose"])
        changes.decide(room(RegionsRoom), principal, change_id, agree=_DECISIONS[wish])
    except YinxinError as error:
        return _page(principal, change_id, fault=told(error)), 422
    return redirect(f"/trust/changes/{change_id}?done={wish}", 303)


def _page(principal: Principal, change_id: UUID, *, fault: str = "") -> str:
    change = changes.find(room(RegionsRoom), change_id)
    document = json.loads(change.document)
    region = read_region(document) if change.kind is ChangeKind.REGION else None
    people = named(ground(), [label for label in (change.proposed_by, change.decided_by) if label])
    open_now = change.state is ChangeState.PROPOSED
    return page(
        "change",
        CHANGES,
        change=change,
        heading=name_of(change),
        state=state_of(change),
        people=people,
        view=entry_view(region, ground().clock.now()) if region is not None else None,
        lines=_lines(change, region) if open_now else [],
        signers=_signers(document) if change.kind is ChangeKind.SIGNERS else (),
        threshold=document.get("threshold"),
        own=change.proposed_by == principal.label,
        open=open_now,
        done=request.args.get("done", ""),
        fault=fault,
    )


def _lines(change: Change, region: Region | None) -> list[Line]:
    """Against what is in force at this moment."""
    if change.kind is ChangeKind.REMOVE:
        return [("bad", pick(CHANGES["goes"]))]
    if region is None:
        return []
    now = {one.code: one for one in editions.book(ground()).regions}
    return differences(now.get(region.code), region) or [("idle", pick(CHANGES["same"]))]


def _signers(document: dict[str, object]) -> tuple[Certificate, ...]:
    return changes.read_pins(document).certificates


def state_of(change: Change) -> Word:
    said = pick(CHANGES[f"state_{change.state.value}"])
    return Word(said[:1].upper() + said[1:], _TONES[change.state])


def name_of(change: Change) -> str:
    """Which region or list, in words where the change tells them."""
    said = pick(CHANGES[f"kind_{change.kind.value}"])
    if change.kind is ChangeKind.REGION:
        return f"{said} · {change.subject} {json.loads(change.document)['name_zh']}"
    return f"{said} · {change.subject}"

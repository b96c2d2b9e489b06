"""Trusted regions (互信区域): what is believed, one region with its limits, entering, changing and ending it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from foundation.errors import InvalidInput, NotFound, YinxinError
from foundation.principal import Principal
from foundation.text import Text
from foundation.web.frame import ground, room
from portal.languages import pick
from portal.seals.people import named
from portal.trust import forms
from portal.trust.frame import page, proposer, reader, told
from portal.trust.view import RegionView, regions
from portal.trust.words import CHANGES, ENTER, REGIONS, USES
from verify.regions import changes, editions
from verify.regions.models import ChangeKind, ChangeState
from verify.regions.room import RegionsRoom
from verify.regions.shapes import Region

blueprint = Blueprint("trust", __name__, url_prefix="/trust")


@blueprint.get("")
def show() -> str:
    reader()
    trust = room(RegionsRoom)
    waiting = sum(one.state == ChangeState.PROPOSED for one in changes.listed(trust))
    return page(
        "regions",
        REGIONS,
        found=regions(editions.book(trust.ground), _now()),
        waiting=waiting,
        done=request.args.get("done", ""),
    )


@blueprint.get("/regions/<code>")
def one(code: str) -> str:
    reader()
    return _region(code)


@blueprint.post("/regions/<code>/withdrawal")
def withdraw(code: str) -> BaseResponse | tuple[str, int]:
    """Propose the entry in force with one root believed no more since then."""
    principal, view = proposer(), _find(code)
    at, root = forms.instant(request.form.get("at", "")), request.form.get("root", "")
    known = {one.certificate.fingerprint for one in view.region.roots}
    try:
        if at is None or root not in known:
            raise InvalidInput("verify.trust_withdrawal", REGIONS["stop_needed"])
        entry = forms.entry_with_withdrawal(view.region, root, at)
        return _proposed(changes.propose_region(room(RegionsRoom), principal, entry, _reason()))
    except YinxinError as error:
        return _region(code, fault=told(error)), 422


@blueprint.post("/regions/<code>/removal")
def remove(code: str) -> BaseResponse | tuple[str, int]:
    principal = proposer()
    _find(code)
    try:
        return _proposed(changes.propose_removal(room(RegionsRoom), principal, code, _reason()))
    except YinxinError as error:
        return _region(code, fault=told(error)), 422


@blueprint.get("/enter")
def enter() -> str:
    proposer()
    return _form(forms.blank(), None)


@blueprint.post("/enter")
def propose_new() -> BaseResponse | tuple[str, int]:
    return _propose(proposer(), None)


@blueprint.get("/regions/<code>/change")
def change(code: str) -> str:
    proposer()
    region = _find(code).region
    return _form(forms.of_region(region), region)


@blueprint.post("/regions/<code>/change")
def propose_change(code: str) -> BaseResponse | tuple[str, int]:
    return _propose(proposer(), _find(code).region)


def _propose(principal: Principal, region: Region | None) -> BaseResponse | tuple[str, int]:
    given = forms.typed(request.form, region)
    entry, faults = forms.entry(given, region, request.files.getlist("files"))
    if faults:
        return _form(given, region, faults=faults), 422
    try:
        return _proposed(changes.propose_region(room(RegionsRoom), principal, entry, given.reason))
    except YinxinError as error:
        return _form(given, region, fault=told(error)), 422


def _proposed(made: changes.Change) -> BaseResponse:
    return redirect(f"/trust/changes/{made.id}?done=proposed", 303)


def _reason() -> str:
    reason = request.form.get("reason", "").strip()[: forms.MOST_REASON]
    if not reason:
        raise InvalidInput("verify.trust_reason", ENTER["need_reason"])
    return reason


def _region(code: str, *, fault: str = "") -> str:
    view, trust = _find(code), room(RegionsRoom)
    kinds = (ChangeKind.REGION, ChangeKind.REMOVE)
    past = [one for one in changes.listed(trust) if one.subject == code and one.kind in kinds]
    by_hand = view.edition is None
    return page(
        "region",
        {**CHANGES, **REGIONS},
        one=view,
        past=past,
        people=named(ground(), [one.proposed_by for one in past]),
        by_hand=by_hand,
        typed=request.form,
        fault=fault,
    )


def _form(given: forms.Typed, region: Region | None, **more: Any) -> str:
    roots = region.roots if region is not None else ()
    below = region.intermediates if region is not None else ()
    given = replace(given, limits={forms.NEW: forms.Limits(forms.NEW), **given.limits})
    return page(
        "enter",
        ENTER,
        entry=region,
        typed=given,
        roots=[(root.certificate, given.limits[root.certificate.fingerprint]) for root in roots],
        below=below,
        use_words=[(use.value, pick(text)) for use, text in USES.items()],
        **more,
    )


def _find(code: str) -> RegionView:
    found = next((one for one in regions(editions.book(ground()), _now()) if one.region.code == code), None)
    if found is None:
        raise NotFound("verify.no_region", Text("没有登记这个区域。", "This region is not entered."))
    return found


def _now() -> datetime:
    return ground().clock.now()

"""Signed lists of regions (信任列表): whose signatures count, taking one in, and this region's own."""

from __future__ import annotations

import base64
import re
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from foundation.errors import InvalidInput, YinxinError
from foundation.principal import Principal
from foundation.web.frame import ground, require, room
from portal.languages import pick
from portal.seals.people import named
from portal.shell import TRUST
from portal.trust import forms
from portal.trust.frame import page, proposer, reader, told
from portal.trust.words import CHANGES, ENTER, LISTS
from verify.regions import changes, editions, published, publishing
from verify.regions.editions import Edition
from verify.regions.room import RegionsRoom
from verify.regions.shapes import MOST_OCTETS

blueprint = Blueprint("trust_lists", __name__, url_prefix="/trust/lists")
_SCHEME = re.compile(r"[a-z0-9][a-z0-9.:-]{0,99}")


@blueprint.get("")
def show() -> str:
    reader()
    return _page()


@blueprint.post("")
def take_in() -> BaseResponse | str | tuple[str, int]:
    principal = proposer()
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(faults={"file": pick(LISTS["file_needed"])}), 422
    try:
        taken = editions.take_in(room(RegionsRoom), principal, file.stream.read(MOST_OCTETS + 1))
    except YinxinError as error:
        return _page(faults={"file": told(error)}), 422
    parts = {"scheme": taken.scheme, "number": taken.number, "regions": len(taken.regions)}
    return _page(done=pick(LISTS["taken_in"]) % parts)


@blueprint.post("/signers")
def signers() -> BaseResponse | tuple[str, int]:
    """Propose whose signatures count on the lists of one name."""
    return _propose(proposer())


@blueprint.post("/own")
def publish() -> str | tuple[str, int]:
    require(*TRUST)
    try:
        publishing.current(room(RegionsRoom))
    except YinxinError as error:
        return _page(fault=told(error)), 503
    return _page(done=pick(LISTS["published"]))


@blueprint.get("/own/regions.json")
def own_list() -> Response:
    reader()
    return _attached(publishing.current(room(RegionsRoom)), "regions.json")


@blueprint.get("/own/list-signer.cer")
def own_signer() -> Response:
    reader()
    return _attached(publishing.signer_certificate(room(RegionsRoom)), "list-signer.cer")


def _propose(principal: Principal) -> BaseResponse | tuple[str, int]:
    scheme, need = request.form.get("scheme", "").strip()[:100], request.form.get("need", "1")
    reason, faults = request.form.get("reason", "").strip()[: forms.MOST_REASON], {}
    found: list[str] = []
    try:
        read = forms.certificates(request.files.getlist("certificates"))
        found = [base64.b64encode(one.der).decode("ascii") for one in read]
    except InvalidInput:
        faults["certificates"] = pick(ENTER["bad_file"])
    if not _SCHEME.fullmatch(scheme):
        faults["scheme"] = pick(LISTS["bad_scheme"])
    if not found:
        faults.setdefault("certificates", pick(ENTER["bad_file"]))
    if not (need.isdecimal() and len(need) < 3 and 0 < int(need) <= max(1, len(found))):
        faults["need"] = pick(LISTS["bad_need"])
    if not reason:
        faults["reason"] = pick(ENTER["need_reason"])
    if faults:
        return _page(faults=faults), 422
    try:
        made = changes.propose_signers(room(RegionsRoom), principal, scheme, found, int(need), reason)
    except YinxinError as error:
        return _page(faults={"certificates": told(error)}), 422
    return redirect(f"/trust/changes/{made.id}?done=proposed", 303)


def _page(**more: Any) -> str:
    trust = room(RegionsRoom)
    taken = editions.editions(trust)
    return page(
        "lists",
        {**CHANGES, **ENTER, **LISTS},
        editions=[(one, _newest(one, taken)) for one in taken],
        people=named(ground(), [one.imported_by for one in taken]),
        pins=sorted(changes.pinned(trust).items()),
        own=published.newest(trust),
        own_name=publishing.scheme(trust),
        address=f"{ground().settings.web.public_url}/api/v1/verify/trust/list",
        now=ground().clock.now(),
        typed=request.form,
        **more,
    )


def _newest(one: Edition, every: list[Edition]) -> bool:
    return one.number == max(other.number for other in every if other.scheme == one.scheme)


def _attached(data: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type="application/octet-stream", headers=headers)

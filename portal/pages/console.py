"""The department's console (部门工作台): its licences, dense and searchable; one licence; revoking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from foundation.principal import Permission, Principal
from foundation.web.frame import require, room
from licence import authority, files
from licence.catalogue import catalogue
from licence.life import State
from licence.register import Licence
from licence.revoke import Reason, revoke
from licence.room import LicenceRoom
from licence.search import Query, search
from portal import wording
from portal.licence_view import name_of, pairs_of, type_name

blueprint = Blueprint("console", __name__)
MOST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    licence: Licence


@dataclass(frozen=True, slots=True)
class Kind:
    slug: str
    name: str


@blueprint.get("/console")
def licences() -> str:
    principal = require(Permission.LICENCE_READ)
    asked = {name: request.args.get(name, "").strip() for name in ("type", "state", "identifier", "after")}
    query = Query(
        type_slug=asked["type"] if asked["type"] in catalogue() else None,
        state=State(asked["state"]) if asked["state"] in set(State) else None,
        identifier=asked["identifier"][:120] or None,
        after=_uuid(asked["after"]),
    )
    page = search(room(LicenceRoom), principal, query)
    kept = {key: asked[key] for key in ("type", "state", "identifier") if asked[key]}
    return _list(
        principal,
        page.items,
        asked,
        next_url=f"/console?{urlencode({**kept, 'after': str(page.next)})}" if page.next else "",
        first_url=f"/console?{urlencode(kept)}" if query.after else "",
    )


@blueprint.post("/console")
def look_up() -> str | tuple[str, int]:
    """By a personal number: it travels in the body, and the search is on record."""
    principal = require(Permission.LICENCE_READ)
    given = {name: request.form.get(name, "").strip()[:60] for name in ("holder_code", "number")}
    if not any(given.values()):
        return _list(principal, (), given, faults={"holder_code": _("请填写证件号码或证照编号。")}), 422
    query = Query(holder_code=given["holder_code"].upper() or None, number=given["number"] or None)
    return _list(principal, search(room(LicenceRoom), principal, query).items, given)


@blueprint.get("/console/licences/<uuid:licence_id>")
def licence(licence_id: UUID) -> str:
    return _licence(require(Permission.LICENCE_READ), licence_id)


@blueprint.post("/console/licences/<uuid:licence_id>/revocation")
def end(licence_id: UUID) -> Response | str | tuple[str, int]:
    principal = require(Permission.LICENCE_REVOKE)
    given = {"reason": request.form.get("reason", ""), "note": request.form.get("note", "").strip()[:MOST_NOTE]}
    faults: dict[str, str] = {}
    if given["reason"] not in set(Reason):
        faults["reason"] = _("请选择注销原因。")
    if request.form.get("confirm") != "yes":
        faults["confirm"] = _("请勾选确认。")
    if faults:
        return _licence(principal, licence_id, faults=faults, given=given), 422
    revoke(room(LicenceRoom), principal, licence_id, reason=Reason(given["reason"]), note=given["note"])
    return redirect(f"/console/licences/{licence_id}?done=revoked", 303, Response)


def _list(principal: Principal, found: tuple[Licence, ...], asked: dict[str, str], **more: Any) -> str:
    names = ("type", "state", "identifier", "holder_code", "number")
    issuable: list[Kind] = []
    if principal.department and principal.may(Permission.LICENCE_ISSUE):
        slugs = authority.types_of(room(LicenceRoom), principal.department)
        issuable = [Kind(slug, type_name(catalogue()[slug])) for slug in slugs if slug in catalogue()]
    return render_template(
        "pages/console.html",
        density="dense",
        rows=[Row(name_of(one), one) for one in found],
        query=dict.fromkeys(names, "") | asked,
        found_by=bool(asked.get("holder_code") or asked.get("number") or more.get("faults")),
        types=[(kind.slug, type_name(kind)) for kind in catalogue().values()],
        states=[(state.value, wording.state(state).text) for state in State],
        issuable=issuable,
        **{"faults": {}, "next_url": "", "first_url": ""} | more,
    )


def _licence(
    principal: Principal,
    licence_id: UUID,
    *,
    faults: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
) -> str:
    content = files.look(room(LicenceRoom), principal, licence_id)
    return render_template(
        "pages/console_licence.html",
        density="dense",
        content=content,
        licence=content.licence,
        name=name_of(content.licence),
        pairs=pairs_of(content),
        suite_words=[wording.SUITES.get(suite, suite) for suite in content.suites],
        reasons=list(wording.REASONS.items()),
        may_revoke=principal.may(Permission.LICENCE_REVOKE),
        done=request.args.get("done", ""),
        faults=faults or {},
        given=given or {"reason": "", "note": ""},
    )


def _uuid(text: str) -> UUID | None:
    """A paging mark somebody cut short begins at the first page again."""
    try:
        return UUID(text)
    except ValueError:
        return None

"""Records of key ceremonies (密钥仪式记录): what was held, whether the record holds, and the record itself."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, render_template

from ca import ceremonies
from ca.ceremonies import Ceremony
from ca.room import CaRoom
from foundation.principal import Permission
from foundation.web.frame import require, room
from portal.wording import Word, ceremony_state

blueprint = Blueprint("ceremonies", __name__, url_prefix="/authority/ceremonies")


@blueprint.get("")
def listed() -> str:
    principal = require(Permission.CA_READ)
    found = ceremonies.ceremonies(room(CaRoom), principal)
    return render_template(
        "pages/authority/ceremonies.html", density="dense", rows=[(one, _state(one)) for one in found]
    )


@blueprint.get("/<uuid:ceremony_id>")
def one(ceremony_id: UUID) -> str:
    found = ceremonies.ceremony(room(CaRoom), require(Permission.CA_READ), ceremony_id)
    return render_template(
        "pages/authority/ceremony.html", density="dense", one=found, body=found.body, state=_state(found)
    )


@blueprint.get("/<uuid:ceremony_id>.<any(json, html):form>")
def download(ceremony_id: UUID, form: str) -> Response:
    """The file as it was signed, or a page for printing. Never shown in our origin: other people wrote it."""
    found = ceremonies.ceremony(room(CaRoom), require(Permission.CA_READ), ceremony_id)
    octets = found.octets if form == "json" else found.printable().encode()
    return Response(
        octets,
        content_type="application/json" if form == "json" else "text/html; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="ceremony-{found.sha256[:12]}.{form}"',
            "Cache-Control": "no-store",
        },
    )


def _state(found: Ceremony) -> Word:
    if not found.report.sound:
        return ceremony_state("faulty" if found.report.complete else "broken-off")
    if found.report.rehearsal:
        return ceremony_state("rehearsal")
    return ceremony_state("sound" if found.signed_by else "foreign")

"""Hold, release and revoke a certificate (冻结、解冻、撤销) by those who run the CA; each asked twice."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from ca.kmc.errors import PairUnfinished, PairUnknown
from ca.kmc.find import pair_with
from ca.kmc.pairs import Pair
from ca.kmc.revoking import revoke_one
from ca.profiles import PROFILES
from ca.reading.crl import Reason
from ca.revoke import REASONS, hold, release
from ca.room import CaRoom
from ca.search import Entry, Standing, find
from foundation.errors import NotFound, YinxinError
from foundation.principal import Permission, Principal
from foundation.web.frame import language, require, room

blueprint = Blueprint("standing", __name__, url_prefix="/authority/certificates")
OPEN: dict[Standing, tuple[str, ...]] = {
    Standing.VALID: ("hold", "revoke"),
    Standing.HELD: ("release", "revoke"),
}


@blueprint.get("/<uuid:certificate_id>/<any(hold, release, revoke):verb>")
def ask(certificate_id: UUID, verb: str) -> str:
    return _page(require(Permission.CA_REVOKE), certificate_id, verb)


@blueprint.post("/<uuid:certificate_id>/<any(hold, release, revoke):verb>")
def act(certificate_id: UUID, verb: str) -> BaseResponse | tuple[str, int]:
    principal = require(Permission.CA_REVOKE)
    reason = request.form.get("reason", "")
    if request.form.get("confirm") != "yes":
        return _page(principal, certificate_id, verb, fault=_("请勾选确认。")), 422
    if verb == "revoke" and reason not in {str(int(one)) for one in REASONS}:
        return _page(principal, certificate_id, verb, fault=_("请选择撤销原因。")), 422
    try:
        _carry_out(principal, certificate_id, verb, reason)
    except YinxinError as error:
        if isinstance(error, NotFound):
            raise
        return _page(principal, certificate_id, verb, fault=error.detail.pick(language())), 422
    return redirect(f"/authority/certificates/{certificate_id}", 303)


def _carry_out(principal: Principal, certificate_id: UUID, verb: str, reason: str) -> None:
    ca = room(CaRoom)
    if verb == "hold":
        hold(ca, principal, certificate_id=certificate_id)
    elif verb == "release":
        release(ca, principal, certificate_id=certificate_id)
    else:
        revoke_one(ca, principal, certificate_id, Reason(int(reason)))


def may(principal: Principal, entry: Entry) -> tuple[str, ...]:
    """What the caller can do to it now."""
    return OPEN.get(entry.standing, ()) if principal.may(Permission.CA_REVOKE) else ()


def paired(principal: Principal, certificate_id: UUID) -> Pair | None:
    """The pair it belongs to, if it is one of two (双证书)."""
    try:
        return pair_with(room(CaRoom), principal, certificate_id)
    except (PairUnknown, PairUnfinished):
        return None


def twin(principal: Principal, certificate_id: UUID) -> UUID | None:
    found = paired(principal, certificate_id)
    if found is None:
        return None
    return found.encryption.id if found.signing.id == certificate_id else found.signing.id


def _page(principal: Principal, certificate_id: UUID, verb: str, *, fault: str = "") -> str:
    entry = find(room(CaRoom), principal, certificate_id)
    pair = paired(principal, certificate_id)
    profile = PROFILES.get(entry.profile)
    found: dict[str, Any] = {
        "entry": entry,
        "verb": verb,
        "open": verb in may(principal, entry),
        "authority": profile is not None and profile.is_ca,
        "both": pair is not None and pair.signing.id == certificate_id,
        "reasons": [int(one) for one in REASONS],
        "fault": fault,
    }
    return render_template("pages/authority/standing.html", **found)

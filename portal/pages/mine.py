"""A citizen's licences (我的证照): cards to choose from, and one to show at a window."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template

from foundation.principal import Kind, Permission
from foundation.web.frame import require, room
from licence import files
from licence.errors import no_such_licence
from licence.own import own
from licence.register import Licence
from licence.room import LicenceRoom
from portal.licence_view import name_of, pairs_of

blueprint = Blueprint("mine", __name__)


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    licence: Licence


@blueprint.get("/my/licences")
def licences() -> str:
    found = own(room(LicenceRoom), require(Permission.LICENCE_OWN))
    cards = sorted((Card(name_of(one), one) for one in found), key=lambda card: card.licence.state != "valid")
    return render_template("pages/mine.html", cards=cards)


@blueprint.get("/my/licences/<uuid:licence_id>")
def licence(licence_id: UUID) -> str:
    principal = require(Permission.LICENCE_OWN)
    if principal.kind is not Kind.CITIZEN:
        raise no_such_licence()  # an official's reach is the department's; that is the console's business
    content = files.look(room(LicenceRoom), principal, licence_id)
    found, pairs = content.licence, pairs_of(content, own=True)
    return render_template("pages/my_licence.html", licence=found, name=name_of(found), pairs=pairs)

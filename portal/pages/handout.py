"""Handing out a licence's files (证照文件下载) to whoever may see it: the holder or the department that issued it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response

from foundation.principal import Permission
from foundation.web.frame import require, room
from licence import code_image, files
from licence.files import Format
from licence.room import LicenceRoom

blueprint = Blueprint("handout", __name__)
SEERS = (Permission.LICENCE_READ, Permission.LICENCE_OWN)


@blueprint.get("/licences/<uuid:licence_id>/file.<any(pdf, ofd):name>")
def file(licence_id: UUID, name: str) -> Response:
    found = files.file(room(LicenceRoom), require(*SEERS), licence_id, Format(name))
    response = Response(found.data, content_type=found.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=found.name)
    return response


@blueprint.get("/licences/<uuid:licence_id>/code.svg")
def code_svg(licence_id: UUID) -> Response:
    text = files.code_text(room(LicenceRoom), require(*SEERS), licence_id)
    return Response(code_image.svg(text), content_type="image/svg+xml")


@blueprint.get("/licences/<uuid:licence_id>/code.png")
def code_png(licence_id: UUID) -> Response:
    text = files.code_text(room(LicenceRoom), require(*SEERS), licence_id)
    response = Response(code_image.png(text), content_type="image/png")
    response.headers.set("Content-Disposition", "attachment", filename=f"licence-code-{licence_id}.png")
    return response

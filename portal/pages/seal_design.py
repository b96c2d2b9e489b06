"""The design desk (印模设计): fill in, look, download. No script, nothing recorded, nothing in the address.

The texts may be a person's name, so everything travels in the body of a form.
"""

from __future__ import annotations

import base64

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from foundation.errors import InvalidInput
from foundation.principal import Permission
from foundation.web.frame import current_principal, language, require, room
from portal import seal_design as desk
from portal.languages import pick
from portal.seals.frame import tabs
from portal.seals.words import COMMON
from seal.designing import PictureFormat, render
from seal.drawing.artwork import MOST_OCTETS
from seal.drawing.centre import Centre
from seal.drawing.design import Design, draw
from seal.drawing.kinds import KINDS
from seal.drawing.square import SUFFIXES
from seal.preparing import with_emblem
from seal.room import SealRoom

blueprint = Blueprint("seal_design", __name__)
PATH = "/console/seals/design"


@blueprint.get(PATH)
def form() -> str:
    require(Permission.SEAL_READ)
    return _page(desk.blank())


@blueprint.post(PATH)
def show() -> str | BaseResponse | tuple[str, int]:
    """Preview, or one of the files, as the button says."""
    require(Permission.SEAL_READ)
    typed = desk.given(request.form)
    file = request.files.get("artwork")
    try:
        artwork = desk.artwork_of(typed, file.read(MOST_OCTETS + 1) if file is not None else b"")
        typed["artwork_path"] = desk.kept_path(artwork)
        design = with_emblem(room(SealRoom), desk.design_of(typed, artwork))
        wanted = request.form.get("do", "")
        if wanted in set(PictureFormat):
            return _download(design, PictureFormat(wanted))
        return _page(typed, shown=_shown(design))
    except InvalidInput as error:
        return _page(typed, faults=desk.faults_of(error, error.detail.pick(language()))), 422


def _download(design: Design, wanted: PictureFormat) -> BaseResponse:
    picture = render(room(SealRoom), design, wanted)
    headers = {"Content-Disposition": f'attachment; filename="seal.{wanted.value}"'}
    return Response(picture.data, content_type=wanted.media, headers=headers)


def _shown(design: Design) -> desk.Shown:
    drawing = draw(design)
    svg = render(room(SealRoom), design, PictureFormat.SVG).data
    data = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    return desk.Shown(drawing.width, drawing.height, data)


def _page(typed: dict[str, str], *, shown: desk.Shown | None = None, faults: dict[str, str] | None = None) -> str:
    words = {key: pick(text) for key, text in desk.WORDS.items()}
    return render_template(
        "pages/seals/design.html",
        density="dense",
        action=PATH,
        words=words,
        tabs=tabs(current_principal()),
        section=pick(COMMON["section"]),
        typed=typed,
        shown=shown,
        faults=faults or {},
        kinds=[(kind.key, f"{pick(kind.name)} · {desk.size_of(kind)}") for kind in KINDS.values()],
        centres=[("", words["centre_usual"]), *((centre.value, words[centre.value]) for centre in Centre)],
        suffixes=[(suffix, suffix or words["no_suffix"]) for suffix in SUFFIXES],
        formats=[(one.value, one.value.upper()) for one in PictureFormat],
    )

"""The address of CMP over HTTP (RFC 6712, RFC 9811): one POST, one PKIMessage each way."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from ca.cmp import server
from ca.cmp.message import MOST_OCTETS
from ca.room import CaRoom
from foundation.web import csrf
from foundation.web.frame import room

blueprint = Blueprint("cmp", __name__)
csrf.exempt(blueprint)  # every message is protected by itself
MEDIA_TYPE = "application/pkixcmp"


@blueprint.post("/.well-known/cmp")
@blueprint.post("/.well-known/cmp/p/<label>")
@blueprint.post("/cmp")
def exchange(label: str | None = None) -> ResponseReturnValue:
    del label  # profile and names come from the credential
    if request.mimetype != MEDIA_TYPE:
        return Response(
            f"须以 {MEDIA_TYPE} 发送。 / Send {MEDIA_TYPE}.\n", 415, content_type="text/plain; charset=utf-8"
        )
    body = request.get_data(cache=False)
    if len(body) > MOST_OCTETS:
        return Response("消息过大。 / The message is too large.\n", 413, content_type="text/plain; charset=utf-8")
    return Response(server.answer(room(CaRoom), body), content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

"""Routes of the exchange of seals and of the design desk (印章交换、印模设计接口).

A department exports its own seals and sees what it handed in itself; anything else is 404.
"""

from __future__ import annotations

from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, FileField, Media, api, collect
from foundation.web.frame import room
from seal.design_schemas import PictureBody, PictureQuery
from seal.designing import render
from seal.exchange.bundle import export
from seal.exchange.foreign import foreign_file, foreign_seal, foreign_seals, import_seal
from seal.exchange.room import ExchangeRoom
from seal.exchange.schemas import ExchangePath, ForeignOut, ForeignsOut
from seal.room import SealRoom

_EXCHANGE = "/api/v1/seal/exchange"
_FOREIGN = _EXCHANGE + "/foreign"
_ESL = "application/octet-stream"


@api(
    "POST", "/api/v1/seal/designs", tag="seal", summary="试绘印模（SVG、PNG、PDF、OFD）",
    summary_en="Draw a design as SVG, PNG, PDF or OFD; nothing is recorded",
    body=PictureBody, query=PictureQuery,
    returns=Media("image/svg+xml", "image/png", "application/pdf", "application/ofd"),
    problems=("invalid-input",), permission=Permission.SEAL_READ,
)  # fmt: skip
def try_design(call: Call[PictureBody, PictureQuery]) -> Binary:
    wanted = call.query.format
    picture = render(room(SealRoom), call.body.design(), wanted)
    return Binary(picture.data, wanted.media, filename=f"seal.{wanted.value}")


@api(
    "GET", _EXCHANGE + "/seals/{id}/bundle.zip", tag="seal", summary="导出印章包（供 UKey 或云端使用，不含私钥）",
    summary_en="The seal as a bundle for a token or a cloud; never with a private key",
    path=ExchangePath, returns=Media("application/zip"), problems=("not-found", "conflict"),
    permission=Permission.SEAL_READ, audit="seal.export",
)  # fmt: skip
def seal_bundle(call: Call[None, None, ExchangePath]) -> Binary:
    return Binary(export(room(SealRoom), call.principal, call.path.id), "application/zip", filename="seal-bundle.zip")


@api(
    "POST", _FOREIGN, tag="seal", summary="导入外来印章并验证",
    summary_en="Hand in a foreign seal; it is judged and kept",
    description=Text(
        "按原始字节验证制章者签名，版本以结构为准；外来印章只作留存，不能用于用章。",
        "The maker's signature is checked over the original octets and the shape decides the version. A foreign seal "
        "is kept as evidence; nothing can be stamped with it.",
    ),
    files=(FileField("file", Text("电子印章文件 .esl", "The .esl file"), media_types=(_ESL,)),),
    returns=ForeignOut, status=201, problems=("invalid-input", "conflict", "too-large"),
    permission=Permission.SEAL_READ, audit="seal.foreign.import",
)  # fmt: skip
def hand_in(call: Call) -> ForeignOut:
    return ForeignOut.of(import_seal(room(ExchangeRoom), call.principal, call.file("file").data))


@api(
    "GET", _FOREIGN, tag="seal", summary="本单位导入的外来印章",
    summary_en="Foreign seals the caller's department handed in",
    returns=ForeignsOut, permission=Permission.SEAL_READ,
)  # fmt: skip
def list_foreign(call: Call) -> ForeignsOut:
    found = foreign_seals(room(ExchangeRoom), call.principal) if call.principal.department else []
    return ForeignsOut(items=[ForeignOut.of(seal) for seal in found])


@api(
    "GET", _FOREIGN + "/{id}", tag="seal", summary="外来印章及其验证结论",
    summary_en="One foreign seal and its verdict",
    path=ExchangePath, returns=ForeignOut, problems=("not-found",), permission=Permission.SEAL_READ,
)  # fmt: skip
def get_foreign(call: Call[None, None, ExchangePath]) -> ForeignOut:
    return ForeignOut.of(foreign_seal(room(ExchangeRoom), call.principal, call.path.id))


@api(
    "GET", _FOREIGN + "/{id}/seal.esl", tag="seal", summary="外来印章原文件",
    summary_en="The foreign seal's original octets",
    path=ExchangePath, returns=Media(_ESL), problems=("not-found",), permission=Permission.SEAL_READ,
)  # fmt: skip
def get_foreign_file(call: Call[None, None, ExchangePath]) -> Binary:
    return Binary(foreign_file(room(ExchangeRoom), call.principal, call.path.id), filename="foreign.esl")


ROUTES = collect(globals())

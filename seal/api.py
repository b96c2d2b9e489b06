"""Routes of the seal room (印章接口): parse, authorise, call one function, render.

A department sees and uses its own seals only; somebody else's is 404 like one that never was.
"""

from __future__ import annotations

from dataclasses import replace

from foundation.errors import Unsupported
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, FileField, Media, api, collect
from foundation.web.frame import room
from seal import find, pictures
from seal.management.direct import make_directly
from seal.order_keys import order_key
from seal.orders import PdfOrder
from seal.room import SealRoom
from seal.schemas import MakeBody, SealOut, SealPath, SealsOut, StampForm
from seal.several import stamp_several
from seal.several_ofd import stamp_several_ofd
from seal.stamp import stamp_ofd, stamp_pdf

_SEALS = "/api/v1/seal/seals"
_PDF, _OFD = "application/pdf", "application/ofd"


@api(
    "GET", _SEALS, tag="seal", summary="本单位印章列表", summary_en="Seals of the caller's department",
    returns=SealsOut, permission=Permission.SEAL_READ,
)  # fmt: skip
def list_seals(call: Call) -> SealsOut:
    department = call.principal.department
    found = find.seals_of(room(SealRoom), department) if department else []
    return SealsOut(items=[SealOut.of(seal) for seal in found])


@api(
    "POST", _SEALS, tag="seal", summary="一次办理电子印章（仅示例环境）",
    summary_en="A seal from application to use in one call (sample environment only)",
    body=MakeBody, returns=SealOut, status=201, problems=("invalid-input", "conflict", "forbidden", "unavailable"),
    permission=Permission.SEAL_MAKE, audit="seal.make",
)  # fmt: skip
def make(call: Call[MakeBody]) -> SealOut:
    return SealOut.of(make_directly(room(SealRoom), call.principal, call.body.request()))


@api(
    "GET", _SEALS + "/{id}", tag="seal", summary="印章信息", summary_en="One seal",
    path=SealPath, returns=SealOut, problems=("not-found",), permission=Permission.SEAL_READ,
)  # fmt: skip
def get_seal(call: Call[None, None, SealPath]) -> SealOut:
    return SealOut.of(find.seal(room(SealRoom), call.principal, call.path.id))


@api(
    "GET", _SEALS + "/{id}/picture.svg", tag="seal", summary="印模（SVG 矢量）", summary_en="The seal's picture as SVG",
    path=SealPath, returns=Media("image/svg+xml"), problems=("not-found", "conflict"),
    permission=Permission.SEAL_READ,
)  # fmt: skip
def picture_svg(call: Call[None, None, SealPath]) -> Binary:
    data = pictures.svg(room(SealRoom), call.principal, call.path.id)
    return Binary(data, "image/svg+xml", inline=True)


@api(
    "GET", _SEALS + "/{id}/picture.png", tag="seal", summary="印模（PNG，600 dpi，透明底）",
    summary_en="The seal's picture as PNG, 600 dpi, no background",
    path=SealPath, returns=Media("image/png"), problems=("not-found", "conflict"), permission=Permission.SEAL_READ,
)  # fmt: skip
def picture_png(call: Call[None, None, SealPath]) -> Binary:
    return Binary(pictures.png(room(SealRoom), call.principal, call.path.id), "image/png", inline=True)


@api(
    "GET", _SEALS + "/{id}/picture.ofd", tag="seal", summary="印模（OFD 矢量）", summary_en="The seal's picture as OFD",
    path=SealPath, returns=Media(_OFD), problems=("not-found", "conflict"), permission=Permission.SEAL_READ,
)  # fmt: skip
def picture_ofd(call: Call[None, None, SealPath]) -> Binary:
    return Binary(pictures.ofd(room(SealRoom), call.principal, call.path.id), _OFD, filename="seal.ofd")


@api(
    "GET", _SEALS + "/{id}/seal.esl", tag="seal", summary="电子印章文件（GB/T 38540）",
    summary_en="The electronic seal itself (GB/T 38540 SESeal, DER)",
    path=SealPath, returns=Media("application/octet-stream"), problems=("not-found", "conflict"),
    permission=Permission.SEAL_READ,
)  # fmt: skip
def seal_file(call: Call[None, None, SealPath]) -> Binary:
    return Binary(pictures.esl(room(SealRoom), call.principal, call.path.id), filename="seal.esl")


@api(
    "POST", "/api/v1/seal/stamps", tag="seal", summary="对 PDF 或 OFD 文件用章", summary_en="Stamp a PDF or an OFD",
    description=Text(
        "同一幂等键重复提交同一文件，返回同一份已盖章文件。"
        "位置可为坐标、各页、关键字、骑缝或已有签名域，见 docs/stamping.md。",
        "The same idempotency key with the same file gives back the same sealed file. Places: a point, pages, "
        "a keyword, over page edges, or an existing field; see docs/stamping.md.",
    ),
    form=StampForm, files=(FileField("file", Text("PDF 或 OFD 文件", "The PDF or OFD"), media_types=(_PDF, _OFD)),),
    returns=Media(_PDF, _OFD), status=201,
    problems=("invalid-input", "not-found", "conflict", "unsupported", "too-large", "unavailable"),
    permission=Permission.SEAL_STAMP, audit="seal.stamp", idempotent=True,
)  # fmt: skip
def stamp(call: Call[None, None, None, StampForm]) -> Binary:
    form, data = call.form, call.file("file").data
    place = form.wanted()
    key = order_key(call.principal, call.key)
    if data.startswith(b"%PDF-"):
        form.refuse_for_pdf()
        pdf = PdfOrder(
            data, form.seal, place, key, form.chosen(), form.reason, form.closing, form.form, form.level,
            form.certification, tuple(form.lock or ()), form.dated, form.date_where,
        )  # fmt: skip
        pdf = replace(pdf, matter=form.about())
        further = form.further()
        stamped = (
            stamp_several(room(SealRoom), call.principal, pdf, further)
            if further
            else stamp_pdf(room(SealRoom), call.principal, pdf)
        )
        done, media, name = stamped, _PDF, "sealed.pdf"
    elif data.startswith(b"PK\x03\x04"):
        form.refuse_for_ofd()
        ofd = form.ofd_order(data, form.seal, place, key, closing=form.closing)
        ofd = replace(ofd, matter=form.about(), dated=form.dated, date_where=form.date_where)
        also = form.further()
        sealed = (
            stamp_several_ofd(room(SealRoom), call.principal, ofd, also)
            if also
            else stamp_ofd(room(SealRoom), call.principal, ofd)
        )
        done, media, name = sealed, _OFD, "sealed.ofd"
    else:
        raise Unsupported("seal.format", Text("只能对 PDF 和 OFD 文件用章。", "Only PDF and OFD files can be stamped."))
    return Binary(done.document, media, filename=name, headers={"X-Seal-Order": str(done.order_id)})


ROUTES = collect(globals())

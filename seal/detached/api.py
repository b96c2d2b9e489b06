"""Routes of detached signatures (分离式签名接口): with the file, or with its digests alone."""

from __future__ import annotations

from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, FileField, Media, api, collect
from foundation.web.frame import room
from seal.detached.orders import DetachedOrder, Shape
from seal.detached.schemas import DigestBody, SignatureForm
from seal.detached.signing import sign_detached
from seal.order_keys import order_key
from seal.room import SealRoom

_CMS, _JWS = "application/pkcs7-signature", "application/jose"
_ENDINGS = {Shape.CMS: "p7s", Shape.GM_CMS: "p7s", Shape.JWS: "jws"}
_PROBLEMS = ("invalid-input", "not-found", "conflict", "too-large", "unavailable")


@api(
    "POST", "/api/v1/seal/signatures", tag="seal", summary="对任意文件出具分离式签名",
    summary_en="Sign beside any file",
    description=Text(
        "签名与文件分开保存，格式为 CMS、国密签名数据或 JWS，见 docs/detached.md。",
        "The signature stays beside the file: CMS, the GM message syntax, or JWS. See docs/detached.md.",
    ),
    form=SignatureForm, files=(FileField("file", Text("任意文件", "Any file")),),
    returns=Media(_CMS, _JWS), status=201, problems=_PROBLEMS,
    permission=Permission.SEAL_STAMP, audit="seal.sign", idempotent=True,
)  # fmt: skip
def sign_file(call: Call[None, None, None, SignatureForm]) -> Binary:
    order = call.form.order(call.file("file").data, order_key(call.principal, call.key))
    return _answer(call, order)


@api(
    "POST", "/api/v1/seal/digest-signatures", tag="seal", summary="仅凭摘要出具分离式签名",
    summary_en="Sign beside a file of which only digests are sent",
    body=DigestBody, returns=Media(_CMS, _JWS), status=201, problems=_PROBLEMS,
    permission=Permission.SEAL_STAMP, audit="seal.sign", idempotent=True,
)  # fmt: skip
def sign_digest(call: Call[DigestBody]) -> Binary:
    return _answer(call, call.body.order(order_key(call.principal, call.key)))


def _answer(call: Call, order: DetachedOrder) -> Binary:
    done = sign_detached(room(SealRoom), call.principal, order)
    media = _JWS if order.shape is Shape.JWS else _CMS
    name = f"signature.{_ENDINGS[order.shape]}"
    return Binary(done.document, media, filename=name, headers={"X-Seal-Order": str(done.order_id)})


ROUTES = collect(globals())

"""Routes of hash-only stamping (摘要用章接口): the seal goes out, digests come in, signatures go out."""

from __future__ import annotations

from ca.suites import Suite
from foundation.principal import Permission
from foundation.text import Text
from foundation.web.api import Binary, Call, Media, api, collect
from foundation.web.frame import room
from seal.hash_only import signing
from seal.hash_only.schemas import DigestBody, MaterialOut, MaterialQuery, OpenBody, OpenedOut, OrderPath
from seal.order_keys import order_key
from seal.room import SealRoom
from seal.schemas import SealPath

_ORDERS = "/api/v1/seal/hash-orders"


@api(
    "GET", "/api/v1/seal/seals/{id}/material", tag="seal", summary="本地用章所需的印章资料",
    summary_en="What is needed of a seal to prepare a file locally",
    path=SealPath, query=MaterialQuery, returns=MaterialOut, problems=("not-found", "conflict"),
    permission=Permission.SEAL_STAMP,
)  # fmt: skip
def material(call: Call[None, MaterialQuery, SealPath]) -> MaterialOut:
    suite = Suite(call.query.suite)
    return MaterialOut.of(signing.material(room(SealRoom), call.principal, call.path.id, suite))


@api(
    "POST", _ORDERS, tag="seal", summary="申请摘要用章", summary_en="Open a hash-only order",
    description=Text(
        "文件不离开本单位：只提交摘要和位置，返回冻结的签章时间。见 docs/hash-only.md。",
        "The file stays with you: only its digest and the places are sent, and the signing time comes back. "
        "See docs/hash-only.md.",
    ),
    body=OpenBody, returns=OpenedOut, status=201,
    problems=("invalid-input", "not-found", "conflict", "unavailable"),
    permission=Permission.SEAL_STAMP, audit="seal.hash.open", idempotent=True,
)  # fmt: skip
def open_order(call: Call[OpenBody]) -> OpenedOut:
    order = call.body.order(order_key(call.principal, call.key))
    opened = signing.open_order(room(SealRoom), call.principal, order)
    return OpenedOut(id=opened.order_id, signing_time=opened.signing_time)


@api(
    "POST", _ORDERS + "/{id}/signature", tag="seal", summary="提交摘要，取得签名",
    summary_en="Send the digest of the prepared file, get its signature",
    description=Text(
        "同一指令重复提交同一摘要，返回同一签名；另一摘要被拒绝。",
        "The same digest gives the same signature again; another one is refused.",
    ),
    path=OrderPath, body=DigestBody, returns=Media("application/pkcs7-signature", "application/octet-stream"),
    status=201, problems=("invalid-input", "not-found", "conflict", "unavailable"),
    permission=Permission.SEAL_STAMP, audit="seal.stamp",
)  # fmt: skip
def sign(call: Call[DigestBody, None, OrderPath]) -> Binary:
    given = call.body.digested()
    done = signing.sign_digest(room(SealRoom), call.principal, call.path.id, given)
    media = "application/pkcs7-signature" if given.property_info is None else "application/octet-stream"
    return Binary(done.document, media, headers={"X-Seal-Order": str(done.order_id)})


ROUTES = collect(globals())

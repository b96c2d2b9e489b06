"""Signing beside a file (出具分离式签名): prepare → record → sign → compare → store, like every stamping.

The register holds the file's SHA-256; for an order by digest that is what the owner says it is.
"""

from __future__ import annotations

from collections.abc import Callable

from ca import timestamps
from ca.chain import chain
from foundation.failpoints import reach
from foundation.principal import Principal
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from seal import find
from seal.carrying_out import carry_out, check_unswapped
from seal.cms_writing import SignerTemplate
from seal.detached import checking, cms_shape, jws_shape
from seal.detached.orders import DetachedOrder, Digests, Shape, check, refused
from seal.held import Held, key_name
from seal.models import SealOrder
from seal.on_demand import hierarchy, with_certificate
from seal.orders import Stamped
from seal.register import Declared, Order
from seal.room import SealRoom


def sign_detached(room: SealRoom, principal: Principal, order: DetachedOrder) -> Stamped:
    """A detached signature with one of the caller's own seals; `document` of the answer is the signature."""
    check(order)
    row = with_certificate(room, find.row_of(room, principal, order.seal_id), order.suite)
    content = order.content
    document = Declared(content.sha256.hex(), content.size) if isinstance(content, Digests) else content
    terms: dict[str, object] = {
        "suite": order.suite.value,
        "attached": order.attached,
        "by_digest": order.by_digest,
        "digest": [order.suite.digest.value, order.digest().hex()],
    }
    registered = Order(row, order.order_key, order.shape.value, document, terms)

    def prepare(held: Held) -> Callable[[SealOrder], bytes]:
        template = held.templates.get(order.suite)
        if template is None:
            raise refused(
                "certificate",
                f"这枚印章没有 {order.suite.value} 证书，请改用其他算法。",
                f"This seal has no {order.suite.value} certificate. Choose another suite.",
            )

        def sign(record: SealOrder) -> bytes:
            if not isinstance(content, Digests):
                check_unswapped(record, content)
            signature = _sign(room, held, template, order, record)
            reach("seal.signed")
            checking.check_detached(order, template.certificate, record.signing_time, signature)
            return signature

        return sign

    return carry_out(room, principal, registered, prepare)


def _sign(room: SealRoom, held: Held, template: SignerTemplate, order: DetachedOrder, record: SealOrder) -> bytes:
    suite = order.suite
    # the root stays out: verifiers must have it from elsewhere anyway
    certificates = (template.certificate, *chain(room.ca, template.certificate)[:-1])
    if order.shape is Shape.JWS:
        header = jws_shape.protected(suite, certificates, record.signing_time, statement=order.by_digest)
        signed = jws_shape.signing_input(header, jws_shape.payload(order))
    else:
        signed = cms_shape.signed_attributes(template, order.shape, order.digest(), record.signing_time)
    signer = room.keys.signer(key_name(held.code, suite))
    value = signer.sign(ToBeSigned(Purpose.SEALING, signed, f"seal-order:{record.id}:{suite}"))
    if order.shape is Shape.JWS:
        return jws_shape.assemble(signed, value, suite, detached=not (order.attached or order.by_digest))
    token = timestamps.token(room.ca, hierarchy(room, suite), suite.digest, suite.digest.of(value))
    return cms_shape.assemble(template, order.shape, certificates, signed, value, token)

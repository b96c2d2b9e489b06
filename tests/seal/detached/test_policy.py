"""The signer's own look: other octets under a recorded order are refused, whoever asks."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from ca.suites import Suite
from foundation import der
from hsm.digests import Digest
from hsm.keys import Purpose
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked, Stated
from hsm.signing import ToBeSigned
from seal import ses_writing
from seal.cms_writing import SignerTemplate
from seal.detached import cms_shape, jws_shape
from seal.detached.orders import DetachedOrder, Shape
from seal.detached.signing import sign_detached
from seal.find import row_of
from seal.hash_only import signing as by_digest
from seal.hash_only.orders import Digested, HashOrder
from seal.held import Held, key_name
from seal.keeping import held
from seal.models import SealOrder
from seal.policies import policies
from tests.seal.conftest import Region

CONTENT = b"what was ordered"
PATH = "/Doc_0/Signs/Sign_0/Signature.xml"


def ask(region: Region, order: SealOrder, which: str, data: bytes, *, key: str | None = None) -> Stated:
    ref = region.room.keys.find(key or key_name(region.market.code, Suite.SM2))
    assert ref is not None
    token = ToBeSigned(Purpose.SEALING, data, f"seal-order:{order.id}:{which}")
    asked = Asked(ref, token.purpose, token.intent, token.data)
    return policies(region.room.ground, region.room.ca, {})[Purpose.SEALING](asked)


def ready(region: Region) -> Held:
    return held(region.room, row_of(region.room, region.principal, region.seal_id))


def order_of(region: Region, identifier: UUID) -> SealOrder:
    with region.room.ground.db.read() as session:
        return session.scalars(select(SealOrder).where(SealOrder.id == identifier)).one()


def recorded(region: Region, shape: Shape) -> SealOrder:
    order = DetachedOrder(CONTENT, region.seal_id, region.key(), shape)
    return order_of(region, sign_detached(region.room, region.principal, order).order_id)


def attributes(template: SignerTemplate, shape: Shape, order: SealOrder, *, digest: bytes, late: int = 0) -> bytes:
    return cms_shape.signed_attributes(template, shape, digest, order.signing_time + timedelta(seconds=late))


@pytest.mark.parametrize("shape", [Shape.CMS, Shape.GM_CMS])
def test_attributes_are_held_to_the_order(one_region: Region, shape: Shape) -> None:
    order, own = recorded(one_region, shape), ready(one_region)
    template, right = own.templates[Suite.SM2], Digest.SM3.of(CONTENT)
    assert ask(one_region, order, "sm2", attributes(template, shape, order, digest=right))
    other = Shape.GM_CMS if shape is Shape.CMS else Shape.CMS
    for wrong in (
        attributes(template, shape, order, digest=Digest.SM3.of(CONTENT + b"x")),
        attributes(template, shape, order, digest=right, late=1),
        attributes(template, other, order, digest=right),
        attributes(own.templates[Suite.RSA], shape, order, digest=right),
        template.signed_attributes(right),
        der.set_of([der.sequence(der.oid("1.2.3"), der.set_of([der.null()]))]),
    ):
        with pytest.raises(PolicyRefused):
            ask(one_region, order, "sm2", wrong)
    key = key_name(one_region.market.code, Suite.RSA)
    with pytest.raises(IntentUnknown):
        ask(one_region, order, "rsa", attributes(template, shape, order, digest=right), key=key)


def test_a_jws_is_held_to_the_order(one_region: Region) -> None:
    order, own = recorded(one_region, Shape.JWS), ready(one_region)
    certificate = own.templates[Suite.SM2].certificate
    header = jws_shape.protected(Suite.SM2, (certificate,), order.signing_time, statement=False)
    assert ask(one_region, order, "sm2", jws_shape.signing_input(header, CONTENT))
    late = jws_shape.protected(Suite.SM2, (certificate,), order.signing_time + timedelta(1), statement=False)
    said = jws_shape.protected(Suite.SM2, (certificate,), order.signing_time, statement=True)
    other = jws_shape.protected(Suite.SM2, (certificate + b"x",), order.signing_time, statement=False)
    none = header.replace(b"SGD_SM3_SM2", b"none")
    for wrong in (late, said, other, none, b"[]", b"{", b"\xff"):
        with pytest.raises(PolicyRefused):
            ask(one_region, order, "sm2", jws_shape.signing_input(wrong, CONTENT))
    for data in (jws_shape.signing_input(header, CONTENT + b"x"), b"a.b.c", b"", b"=.="):
        with pytest.raises(PolicyRefused):
            ask(one_region, order, "sm2", data)


def opened(region: Region, format_: str, *, digest: bytes | None) -> SealOrder:
    wanted = HashOrder(format_, bytes(32), 10, region.seal_id, ((1, 10.0, 10.0),), region.key())
    order = by_digest.open_order(region.room, region.principal, wanted)
    if digest is not None:
        path = PATH if format_ == "ofd-hash" else None
        by_digest.sign_digest(region.room, region.principal, order.order_id, Digested(digest, path))
    return order_of(region, order.order_id)


def test_a_digest_is_held_to_the_one_on_record(one_region: Region) -> None:
    own = ready(one_region)
    template, right = own.templates[Suite.SM2], b"1" * 32
    order = opened(one_region, "pdf-hash", digest=right)
    assert ask(one_region, order, "sm2", template.signed_attributes(right)).at == order.signing_time
    with pytest.raises(PolicyRefused):
        ask(one_region, order, "sm2", template.signed_attributes(b"2" * 32))
    with pytest.raises(PolicyRefused):
        ask(one_region, opened(one_region, "pdf-hash", digest=None), "sm2", template.signed_attributes(right))
    order = opened(one_region, "ofd-hash", digest=right)
    at = order.signing_time
    assert ask(one_region, order, "ofd", ses_writing.to_be_signed(own.esl, at, right, PATH))
    for wrong in (
        ses_writing.to_be_signed(own.esl, at, b"2" * 32, PATH),
        ses_writing.to_be_signed(own.esl, at, right, "/Doc_1/Signature.xml"),
        ses_writing.to_be_signed(own.esl, at + timedelta(seconds=1), right, PATH),
    ):
        with pytest.raises(PolicyRefused):
            ask(one_region, order, "ofd", wrong)

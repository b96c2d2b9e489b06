"""Stamping by digest (摘要用章): open an order, then sign the one digest its owner sends for it.

The register says `pdf-hash` or `ofd-hash`: the server never saw the pages, and what the file holds is its owner's word.
The digest is committed before a key is touched; asking again gives the same signature back.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import exists, update
from sqlalchemy.exc import IntegrityError

from ca import timestamps
from ca.chain import chain
from ca.suites import Suite
from foundation.failpoints import reach
from foundation.principal import Kind, Principal
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from seal import find, keeping, register, ses_writing
from seal.approval import gate
from seal.carrying_out import carry_out, check_usable
from seal.formats import HASH_FORMATS, OFD_HASH
from seal.hash_only.checking import check_ofd_value, check_pdf_value
from seal.hash_only.models import SealHashDigest
from seal.hash_only.orders import (
    FRESH,
    Digested,
    DigestTaken,
    HashOrder,
    Material,
    Opened,
    OrderStale,
    OrderUnknown,
    check,
    check_digested,
)
from seal.held import Held, key_name
from seal.models import OrderState, SealOrder, SealRow
from seal.on_demand import hierarchy, with_certificate
from seal.orders import Stamped
from seal.register import Declared, Order
from seal.room import SealRoom


def material(room: SealRoom, principal: Principal, seal_id: UUID, suite: Suite) -> Material:
    """The seal as its owner needs it to prepare a file."""
    row = with_certificate(room, find.row_of(room, principal, seal_id), suite)
    check_usable(room, row)
    held = keeping.held(room, row)
    own = held.templates[suite].certificate
    return Material(row.name, row.department_name, held, own, tuple(chain(room.ca, own)[:-1]))


def open_order(room: SealRoom, principal: Principal, order: HashOrder) -> Opened:
    """The order on record, now or before, with its frozen time."""
    check(order)
    row = with_certificate(room, find.row_of(room, principal, order.seal_id), order.suite)
    terms = {
        "marks": [[page, round(left, 3), round(top, 3)] for page, left, top in order.marks],
        "closing": order.closing,
        "suite": order.suite.value,
    }
    document = Declared(order.sha256.hex(), order.size)
    registered = Order(row, order.order_key, order.format, document, terms)
    with room.lock(registered.lock_name):
        record = register.find(room, registered)
        if record is None:
            check_usable(room, row)
            record = gate.record(room, principal, registered)
            reach("seal.hash_opened")
        record = _fresh(room, gate.require_open(room, record))
    return Opened(record.id, record.signing_time)


def _fresh(room: SealRoom, record: SealOrder) -> SealOrder:
    """An approval may come while nobody asks: the time is frozen anew, as long as no digest is on record for it."""
    now = room.ground.clock.now().replace(microsecond=0)
    if not record.approvals or record.state != OrderState.RECORDED or now - record.signing_time <= FRESH:
        return record
    with room.ground.db.begin() as session:
        known = exists().where(SealHashDigest.order_id == record.id)
        session.execute(
            update(SealOrder)
            .where(SealOrder.id == record.id, SealOrder.state == OrderState.RECORDED, ~known)
            .values(signing_time=now)
            .execution_options(synchronize_session=False)
        )
        return session.get_one(SealOrder, record.id, populate_existing=True)


def sign_digest(room: SealRoom, principal: Principal, order_id: UUID, given: Digested) -> Stamped:
    """The CMS (PDF) or SES_Signature (OFD) over the digest; the same one for every further ask."""
    record, row = _order(room, principal, order_id)
    terms = json.loads(record.terms)
    suite = Suite(terms["suite"])
    check_digested(record.format, suite, given)
    _commit(room, principal, record, given)
    document = Declared(record.document_sha256, record.document_size)
    registered = Order(row, record.order_key, record.format, document, terms)

    def prepare(held: Held) -> Callable[[SealOrder], bytes]:
        def sign(order: SealOrder) -> bytes:
            make = _ses if order.format == OFD_HASH else _cms
            value = make(room, held, suite, given, order)
            reach("seal.signed")
            return value

        return sign

    return carry_out(room, principal, registered, prepare)


def _order(room: SealRoom, principal: Principal, order_id: UUID) -> tuple[SealOrder, SealRow]:
    with room.ground.db.read() as session:
        record = session.get(SealOrder, order_id)
    own = record is not None and (principal.kind is Kind.SYSTEM or record.department == principal.department)
    if record is None or not own or record.format not in HASH_FORMATS:
        raise OrderUnknown
    return record, find.row_of(room, principal, record.seal_id)


def _commit(room: SealRoom, principal: Principal, record: SealOrder, given: Digested) -> None:
    """The digest goes on record first, and stays the only one of this order."""
    known = _known(room, record.id)
    now = room.ground.clock.now()
    if known is None:
        if record.state != OrderState.RECORDED or now - record.signing_time > FRESH:
            raise OrderStale
        row = SealHashDigest(
            order_id=record.id, digest=given.digest.hex(), property_info=given.property_info, recorded_at=now
        )
        try:
            with room.ground.db.begin() as session:
                session.add(row)
                room.ground.audit.record(
                    session, principal, action="seal.hash.digest", object=f"seal-order:{record.id}",
                    payload={"format": record.format, "digest": row.digest},
                )  # fmt: skip
            reach("seal.hash_recorded")
        except IntegrityError:
            known = _known(room, record.id)
    if known is not None and (known.digest, known.property_info) != (given.digest.hex(), given.property_info):
        raise DigestTaken


def _known(room: SealRoom, order_id: UUID) -> SealHashDigest | None:
    with room.ground.db.read() as session:
        return session.get(SealHashDigest, order_id)


def _cms(room: SealRoom, held: Held, suite: Suite, given: Digested, record: SealOrder) -> bytes:
    template = held.templates[suite]
    signed = template.signed_attributes(given.digest)
    value = _value(room, held, suite, signed, record, suite.value)
    token = timestamps.token(room.ca, hierarchy(room, suite), suite.digest, suite.digest.of(value))
    made = template.assemble(signed, value, token)
    check_pdf_value(made, given.digest, suite, template.certificate)
    return made


def _ses(room: SealRoom, held: Held, suite: Suite, given: Digested, record: SealOrder) -> bytes:
    template, info = held.templates[suite], given.property_info or ""
    signed = ses_writing.to_be_signed(held.esl, record.signing_time, given.digest, info)
    value = _value(room, held, suite, signed, record, "ofd")
    token = timestamps.token(room.ca, suite, suite.digest, suite.digest.of(value))
    made = ses_writing.signature(signed, template.certificate, template.scheme.oid, value, token)
    check_ofd_value(made, given.digest, info, held, record.signing_time)
    return made


def _value(room: SealRoom, held: Held, suite: Suite, signed: bytes, record: SealOrder, which: str) -> bytes:
    signer = room.keys.signer(key_name(held.code, suite))
    return signer.sign(ToBeSigned(Purpose.SEALING, signed, f"seal-order:{record.id}:{which}"))

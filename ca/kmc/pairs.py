"""Issuing a pair (签发双证书): record the order, allot the key, issue both certificates, store the pair.

The key is in escrow before its certificate is even prepared. Each step is idempotent by the pair's id, so after a kill
anywhere the pair is finished by asking again or by recovery, with the same key and the same two certificates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from ca.enrol import Enrolment
from ca.issue import IssuedCertificate, issued, leaf
from ca.issue_many import issue_many
from ca.kmc.errors import PairKeyTaken, PairUnfinished, PairUnknown
from ca.kmc.guard import escrow_of
from ca.kmc.models import CaKmcPair, PairState
from ca.kmc.orders import PairOrder, checked, department, lasts_in, order_of_text, owner
from ca.models import CaCertificate
from ca.room import CaRoom
from ca.suites import Suite
from foundation.errors import InvalidInput, YinxinError
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import same
from hsm.escrow.shapes import Allotment, EscrowedKey

TABLE = "ca_kmc_pair"
_MOST_REQUEST_KEY = 200


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    id: UUID
    owner: str
    department: str | None
    suite: Suite
    profile: str
    dialect: str
    escrow_id: UUID
    signing: IssuedCertificate
    encryption: IssuedCertificate
    issued_at: datetime


def enrol_pair(room: CaRoom, principal: Principal, wanted: Enrolment) -> Pair:
    """Both certificates for one request. The same request key again gives the same pair."""
    if not 0 < len(wanted.request_key) <= _MOST_REQUEST_KEY:
        raise InvalidInput(
            "ca.request_key", Text("请求编号须为 1 至 200 个字符。", "The request key must have 1 to 200 characters.")
        )
    escrow_of(room)
    order = checked(room, principal, wanted)
    row = _find(room, order) or _record(room, principal, order)
    reach("kmc.recorded")
    return finish(room, principal, row)


def finish(room: CaRoom, principal: Principal, row: CaKmcPair) -> Pair:
    """Take a recorded pair to its end; an issued one is just answered."""
    if row.state == PairState.ISSUED:
        return pair_of(room, row)
    if row.order is None:
        raise PairUnfinished
    order = order_of_text(room.ground.cipher.decrypt(TABLE, "order", row.id, row.order), row.request_key)
    allotment = Allotment(row.owner, order.algorithm, order.recipient, f"kmc:{row.id}")
    key = escrow_of(room).allot(allotment, principal)
    reach("kmc.allotted")
    signing, encryption = _issue_both(room, principal, order, row.id, key)
    reach("kmc.both_issued")
    stored = _store(room, principal, row, key, signing, encryption)
    reach("kmc.stored")
    return pair_of(room, stored)


def _issue_both(
    room: CaRoom, principal: Principal, order: PairOrder, pair: UUID, key: EscrowedKey
) -> tuple[IssuedCertificate, IssuedCertificate]:
    """In one batch: both intents are recorded before either is signed."""
    wanted = [
        leaf(
            room,
            order.suite,
            profile,
            subject=order.subject,
            spki=spki,
            identity=order.identity,
            request_key=f"kmc:{pair}:{profile}",
            validity=lasts_in(room.profile(profile), order.validity),
        )
        for profile, spki in ((order.profile, order.spki), (order.twin, key.spki))
    ]
    signing, encryption = issue_many(room, principal, wanted)
    if isinstance(signing, YinxinError):
        raise signing
    if isinstance(encryption, YinxinError):
        raise encryption
    return signing, encryption


def _find(room: CaRoom, order: PairOrder) -> CaKmcPair | None:
    with room.ground.db.read() as session:
        row = session.scalars(select(CaKmcPair).where(CaKmcPair.request_key == order.request_key)).one_or_none()
    if row is not None and not same(row.request_mac, _mac(room, order)):
        raise PairKeyTaken
    return row


def _mac(room: CaRoom, order: PairOrder) -> bytes:
    return room.ground.mac.mac("kmc.request", order.text().encode())


def _record(room: CaRoom, principal: Principal, order: PairOrder) -> CaKmcPair:
    """Commit the order and its audit row, before any key is touched."""
    ground, identifier = room.ground, room.ground.ids.uuid7()
    row = CaKmcPair(
        id=identifier,
        request_key=order.request_key,
        request_mac=_mac(room, order),
        state=PairState.RECORDED,
        owner=owner(room, order),
        department=department(order),
        suite=order.suite,
        profile=order.profile,
        dialect=order.dialect,
        requested_by=principal.label,
        order=ground.cipher.encrypt(TABLE, "order", identifier, order.text()),
        recorded_at=ground.clock.now(),
    )
    try:
        with ground.db.begin() as session:
            session.add(row)
            ground.audit.record(
                session,
                principal,
                action="ca.kmc.pair_record",
                object=f"pair:{identifier}",
                payload={"profile": row.profile, "suite": row.suite, "owner": row.owner, "dialect": row.dialect},
            )
    except IntegrityError:  # the same request in another process
        found = _find(room, order)
        if found is None:
            raise
        return found
    return row


def _store(
    room: CaRoom,
    principal: Principal,
    row: CaKmcPair,
    key: EscrowedKey,
    signing: IssuedCertificate,
    encryption: IssuedCertificate,
) -> CaKmcPair:
    """Only the first to store wins; every finisher had the same key and certificates."""
    ground = room.ground
    with ground.db.begin() as session:
        won = session.execute(
            update(CaKmcPair)
            .where(CaKmcPair.id == row.id, CaKmcPair.state == PairState.RECORDED)
            .values(
                state=PairState.ISSUED,
                order=None,
                escrow_id=key.id,
                signing_id=signing.id,
                encryption_id=encryption.id,
                issued_at=ground.clock.now(),
            )
            .execution_options(synchronize_session=False)
            .returning(CaKmcPair.id)
        ).first()
        if won is not None:
            ground.audit.record(
                session,
                principal,
                action="ca.kmc.pair_issue",
                object=f"pair:{row.id}",
                payload={
                    "escrow_key": str(key.id),
                    "signing": str(signing.id),
                    "encryption": str(encryption.id),
                },
            )
    with ground.db.read() as session:
        return session.get_one(CaKmcPair, row.id)


def pair_of(room: CaRoom, row: CaKmcPair) -> Pair:
    if row.signing_id is None or row.encryption_id is None or row.escrow_id is None or row.issued_at is None:
        raise PairUnfinished
    with room.ground.db.read() as session:
        signing, encryption = (session.get(CaCertificate, one) for one in (row.signing_id, row.encryption_id))
    if signing is None or encryption is None:
        raise PairUnknown
    return Pair(
        row.id,
        row.owner,
        row.department,
        Suite(row.suite),
        row.profile,
        row.dialect,
        row.escrow_id,
        issued(room, signing),
        issued(room, encryption),
        row.issued_at,
    )

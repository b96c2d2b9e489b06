"""Finishing what a crash left (恢复未完成的申请), and letting lapse what nobody goes on with.

Run after `ca.recover`, which finishes certificates. What was approved is carried out; what was begun is finished; a
key that died with its process leaves a certificate nobody can use, which is revoked before the holder tries again.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import and_, or_, select

from ca import recover as certificates
from ca.issue import issued as answered
from ca.models import CaCertificate
from ca.models import State as CertificateState
from ca.reading.crl import Reason
from ca.registration import issuing, machine
from ca.registration.machine import REGISTRAR
from ca.registration.models import CaCollection, CaRegistration
from ca.registration.policy import LIVES, Delivery
from ca.registration.room import RegistrationRoom
from ca.registration.states import ACTING, State, Step
from ca.revoke import revoke
from foundation.errors import YinxinError

log = structlog.get_logger("ca.registration")
GRACE = timedelta(minutes=2)
_BATCH = 200


def recover(room: RegistrationRoom, *, older_than: timedelta = GRACE) -> list[UUID]:
    """Take every approved or begun application on; returns those that moved. One that cannot stays and is logged."""
    moved: list[UUID] = []
    for identifier in unfinished(room, older_than=older_than):
        before = issuing.read(room, identifier).state
        try:
            after = _resume(room, identifier)
        except YinxinError as error:  # one damaged application must not keep the others
            log.warning("registration.recovery_refused", registration=str(identifier), code=error.code)
            continue
        if after != before:
            moved.append(identifier)
    return moved


def unfinished(room: RegistrationRoom, *, older_than: timedelta = GRACE) -> list[UUID]:
    """Begun; or approved and not merely waiting for its holder to come with the code."""
    before = room.ground.clock.now() - older_than
    waiting = select(CaCollection.registration_id).where(CaCollection.registration_id == CaRegistration.id).exists()
    at_once = or_(
        CaRegistration.kind.in_(ACTING),
        CaRegistration.delivery == Delivery.NONE,
        and_(CaRegistration.delivery.in_((Delivery.TOKEN, Delivery.PKCS12)), ~waiting),
    )
    query = select(CaRegistration.id).where(
        CaRegistration.changed_at <= before,
        or_(CaRegistration.state == State.ISSUING, and_(CaRegistration.state == State.APPROVED, at_once)),
    )
    with room.ground.db.read() as session:
        return list(session.scalars(query.order_by(CaRegistration.id)))


def _resume(room: RegistrationRoom, identifier: UUID) -> State:
    row = issuing.read(room, identifier)
    if row.state == State.APPROVED:
        return issuing.carry_out(room, identifier)
    if not issuing.by_code(room, row):
        return issuing.certify(room, row)
    return _interrupted(room, row)


def _interrupted(room: RegistrationRoom, row: CaRegistration) -> State:
    """Issuing with a key that came from, or should have gone to, somebody who is gone."""
    certificates.recover(room.ca, older_than=timedelta())
    with room.ground.db.read() as session:
        made = session.scalars(
            select(CaCertificate).where(CaCertificate.request_key == issuing.request_key(row))
        ).one_or_none()
    if made is not None and made.state != CertificateState.ISSUED:
        log.warning("registration.unfinished_certificate", registration=str(row.id))
        return State(row.state)
    if made is not None and row.delivery == Delivery.TOKEN:
        return issuing.finish(room, row, answered(room.ca, made))
    if made is not None:
        revoke(room.ca, REGISTRAR, certificate_id=made.id, reason=Reason.SUPERSEDED)
    return issuing.moved(room, row.id, Step.REPEAT, reason="ca.registration.interrupted")


def expire(room: RegistrationRoom) -> int:
    """Let lapse what has had its time. An ended revocation request never lapses: we still owe it (BR 4.9.1.1)."""
    ground, count = room.ground, 0
    while True:
        now = ground.clock.now()
        with ground.db.begin() as session:
            rows = session.scalars(
                select(CaRegistration)
                .where(CaRegistration.state.in_(LIVES), CaRegistration.ends_at <= now)
                .order_by(CaRegistration.ends_at)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                way = machine.way_or_none(row, Step.EXPIRE)
                if way is None:
                    row.ends_at = now + LIVES[State(row.state)]
                else:
                    machine.move(ground, session, row, REGISTRAR, way)
                    count += 1
        if len(rows) < _BATCH:
            return count

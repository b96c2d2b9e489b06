"""Enrolling and revoking cloud keys (云签名密钥): asked for by its person, agreed to by another, then made.

The agreement is committed before key and certificate are made, both under names that follow from the row, so a run
after a crash ends with the same key and certificate.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ca.issue import IdentityExtensions, Subject, issue
from ca.reading.certificate import read_certificate
from ca.reading.crl import Reason
from ca.revoke import revoke as revoke_certificate
from ca.suites import Suite
from foundation.failpoints import reach
from foundation.principal import SYSTEM, Permission, Principal
from hsm.keys import Algorithm, Purpose
from seal.approval.certificates import PROFILE
from seal.approval.cloud.errors import KeyNotNow, KeyTaken, KeyUnknown, NotAPerson, OwnKey
from seal.approval.cloud.models import KeyState, SealCloudKey
from seal.approval.cloud.room import CloudRoom
from seal.models import SealRow

MOST = 500


def enrol(room: CloudRoom, principal: Principal) -> SealCloudKey:
    """Ask for a key of one's own. One at a time; nothing is made before another person agrees."""
    principal.require(Permission.SEAL_CONSENT)
    if principal.person_id is None or principal.department is None:
        raise NotAPerson
    room.factor.proofed(principal.person_id)  # an account without a proofed identity gets no certificate
    row = SealCloudKey(
        id=room.ground.ids.uuid7(),
        person=principal.label,
        person_id=principal.person_id,
        department=principal.department,
        state=KeyState.REQUESTED,
        live=principal.label,
        requested_at=room.ground.clock.now(),
    )
    try:
        with room.ground.db.begin() as session:
            session.add(row)
            session.flush()
            _audit(room, session, principal, row, "enrol")
    except IntegrityError as error:
        raise KeyTaken from error
    return row


def mine(room: CloudRoom, principal: Principal) -> SealCloudKey | None:
    """The live one: asked for, being made, or in use."""
    with room.ground.db.read() as session:
        return session.scalars(select(SealCloudKey).where(SealCloudKey.live == principal.label)).one_or_none()


def listed(room: CloudRoom, principal: Principal) -> list[SealCloudKey]:
    """What was asked for and is not finished, oldest first."""
    principal.require(Permission.RA_APPROVE)
    query = select(SealCloudKey).where(SealCloudKey.state.in_((KeyState.REQUESTED, KeyState.AGREED)))
    with room.ground.db.read() as session:
        return list(session.scalars(query.order_by(SealCloudKey.id).limit(MOST)))


def history(room: CloudRoom, principal: Principal) -> list[SealCloudKey]:
    """Every key the caller ever asked for, newest first."""
    query = select(SealCloudKey).where(SealCloudKey.person == principal.label)
    with room.ground.db.read() as session:
        return list(session.scalars(query.order_by(SealCloudKey.id.desc()).limit(MOST)))


def every(room: CloudRoom, principal: Principal) -> list[SealCloudKey]:
    """Those asked for, in use and ended, newest first: for who agrees to them and can end them."""
    principal.require(Permission.RA_APPROVE)
    with room.ground.db.read() as session:
        return list(session.scalars(select(SealCloudKey).order_by(SealCloudKey.id.desc()).limit(MOST)))


def agree(room: CloudRoom, principal: Principal, key_id: UUID) -> SealCloudKey:
    """The second person's agreement; key and certificate are made at once. Said again, it finishes what was begun."""
    with room.ground.db.begin() as session:
        row = _to_decide(session, principal, key_id)
        if row.state == KeyState.ACTIVE:
            return row
        if row.state == KeyState.REQUESTED:
            row.state, row.decided_by, row.decided_at = KeyState.AGREED, principal.label, room.ground.clock.now()
            _audit(room, session, principal, row, "agree")
        elif row.state != KeyState.AGREED:
            raise KeyNotNow(row.state)
    reach("seal.cloud_agreed")
    return _made(room, principal, row)


def refuse(room: CloudRoom, principal: Principal, key_id: UUID) -> SealCloudKey:
    with room.ground.db.begin() as session:
        row = _to_decide(session, principal, key_id)
        if row.state != KeyState.REQUESTED:
            raise KeyNotNow(row.state)
        row.state, row.live, row.decided_by = KeyState.REFUSED, None, principal.label
        row.decided_at = row.ended_at = room.ground.clock.now()
        _audit(room, session, principal, row, "refuse")
    return row


def revoke(room: CloudRoom, principal: Principal, key_id: UUID, reason: Reason = Reason.UNSPECIFIED) -> SealCloudKey:
    """No signature from now on: the row first, then certificate and key. Said again, it finishes what was begun."""
    with room.ground.db.begin() as session:
        row = session.scalars(select(SealCloudKey).where(SealCloudKey.id == key_id).with_for_update()).one_or_none()
        if row is None or not (row.person == principal.label or principal.may(Permission.RA_APPROVE)):
            raise KeyUnknown
        if row.state not in (KeyState.ACTIVE, KeyState.REVOKED):
            raise KeyNotNow(row.state)
        if row.state == KeyState.ACTIVE:
            row.state, row.live, row.ended_at = KeyState.REVOKED, None, room.ground.clock.now()
            _audit(room, session, principal, row, "revoke")
    reach("seal.cloud_revoked")
    revoke_certificate(room.seal.ca, principal, reason=reason, certificate_id=row.certificate_id)
    ref = room.seal.keys.find(row.name)
    if ref is not None:
        room.seal.keys.retire(ref.name, ref.version, principal=principal)
    return row


def _made(room: CloudRoom, principal: Principal, row: SealCloudKey) -> SealCloudKey:
    ref = room.seal.keys.ensure(row.name, Algorithm.SM2, {Purpose.APPROVAL}, principal=principal)
    reach("seal.cloud_key_made")
    person = room.factor.proofed(row.person_id)
    issued = issue(
        room.seal.ca,
        SYSTEM,  # two persons agreed, neither of whom runs the CA
        suite=Suite.SM2,
        profile=PROFILE,
        subject=Subject(person.name, organization=organisation(room, row.department)),
        spki=ref.spki,
        identity=IdentityExtensions(citizen_number=person.citizen_number, organization_code=row.department),
        request_key=f"seal.cloud:{row.id}",
    )
    reach("seal.cloud_certified")
    with room.ground.db.begin() as session:
        won = session.execute(
            update(SealCloudKey)
            .where(SealCloudKey.id == row.id, SealCloudKey.state == KeyState.AGREED)
            .values(
                state=KeyState.ACTIVE,
                certificate=read_certificate(issued.der).fingerprint,
                certificate_id=issued.id,
            )
            .returning(SealCloudKey.id)
        ).first()
        found = session.get_one(SealCloudKey, row.id, populate_existing=True)
        if won is not None:
            _audit(room, session, principal, found, "made")
    return found


def organisation(room: CloudRoom, department: str) -> str:
    """What a department is called: as its newest seal calls it."""
    query = select(SealRow.department_name).where(SealRow.department == department)
    with room.ground.db.read() as session:
        return session.scalars(query.order_by(SealRow.id.desc()).limit(1)).first() or department


def _to_decide(session: Session, principal: Principal, key_id: UUID) -> SealCloudKey:
    principal.require(Permission.RA_APPROVE)
    row = session.scalars(select(SealCloudKey).where(SealCloudKey.id == key_id).with_for_update()).one_or_none()
    if row is None:
        raise KeyUnknown
    if row.person == principal.label:
        raise OwnKey
    return row


def _audit(room: CloudRoom, session: Session, principal: Principal, row: SealCloudKey, word: str) -> None:
    room.ground.audit.record(
        session,
        principal,
        action=f"seal.cloud.{word}",
        object=f"seal-cloud-key:{row.id}",
        payload={"person": row.person, "state": row.state, "certificate": row.certificate},
    )

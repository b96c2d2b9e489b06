"""Carrying out what was approved (执行审批结果): issue, hold, release or revoke; exactly once, also after a crash.

Begun before the certificate room is asked, with a request key of its own, so the same application never has two
certificates. A key made by us lives only in the call that delivers it: interrupted, its certificate is revoked and
the holder collects anew (design: prepare, record, sign, compare, store).
"""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy import select

from ca.enrol import proven_key
from ca.issue import IssuedCertificate, issue
from ca.models import CaCertificate
from ca.reading.certificate import read_certificate
from ca.reading.crl import Reason
from ca.registration import codes, content, machine
from ca.registration.content import Content
from ca.registration.machine import REGISTRAR
from ca.registration.models import CaRegistration
from ca.registration.policy import Delivery
from ca.registration.room import RegistrationRoom
from ca.registration.states import ACTING, Kind, State, Step
from ca.revoke import hold, release, revoke
from ca.storing import opened
from ca.suites import Suite
from foundation.errors import Conflict, InvalidInput, NotFound, Unavailable
from foundation.failpoints import reach

log = structlog.get_logger("ca.registration")


def carry_out(room: RegistrationRoom, registration_id: UUID) -> State:
    """What follows from an approval. A refusal becomes a state; what is out of reach now waits for recovery."""
    reach("ca.registration.approved")
    row = read(room, registration_id)
    try:
        if Kind(row.kind) in ACTING:
            return _act(room, row)
        if by_code(room, row):
            codes.ensure(room, row.id)
            return State(row.state)
        return certify(room, row)
    except Unavailable as error:
        log.warning("registration.waiting", registration=str(registration_id), code=error.code)
        return State(read(room, registration_id).state)


def read(room: RegistrationRoom, registration_id: UUID) -> CaRegistration:
    with room.ground.db.read() as session:
        return session.get_one(CaRegistration, registration_id)


def by_code(room: RegistrationRoom, row: CaRegistration) -> bool:
    """The key is yet to come: from the holder's token, or made at collection."""
    if row.delivery == Delivery.PKCS12:
        return True
    return row.delivery == Delivery.TOKEN and content.opened(room.ground, row).csr is None


# --- other statuses --------------------------------------------------------------------------------------------------


def _act(room: RegistrationRoom, row: CaRegistration) -> State:
    with room.ground.db.read() as session:
        machine.check_agreed(room.ground, session, row)
    said = content.opened(room.ground, row)
    try:
        _ask(room, row, said)
    except (Conflict, InvalidInput, NotFound) as error:
        return moved(room, row.id, Step.REFUSE, reason=f"{error.code}: {error.detail.zh}")
    reach("ca.registration.acted")
    return moved(room, row.id, Step.ACT)


def _ask(room: RegistrationRoom, row: CaRegistration, said: Content) -> None:
    match Kind(row.kind):
        case Kind.HOLD:
            hold(room.ca, REGISTRAR, certificate_id=row.certificate_id)
        case Kind.RELEASE:
            release(room.ca, REGISTRAR, certificate_id=row.certificate_id)
        case _:
            reason = Reason(row.reason or 0)
            revoke(room.ca, REGISTRAR, certificate_id=row.certificate_id, reason=reason, invalidity=said.invalid_since)


# --- certificates ----------------------------------------------------------------------------------------------------


def certify(room: RegistrationRoom, row: CaRegistration) -> State:
    """Issue for a key that is known: of the request, or of the certificate that is renewed."""
    said = content.opened(room.ground, row)
    begun = begin(room, row.id)
    try:
        spki = proven_key(said.csr) if said.csr is not None else _old_key(room, row)
        made = issued(room, begun, said, spki)
    except (InvalidInput, Conflict) as error:
        return moved(room, row.id, Step.REFUSE, reason=f"{error.code}: {error.detail.zh}")
    return finish(room, begun, made)


def begin(room: RegistrationRoom, registration_id: UUID, *, fresh: bool = False) -> CaRegistration:
    """Commit that issuing has begun, after counting the approvals again. One begun before goes on, unless `fresh`."""
    ground = room.ground
    with ground.db.begin() as session:
        row = session.scalars(
            select(CaRegistration).where(CaRegistration.id == registration_id).with_for_update()
        ).one()
        machine.check_agreed(ground, session, row)
        if fresh or row.state != State.ISSUING:
            row.attempt += 1
            machine.move(ground, session, row, REGISTRAR, machine.way(row, Step.BEGIN))
    reach("ca.registration.begun")
    return row


def request_key(row: CaRegistration) -> str:
    return f"registration:{row.id}:{row.attempt}"


def issued(room: RegistrationRoom, row: CaRegistration, said: Content, spki: bytes) -> IssuedCertificate:
    made = issue(
        room.ca,
        REGISTRAR,
        suite=Suite(row.suite),
        profile=row.profile,
        subject=said.subject,
        spki=spki,
        identity=said.identity,
        names=said.names,
        request_key=request_key(row),
    )
    reach("ca.registration.certified")
    return made


def for_collector(room: RegistrationRoom, row: CaRegistration, said: Content, spki: bytes) -> IssuedCertificate:
    """Issue for somebody who waits with the code. Refused, a token may try another key; our own key is not at fault."""
    try:
        return issued(room, row, said, spki)
    except (InvalidInput, Conflict) as error:
        step = Step.REPEAT if row.delivery == Delivery.TOKEN else Step.REFUSE
        moved(room, row.id, step, reason=f"{error.code}: {error.detail.zh}")
        raise


def finish(room: RegistrationRoom, row: CaRegistration, made: IssuedCertificate) -> State:
    """End what the new certificate replaces, then say that it is issued."""
    if Kind(row.kind) in (Kind.REKEY, Kind.CHANGE) and row.certificate_id is not None:
        _end(room, row)
    reach("ca.registration.superseded")
    return moved(room, row.id, Step.ISSUE, issued_id=made.id)


def _end(room: RegistrationRoom, row: CaRegistration) -> None:
    """With the reason that is true of it: superseded, compromised, or no longer right about its holder."""
    said = content.opened(room.ground, row)
    revoke(
        room.ca,
        REGISTRAR,
        certificate_id=row.certificate_id,
        reason=Reason(row.reason or Reason.SUPERSEDED),
        invalidity=said.invalid_since if row.reason == Reason.KEY_COMPROMISE else None,
    )


def _old_key(room: RegistrationRoom, row: CaRegistration) -> bytes:
    with room.ground.db.read() as session:
        old = session.get_one(CaCertificate, row.certificate_id)
    return read_certificate(opened(room.ground.cipher, old, "der")).spki


def moved(
    room: RegistrationRoom,
    registration_id: UUID,
    step: Step,
    *,
    reason: str | None = None,
    issued_id: UUID | None = None,
) -> State:
    """The step, unless another process took it this moment."""
    ground = room.ground
    with ground.db.begin() as session:
        row = session.scalars(
            select(CaRegistration).where(CaRegistration.id == registration_id).with_for_update()
        ).one()
        way = machine.way_or_none(row, step)
        if way is None:
            return State(row.state)
        if issued_id is not None:
            row.issued_id = issued_id
        machine.move(ground, session, row, REGISTRAR, way, reason=reason)
        return way.target

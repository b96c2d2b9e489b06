"""The intent to issue (签发意图): one row that freezes everything a licence will say, before anything is signed.

Whatever happens afterwards, the same licence comes of it or none. The row holds no personal data in clear, and its
request key only as a keyed digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ca.suites import Suite
from foundation.ground import Ground
from foundation.numbers import is_citizen_number
from foundation.principal import Principal
from licence import allocation, authority, integrity
from licence.catalogue import LicenceType, complete, licence_type, validate
from licence.errors import bad_suites, key_reused
from licence.identifiers import Identifier
from licence.kinds import FOREVER
from licence.life import today
from licence.models import IntentState, LicenceIntent
from licence.register import department_of
from licence.rehearsal import rehearse
from licence.room import LicenceRoom
from seal import find

_SERIAL = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ATTEMPTS = 5
SUITES = ((Suite.SM2,), (Suite.RSA,), (Suite.SM2, Suite.RSA))
"""Of the PDF. An OFD is always sealed with SM2 (GB/T 38540)."""


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """One licence wanted. `request_key` is the caller's own: the same key again is the same request again."""

    type_slug: str
    data: Mapping[str, object] = field(repr=False)
    request_key: str
    suites: tuple[Suite, ...] = (Suite.SM2,)
    number: str | None = field(default=None, repr=False)
    """The number of existing stock; None takes the next of the series."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """The personal part of an intent, as it stands encrypted in the row."""

    number: str
    holder_name: str
    holder_code: str
    department_name: str
    data: dict[str, str]

    @property
    def natural_person(self) -> bool:
        return is_citizen_number(self.holder_code)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A request that passed every check made before the transaction."""

    kind: LicenceType
    department: str
    department_name: str
    seal_id: UUID
    issued_on: date
    data: dict[str, str] = field(repr=False)
    slot: str
    digest: str


def accept(room: LicenceRoom, principal: Principal, request: IssueRequest) -> UUID:
    """Validate, then write the intent in one transaction; the id of the intent, old or new.

    Two processes with the same key race to the unique slot: the loser's transaction is undone whole, numbers and all,
    and it finds the winner's row at its next attempt.
    """
    ground, department = room.ground, department_of(principal)
    if request.suites not in SUITES:
        raise bad_suites()
    kind = licence_type(request.type_slug)
    data = validate(kind, request.data)
    slot, digest = _slot(ground, department, request.request_key), _digest(ground, kind, data, request)
    for attempt in range(_ATTEMPTS):
        with ground.db.read() as session:
            # first of all: what was once accepted stays accepted, whatever day or authority it is now
            found = _find(session, ground, slot, digest)
            if found is not None:
                return found
            department_name = authority.require(session, room, kind.slug, department)
        issued_on, seal = today(ground.clock), find.in_use(room.seal, department)
        full = complete(kind, data, issued_on)
        plan = _Plan(kind, department, department_name, seal.id, issued_on, full, slot, digest)
        _rehearse(ground, plan, request)
        try:
            with ground.db.begin() as session:
                return _write(session, room, principal, plan, request)
        except IntegrityError:
            if attempt == _ATTEMPTS - 1:
                raise
        except allocation.NumberTaken:  # perhaps by this very request in another process: look again, once
            if attempt:
                raise
    raise AssertionError("unreachable")


def load(session: Session, ground: Ground, intent_id: UUID, *, lock: bool = False) -> LicenceIntent:
    row = session.get(LicenceIntent, intent_id, with_for_update=lock or None)
    if row is None:
        raise LookupError(f"licence intent {intent_id}")
    integrity.check(ground.mac, row)
    return row


def thaw(ground: Ground, row: LicenceIntent) -> Frozen:
    return Frozen(**json.loads(ground.cipher.decrypt("licence_intent", "frozen", row.id, row.frozen_sealed)))


def suites_of(row: LicenceIntent) -> tuple[Suite, ...]:
    return tuple(Suite(name) for name in row.suites.split(","))


def _find(session: Session, ground: Ground, slot: str, digest: str) -> UUID | None:
    row = session.scalars(select(LicenceIntent).where(LicenceIntent.request_slot == slot)).one_or_none()
    if row is None:
        return None
    integrity.check(ground.mac, row)
    if row.request_digest != digest:
        raise key_reused()
    return row.id


def _rehearse(ground: Ground, plan: _Plan, request: IssueRequest) -> None:
    rehearse(
        ground.settings,
        plan.kind,
        plan.data,
        department=plan.department,
        department_name=plan.department_name,
        issued_on=plan.issued_on,
        number=request.number,
    )


def _write(session: Session, room: LicenceRoom, principal: Principal, plan: _Plan, request: IssueRequest) -> UUID:
    ground, kind, data = room.ground, plan.kind, plan.data
    authority.require(session, room, kind.slug, plan.department)
    intent_id, licence_id = ground.ids.uuid7(), ground.ids.uuid7()
    index = allocation.take_status_index(session, ground.mac)
    number = allocation.take_number(session, ground, intent=intent_id, kind=kind, data=data, brought=request.number)
    frozen = Frozen(number, data[kind.holder_field], data[kind.holder_code_field], plan.department_name, data)
    row = LicenceIntent(
        id=intent_id,
        department=plan.department,
        request_slot=plan.slot,
        request_digest=plan.digest,
        requested_by=principal.label,
        state=IntentState.ACCEPTED.value,
        licence_id=licence_id,
        type_slug=kind.slug,
        identifier=str(Identifier(kind.code21, plan.department, _serial(ground))),
        status_index=index,
        issued_on=plan.issued_on,
        valid_from=_day(data.get("valid_from")),
        valid_to=_day(data.get("valid_to")),
        suites=",".join(request.suites),
        seal_id=plan.seal_id,
        frozen_sealed=ground.cipher.encrypt("licence_intent", "frozen", intent_id, json.dumps(asdict(frozen))),
        created_at=ground.clock.now(),
    )
    integrity.protect(ground.mac, row)
    session.add(row)
    ground.audit.record(
        session,
        principal,
        action="licence.accept",
        object=f"licence:{licence_id}",
        payload={"type": kind.slug, "identifier": row.identifier, "intent": str(intent_id), "status_index": index},
    )
    session.flush()
    return intent_id


def _slot(ground: Ground, department: str, request_key: str) -> str:
    return ground.mac.mac("licence.request-key", f"{department}\n{request_key}".encode()).hex()


def _digest(ground: Ground, kind: LicenceType, data: Mapping[str, str], request: IssueRequest) -> str:
    """Keyed: a plain hash of a name and a number is soon guessed."""
    asked = [kind.slug, dict(data), request.number, list(request.suites)]
    canonical = json.dumps(asked, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return ground.mac.mac("licence.request", canonical.encode()).hex()


def _serial(ground: Ground) -> str:
    """20 random characters (facts/standards §5.2): the identifier tells neither number nor order of issue."""
    value, serial = int.from_bytes(ground.ids.random(16), "big"), ""
    while len(serial) < 20:
        value, digit = divmod(value, 36)
        serial += _SERIAL[digit]
    return serial


def _day(value: str | None) -> date | None:
    return None if value is None or value == FOREVER else date.fromisoformat(value)

"""Applying for a seal (印章申请), and for changing one (变更): by a clerk of the department it is for.

What cannot be drawn or named fails here, before anybody spends time on it. A change is an application like any other;
its seal has a code of its own and replaces the old one when it is taken into use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.errors import Forbidden, InvalidInput
from foundation.numbers import is_uscc
from foundation.principal import Kind, Permission, Principal
from foundation.text import Text
from seal.kinds import SealKind
from seal.management import access, counters, machine, reasons
from seal.management.errors import NoSuchChange, ReasonNeeded
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import FINAL, OVER, State, Who
from seal.orders import SealRequest
from seal.room import SealRoom

MOST_NAME = 60
Check = Callable[[SealRequest], object]


class Custody(StrEnum):
    """Where the seal's key is kept once it is issued."""

    CLOUD = "cloud"
    UKEY = "ukey"


@dataclass(frozen=True, slots=True)
class Application:
    """What a clerk asks for. `person` is the name on a personal name seal, and only there."""

    department: str
    department_name: str
    reason: Reason
    kind: SealKind = SealKind.NAME
    ring_text: str = ""
    line_text: str | None = None
    diameter: float = 42.0
    design: str | None = None
    """Canonical JSON of `seal.drawing.design.Design`, for what is not the usual round seal."""
    person: str | None = None
    custody: Custody = Custody.CLOUD
    custodian: str | None = None
    words: str | None = None
    replaces: UUID | None = None
    """The file of the seal to change."""


def apply(room: SealRoom, principal: Principal, wanted: Application, *, code: str | None = None) -> UUID:
    """File an application; returns the id of the new seal file. `code` only where one was given out before."""
    principal.require(Permission.SEAL_APPLY)
    _own_department(principal, wanted.department)
    _check(wanted)
    ground = room.ground
    counters.prepare_for(ground.db, wanted.department)
    identifier = ground.ids.uuid7()
    now = ground.clock.now().replace(microsecond=0)
    with ground.db.begin() as session:
        old = _changed(session, principal, wanted) if wanted.replaces is not None else None
        row = SealFile(
            id=identifier,
            code=code,
            state=State.APPLIED,
            kind=wanted.kind,
            department=wanted.department,
            department_name=wanted.department_name,
            ring_text=wanted.ring_text,
            line_text=wanted.line_text,
            diameter=wanted.diameter,
            design=_sealed(room, "design", identifier, wanted.design, personal=wanted.kind.personal),
            person_name=_sealed(room, "person_name", identifier, wanted.person),
            custody=wanted.custody,
            custodian=_sealed(room, "custodian", identifier, wanted.custodian),
            version=1 if old is None else old.version + 1,
            replaces=wanted.replaces,
            moves=0,
            public="[]",
            created_at=now,
            changed_at=now,
        )
        session.add(row)
        session.flush()
        machine.note(ground, session, row, principal, access.APPLY, None, Who.KEEPER, wanted.reason, wanted.words)
    return identifier


def _own_department(principal: Principal, department: str) -> None:
    if principal.kind is not Kind.SYSTEM and principal.department != department:
        raise Forbidden(
            "seal.other_department",
            Text("只能为本单位申请印章。", "You can apply for seals of your own department only."),
        )


def _check(wanted: Application) -> None:
    if not is_uscc(wanted.department):
        raise InvalidInput(
            "seal.department", Text("统一社会信用代码有误，请核对。", "The unified social credit code is not valid.")
        )
    if not 2 <= len(wanted.department_name) <= MOST_NAME or not wanted.department_name.isprintable():
        raise InvalidInput(
            "seal.department_name",
            Text(f"单位名称须为 2 至 {MOST_NAME} 字。", f"The name takes 2 to {MOST_NAME} printable characters."),
        )
    allowed = reasons.APPLY if wanted.replaces is None else reasons.CHANGE
    said = (wanted.words or "").strip()
    if wanted.reason not in allowed or (wanted.replaces is not None and not said) or len(said) > machine.MOST_WORDS:
        step = Text("申请印章", "apply for a seal") if wanted.replaces is None else Text("变更印章", "change a seal")
        raise ReasonNeeded(step, sorted(allowed), worded=wanted.replaces is not None)
    if (wanted.person is not None) != wanted.kind.personal:
        raise InvalidInput(
            "seal.person",
            Text(
                "个人名章须填写姓名，其他印章不填。",
                "A personal name seal needs the person's name; other seals have none.",
            ),
        )
    if wanted.custody is Custody.UKEY and not (wanted.custodian or "").strip():
        raise InvalidInput(
            "seal.custodian",
            Text("使用 UKey 保管的印章须填写保管人。", "A seal kept on a UKey needs the name of its custodian."),
        )


def _changed(session: Session, principal: Principal, wanted: Application) -> SealFile:
    """The seal to change: the caller's own, in use or suspended, and with no other change under way."""
    assert wanted.replaces is not None  # noqa: S101 - the caller has looked
    old = access.load(session, principal, wanted.replaces, lock=True)
    under_way = select(SealFile.id).where(
        SealFile.replaces == old.id, SealFile.state.not_in([*FINAL, *OVER, State.IN_USE, State.SUSPENDED])
    )
    if old.state not in (State.IN_USE, State.SUSPENDED) or session.scalars(under_way.limit(1)).first() is not None:
        raise NoSuchChange
    if old.department != wanted.department:
        raise NoSuchChange
    return old


def _sealed(room: SealRoom, column: str, row: UUID, value: str | None, *, personal: bool = True) -> str | None:
    if value is None or not personal:
        return value
    return room.ground.cipher.encrypt("seal_file", column, row, value)


def opened(room: SealRoom, row: SealFile, column: str) -> str | None:
    """A sealed column in clear."""
    value: str | None = getattr(row, column)
    if value is None or (column == "design" and not SealKind(row.kind).personal):
        return value
    return room.ground.cipher.decrypt("seal_file", column, row.id, value)

"""Applying for a seal (印章申请), and for changing one (变更): by a clerk of the department it is for.

What cannot be drawn or named fails here, before anybody spends time on it. A change is an application like any other;
its seal has a code of its own and replaces the old one when it is taken into use.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.errors import Forbidden, InvalidInput
from foundation.principal import Kind, Permission, Principal
from foundation.text import Text
from seal import preparing
from seal.drawing.design import Design
from seal.drawing.kinds import Shape
from seal.kinds import SealKind
from seal.management import access, counters, machine, reasons
from seal.management.errors import NoSuchChange, ReasonNeeded
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import FINAL, OVER, State, Who
from seal.orders import SealRequest
from seal.room import SealRoom


class Custody(StrEnum):
    """Where the seal's key is kept once it is issued."""

    CLOUD = "cloud"
    UKEY = "ukey"


@dataclass(frozen=True, slots=True)
class Application:
    """What a clerk asks for. `ring_text` is what the seal says; of a personal name seal, the person's name."""

    department: str
    department_name: str
    reason: Reason
    ring_text: str
    kind: SealKind = SealKind.NAME
    line_text: str | None = None
    diameter: float = 42.0
    picture: Design | None = None
    """The whole design, for what is not the usual round seal; it stands for text, line and diameter."""
    custody: Custody = Custody.CLOUD
    custodian: str | None = None
    words: str | None = None
    replaces: UUID | None = None
    """The file of the seal to change."""

    @property
    def design(self) -> Design | None:
        """A personal name seal is square unless its design says otherwise."""
        if self.picture is None and self.kind.personal:
            return Design(self.ring_text, kind=_SQUARE[self.kind])
        return self.picture

    def request(self, code: str) -> SealRequest:
        return SealRequest(
            department_uscc=self.department,
            department_name=self.department_name,
            code14=code,
            ring_text=self.ring_text,
            kind=self.kind,
            line_text=self.line_text,
            diameter=self.diameter,
            picture=self.design,
        )


_SQUARE = {SealKind.REPRESENTATIVE: "legal_representative", SealKind.PERSONAL: "personal"}


def apply(room: SealRoom, principal: Principal, wanted: Application, *, code: str | None = None) -> UUID:
    """File an application; returns the id of the new seal file. `code` only where one was given out before."""
    principal.require(Permission.SEAL_APPLY)
    _own_department(principal, wanted.department)
    _check(wanted)
    preparing.prepare(room, wanted.request(code or f"{counters.region_of(wanted.department)}00000000"))
    ground = room.ground
    counters.prepare_for(ground.db, wanted.department)
    identifier, design = ground.ids.uuid7(), wanted.design
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
            ring_text="" if wanted.kind.personal else wanted.ring_text,
            line_text=wanted.line_text,
            diameter=wanted.diameter,
            design=_sealed(room, "design", identifier, None if design is None else design.terms()),
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
    allowed = reasons.APPLY if wanted.replaces is None else reasons.CHANGE
    said = (wanted.words or "").strip()
    if wanted.reason not in allowed or (wanted.replaces is not None and not said) or len(said) > machine.MOST_WORDS:
        step = Text("申请印章", "apply for a seal") if wanted.replaces is None else Text("变更印章", "change a seal")
        raise ReasonNeeded(step, sorted(allowed), worded=wanted.replaces is not None)
    if not wanted.kind.personal and wanted.picture is not None and wanted.picture.shape is Shape.SQUARE:
        raise InvalidInput(
            "seal.square_kind",
            Text("方形名章须选择个人名章类。", "A square name seal is of one of the personal kinds."),
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


def _sealed(room: SealRoom, column: str, row: UUID, value: str | None) -> str | None:
    if value is None:
        return None
    return room.ground.cipher.encrypt("seal_file", column, row, value)


def opened(room: SealRoom, row: SealFile, column: str) -> str | None:
    """A sealed column in clear."""
    value: str | None = getattr(row, column)
    if value is None:
        return None
    return room.ground.cipher.decrypt("seal_file", column, row.id, value)

"""The people of seal management, and a desk to call its verbs at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from foundation.principal import Kind, Permission, Principal
from seal.management import making, steps
from seal.management.apply import Application, apply
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import State, Step
from seal.management.steps import Given
from seal.models import SealRow
from seal.room import SealRoom
from tests.seal.conftest import MARKET, TRANSPORT, Region

P = Permission
NAME = "印川市市场监督管理局"


def person(number: int, department: str, *permissions: Permission) -> Principal:
    """An official; who it is follows from the number, whatever the role."""
    return Principal(
        Kind.OFFICIAL, f"person:{number}", frozenset(permissions), department=department, person_id=UUID(int=number)
    )


CLERK = person(1, MARKET, P.SEAL_APPLY, P.SEAL_READ)
APPROVER = person(2, TRANSPORT, P.SEAL_APPROVE, P.SEAL_READ)
MAKER = person(3, TRANSPORT, P.SEAL_MAKE)
REGISTRAR = person(4, TRANSPORT, P.SEAL_FILE)
OTHER_CLERK = person(5, TRANSPORT, P.SEAL_APPLY, P.SEAL_READ)
SECOND_APPROVER = person(6, TRANSPORT, P.SEAL_APPROVE)
AUDITOR = person(7, TRANSPORT, P.AUDIT_READ)
CITIZEN = Principal(Kind.CITIZEN, "person:8", frozenset({P.LICENCE_OWN}), person_id=UUID(int=8))
READER = person(9, MARKET, P.SEAL_READ)
PROGRAM = Principal(Kind.CLIENT, "client:p", frozenset({P.SEAL_APPROVE}), department=TRANSPORT, client_id="p")
CALLERS = {
    "clerk": CLERK,
    "approver": APPROVER,
    "maker": MAKER,
    "registrar": REGISTRAR,
    "other_clerk": OTHER_CLERK,
    "auditor": AUDITOR,
    "citizen": CITIZEN,
    "reader": READER,
}
WHY = {
    Step.WITHDRAW: Given(Reason.MISTAKE),
    Step.REFUSE: Given(Reason.INCOMPLETE, "缺少批文"),
    Step.SUSPEND: Given(Reason.LOSS_SUSPECTED, "介质找不到"),
    Step.RESUME: Given(Reason.CLEARED, "介质已找到"),
    Step.REVOKE: Given(Reason.DISSOLVED, "机构合并"),
}
BY = {
    Step.APPROVE: APPROVER,
    Step.REFUSE: APPROVER,
    Step.MAKE: MAKER,
    Step.FILE: REGISTRAR,
    Step.ISSUE: REGISTRAR,
    Step.ACCEPT: CLERK,
    Step.SUSPEND: CLERK,
    Step.RESUME: APPROVER,
    Step.REVOKE: APPROVER,
    Step.WITHDRAW: CLERK,
}
TO_USE = (Step.APPROVE, Step.MAKE, Step.FILE, Step.ISSUE, Step.ACCEPT)


@dataclass(frozen=True)
class Office:
    region: Region
    kept: dict[State, UUID] = field(default_factory=dict)

    @property
    def room(self) -> SealRoom:
        return self.region.room

    def apply(self, by: Principal = CLERK, **more: Any) -> UUID:
        wanted: dict[str, Any] = {
            "department": MARKET,
            "department_name": NAME,
            "reason": Reason.BUSINESS_NEED,
            "ring_text": NAME,
            **more,
        }
        return apply(self.room, by, Application(**wanted))

    def take(self, file: UUID, step: Step, by: Principal | None = None) -> State:
        by = by or BY[step]
        if step is Step.MAKE:
            return making.make(self.room, by, file)
        return steps.take(self.room, by, file, step, WHY.get(step, Given()))

    def at(self, state: State, **more: Any) -> UUID:
        """A fresh seal in that state."""
        file = self.apply(**more)
        ways = {
            State.REFUSED: (Step.REFUSE,),
            State.WITHDRAWN: (Step.WITHDRAW,),
            State.SUSPENDED: (*TO_USE, Step.SUSPEND),
            State.REVOKED: (*TO_USE, Step.REVOKE),
        }
        usual = [State.APPLIED, State.APPROVED, State.MADE, State.FILED, State.ISSUED, State.IN_USE]
        for step in ways[state] if state in ways else TO_USE[: usual.index(state)]:
            self.take(file, step)
        assert self.row(file).state == state
        return file

    def some(self, state: State) -> UUID:
        """A seal in that state which no test moves on; made once, for RSA keys take their time."""
        if state not in self.kept:
            self.kept[state] = self.at(state)
        return self.kept[state]

    def row(self, file: UUID) -> SealFile:
        with self.room.ground.db.read() as session:
            return session.get_one(SealFile, file)

    def seal(self, file: UUID) -> SealRow:
        with self.room.ground.db.read() as session:
            return session.scalars(select(SealRow).where(SealRow.code == self.row(file).code)).one()

    def forge(self, file: UUID, **values: object) -> None:
        """What a hand in the database could write."""
        with self.room.ground.db.begin() as session:
            session.execute(update(SealFile).where(SealFile.id == file).values(**values))

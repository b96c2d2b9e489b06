"""Three custodians, one outsider, and the keeper on each database."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from foundation.ground import Ground
from foundation.principal import Kind, Permission, Principal
from hsm.digests import sha256
from hsm.keys import Algorithm, Purpose
from hsm.life.keeper import Keeper, Outcome, Provided
from hsm.life.orders import Operation, Order
from hsm.life.requests import Request, ask, judge
from hsm.room import HsmRoom, Vault

CUSTODIAN = frozenset({Permission.KEY_READ, Permission.KEY_REQUEST, Permission.KEY_APPROVE})


def custodian(number: int, account: str = "") -> Principal:
    person = UUID(int=0x0192_0000_0000_7000_8000_0000_0000_0000 + number)
    return Principal(Kind.OFFICIAL, f"person:{person}{account}", CUSTODIAN, person_id=person)


ANNE, BO, CHEN = (custodian(n) for n in (1, 2, 3))


def generate(name: str = "ca/root", algorithm: Algorithm = Algorithm.SM2) -> Order:
    return Order(Operation.GENERATE, name, algorithm=algorithm, purposes=(Purpose.CERTIFICATE, Purpose.CRL))


@dataclass(frozen=True)
class Office:
    ground: Ground
    room: HsmRoom
    keeper: Keeper

    def ask(self, order: Order, by: Principal = ANNE) -> Request:
        return ask(self.ground, by, order, "年度换钥")

    def approved(self, order: Order) -> Request:
        asked = self.ask(order)
        return judge(self.ground, BO, asked.id, asked.digest, agree=True)

    def do(self, order: Order, provided: Provided | None = None) -> Outcome:
        return self.keeper.execute(ANNE, self.approved(order).id, provided)

    def active(self, name: str = "ca/root", algorithm: Algorithm = Algorithm.SM2) -> Outcome:
        made = self.do(generate(name, algorithm))
        return self.do(Order(Operation.ACTIVATE, name, made.version))

    def restore_order(self, backup: Outcome, algorithm: Algorithm = Algorithm.SM2) -> Order:
        return Order(
            Operation.RESTORE,
            backup.key,
            backup.version,
            algorithm,
            (Purpose.CERTIFICATE, Purpose.CRL),
            file_sha256=sha256(backup.file or b"").hex(),
            spki_sha256=backup.spki_sha256,
        )


@pytest.fixture
def office(ground: Ground, vault: Vault) -> Office:
    room = HsmRoom.build(ground, vault)
    return Office(ground, room, room.keeper_here)

"""Officials with keys on devices of their own, and a key store whose signer asks the policies, as the real one does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from ca.issue import IdentityExtensions, Subject, issue
from ca.reading.certificate import read_certificate
from ca.room import CaRoom
from ca.suites import Suite
from foundation.numbers import citizen_number_check
from foundation.principal import SYSTEM, Kind, Permission, Principal
from hsm import private_keys
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.service.policies import Asked
from hsm.signing import Signer, ToBeSigned
from seal.approval import cases, policy
from seal.approval.models import Decision, SealCase, SealPolicy
from seal.approval.rules import Approver, Rules
from seal.policies import policies
from seal.room import SealRoom

PERMISSIONS = frozenset({Permission.SEAL_CONSENT, Permission.SEAL_POLICY, Permission.SEAL_READ})


@dataclass(frozen=True)
class Official:
    """A person, and the key of their certificate in a device we never see into."""

    principal: Principal
    key: private_keys.PrivateKey
    fingerprint: str
    certificate_id: UUID

    @property
    def named(self) -> Approver:
        return Approver(self.principal.label, self.fingerprint)

    def sign(self, statement: bytes) -> bytes:
        return private_keys.sign(self.key, statement)

    def decide(self, room: SealRoom, case_id: UUID, decision: Decision = Decision.APPROVE, **more: Any) -> SealCase:
        said = cases.statement(room, self.principal, case_id, decision)
        return cases.decide(room, self.principal, case_id, decision, self.fingerprint, self.sign(said), **more)

    def agree(self, room: SealRoom, proposed: SealPolicy) -> SealPolicy:
        said = policy.statement(room, self.principal, proposed.id, Decision.APPROVE)
        return policy.decide(room, self.principal, proposed.id, Decision.APPROVE, self.fingerprint, self.sign(said))


def official(
    room: SealRoom, department: str, number: int, *, name: str = "审批人", suite: Suite = Suite.SM2, person: int = 0
) -> Official:
    """`person`: whose identity it is, when somebody has two certificates."""
    algorithm = Algorithm.SM2 if suite is Suite.SM2 else Algorithm.P256
    key = private_keys.generate(algorithm)
    first17 = f"2199011985{(person or number) % 9 + 1:02d}01{(person or number):03d}"
    identity = IdentityExtensions(citizen_number=first17 + citizen_number_check(first17), organization_code=department)
    made = issue(
        room.ca,
        SYSTEM,
        suite=suite,
        profile="official",
        subject=Subject(f"{name}{person or number}", organization="印川市某局"),
        spki=_spki(key),
        identity=identity,
        request_key=f"test.official:{department}:{number}:{room.ground.ids.token(6)}",
    )
    person_id = UUID(int=number)
    principal = Principal(Kind.OFFICIAL, f"person:{person_id}", PERMISSIONS, department=department, person_id=person_id)
    return Official(principal, key, read_certificate(made.der).fingerprint, made.id)


def _spki(key: Any) -> bytes:
    return bytes(key.spki) if not callable(key.spki) else bytes(key.spki())


def put_rules(room: SealRoom, seal_id: UUID, rules: Rules, owner: Official, second: Official) -> SealPolicy:
    return second.agree(room, policy.propose(room, owner.principal, seal_id, rules))


@dataclass
class Guard:
    """The signer's side: policies over a CA room of its own, and what its journal would remember."""

    room: SealRoom
    floors: dict[str, int] = field(default_factory=dict)
    looks: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        ground = self.room.ground
        self.policies = policies(ground, CaRoom.build(ground, self.room.keys), self.floors, self.looks)

    def check(self, asked: Asked) -> None:
        stated = self.policies[asked.purpose](asked)
        of, version = stated.facts.get("policy_of"), stated.facts.get("policy")
        if isinstance(of, str) and isinstance(version, int):
            self.floors[of] = max(version, self.floors.get(of, 0))
        if isinstance(of, str) and "look" in stated.facts:
            self.looks.setdefault(of, str(stated.facts["look"]))


@dataclass(frozen=True)
class GuardedSigner:
    guard: Guard
    inner: Signer

    @property
    def ref(self) -> KeyRef:
        return self.inner.ref

    def sign(self, tbs: ToBeSigned) -> bytes:
        if tbs.purpose in (Purpose.SEALING, Purpose.APPROVAL):
            asked = Asked(self.ref, tbs.purpose, tbs.intent, tbs.data, tbs.content)
            if tbs.purpose is Purpose.SEALING:
                self.guard.asked.append(asked)
            self.guard.check(asked)
        return self.inner.sign(tbs)


class GuardedKeys:
    """The real key store; only signing goes past the policies first."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._keys = guard.room.keys

    def signer(self, name: str, version: int | None = None) -> Signer:
        return GuardedSigner(self._guard, self._keys.signer(name, version))

    def names(self, prefix: str = "") -> list[str]:
        return self._keys.names(prefix)

    def find(self, name: str, version: int | None = None) -> KeyRef | None:
        return self._keys.find(name, version)

    def ensure(
        self, name: str, algorithm: Algorithm, purposes: Iterable[Purpose], *, principal: Principal = SYSTEM
    ) -> KeyRef:
        return self._keys.ensure(name, algorithm, purposes, principal=principal)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)


def guarded(room: SealRoom) -> tuple[SealRoom, Guard]:
    guard = Guard(room)
    return replace(room, keys=GuardedKeys(guard)), guard

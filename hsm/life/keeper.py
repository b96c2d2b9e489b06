"""The keeper (密钥保管): executes approved orders where the private halves are, each once.

An order is read back, its effect and the spending of its request share one transaction: a crash before it leaves the
request approved, a crash after it leaves it executed, and two executors at once make one effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.failpoints import reach
from foundation.ground import Ground
from foundation.principal import Principal
from hsm.backends.registry import Backends
from hsm.digests import sha256
from hsm.errors import KeyDamaged, KeyMissing
from hsm.kek import Kek
from hsm.key_rows import place, ref_of, row_of
from hsm.keys import KeyRef, State
from hsm.keystore import LocalKeyStore
from hsm.life import key_file
from hsm.life.errors import BadOrder, InDevice, WrongState
from hsm.life.orders import Operation, Order
from hsm.life.requests import approved_order, spend
from hsm.life.restoring import bring_back
from hsm.life.scrubbing import overwrite, scrub
from hsm.models import HsmKey
from hsm.private_keys import load
from hsm.sealed_to import Recipient, Secret, ToKey, ToPassphrase, ToShares

_NOT_OVER = (State.ACTIVE, State.PRE_ACTIVE)
_DONE = {
    Operation.ACTIVATE: "hsm.key.activated",
    Operation.RETIRE: "hsm.key.retired",
    Operation.DESTROY: "hsm.key.destroyed",
    Operation.BACKUP: "hsm.key.backed_up",
}
"""Audit actions; making and restoring write theirs where the row is made."""


@dataclass(frozen=True, slots=True)
class Provided:
    """What the executor brings along; no secret of it is ever recorded."""

    passphrase: str | None = field(default=None, repr=False)
    shares: tuple[str, ...] = field(default=(), repr=False)
    private_key: bytes | None = field(default=None, repr=False)
    transport_key: bytes | None = None
    """SubjectPublicKeyInfo, DER, of the recipient of a backup."""
    file: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    key: str
    version: int
    state: State
    spki_sha256: str
    file: bytes | None = field(default=None, repr=False)
    shares: tuple[str, ...] = field(default=(), repr=False)


class Executes(Protocol):
    """The keeper, or the way to it: `hsm.life.operations.RemoteKeeper` where the keys are in another process."""

    def execute(self, principal: Principal, request_id: UUID, provided: Provided | None = None) -> Outcome: ...


@dataclass(frozen=True)
class Keeper:
    ground: Ground
    kek: Kek = field(repr=False)
    backends: Backends
    keys: LocalKeyStore

    def execute(self, principal: Principal, request_id: UUID, provided: Provided | None = None) -> Outcome:
        order = approved_order(self.ground, principal, request_id)

        def approved(session: Session) -> None:
            reach("hsm.life.effect")
            spend(self.ground, session, principal, request_id)

        doing: dict[Operation, Callable[[], Outcome]] = {
            Operation.GENERATE: lambda: self._generate(order, principal, approved),
            Operation.ROTATE: lambda: self._rotate(order, principal, approved),
            Operation.ACTIVATE: lambda: self._move(order, principal, approved, (State.PRE_ACTIVE,), State.ACTIVE),
            Operation.RETIRE: lambda: self._move(order, principal, approved, _NOT_OVER, State.RETIRED),
            Operation.DESTROY: lambda: self._destroy(order, principal, approved),
            Operation.BACKUP: lambda: self._back_up(order, principal, approved, provided or Provided()),
            Operation.RESTORE: lambda: self._restore(order, principal, approved, provided or Provided()),
        }
        return doing[order.operation]()

    def _rotate(self, order: Order, principal: Principal, approved: Callable[[Session], None]) -> Outcome:
        """Pre-active: a CA's new key must not sign before there is a certificate for it."""
        return _outcome(
            self.keys.next_version(order.key, principal, state=State.PRE_ACTIVE, approved=approved), State.PRE_ACTIVE
        )

    def _generate(self, order: Order, principal: Principal, approved: Callable[[Session], None]) -> Outcome:
        if order.algorithm is None:
            raise BadOrder("缺少算法。", "The algorithm is missing.")
        ref = self.keys.create(
            order.key,
            1,
            order.algorithm,
            frozenset(order.purposes),
            principal,
            state=State.PRE_ACTIVE,
            approved=approved,
        )
        return _outcome(ref, State.PRE_ACTIVE)

    def _move(
        self,
        order: Order,
        principal: Principal,
        approved: Callable[[Session], None],
        come_from: tuple[State, ...],
        goes_to: State,
    ) -> Outcome:
        with self.ground.db.begin() as session:
            row = _need(session, order)
            _must_be(row, come_from)
            approved(session)
            row.state = goes_to
            self._record(session, principal, row, order.operation)
            found = _outcome(ref_of(row), goes_to)
        self.keys.forget(order.key, found.version)
        return found

    def _destroy(self, order: Order, principal: Principal, approved: Callable[[Session], None]) -> Outcome:
        """Device first, then overwritten, then removed; the public half and the row stay."""
        allowed = (State.PRE_ACTIVE, State.RETIRED)
        with self.ground.db.read() as session:
            row = _need(session, order)
            _must_be(row, allowed)
            ref = ref_of(row)
        if row.backend is not None:
            self.backends.named(row.backend).destroy(self._unwrapped(ref, row))
        with self.ground.db.begin() as session:
            row = _need(session, order)
            _must_be(row, allowed)
            approved(session)
            row.state = State.DESTROYED
            overwrite(row, self.ground.ids)
            self._record(session, principal, row, order.operation)
        self.keys.forget(ref.name, ref.version)
        scrub(self.ground, ref.name, ref.version)
        return _outcome(ref, State.DESTROYED)

    def _back_up(
        self, order: Order, principal: Principal, approved: Callable[[Session], None], given: Provided
    ) -> Outcome:
        recipient = _recipient(order, given)
        ref, file = self.sealed_copy(order.key, order.version or 0, recipient)
        with self.ground.db.begin() as session:
            row = _need(session, order)
            approved(session)
            self._record(session, principal, row, order.operation, file_sha256=sha256(file).hex())
        shares = tuple(recipient.shares) if isinstance(recipient, ToShares) else ()
        return _outcome(ref, State(row.state), file, shares)

    def sealed_copy(self, name: str, version: int, recipient: Recipient) -> tuple[KeyRef, bytes]:
        """The private half in a sealed file. Callers are `execute` and ceremonies, which have their own witnesses."""
        with self.ground.db.read() as session:
            row = row_of(session, name, version)
        if row is None:
            raise KeyMissing(f"{name}#{version}")
        ref = ref_of(row)
        if row.backend is not None:
            raise InDevice(row.backend)
        if row.state == State.DESTROYED:
            raise WrongState(str(ref), row.state, "not destroyed")
        pkcs8 = self._unwrapped(ref, row)
        if load(ref.algorithm, pkcs8).spki != ref.spki:
            raise KeyDamaged(str(ref))
        return ref, key_file.write(ref, pkcs8, recipient, self.ground.ids)

    def _restore(
        self, order: Order, principal: Principal, approved: Callable[[Session], None], given: Provided
    ) -> Outcome:
        secret = Secret(given.passphrase, given.shares, given.private_key)
        ref, state = bring_back(
            self.ground, self.kek, order, principal, approved, file=given.file or b"", secret=secret
        )
        self.keys.forget(ref.name, ref.version)
        return _outcome(ref, state)

    def _unwrapped(self, ref: KeyRef, row: HsmKey) -> bytes:
        return self.kek.unwrap(row.wrapped, place(ref, row.backend))

    def _record(self, session: Session, principal: Principal, row: HsmKey, operation: Operation, **more: str) -> None:
        payload: dict[str, str | int] = {
            "version": row.version,
            "state": str(row.state),
            "spki_sha256": sha256(row.spki).hex(),
            **more,
        }
        self.ground.audit.record(session, principal, action=_DONE[operation], object=f"key:{row.name}", payload=payload)


def _need(session: Session, order: Order) -> HsmKey:
    row = row_of(session, order.key, order.version)
    if row is None or order.version is None:
        raise KeyMissing(f"{order.key}#{order.version}")
    return row


def _must_be(row: HsmKey, allowed: tuple[State, ...]) -> None:
    if row.state not in allowed:
        raise WrongState(f"{row.name}#{row.version}", row.state, " / ".join(allowed))


def _recipient(order: Order, given: Provided) -> Recipient:
    if order.recipient == "passphrase" and given.passphrase is not None:
        return ToPassphrase(given.passphrase)
    if order.recipient == "shares":
        return ToShares()
    if given.transport_key is not None and order.recipient == f"key:{sha256(given.transport_key).hex()}":
        return ToKey(given.transport_key)
    raise BadOrder(
        "加密对象与审批的不一致：请提供申请中写明的口令或传输公钥。",
        "That is not the recipient that was approved: bring the passphrase or the transport key of the request.",
    )


def _outcome(ref: KeyRef, state: State, file: bytes | None = None, shares: tuple[str, ...] = ()) -> Outcome:
    return Outcome(ref.name, ref.version, state, sha256(ref.spki).hex(), file, shares)

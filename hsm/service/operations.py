"""The operation table (操作表): every request the signer knows, with its policy and its handler."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from foundation.ground import Ground
from hsm.escrow.shapes import Escrow
from hsm.room import HsmRoom
from hsm.service.errors import BadMessage
from hsm.service.journal import Journal
from hsm.service.policies import Policies
from hsm.signing import Signer
from hsm.store import KeyStore
from hsm.vault import Vault

if TYPE_CHECKING:
    from hsm.service.desk import Desk

Q = TypeVar("Q")
A = TypeVar("A")
KIB, MIB = 1024, 1024 * 1024


class Role(StrEnum):
    """Who may ask: programs (web, worker), operators on the host, or both."""

    CLIENT = "client"
    OPERATOR = "operator"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Caller:
    """The process at the other end, as the kernel tells (SO_PEERCRED), or this very process."""

    uid: int
    pid: int
    roles: frozenset[Role]


@dataclass(frozen=True)
class Opened:
    """What there is while the signer is unsealed. Dropped whole when it is sealed."""

    ground: Ground
    vault: Vault
    room: HsmRoom
    journal: Journal
    policies: Policies
    permitted: set[str] = field(default_factory=set)
    """Intents an operator allowed to be signed late."""
    signers: dict[tuple[str, int], tuple[float, Signer]] = field(default_factory=dict)
    """Keys whose state was read within the last second; emptied by every operation that might change one."""

    @property
    def keys(self) -> KeyStore:
        return self.room.keys

    @property
    def escrow(self) -> Escrow:
        return self.room.escrow


@dataclass(frozen=True)
class Declared(Generic[Q, A]):
    """One thing that may be asked: its name on the wire, its request, its answer."""

    name: str
    request: type[Q]
    answer: type[A]
    _: KW_ONLY
    role: Role = Role.CLIENT
    repeatable: bool = True
    """May be sent again when the connection broke before the answer came."""
    most_octets: int = MIB
    changes_keys: bool = True
    """False where no key can be other after it; the desk then keeps what it knows of keys."""
    seconds: float | None = None
    """Longest wait for the answer, where it is not the settings'."""


@dataclass(frozen=True)
class Operation(Declared[Q, A]):
    """What needs an open key store. See the package's docstring for how to add one."""

    check: Callable[[Opened, Caller, Q], None]
    handle: Callable[[Opened, Caller, Q], A]


@dataclass(frozen=True)
class DeskOperation(Declared[Q, A]):
    """What concerns the desk itself and is answered also while it is sealed; `desk_operations` has them all."""

    at_desk: Callable[[Desk, Caller, Q], A]


def anybody(opened: Opened, caller: Caller, request: object) -> None:
    """The policy of operations that tell or change nothing that needs guarding beyond the caller's role."""
    del opened, caller, request


class Table:
    """Operations by name and by request class; both must be unique."""

    def __init__(self, operations: Iterable[Declared[Any, Any]]) -> None:
        self._by_name: dict[str, Declared[Any, Any]] = {}
        self._by_class: dict[type, Declared[Any, Any]] = {}
        for one in operations:
            if one.name in self._by_name or one.request in self._by_class:
                raise ValueError(f"two operations are called {one.name}, or take the same request")
            self._by_name[one.name] = one
            self._by_class[one.request] = one

    def __iter__(self) -> Iterator[Declared[Any, Any]]:
        return iter(self._by_name.values())

    def named(self, name: str) -> Declared[Any, Any]:
        found = self._by_name.get(name)
        if found is None:
            raise BadMessage("no such operation")
        return found

    def of(self, request: object) -> Declared[Any, Any]:
        return self._by_class[type(request)]


RSA_SECONDS = 120.0

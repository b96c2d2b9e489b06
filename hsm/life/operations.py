"""Executing approved key operations in the signer (签名进程内执行): the request crosses the socket, the key does not.

What leaves is what was approved to leave: a sealed backup. It is in the journal before it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation.principal import Kind, Permission, Principal
from hsm.keys import State
from hsm.life.errors import NotAPerson
from hsm.life.keeper import Outcome, Provided
from hsm.life.requests import find
from hsm.service.channel import Channel
from hsm.service.operations import MIB, RSA_SECONDS, Caller, Opened, Operation
from hsm.service.records import KEY, Entry


@dataclass(frozen=True, slots=True, repr=False)
class ExecuteKeyRequest:
    request: UUID
    label: str
    person: UUID
    passphrase: str | None
    shares: tuple[str, ...]
    private_key: bytes | None
    transport_key: bytes | None
    file: bytes | None


@dataclass(frozen=True, slots=True, repr=False)
class ExecutedKeyRequest:
    key: str
    version: int
    state: State
    spki_sha256: str
    file: bytes | None
    shares: tuple[str, ...]


def check(opened: Opened, caller: Caller, request: ExecuteKeyRequest) -> None:
    """Raises unless it is approved and unexpired; the keeper spends it in the transaction of the effect."""
    del caller
    find(opened.ground, request.request)


def execute(opened: Opened, caller: Caller, request: ExecuteKeyRequest) -> ExecutedKeyRequest:
    del caller
    who = Principal(Kind.OFFICIAL, request.label, frozenset({Permission.KEY_REQUEST}), person_id=request.person)
    provided = Provided(request.passphrase, request.shares, request.private_key, request.transport_key, request.file)
    done = opened.room.keeper_here.execute(who, request.request, provided)
    operation = find(opened.ground, request.request).order.operation
    opened.journal.write(Entry(KEY, operation, key=f"{done.key}#{done.version}", intent=f"request:{request.request}"))
    return ExecutedKeyRequest(done.key, done.version, done.state, done.spki_sha256, done.file, done.shares)


OPERATIONS = (
    Operation(
        "key.execute",
        ExecuteKeyRequest,
        ExecutedKeyRequest,
        check,
        execute,
        repeatable=False,
        most_octets=MIB,
        seconds=RSA_SECONDS,
    ),
)


@dataclass(frozen=True)
class RemoteKeeper:
    """`hsm.life.keeper.Executes` in a process without keys."""

    channel: Channel

    def execute(self, principal: Principal, request_id: UUID, provided: Provided | None = None) -> Outcome:
        principal.require(Permission.KEY_REQUEST)
        given = provided or Provided()
        if principal.person_id is None:
            raise NotAPerson
        asked = ExecuteKeyRequest(
            request_id,
            principal.label,
            principal.person_id,
            given.passphrase,
            given.shares,
            given.private_key,
            given.transport_key,
            given.file,
        )
        done = self.channel.ask(asked, ExecutedKeyRequest)
        return Outcome(done.key, done.version, done.state, done.spki_sha256, done.file, done.shares)

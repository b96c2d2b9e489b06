"""The escrow's operations in the signer (密钥库操作): one request, one answer, one handler each.

Keys are opened in the signer's process only. What leaves is written into its journal before the answer does; who may
ask, and who may agree, the store itself decides from its own rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation.principal import Kind, Principal
from hsm.digests import sha256
from hsm.escrow import shapes as s
from hsm.escrow.store import LocalEscrow
from hsm.keys import Algorithm
from hsm.service.messages import Who
from hsm.service.operations import RSA_SECONDS, Caller, Opened, Operation, anybody
from hsm.service.records import KEY, Entry


@dataclass(frozen=True, slots=True)
class StockKeys:
    algorithm: Algorithm
    wanted: int


@dataclass(frozen=True, slots=True)
class Made:
    count: int


@dataclass(frozen=True, slots=True)
class AskSpares:
    pass


@dataclass(frozen=True, slots=True)
class Spares:
    spares: tuple[s.Spare, ...]


@dataclass(frozen=True, slots=True)
class AllotKey:
    order: s.Allotment
    who: Who


@dataclass(frozen=True, slots=True)
class FindEscrowed:
    key_id: UUID


@dataclass(frozen=True, slots=True)
class HoldsKey:
    spki: bytes


@dataclass(frozen=True, slots=True)
class HistoryOf:
    owner: str


@dataclass(frozen=True, slots=True)
class KeysOf:
    keys: tuple[s.EscrowedKey, ...]


@dataclass(frozen=True, slots=True)
class DeliverKey:
    key_id: UUID
    form: s.Form
    parties: s.Parties
    who: Who


@dataclass(frozen=True, slots=True)
class OpenGrant:
    order: s.GrantOrder
    who: Who


@dataclass(frozen=True, slots=True)
class AskGrant:
    grant_id: UUID


@dataclass(frozen=True, slots=True)
class DecideGrant:
    grant_id: UUID
    digest: bytes
    approve: bool
    who: Who


@dataclass(frozen=True, slots=True)
class WithdrawGrant:
    grant_id: UUID
    who: Who


@dataclass(frozen=True, slots=True)
class ReleaseKeys:
    grant_id: UUID
    form: s.Form
    parties: s.Parties
    who: Who


@dataclass(frozen=True, slots=True)
class Envelopes:
    envelopes: tuple[s.Envelope, ...]


@dataclass(frozen=True, slots=True)
class AttestGrant:
    grant_id: UUID
    who: Who


def _escrow(opened: Opened) -> LocalEscrow:
    ground = opened.ground
    return LocalEscrow(ground.db, ground.clock, ground.ids, ground.audit, opened.vault.custody, opened.keys)


def _principal(who: Who) -> Principal:
    return Principal(Kind(who.kind), who.label)


def _journal(opened: Opened, what: str, key: UUID | str, intent: str, octets: bytes) -> None:
    opened.journal.write(Entry(KEY, what, key=f"escrow/{key}", intent=intent, content=sha256(octets).hex()))


def stock(opened: Opened, caller: Caller, request: StockKeys) -> Made:
    del caller
    return Made(_escrow(opened).stock(request.algorithm, request.wanted))


def spares(opened: Opened, caller: Caller, request: AskSpares) -> Spares:
    del caller, request
    return Spares(_escrow(opened).spares())


def allot(opened: Opened, caller: Caller, request: AllotKey) -> s.EscrowedKey:
    del caller
    made = _escrow(opened).allot(request.order, _principal(request.who))
    _journal(opened, "escrow-allot", made.id, request.order.request_key, made.spki)
    return made


def find(opened: Opened, caller: Caller, request: FindEscrowed) -> s.EscrowedKey:
    del caller
    return _escrow(opened).find(request.key_id)


def holds(opened: Opened, caller: Caller, request: HoldsKey) -> s.EscrowedKey:
    del caller
    return _escrow(opened).holds(request.spki)


def history(opened: Opened, caller: Caller, request: HistoryOf) -> KeysOf:
    del caller
    return KeysOf(_escrow(opened).history(request.owner))


def deliver(opened: Opened, caller: Caller, request: DeliverKey) -> s.Envelope:
    del caller
    made = _escrow(opened).deliver(request.key_id, request.form, request.parties, _principal(request.who))
    _journal(opened, "escrow-deliver", made.key_id, made.form, made.octets)
    return made


def open_grant(opened: Opened, caller: Caller, request: OpenGrant) -> s.Grant:
    del caller
    return _escrow(opened).open_grant(request.order, _principal(request.who))


def grant(opened: Opened, caller: Caller, request: AskGrant) -> s.Grant:
    del caller
    return _escrow(opened).grant(request.grant_id)


def decide(opened: Opened, caller: Caller, request: DecideGrant) -> s.Grant:
    del caller
    who = _principal(request.who)
    found = _escrow(opened).decide(request.grant_id, request.digest, who, approve=request.approve)
    said = "escrow-approve" if request.approve else "escrow-refuse"
    _journal(opened, said, f"grant-{request.grant_id}", request.who.label, request.digest)
    return found


def withdraw(opened: Opened, caller: Caller, request: WithdrawGrant) -> s.Grant:
    del caller
    return _escrow(opened).withdraw(request.grant_id, _principal(request.who))


def release(opened: Opened, caller: Caller, request: ReleaseKeys) -> Envelopes:
    del caller
    who = _principal(request.who)
    made = _escrow(opened).release(request.grant_id, request.form, request.parties, who)
    for one in made:
        _journal(opened, "escrow-release", one.key_id, str(request.grant_id), one.octets)
    return Envelopes(made)


def attest(opened: Opened, caller: Caller, request: AttestGrant) -> s.Attestation:
    del caller
    made = _escrow(opened).attest(request.grant_id, _principal(request.who))
    _journal(opened, "escrow-attest", f"grant-{request.grant_id}", str(request.grant_id), made.octets)
    return made


OPERATIONS = (
    Operation("escrow.stock", StockKeys, Made, anybody, stock, seconds=RSA_SECONDS),
    Operation("escrow.spares", AskSpares, Spares, anybody, spares),
    Operation("escrow.allot", AllotKey, s.EscrowedKey, anybody, allot, seconds=RSA_SECONDS),
    Operation("escrow.find", FindEscrowed, s.EscrowedKey, anybody, find),
    Operation("escrow.holds", HoldsKey, s.EscrowedKey, anybody, holds),
    Operation("escrow.history", HistoryOf, KeysOf, anybody, history),
    Operation("escrow.deliver", DeliverKey, s.Envelope, anybody, deliver),
    Operation("escrow.open-grant", OpenGrant, s.Grant, anybody, open_grant),
    Operation("escrow.grant", AskGrant, s.Grant, anybody, grant),
    Operation("escrow.decide", DecideGrant, s.Grant, anybody, decide),
    Operation("escrow.withdraw", WithdrawGrant, s.Grant, anybody, withdraw),
    Operation("escrow.release", ReleaseKeys, Envelopes, anybody, release),
    Operation("escrow.attest", AttestGrant, s.Attestation, anybody, attest),
)

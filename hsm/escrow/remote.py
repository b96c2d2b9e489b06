"""The escrow behind the signer's channel (远程密钥库): the same verbs as `LocalEscrow`, each one message."""

from __future__ import annotations

from uuid import UUID

from foundation.principal import Principal
from hsm.escrow import operations as o
from hsm.escrow import shapes as s
from hsm.keys import Algorithm
from hsm.service.channel import Channel
from hsm.service.messages import Who


class RemoteEscrow:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def stock(self, algorithm: Algorithm, wanted: int) -> int:
        return self._channel.ask(o.StockKeys(algorithm, wanted), o.Made).count

    def spares(self) -> tuple[s.Spare, ...]:
        return self._channel.ask(o.AskSpares(), o.Spares).spares

    def allot(self, order: s.Allotment, principal: Principal) -> s.EscrowedKey:
        return self._channel.ask(o.AllotKey(order, _who(principal)), s.EscrowedKey)

    def find(self, key_id: UUID) -> s.EscrowedKey:
        return self._channel.ask(o.FindEscrowed(key_id), s.EscrowedKey)

    def holds(self, spki: bytes) -> s.EscrowedKey:
        return self._channel.ask(o.HoldsKey(spki), s.EscrowedKey)

    def history(self, owner: str) -> tuple[s.EscrowedKey, ...]:
        return self._channel.ask(o.HistoryOf(owner), o.KeysOf).keys

    def deliver(self, key_id: UUID, form: s.Form, parties: s.Parties, principal: Principal) -> s.Envelope:
        return self._channel.ask(o.DeliverKey(key_id, form, parties, _who(principal)), s.Envelope)

    def open_grant(self, order: s.GrantOrder, principal: Principal) -> s.Grant:
        return self._channel.ask(o.OpenGrant(order, _who(principal)), s.Grant)

    def grant(self, grant_id: UUID) -> s.Grant:
        return self._channel.ask(o.AskGrant(grant_id), s.Grant)

    def decide(self, grant_id: UUID, digest: bytes, principal: Principal, *, approve: bool) -> s.Grant:
        return self._channel.ask(o.DecideGrant(grant_id, digest, approve, _who(principal)), s.Grant)

    def withdraw(self, grant_id: UUID, principal: Principal) -> s.Grant:
        return self._channel.ask(o.WithdrawGrant(grant_id, _who(principal)), s.Grant)

    def release(self, grant_id: UUID, form: s.Form, parties: s.Parties, principal: Principal) -> tuple[s.Envelope, ...]:
        return self._channel.ask(o.ReleaseKeys(grant_id, form, parties, _who(principal)), o.Envelopes).envelopes

    def attest(self, grant_id: UUID, principal: Principal) -> s.Attestation:
        return self._channel.ask(o.AttestGrant(grant_id, _who(principal)), s.Attestation)


def _who(principal: Principal) -> Who:
    return Who(principal.kind, principal.label)

"""Operations on the desk itself (签名台操作): status, sealing, unsealing, letting a late intent through."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from foundation.errors import Conflict
from foundation.principal import Kind, Principal
from foundation.text import Text
from hsm.service import messages as m
from hsm.service.operations import Caller, DeskOperation, Role
from hsm.service.records import EVENT, Entry

if TYPE_CHECKING:
    from hsm.service.desk import Desk


def status(desk: Desk, caller: Caller, request: m.AskStatus) -> m.Status:
    del caller, request
    reason, (have, need), (seq, head) = desk.sealed_because, desk.unsealing.progress, desk.journal.head
    return m.Status(
        sealed=reason is not None,
        reason_zh=reason.zh if reason else "",
        reason_en=reason.en if reason else "",
        method=desk.unsealing.method,
        shares_have=have,
        shares_need=need,
        pid=os.getpid(),
        uid=os.geteuid(),
        environment=desk.environment,
        started_at=desk.started_at,
        journal_records=seq,
        journal_head=head,
        healed_octets=desk.journal.healed,
        lacking=desk.lacking,
    )


def seal_up(desk: Desk, caller: Caller, request: m.SealUp) -> m.Done:
    """Written down first, then the whole process image goes: nothing in Python could be trusted to wipe a key."""
    del request
    if desk.wipe is None:
        raise Conflict(
            "hsm.no_signer_process",
            Text(
                "密钥在本进程内使用，没有独立的签名进程可加封；请直接停止服务。",
                "Keys are used inside this process; there is no signer to seal. Stop the service instead.",
            ),
        )
    _tell(desk, "seal", caller)
    desk.journal.write(Entry(EVENT, "seal", facts={"uid": caller.uid}))
    desk.stay_sealed()
    desk.wipe()
    return m.Done()


def unseal_share(desk: Desk, caller: Caller, request: m.UnsealShare) -> m.Status:
    _must_be_sealed(desk)
    found = desk.unsealing.share(request.words, caller.uid)
    if found is not None:
        kek, givers = found
        desk.open_with(kek, how=f"shares of uid {givers}")
        _tell(desk, "unseal", caller)
    return status(desk, caller, m.AskStatus())


def unseal_passphrase(desk: Desk, caller: Caller, request: m.UnsealPassphrase) -> m.Status:
    _must_be_sealed(desk)
    desk.open_with(desk.unsealing.passphrase(request.passphrase), how=f"passphrase of uid {caller.uid}")
    _tell(desk, "unseal", caller)
    return status(desk, caller, m.AskStatus())


def unseal_configured(desk: Desk, caller: Caller, request: m.UnsealConfigured) -> m.Status:
    del request
    _must_be_sealed(desk)
    desk.open_with(desk.unsealing.configured(), how="settings")
    _tell(desk, "unseal", caller)
    return status(desk, caller, m.AskStatus())


def permit_late(desk: Desk, caller: Caller, request: m.PermitLate) -> m.Done:
    desk.opened.permitted.add(request.intent)
    desk.journal.write(Entry(EVENT, "permit", intent=request.intent, facts={"uid": caller.uid}))
    _tell(desk, "permit", caller)
    return m.Done()


def _must_be_sealed(desk: Desk) -> None:
    if desk.sealed_because is None:
        raise Conflict("hsm.not_sealed", Text("密钥库已经解封。", "The key store is open already."))


def _tell(desk: Desk, what: str, caller: Caller) -> None:
    """Into the audit trail too, whose MAC key is at hand only while the desk is open."""
    if desk.sealed_because is not None:
        return
    ground = desk.opened.ground
    with ground.db.begin() as session:
        ground.audit.record(
            session,
            Principal(Kind.SYSTEM, f"operator:uid-{caller.uid}"),
            action=f"hsm.signer.{what}",
            object="signer:self",
            payload={"uid": caller.uid},
        )


OPERATIONS = (
    DeskOperation("desk.status", m.AskStatus, m.Status, status, role=Role.ANY),
    DeskOperation("desk.seal", m.SealUp, m.Done, seal_up, role=Role.OPERATOR),
    DeskOperation("desk.unseal_share", m.UnsealShare, m.Status, unseal_share, role=Role.OPERATOR),
    DeskOperation("desk.unseal_passphrase", m.UnsealPassphrase, m.Status, unseal_passphrase, role=Role.OPERATOR),
    DeskOperation("desk.unseal_configured", m.UnsealConfigured, m.Status, unseal_configured, role=Role.OPERATOR),
    DeskOperation("desk.permit", m.PermitLate, m.Done, permit_late, role=Role.OPERATOR),
)

"""Proving a name by http-01 (RFC 8555 7.5.1, 8.3): asked for in a request, done by a job, so no request waits on it."""

from __future__ import annotations

import hmac
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.acme import accounts, orders
from ca.acme.accounts import Account
from ca.acme.fetch import Fetcher
from ca.acme.models import AcmeAuthorization, AcmeOrder, OrderState, ProofState
from ca.acme.orders import Proof
from ca.acme.problems import AcmeError
from ca.room import CaRoom
from foundation.text import Text

JOB = "acme.validate"


def respond(room: CaRoom, account: Account, identifier: UUID) -> Proof:
    """The client says its file is in place: a job fetches it. Saying so again changes nothing."""
    ground = room.ground
    with ground.db.begin() as session:
        row = session.get(AcmeAuthorization, identifier, with_for_update=True)
        if row is None or row.account_id != account.id:
            raise AcmeError("malformed", Text("没有找到。", "There is nothing at this address."), 404)
        if row.state == ProofState.PENDING and row.expires_at > ground.clock.now():
            row.state = ProofState.PROCESSING
            ground.jobs.enqueue(session, JOB, str(identifier), {"authorization": str(identifier)})
            ground.audit.record(
                session,
                accounts.actor(account),
                action="ca.acme.challenge.respond",
                object=f"acme-authorization:{identifier}",
                payload={"name": row.name},
            )
        return orders.proof_shape(row, ground.clock.now())


def validate(room: CaRoom, fetcher: Fetcher, payload: dict[str, Any]) -> None:
    """The job: fetch, compare, write down. Idempotent: a proof that is decided stays decided."""
    identifier = UUID(payload["authorization"])
    with room.ground.db.read() as session:
        row = session.get(AcmeAuthorization, identifier)
    if row is None or row.state != ProofState.PROCESSING:
        return
    account = accounts.stored(room, row.account_id)
    fault: AcmeError | None = None
    try:
        _check(fetcher, row.name, row.token, account.thumbprint)
    except AcmeError as error:
        fault = error
    _decide(room, account, identifier, fault)


def _check(fetcher: Fetcher, name: str, token: str, thumbprint: str) -> None:
    wanted = f"{token}.{thumbprint}".encode()
    if not hmac.compare_digest(fetcher.key_authorization(name, token), wanted):
        raise AcmeError(
            "unauthorized",
            Text(
                "证明文件内容不符，请确认由同一账户生成。", "The file holds something else than this account's proof."
            ),
            403,
        )


def _decide(room: CaRoom, account: Account, identifier: UUID, fault: AcmeError | None) -> None:
    ground = room.ground
    with ground.db.begin() as session:
        row = session.get_one(AcmeAuthorization, identifier, with_for_update=True)
        if row.state != ProofState.PROCESSING:
            return
        row.state = ProofState.VALID if fault is None else ProofState.INVALID
        row.validated_at = ground.clock.now()
        row.error = None if fault is None else fault.document()
        session.flush()
        _advance(session, row.order_id, failed=fault is not None)
        ground.audit.record(
            session,
            accounts.actor(account),
            action="ca.acme.authorization.decide",
            object=f"acme-authorization:{identifier}",
            payload={"name": row.name, "state": row.state, "fault": fault.kind if fault else None},
        )


def _advance(session: Session, order_id: UUID, *, failed: bool) -> None:
    """7.1.6: all proven makes an order ready, one failure makes it invalid."""
    order = session.get_one(AcmeOrder, order_id, with_for_update=True)
    if order.state != OrderState.PENDING:
        return
    if failed:
        order.state = OrderState.INVALID
        return
    states = session.scalars(select(AcmeAuthorization.state).where(AcmeAuthorization.order_id == order_id)).all()
    if all(state == ProofState.VALID for state in states):
        order.state = OrderState.READY

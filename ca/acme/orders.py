"""Orders and authorisations of ACME (RFC 8555 7.4, 7.5): what is asked for, and what must be proven first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.acme import accounts
from ca.acme.accounts import Account
from ca.acme.models import AcmeAuthorization, AcmeOrder, OrderState, ProofState
from ca.acme.problems import AcmeError, malformed
from ca.credentials.names import is_host, permits
from ca.room import CaRoom
from foundation.text import Text

LIFE = timedelta(days=1)
MOST_NAMES = 20
MOST_PENDING = 100
"""Open orders of one account; a client in a loop must not fill the table."""
_TOKEN_OCTETS = 32


@dataclass(frozen=True, slots=True)
class Proof:
    """An authorisation with its one challenge."""

    id: UUID
    order_id: UUID
    account_id: UUID
    name: str
    token: str
    state: ProofState
    error: dict[str, object] | None
    validated_at: datetime | None
    expires_at: datetime

    @property
    def wildcard(self) -> bool:
        return self.name.startswith("*.")


@dataclass(frozen=True, slots=True)
class Order:
    id: UUID
    account_id: UUID
    state: OrderState
    names: tuple[str, ...]
    proofs: tuple[UUID, ...]
    certificate_id: UUID | None
    error: dict[str, object] | None
    expires_at: datetime


def create(room: CaRoom, account: Account, payload: dict[str, Any]) -> Order:
    """A pending order for names the account's credential permits."""
    names = _names(payload)
    credential = accounts.credential_of(room, account)
    refused = [name for name in names if not permits(credential.names, name)]
    if refused:
        listed = ", ".join(refused)
        raise AcmeError(
            "rejectedIdentifier",
            Text(f"登记凭据不允许这些域名：{listed}。", f"The enrolment credential does not permit: {listed}."),
            403,
        )
    ground, now, identifier = room.ground, room.ground.clock.now(), room.ground.ids.uuid7()
    with ground.db.begin() as session:
        _check_few(session, account.id, now)
        row = AcmeOrder(
            id=identifier,
            account_id=account.id,
            state=OrderState.PENDING,
            names=list(names),
            expires_at=now + LIFE,
            created_at=now,
        )
        session.add(row)
        session.flush()
        session.add_all(
            AcmeAuthorization(
                id=ground.ids.uuid7(),
                order_id=identifier,
                account_id=account.id,
                name=name,
                token=ground.ids.token(_TOKEN_OCTETS),
                state=ProofState.PENDING,
                expires_at=now + LIFE,
            )
            for name in names
        )
        ground.audit.record(
            session,
            credential.principal,
            action="ca.acme.order.create",
            object=f"acme-order:{identifier}",
            payload={"names": list(names)},
        )
        session.flush()
        return shape(session, row, now)


def _names(payload: dict[str, Any]) -> tuple[str, ...]:
    given = payload.get("identifiers")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_NAMES:
        raise malformed(f"identifiers 须有 1 至 {MOST_NAMES} 项。", f"identifiers must be a list of 1 to {MOST_NAMES}.")
    names: list[str] = []
    for one in given:
        if not isinstance(one, dict) or one.get("type") != "dns" or not isinstance(one.get("value"), str):
            raise AcmeError("unsupportedIdentifier", Text("只支持域名。", "Only names of type dns are supported."))
        name = one["value"].lower()
        if name.startswith("*."):
            # http-01 proves one host; a whole zone would need dns-01, which a region without public DNS does not have
            raise AcmeError(
                "rejectedIdentifier",
                Text("http-01 不能证明泛域名，请逐个申请。", "http-01 cannot prove a wildcard; ask for each name."),
            )
        if not is_host(name) or "." not in name:
            raise AcmeError("rejectedIdentifier", Text(f"域名有误：{name[:80]}", f"Not a host name: {name[:80]}"))
        names.append(name)
    if payload.get("notBefore") or payload.get("notAfter"):
        raise malformed("有效期由模板决定，请勿指定。", "The profile decides the validity; leave the dates out.")
    return tuple(dict.fromkeys(names))


def _check_few(session: Session, account: UUID, now: datetime) -> None:
    count = session.scalar(
        select(func.count())
        .select_from(AcmeOrder)
        .where(
            AcmeOrder.account_id == account,
            AcmeOrder.state.in_((OrderState.PENDING, OrderState.READY, OrderState.PROCESSING)),
            AcmeOrder.expires_at > now,
        )
    )
    if (count or 0) >= MOST_PENDING:
        raise AcmeError(
            "rateLimited",
            Text("未完成的订单过多，请先完成或等待过期。", "Too many open orders; finish them or let them expire."),
            429,
        )


def find(room: CaRoom, account: Account, identifier: UUID) -> Order:
    """An order of this account; another's is not there."""
    with room.ground.db.read() as session:
        row = session.get(AcmeOrder, identifier)
        if row is None or row.account_id != account.id:
            raise _none()
        return shape(session, row, room.ground.clock.now())


def orders_of(room: CaRoom, account: Account) -> list[UUID]:
    with room.ground.db.read() as session:
        query = select(AcmeOrder.id).where(AcmeOrder.account_id == account.id).order_by(AcmeOrder.id.desc()).limit(200)
        return list(session.scalars(query))


def proof(room: CaRoom, account: Account, identifier: UUID) -> Proof:
    with room.ground.db.read() as session:
        row = session.get(AcmeAuthorization, identifier)
        if row is None or row.account_id != account.id:
            raise _none()
        return proof_shape(row, room.ground.clock.now())


def deactivate(room: CaRoom, account: Account, identifier: UUID) -> Proof:
    """Give up an authorisation (7.5.2); its order cannot be finished any more."""
    with room.ground.db.begin() as session:
        row = session.get(AcmeAuthorization, identifier)
        if row is None or row.account_id != account.id:
            raise _none()
        row.state = ProofState.DEACTIVATED
        order = session.get_one(AcmeOrder, row.order_id)
        if order.state in (OrderState.PENDING, OrderState.READY):
            order.state = OrderState.INVALID
        room.ground.audit.record(
            session,
            accounts.actor(account),
            action="ca.acme.authorization.deactivate",
            object=f"acme-authorization:{identifier}",
            payload={"name": row.name},
        )
        return proof_shape(row, room.ground.clock.now())


def shape(session: Session, row: AcmeOrder, now: datetime) -> Order:
    """An order past its end is invalid, whatever its row says."""
    open_ = row.state in (OrderState.PENDING, OrderState.READY)
    proofs = session.scalars(
        select(AcmeAuthorization.id).where(AcmeAuthorization.order_id == row.id).order_by(AcmeAuthorization.id)
    )
    return Order(
        row.id,
        row.account_id,
        OrderState.INVALID if open_ and row.expires_at <= now else OrderState(row.state),
        tuple(row.names),
        tuple(proofs),
        row.certificate_id,
        row.error,
        row.expires_at,
    )


def proof_shape(row: AcmeAuthorization, now: datetime) -> Proof:
    over = row.state in (ProofState.PENDING, ProofState.PROCESSING) and row.expires_at <= now
    return Proof(
        row.id,
        row.order_id,
        row.account_id,
        row.name,
        row.token,
        ProofState.INVALID if over else ProofState(row.state),
        row.error,
        row.validated_at,
        row.expires_at,
    )


def _none() -> AcmeError:
    return AcmeError("malformed", Text("没有找到。", "There is nothing at this address."), 404)

"""Grants (密钥恢复授权): who asked that keys leave, who agreed, until when. The rules live here, beside the keys.

The requester never decides, one person decides once, a no closes the request, approvals run out. Rows carry a MAC, so
neither an approval nor a smaller quorum can be written into the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.audit.trail import Audit
from foundation.clock import Clock
from foundation.database import Database
from foundation.principal import Kind, Principal
from foundation.text import Text
from hsm.digests import same
from hsm.errors import KeyDamaged
from hsm.escrow.custody import Custody
from hsm.escrow.errors import EscrowedKeyMissing, GrantClosed, GrantMissing, NotYours, OtherStatement
from hsm.escrow.models import HsmEscrowApproval, HsmEscrowGrant, HsmEscrowKey
from hsm.escrow.shapes import LEAST_APPROVALS, Approval, Form, Grant, GrantKind, GrantOrder, GrantState
from hsm.public_keys import public_key

MOST_KEYS = 100
LONGEST = 30 * 24 * 3600
_OPEN = (GrantState.WAITING, GrantState.APPROVED)


class Grants:
    def __init__(self, db: Database, clock: Clock, audit: Audit, custody: Custody) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._custody = custody

    def open(self, order: GrantOrder, principal: Principal) -> Grant:
        """Record the request; the same id with the same content again is the same request."""
        _check(order)
        now = self._clock.now()
        row = HsmEscrowGrant(
            id=order.id,
            kind=order.kind,
            closed=None,
            form=None,
            keys=",".join(map(str, order.keys)),
            recipient=order.recipient,
            digest=order.digest,
            quorum=order.quorum,
            requester=principal.label,
            approval_seconds=order.approval_seconds,
            opened_at=now,
            expires_at=now + timedelta(seconds=order.seconds),
            released_at=None,
        )
        row.mac = self._grant_mac(row)
        try:
            with self._db.begin() as session:
                _check_keys(session, order.keys)
                session.add(row)
                self._audit.record(
                    session,
                    principal,
                    action="hsm.escrow.grant_open",
                    object=f"escrow-grant:{order.id}",
                    payload={
                        "kind": order.kind.value,
                        "keys": [str(key) for key in order.keys],
                        "quorum": order.quorum,
                        "statement_sha256": order.digest.hex(),
                    },
                )
        except IntegrityError:
            found = self.get(order.id)
            if (found.digest, found.keys, found.recipient, found.requester) != (
                order.digest,
                order.keys,
                order.recipient,
                principal.label,
            ):
                raise OtherStatement from None
            return found
        return self.get(order.id)

    def get(self, grant_id: UUID) -> Grant:
        with self._db.read() as session:
            return self._read(session, grant_id)[1]

    def decide(self, grant_id: UUID, digest: bytes, principal: Principal, *, approve: bool) -> Grant:
        """One yes or no."""
        _check_person(principal)
        now = self._clock.now()
        try:
            with self._db.begin() as session:
                row, grant = self._read(session, grant_id, lock=True)
                if _decided(grant, principal, approve=approve):
                    return grant
                if grant.state not in _OPEN:
                    raise GrantClosed(grant.state)
                if not same(digest, grant.digest):
                    raise OtherStatement
                _check_other(grant, principal)
                said = HsmEscrowApproval(grant_id=grant_id, approver=principal.label, approved=approve, at=now)
                said.mac = self._approval_mac(said)
                session.add(said)
                if not approve:
                    self._close(row, GrantState.REFUSED)
                self._audit.record(
                    session,
                    principal,
                    action="hsm.escrow.grant_approve" if approve else "hsm.escrow.grant_refuse",
                    object=f"escrow-grant:{grant_id}",
                    payload={"statement_sha256": grant.digest.hex()},
                )
        except IntegrityError:  # the same person's other click was first
            return self.get(grant_id)
        return self.get(grant_id)

    def withdraw(self, grant_id: UUID, principal: Principal) -> Grant:
        with self._db.begin() as session:
            row, grant = self._read(session, grant_id, lock=True)
            if grant.requester != principal.label:
                raise NotYours(
                    "not_requester",
                    Text("只有申请人可以撤回申请。", "Only the one who asked may withdraw the request."),
                )
            if grant.state not in _OPEN:
                raise GrantClosed(grant.state)
            self._close(row, GrantState.WITHDRAWN)
            self._audit.record(
                session,
                principal,
                action="hsm.escrow.grant_withdraw",
                object=f"escrow-grant:{grant_id}",
                payload={},
            )
        return self.get(grant_id)

    def spend(self, session: Session, grant_id: UUID, form: Form) -> Grant:
        """The approved grant, marked as released in this transaction; released before is answered as it was."""
        row, grant = self._read(session, grant_id, lock=True)
        if grant.state is GrantState.RELEASED and grant.form is form:
            return grant
        if grant.state is not GrantState.APPROVED:
            raise GrantClosed(grant.state)
        row.released_at, row.form = self._clock.now(), form
        self._close(row, GrantState.RELEASED)
        return self._read(session, grant_id)[1]

    def _close(self, row: HsmEscrowGrant, state: GrantState) -> None:
        row.closed = state
        row.mac = self._grant_mac(row)

    def _read(self, session: Session, grant_id: UUID, *, lock: bool = False) -> tuple[HsmEscrowGrant, Grant]:
        query = select(HsmEscrowGrant).where(HsmEscrowGrant.id == grant_id)
        row = session.scalars(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise GrantMissing
        said = session.scalars(
            select(HsmEscrowApproval)
            .where(HsmEscrowApproval.grant_id == grant_id)
            .order_by(HsmEscrowApproval.at, HsmEscrowApproval.approver)
        ).all()
        if not same(row.mac, self._grant_mac(row)) or any(not same(one.mac, self._approval_mac(one)) for one in said):
            raise KeyDamaged(f"escrow-grant {grant_id}")
        return row, _grant(row, said, self._clock.now())

    def _grant_mac(self, row: HsmEscrowGrant) -> bytes:
        return self._custody.mac(
            b"grant",
            row.id.bytes,
            f"{row.kind}|{row.closed}|{row.form}|{row.quorum}|{row.approval_seconds}".encode(),
            row.keys.encode(),
            row.recipient,
            row.digest,
            row.requester.encode(),
            *(_moment(at) for at in (row.opened_at, row.expires_at, row.released_at)),
        )

    def _approval_mac(self, row: HsmEscrowApproval) -> bytes:
        return self._custody.mac(
            b"approval", row.grant_id.bytes, row.approver.encode(), str(bool(row.approved)).encode(), _moment(row.at)
        )


def _moment(at: datetime | None) -> bytes:
    return b"" if at is None else str(int(at.timestamp() * 1_000_000)).encode()


def _check(order: GrantOrder) -> None:
    public_key(order.recipient)
    fair = order.quorum >= LEAST_APPROVALS[order.kind] and len(order.digest) == 32
    if not fair or not 0 < len(order.keys) <= MOST_KEYS or len(set(order.keys)) != len(order.keys):
        raise ValueError("a grant needs its quorum, a digest and one to a hundred keys")
    if not 0 < order.approval_seconds <= LONGEST or not 0 < order.seconds <= LONGEST:
        raise ValueError("a grant lasts up to thirty days")


def _check_keys(session: Session, keys: tuple[UUID, ...]) -> None:
    found = session.scalars(
        select(HsmEscrowKey.id).where(HsmEscrowKey.id.in_(keys), HsmEscrowKey.owner.is_not(None))
    ).all()
    if len(found) != len(keys):
        raise EscrowedKeyMissing


def _check_person(principal: Principal) -> None:
    if principal.kind is not Kind.OFFICIAL:
        raise NotYours(
            "people_only",
            Text("只有工作人员本人可以批准，程序不可以。", "Only an official in person may decide; no program may."),
        )


def _check_other(grant: Grant, principal: Principal) -> None:
    if grant.requester == principal.label:
        raise NotYours("own_request", Text("不能批准自己提出的申请。", "Nobody decides on a request of their own."))
    if any(one.approver == principal.label for one in grant.approvals):
        raise NotYours("decided_before", Text("您已对该申请作出决定。", "You have decided on this request before."))


def _decided(grant: Grant, principal: Principal, *, approve: bool) -> bool:
    """The same answer sent twice (a lost reply) is no second approval and no error, while it stands."""
    return any(
        one.approver == principal.label and one.approved is approve and (not approve or grant.state in _OPEN)
        for one in grant.approvals
    )


def _grant(row: HsmEscrowGrant, said: Sequence[HsmEscrowApproval], now: datetime) -> Grant:
    lasts = timedelta(seconds=row.approval_seconds)
    approvals = tuple(Approval(one.approver, one.approved, one.at, one.at + lasts) for one in said)
    live = sum(one.approved and now < one.until for one in approvals)
    if row.closed is not None:
        state = GrantState(row.closed)
    elif now >= row.expires_at:
        state = GrantState.EXPIRED
    else:
        state = GrantState.APPROVED if live >= row.quorum else GrantState.WAITING
    return Grant(
        row.id,
        GrantKind(row.kind),
        state,
        tuple(UUID(key) for key in row.keys.split(",")),
        row.recipient,
        row.digest,
        row.quorum,
        row.requester,
        row.opened_at,
        row.expires_at,
        approvals,
        row.released_at,
        Form(row.form) if row.form else None,
    )

"""Keys of the escrow (托管密钥): made, kept spare, allotted to an owner, opened. Nothing here answers a private octet.

Allotting wraps the private half anew with owner, version and recipient as associated data. That is what makes a row
nobody else's: change any of the three in the database and it does not open.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.audit.trail import Audit
from foundation.clock import Clock
from foundation.database import Database
from foundation.failpoints import reach
from foundation.ids import Ids
from foundation.principal import SYSTEM, Principal
from hsm import private_keys
from hsm.digests import sha256
from hsm.errors import EngineFault, KeyDamaged
from hsm.escrow.custody import Custody
from hsm.escrow.errors import AllotmentTaken, EscrowedKeyMissing, NotEscrowed
from hsm.escrow.models import HsmEscrowKey
from hsm.escrow.shapes import Allotment, EscrowedKey, KeyState, Spare
from hsm.keys import Algorithm
from hsm.private_keys import PrivateKey
from hsm.public_keys import public_key

KINDS = (Algorithm.SM2, Algorithm.RSA_2048, Algorithm.RSA_3072)
"""What encryption keys there are; P-256 keys agree, they do not encrypt."""
_ATTEMPTS = 4


class EscrowKeys:
    def __init__(self, db: Database, clock: Clock, ids: Ids, audit: Audit, custody: Custody) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._audit = audit
        self._custody = custody

    def stock(self, algorithm: Algorithm, wanted: int) -> int:
        """Make spare keys until there are `wanted`."""
        made = 0
        while self._spare_count(algorithm) < wanted:
            row = self._made(algorithm)
            with self._db.begin() as session:
                session.add(row)
                self._audit.record(
                    session,
                    SYSTEM,
                    action="hsm.escrow.generate",
                    object=f"escrow-key:{row.id}",
                    payload={"algorithm": algorithm.value, "spki_sha256": row.spki_hash},
                )
            made += 1
        return made

    def spares(self) -> tuple[Spare, ...]:
        query = select(HsmEscrowKey.algorithm, func.count()).where(HsmEscrowKey.state == KeyState.SPARE)
        with self._db.read() as session:
            found = session.execute(query.group_by(HsmEscrowKey.algorithm).order_by(HsmEscrowKey.algorithm))
            return tuple(Spare(Algorithm(kind), count) for kind, count in found)

    def _spare_count(self, algorithm: Algorithm) -> int:
        return next((one.count for one in self.spares() if one.algorithm is algorithm), 0)

    def allot(self, order: Allotment, principal: Principal) -> EscrowedKey:
        """A spare key when there is one, or a new one. Committed, and so escrowed, before anybody hears of it."""
        public_key(order.recipient)  # `BadKey` now rather than when the envelope is made
        if order.algorithm not in KINDS or not order.owner or not order.request_key:
            raise ValueError("an allotment needs an owner, a request key and an encryption algorithm")
        for attempt in range(_ATTEMPTS):
            found = self._asked(order)
            if found is not None:
                return found
            fresh = None if self._spare_count(order.algorithm) else self._made(order.algorithm)
            try:
                row = self._allotted(order, principal, fresh)
            except IntegrityError:  # the same request, or the owner's next version, by somebody else this moment
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            if row is not None:
                reach("escrow.allotted")
                return record(row)
        raise EngineFault("no encryption key could be allotted")

    def _asked(self, order: Allotment) -> EscrowedKey | None:
        with self._db.read() as session:
            row = session.scalars(
                select(HsmEscrowKey).where(HsmEscrowKey.request_key == order.request_key)
            ).one_or_none()
        if row is None:
            return None
        if (row.owner, row.algorithm, row.recipient) != (order.owner, order.algorithm, order.recipient):
            raise AllotmentTaken
        return record(row)

    def _allotted(self, order: Allotment, principal: Principal, fresh: HsmEscrowKey | None) -> HsmEscrowKey | None:
        """None when the last spare key went to somebody else meanwhile."""
        now = self._clock.now()
        with self._db.begin() as session:
            row = fresh or _spare(session, order.algorithm)
            if row is None:
                return None
            key = self.opened(row)
            version = _retire_older(session, order.owner, now) + 1
            row.owner, row.version, row.recipient = order.owner, version, order.recipient
            row.wrapped = self._custody.kek.wrap(key.pkcs8(), _place(row))
            row.state, row.request_key, row.allotted_at = KeyState.CURRENT, order.request_key, now
            session.add(row)
            self._audit.record(
                session,
                principal,
                action="hsm.escrow.allot",
                object=f"escrow-key:{row.id}",
                payload={"owner": order.owner, "version": version, "spki_sha256": row.spki_hash},
            )
        return row

    def _made(self, algorithm: Algorithm) -> HsmEscrowKey:
        key = private_keys.generate(algorithm)  # outside any transaction: RSA takes seconds
        row = HsmEscrowKey(
            id=self._ids.uuid7(),
            algorithm=algorithm,
            spki=key.spki,
            spki_hash=sha256(key.spki).hex(),
            state=KeyState.SPARE,
            created_at=self._clock.now(),
            owner=None,
            version=None,
            recipient=None,
        )
        row.wrapped = self._custody.kek.wrap(key.pkcs8(), _place(row))
        return row

    def row(self, key_id: UUID) -> HsmEscrowKey:
        with self._db.read() as session:
            row = session.get(HsmEscrowKey, key_id)
        if row is None or row.owner is None:
            raise EscrowedKeyMissing
        return row

    def holds(self, spki: bytes) -> EscrowedKey:
        """Raises unless the key is ours, belongs to somebody, and opens to this public half."""
        with self._db.read() as session:
            row = session.scalars(
                select(HsmEscrowKey).where(HsmEscrowKey.spki_hash == sha256(spki).hex())
            ).one_or_none()
        if row is None or row.owner is None:
            raise NotEscrowed
        if self.opened(row).spki != spki:
            raise KeyDamaged(f"escrow-key {row.id}")
        return record(row)

    def history(self, owner: str) -> tuple[EscrowedKey, ...]:
        query = select(HsmEscrowKey).where(HsmEscrowKey.owner == owner).order_by(HsmEscrowKey.version)
        with self._db.read() as session:
            return tuple(record(row) for row in session.scalars(query))

    def opened(self, row: HsmEscrowKey) -> PrivateKey:
        """For this package only. `KeyDamaged` when the row was altered, or came from another store."""
        key = private_keys.load(Algorithm(row.algorithm), self._custody.kek.unwrap(row.wrapped, _place(row)))
        if key.spki != row.spki or sha256(row.spki).hex() != row.spki_hash:
            raise KeyDamaged(f"escrow-key {row.id}")
        return key


def record(row: HsmEscrowKey) -> EscrowedKey:
    if row.owner is None or row.version is None or row.allotted_at is None:
        raise EscrowedKeyMissing
    return EscrowedKey(
        row.id, row.owner, row.version, Algorithm(row.algorithm), row.spki, KeyState(row.state), row.allotted_at
    )


def _place(row: HsmEscrowKey) -> str:
    """Owners hold no bar, so the parts cannot run into each other."""
    to = sha256(row.recipient).hex() if row.recipient is not None else ""
    return f"hsm_escrow_key|{row.id}|{row.algorithm}|{row.owner or ''}|{row.version or ''}|{to}"


def _spare(session: Session, algorithm: Algorithm) -> HsmEscrowKey | None:
    query = select(HsmEscrowKey).where(HsmEscrowKey.state == KeyState.SPARE, HsmEscrowKey.algorithm == algorithm)
    return session.scalars(query.order_by(HsmEscrowKey.id).limit(1).with_for_update(skip_locked=True)).one_or_none()


def _retire_older(session: Session, owner: str, now: datetime) -> int:
    """The version so far; the current key becomes history."""
    rows = session.scalars(select(HsmEscrowKey).where(HsmEscrowKey.owner == owner)).all()
    for row in rows:
        if row.state == KeyState.CURRENT:
            row.state, row.replaced_at = KeyState.HISTORICAL, now
    return max((row.version or 0 for row in rows), default=0)

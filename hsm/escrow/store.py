"""The escrow (密钥库) as other rooms hold it: `LocalEscrow` where the keys are; it answers `hsm.escrow.shapes.Escrow`.

An envelope is recorded, made, stored, answered, in this order. So a crash leaves a release that is known and can be
finished, and the same question always gets the same octets.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.audit.trail import Audit
from foundation.clock import Clock
from foundation.database import Database
from foundation.failpoints import reach
from foundation.ids import Ids
from foundation.principal import Principal
from hsm.digests import same, sha256
from hsm.errors import KeyDamaged
from hsm.escrow.attesting import Attesting
from hsm.escrow.custody import Custody
from hsm.escrow.errors import FormUnfit
from hsm.escrow.grants import Grants
from hsm.escrow.keys import EscrowKeys, record
from hsm.escrow.models import HsmEscrowKey, HsmEscrowRelease
from hsm.escrow.sealing import fits, seal
from hsm.escrow.shapes import (
    CENTRE_KEY,
    Allotment,
    Attestation,
    Envelope,
    EscrowedKey,
    Form,
    Grant,
    GrantOrder,
    Parties,
    Spare,
)
from hsm.keys import Algorithm
from hsm.store import KeyStore

ALLOTMENT = "allotment"


class LocalEscrow:
    def __init__(self, db: Database, clock: Clock, ids: Ids, audit: Audit, custody: Custody, signing: KeyStore) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._audit = audit
        self._custody = custody
        self._signing = signing
        self._keys = EscrowKeys(db, clock, ids, audit, custody)
        self._grants = Grants(db, clock, audit, custody)
        self._attesting = Attesting(db, audit, self._keys, self._grants, signing)

    def stock(self, algorithm: Algorithm, wanted: int) -> int:
        return self._keys.stock(algorithm, wanted)

    def spares(self) -> tuple[Spare, ...]:
        return self._keys.spares()

    def allot(self, order: Allotment, principal: Principal) -> EscrowedKey:
        return self._keys.allot(order, principal)

    def find(self, key_id: UUID) -> EscrowedKey:
        return record(self._keys.row(key_id))

    def holds(self, spki: bytes) -> EscrowedKey:
        return self._keys.holds(spki)

    def history(self, owner: str) -> tuple[EscrowedKey, ...]:
        return self._keys.history(owner)

    def deliver(self, key_id: UUID, form: Form, parties: Parties, principal: Principal) -> Envelope:
        row = self._keys.row(key_id)
        recipient = row.recipient or b""
        self._check(row, recipient, form)
        self._record([row], ALLOTMENT, recipient, form, principal, None)
        return self._finished(row, ALLOTMENT, recipient, form, parties)

    def open_grant(self, order: GrantOrder, principal: Principal) -> Grant:
        return self._grants.open(order, principal)

    def grant(self, grant_id: UUID) -> Grant:
        return self._grants.get(grant_id)

    def decide(self, grant_id: UUID, digest: bytes, principal: Principal, *, approve: bool) -> Grant:
        return self._grants.decide(grant_id, digest, principal, approve=approve)

    def withdraw(self, grant_id: UUID, principal: Principal) -> Grant:
        return self._grants.withdraw(grant_id, principal)

    def release(self, grant_id: UUID, form: Form, parties: Parties, principal: Principal) -> tuple[Envelope, ...]:
        grant = self._grants.get(grant_id)
        rows = [self._keys.row(key_id) for key_id in grant.keys]
        for row in rows:
            self._check(row, grant.recipient, form)
        self._record(rows, str(grant_id), grant.recipient, form, principal, grant_id)
        return tuple(self._finished(row, str(grant_id), grant.recipient, form, parties) for row in rows)

    def attest(self, grant_id: UUID, principal: Principal) -> Attestation:
        return self._attesting.attest(grant_id, principal)

    def _check(self, row: HsmEscrowKey, recipient: bytes, form: Form) -> None:
        if not fits(form, row.algorithm == Algorithm.SM2, recipient):
            raise FormUnfit(form)

    def _record(
        self,
        rows: list[HsmEscrowKey],
        occasion: str,
        recipient: bytes,
        form: Form,
        principal: Principal,
        grant_id: UUID | None,
    ) -> None:
        """Commit that these keys leave, with the audit rows; for a grant, in the transaction that spends it."""
        try:
            with self._db.begin() as session:
                if grant_id is not None:
                    self._grants.spend(session, grant_id, form)
                for row in rows:
                    self._note(session, row, occasion, recipient, form, principal)
        except IntegrityError:  # another process records the same release this moment
            with self._db.begin() as session:
                for row in rows:
                    self._note(session, row, occasion, recipient, form, principal)
        reach("escrow.release_recorded")

    def _note(
        self, session: Session, row: HsmEscrowKey, occasion: str, recipient: bytes, form: Form, principal: Principal
    ) -> None:
        if _release(session, row.id, occasion, form) is not None:
            return
        release = HsmEscrowRelease(
            id=self._ids.uuid7(),
            key_id=row.id,
            occasion=occasion,
            form=form,
            recipient_hash=sha256(recipient).hex(),
            recorded_at=self._clock.now(),
        )
        session.add(release)
        self._audit.record(
            session,
            principal,
            action="hsm.escrow.release",
            object=f"escrow-key:{row.id}",
            payload={"occasion": occasion, "form": form.value, "recipient_sha256": release.recipient_hash},
        )

    def _finished(self, row: HsmEscrowKey, occasion: str, recipient: bytes, form: Form, parties: Parties) -> Envelope:
        """Make and store the envelope, or answer the stored one. Of two makers the first to store wins."""
        with self._db.read() as session:
            release = _release(session, row.id, occasion, form)
        if release is None:
            raise KeyDamaged(f"escrow-key {row.id}")
        if release.octets is None:
            signer = self._signing.signer(CENTRE_KEY) if form is Form.SIGNED_AND_ENVELOPED else None
            octets = seal(self._keys.opened(row), recipient, form, parties, self._ids, signer, f"escrow:{release.id}")
            reach("escrow.release_made")
            with self._db.begin() as session:
                session.execute(
                    update(HsmEscrowRelease)
                    .where(HsmEscrowRelease.id == release.id, HsmEscrowRelease.octets.is_(None))
                    .values(octets=octets, mac=self._mac(release, octets), made_at=self._clock.now())
                    .execution_options(synchronize_session=False)
                )
            with self._db.read() as session:
                release = session.get_one(HsmEscrowRelease, release.id)
        return self._envelope(release)

    def _envelope(self, release: HsmEscrowRelease) -> Envelope:
        octets, mac = release.octets, release.mac
        if octets is None or mac is None or not same(mac, self._mac(release, octets)):
            raise KeyDamaged(f"escrow-release {release.id}")
        return Envelope(release.key_id, Form(release.form), octets, sha256(octets).hex())

    def _mac(self, release: HsmEscrowRelease, octets: bytes) -> bytes:
        named = f"{release.key_id}|{release.occasion}|{release.form}|{release.recipient_hash}"
        return self._custody.mac(b"release", release.id.bytes, named.encode(), octets)


def _release(session: Session, key_id: UUID, occasion: str, form: Form) -> HsmEscrowRelease | None:
    query = select(HsmEscrowRelease).where(
        HsmEscrowRelease.key_id == key_id, HsmEscrowRelease.occasion == occasion, HsmEscrowRelease.form == form
    )
    return session.scalars(query).one_or_none()

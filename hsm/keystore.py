"""The key store (密钥库): generates, wraps, finds and opens signing keys.

A private key is parsed once and kept inside its library object. The wrapped octets carry name, version, algorithm and
purposes as associated data, so a row edited or moved in the database does not open.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.audit.trail import Audit
from foundation.clock import Clock
from foundation.database import Database
from foundation.ids import Ids
from foundation.principal import SYSTEM, Principal
from hsm.backends.backend import Backend, Made
from hsm.backends.registry import Backends, software_only
from hsm.digests import sha256
from hsm.errors import KeyDamaged, KeyExists, KeyMissing
from hsm.kek import Kek
from hsm.key_rows import joined, newest_version, place, ref_of, row_of
from hsm.keys import Algorithm, KeyRef, Purpose, State
from hsm.life.errors import DualControlNeeded, RequestClosed
from hsm.models import HsmKey
from hsm.signing import KeySigner, Signer

Approved = Callable[[Session], None]
_NAME = re.compile(r"[a-z0-9][a-z0-9._/-]{0,119}")
_OPEN_KEYS = 4096
_CLAIMS = 16


class LocalKeyStore:
    """Verbs open their own transactions: never call them inside one (SQLite has a single writer)."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        ids: Ids,
        audit: Audit,
        kek: Kek,
        backends: Backends | None = None,
        *,
        announce: Callable[[KeyRef], object] = lambda _: None,
        dual_control: bool = False,
    ) -> None:
        """`announce` is told of a new key before its row is committed; the signer writes its journal there.

        With `dual_control` CA keys are made and retired through `hsm.life` only (双人控制).
        """
        self._dual_control = dual_control
        self._announce = announce
        self._db = db
        self._clock = clock
        self._ids = ids
        self._audit = audit
        self._kek = kek
        self._backends = backends or software_only(ids)
        self._open: OrderedDict[tuple[str, int], KeySigner] = OrderedDict()
        self._lock = threading.Lock()

    def generate(
        self, name: str, algorithm: Algorithm, purposes: Iterable[Purpose], *, principal: Principal = SYSTEM
    ) -> KeyRef:
        """A new key; `KeyExists` when the name was ever used."""
        return self.create(name, 1, algorithm, frozenset(purposes), principal)

    def ensure(
        self, name: str, algorithm: Algorithm, purposes: Iterable[Purpose], *, principal: Principal = SYSTEM
    ) -> KeyRef:
        """The key of that name, made when missing. One of another algorithm or purpose is `KeyExists`, not taken."""
        wanted = frozenset(purposes)
        found = self.find(name)
        if found is None:
            try:
                return self.create(name, 1, algorithm, wanted, principal)
            except KeyExists:  # another process was first
                found = self.find(name)
        if found is None or (found.algorithm, found.purposes) != (algorithm, wanted):
            raise KeyExists(name)
        return found

    def renew(self, name: str, *, principal: Principal = SYSTEM) -> KeyRef:
        """The next version with the same algorithm and purposes. The old one stays active until it is retired."""
        return self.next_version(name, principal)

    def next_version(
        self, name: str, principal: Principal, *, state: State = State.ACTIVE, approved: Approved | None = None
    ) -> KeyRef:
        """Beyond every version there ever was, destroyed ones too."""
        old = self._need(name)
        with self._db.read() as session:
            newest = newest_version(session, name)
        return self.create(name, newest + 1, old.algorithm, old.purposes, principal, state=state, approved=approved)

    def retire(self, name: str, version: int, *, principal: Principal = SYSTEM) -> None:
        """That version signs no more."""
        with self._db.begin() as session:
            row = row_of(session, name, version)
            if row is None or row.state == State.DESTROYED:
                raise KeyMissing(f"{name}#{version}")
            self._check_alone(name, ref_of(row).purposes)
            row.state = State.RETIRED
            self._audit.record(
                session, principal, action="hsm.key.retire", object=f"key:{name}", payload={"version": version}
            )
        self.forget(name, version)

    def find(self, name: str, version: int | None = None) -> KeyRef | None:
        """The newest active version, or the given one in whatever state."""
        with self._db.read() as session:
            row = row_of(session, name, version)
            return ref_of(row) if row is not None else None

    def names(self, prefix: str = "") -> list[str]:
        with self._db.read() as session:
            query = select(HsmKey.name).where(HsmKey.name.startswith(prefix, autoescape=True)).distinct()
            return list(session.scalars(query.order_by(HsmKey.name)))

    def signer(self, name: str, version: int | None = None) -> Signer:
        """A signer for the newest active version, or for that one while it is active.

        The state is read each time, so hold the signer for a batch, not for the life of the process.
        """
        with self._db.read() as session:
            row = row_of(session, name, version)
        if row is None or row.state != State.ACTIVE:
            raise KeyMissing(name)
        opened = (row.name, row.version)
        with self._lock:
            signer = self._open.get(opened)
            if signer is not None:
                self._open.move_to_end(opened)
        if signer is None or signer.ref != ref_of(row):
            signer = self._load(row)
            with self._lock:
                self._open[opened] = signer
                while len(self._open) > _OPEN_KEYS:
                    self._open.popitem(last=False)
        return signer

    def forget(self, name: str, version: int) -> None:
        """Close it here; the next use reads its row again."""
        with self._lock:
            self._open.pop((name, version), None)

    def _check_alone(self, name: str, purposes: frozenset[Purpose]) -> None:
        if self._dual_control and Purpose.CERTIFICATE in purposes:
            raise DualControlNeeded(name)

    def create(
        self,
        name: str,
        version: int,
        algorithm: Algorithm,
        purposes: frozenset[Purpose],
        principal: Principal,
        *,
        state: State = State.ACTIVE,
        approved: Approved | None = None,
    ) -> KeyRef:
        """`approved` spends an approved request in the transaction that enters the key; `hsm.life` gives it."""
        if approved is None:
            self._check_alone(name, purposes)
        if not _NAME.fullmatch(name) or not purposes:
            raise ValueError("a key needs a name of a-z 0-9 . _ / - and at least one purpose")
        if version == 1 and self.find(name, 1) is not None:
            raise KeyExists(name)  # before seconds are spent on an RSA key
        backend = self._backends.for_new(name)
        for _ in range(_CLAIMS):
            # Outside the transaction: RSA takes seconds, a device longer.
            made = backend.generate(f"{name}#{version}", algorithm, taken=self._taken(backend))
            try:
                ref = KeyRef(name, version, algorithm, purposes, made.spki)
                return self._enter(ref, backend, made, principal, state, approved)
            except RequestClosed:  # somebody else executed the same request a moment earlier
                backend.destroy(made.kept)
                raise
            except IntegrityError as error:
                backend.destroy(made.kept)
                if made.reference is None or self.find(name, version) is not None:
                    raise KeyExists(name) from error
                # else another process claimed the same ready key of the device a moment earlier: take the next
        raise KeyExists(name)

    def _taken(self, backend: Backend) -> list[str]:
        """What of a device was ever given away: a retired or destroyed key's place is not used again."""
        if not backend.holds_keys:
            return []
        with self._db.read() as session:
            return list(session.scalars(select(HsmKey.reference).where(HsmKey.backend == backend.name)))

    def _enter(
        self,
        ref: KeyRef,
        backend: Backend,
        made: Made,
        principal: Principal,
        state: State = State.ACTIVE,
        approved: Approved | None = None,
    ) -> KeyRef:
        row = HsmKey(
            id=self._ids.uuid7(),
            name=ref.name,
            version=ref.version,
            algorithm=ref.algorithm,
            purposes=joined(ref.purposes),
            spki=ref.spki,
            backend=backend.name if backend.holds_keys else None,
            reference=made.reference,
            state=state,
            created_at=self._clock.now(),
        )
        row.wrapped = self._kek.wrap(made.kept, place(ref, row.backend))
        self._announce(ref)
        with self._db.begin() as session:
            if approved is not None:
                approved(session)
            session.add(row)
            self._audit.record(
                session,
                principal,
                action="hsm.key.generate",
                object=f"key:{ref.name}",
                payload={
                    "version": ref.version,
                    "algorithm": ref.algorithm.value,
                    "purposes": sorted(ref.purposes),
                    "spki_sha256": sha256(ref.spki).hex(),
                    "backend": backend.name,
                },
            )
        return ref

    def _need(self, name: str) -> KeyRef:
        found = self.find(name)
        if found is None:
            raise KeyMissing(name)
        return found

    def _load(self, row: HsmKey) -> KeySigner:
        ref = ref_of(row)
        kept = self._kek.unwrap(row.wrapped, place(ref, row.backend))
        key = self._backends.named(row.backend).open(kept, ref.algorithm)
        if key.spki != ref.spki:
            raise KeyDamaged(str(ref))
        return KeySigner(ref, key)

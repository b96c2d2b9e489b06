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
from hsm.keys import Algorithm, KeyRef, Purpose, State
from hsm.models import HsmKey
from hsm.signing import KeySigner, Signer

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
    ) -> None:
        """`announce` is told of a new key before its row is committed; the signer writes its journal there."""
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
        return self._create(name, 1, algorithm, frozenset(purposes), principal)

    def ensure(
        self, name: str, algorithm: Algorithm, purposes: Iterable[Purpose], *, principal: Principal = SYSTEM
    ) -> KeyRef:
        """The key of that name, made when missing. One of another algorithm or purpose is `KeyExists`, not taken."""
        wanted = frozenset(purposes)
        found = self.find(name)
        if found is None:
            try:
                return self._create(name, 1, algorithm, wanted, principal)
            except KeyExists:  # another process was first
                found = self.find(name)
        if found is None or (found.algorithm, found.purposes) != (algorithm, wanted):
            raise KeyExists(name)
        return found

    def renew(self, name: str, *, principal: Principal = SYSTEM) -> KeyRef:
        """The next version with the same algorithm and purposes. The old one stays active until it is retired."""
        old = self._need(name)
        return self._create(name, old.version + 1, old.algorithm, old.purposes, principal)

    def retire(self, name: str, version: int, *, principal: Principal = SYSTEM) -> None:
        """That version signs no more."""
        with self._db.begin() as session:
            row = _row(session, name, version)
            if row is None:
                raise KeyMissing(f"{name}#{version}")
            row.state = State.RETIRED
            self._audit.record(
                session, principal, action="hsm.key.retire", object=f"key:{name}", payload={"version": version}
            )
        with self._lock:
            self._open.pop((name, version), None)

    def find(self, name: str, version: int | None = None) -> KeyRef | None:
        """The newest active version, or the given one in whatever state."""
        with self._db.read() as session:
            row = _row(session, name, version)
            return _ref(row) if row is not None else None

    def names(self, prefix: str = "") -> list[str]:
        with self._db.read() as session:
            query = select(HsmKey.name).where(HsmKey.name.startswith(prefix, autoescape=True)).distinct()
            return list(session.scalars(query.order_by(HsmKey.name)))

    def signer(self, name: str, version: int | None = None) -> Signer:
        """A signer for the newest active version, or for that one while it is active.

        The state is read each time, so hold the signer for a batch, not for the life of the process.
        """
        with self._db.read() as session:
            row = _row(session, name, version)
        if row is None or row.state != State.ACTIVE:
            raise KeyMissing(name)
        place = (row.name, row.version)
        with self._lock:
            signer = self._open.get(place)
            if signer is not None:
                self._open.move_to_end(place)
        if signer is None or signer.ref != _ref(row):
            signer = self._load(row)
            with self._lock:
                self._open[place] = signer
                while len(self._open) > _OPEN_KEYS:
                    self._open.popitem(last=False)
        return signer

    def _create(
        self, name: str, version: int, algorithm: Algorithm, purposes: frozenset[Purpose], principal: Principal
    ) -> KeyRef:
        if not _NAME.fullmatch(name) or not purposes:
            raise ValueError("a key needs a name of a-z 0-9 . _ / - and at least one purpose")
        if version == 1 and self.find(name, 1) is not None:
            raise KeyExists(name)  # before seconds are spent on an RSA key
        backend = self._backends.for_new(name)
        for _ in range(_CLAIMS):
            # Outside the transaction: RSA takes seconds, a device longer.
            made = backend.generate(f"{name}#{version}", algorithm, taken=self._taken(backend))
            try:
                return self._enter(KeyRef(name, version, algorithm, purposes, made.spki), backend, made, principal)
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

    def _enter(self, ref: KeyRef, backend: Backend, made: Made, principal: Principal) -> KeyRef:
        row = HsmKey(
            id=self._ids.uuid7(),
            name=ref.name,
            version=ref.version,
            algorithm=ref.algorithm,
            purposes=_joined(ref.purposes),
            spki=ref.spki,
            backend=backend.name if backend.holds_keys else None,
            reference=made.reference,
            state=State.ACTIVE,
            created_at=self._clock.now(),
        )
        row.wrapped = self._kek.wrap(made.kept, _place(ref, row.backend))
        self._announce(ref)
        with self._db.begin() as session:
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
        ref = _ref(row)
        kept = self._kek.unwrap(row.wrapped, _place(ref, row.backend))
        key = self._backends.named(row.backend).open(kept, ref.algorithm)
        if key.spki != ref.spki:
            raise KeyDamaged(str(ref))
        return KeySigner(ref, key)


def _joined(purposes: Iterable[Purpose]) -> str:
    return ",".join(sorted(purposes))


def _place(ref: KeyRef, backend: str | None = None) -> str:
    """Names hold no bar, so the parts cannot run into each other."""
    where = f"|{backend}" if backend is not None else ""
    return f"hsm_key|{ref.name}|{ref.version}|{ref.algorithm}|{_joined(ref.purposes)}{where}"


def _row(session: Session, name: str, version: int | None) -> HsmKey | None:
    query = select(HsmKey).where(HsmKey.name == name)
    if version is not None:
        return session.scalars(query.where(HsmKey.version == version)).one_or_none()
    return session.scalars(query.where(HsmKey.state == State.ACTIVE).order_by(HsmKey.version.desc()).limit(1)).first()


def _ref(row: HsmKey) -> KeyRef:
    try:
        purposes = frozenset(Purpose(purpose) for purpose in row.purposes.split(","))
        return KeyRef(row.name, row.version, Algorithm(row.algorithm), purposes, row.spki)
    except ValueError as error:
        raise KeyDamaged(f"{row.name}#{row.version}") from error

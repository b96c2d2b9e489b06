"""Signatures made inside the signer for itself (自用签名): the key centre's attestations, under the same journal."""

from __future__ import annotations

from collections.abc import Iterable

from foundation.principal import SYSTEM, Principal
from hsm.digests import sha256
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.service.journal import Journal
from hsm.service.records import SIGN, Entry
from hsm.signing import Signer, ToBeSigned
from hsm.store import KeyStore


class _WitnessedSigner:
    def __init__(self, signer: Signer, journal: Journal) -> None:
        self._signer = signer
        self._journal = journal

    @property
    def ref(self) -> KeyRef:
        return self._signer.ref

    def sign(self, tbs: ToBeSigned) -> bytes:
        value = self._signer.sign(tbs)
        content, signature = sha256(tbs.data).hex(), sha256(value).hex()
        self._journal.write(
            Entry(SIGN, tbs.purpose, key=str(self.ref), intent=tbs.intent, content=content, signature=signature)
        )
        return value


class WitnessedKeys:
    """`hsm.store.KeyStore` whose signatures are in the journal before their caller has them."""

    def __init__(self, keys: KeyStore, journal: Journal) -> None:
        self._keys = keys
        self._journal = journal

    def generate(
        self, name: str, algorithm: Algorithm, purposes: Iterable[Purpose], *, principal: Principal = SYSTEM
    ) -> KeyRef:
        return self._keys.generate(name, algorithm, purposes, principal=principal)

    def ensure(
        self, name: str, algorithm: Algorithm, purposes: Iterable[Purpose], *, principal: Principal = SYSTEM
    ) -> KeyRef:
        return self._keys.ensure(name, algorithm, purposes, principal=principal)

    def renew(self, name: str, *, principal: Principal = SYSTEM) -> KeyRef:
        return self._keys.renew(name, principal=principal)

    def retire(self, name: str, version: int, *, principal: Principal = SYSTEM) -> None:
        self._keys.retire(name, version, principal=principal)

    def find(self, name: str, version: int | None = None) -> KeyRef | None:
        return self._keys.find(name, version)

    def names(self, prefix: str = "") -> list[str]:
        return self._keys.names(prefix)

    def signer(self, name: str, version: int | None = None) -> Signer:
        return _WitnessedSigner(self._keys.signer(name, version), self._journal)

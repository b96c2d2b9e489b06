"""What every room holds of the key store (密钥库接口): names, public halves and signers, never a private octet.

Two things stand behind it: `hsm.keystore.LocalKeyStore` where the keys are (the signer process, tests), and
`hsm.service.client.RemoteKeyStore` in web and worker, which asks the signer over a Unix socket. Rooms work on either.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from foundation.principal import SYSTEM, Principal
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.signing import Signer


class KeyStore(Protocol):
    """Verbs open their own transactions: never call them inside one (SQLite has a single writer)."""

    def generate(
        self, name: str, algorithm: Algorithm, purposes: Iterable[Purpose], *, principal: Principal = SYSTEM
    ) -> KeyRef:
        """A new key; `KeyExists` when the name was ever used."""
        ...

    def ensure(
        self, name: str, algorithm: Algorithm, purposes: Iterable[Purpose], *, principal: Principal = SYSTEM
    ) -> KeyRef:
        """The key of that name, made when missing. One of another algorithm or purpose is `KeyExists`, not taken."""
        ...

    def renew(self, name: str, *, principal: Principal = SYSTEM) -> KeyRef:
        """The next version with the same algorithm and purposes. The old one stays active until it is retired."""
        ...

    def retire(self, name: str, version: int, *, principal: Principal = SYSTEM) -> None:
        """That version signs no more."""
        ...

    def find(self, name: str, version: int | None = None) -> KeyRef | None:
        """The newest active version, or the given one in whatever state."""
        ...

    def names(self, prefix: str = "") -> list[str]: ...

    def signer(self, name: str, version: int | None = None) -> Signer:
        """A signer for the newest active version, or for that one while it is active."""
        ...

"""What is open after unsealing (解封后的密钥库): the key-encryption key, data keys, and what the ground is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from foundation.clock import Clock
from foundation.database import Database
from foundation.ids import Ids
from foundation.settings import Settings
from hsm import libcrypto, selftest
from hsm.escrow.custody import Custody
from hsm.kek import Kek, open_kek
from hsm.secret_store import SecretStore
from hsm.secrets import DataKeys, KeyedMac, SealedFields
from hsm.sm4 import Aead


class OpenVault(Protocol):
    """What a room may count on, wherever the keys are: in this process, or behind the signer's socket."""

    @property
    def secrets(self) -> DataKeys: ...

    @property
    def cipher(self) -> SealedFields: ...

    @property
    def mac(self) -> KeyedMac: ...


@dataclass(frozen=True)
class Vault:
    """The vault of a process that holds the key-encryption key itself."""

    kek: Kek
    secrets: SecretStore
    cipher: SealedFields
    mac: KeyedMac
    custody: Custody
    """The key centre's own key, opened at its first use."""


def unseal(settings: Settings, db: Database, clock: Clock, ids: Ids) -> Vault:
    """Raises when a self-test fails or the key-encryption key is not to be had: the process must not start then."""
    ready(settings)
    return unlock(settings, db, clock, ids, open_kek(settings, db, clock, ids))


def ready(settings: Settings) -> None:
    """The engine is chosen and passes its self-test."""
    libcrypto.configure(settings.keys.libcrypto)
    selftest.run()


def unlock(settings: Settings, db: Database, clock: Clock, ids: Ids, kek: Kek) -> Vault:
    """The vault under a key-encryption key that is known to be right; first versions of data keys are made here."""
    store = SecretStore(db, clock, ids, kek)
    fields = SealedFields(store, ids, Aead(settings.keys.field_cipher))
    vault = Vault(kek, store, fields, KeyedMac(store), Custody(settings, db, clock, ids, store))
    vault.cipher.prepare()
    vault.mac.prepare()
    return vault

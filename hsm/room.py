"""Putting the key room together (密钥服务装配), in two steps, because the audit trail needs a key before it can run.

`unseal` tests the algorithms, opens the key-encryption key and gives the field cipher and the MAC the ground is made
of; `HsmRoom.build` then adds the key store, which writes to the trail.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.clock import Clock
from foundation.database import Database
from foundation.ground import Ground
from foundation.ids import Ids
from foundation.principal import Principal
from foundation.settings import Settings
from hsm import libcrypto, selftest
from hsm.backends.registry import open_backends
from hsm.escrow.custody import Custody
from hsm.escrow.shapes import Escrow
from hsm.escrow.store import LocalEscrow
from hsm.kek import Kek, open_kek
from hsm.keys import Algorithm, Purpose
from hsm.keystore import LocalKeyStore
from hsm.notes import NoteSigner
from hsm.secret_store import SecretStore
from hsm.secrets import FIELD, KeyedMac, SealedFields
from hsm.sm4 import Aead
from hsm.store import KeyStore

CHECKPOINT_KEY = "audit/checkpoint"


@dataclass(frozen=True)
class Vault:
    """What is open after unsealing. `cipher` and `mac` go into the ground."""

    kek: Kek
    secrets: SecretStore
    cipher: SealedFields
    mac: KeyedMac
    custody: Custody
    """The key centre's own key, opened at its first use."""


def unseal(settings: Settings, db: Database, clock: Clock, ids: Ids) -> Vault:
    """Raises when a self-test fails or the key-encryption key is not to be had: the process must not start then."""
    libcrypto.configure(settings.keys.libcrypto)
    selftest.run()
    kek = open_kek(settings, db, clock, ids)
    store = SecretStore(db, clock, ids, kek)
    fields = SealedFields(store, ids, Aead(settings.keys.field_cipher))
    return Vault(kek, store, fields, KeyedMac(store), Custody(settings, db, clock, ids, store))


@dataclass(frozen=True)
class HsmRoom:
    ground: Ground
    vault: Vault
    keys: KeyStore
    escrow: Escrow

    @classmethod
    def build(cls, ground: Ground, vault: Vault) -> HsmRoom:
        backends = open_backends(ground.settings.keys, ground.ids)
        keys = LocalKeyStore(ground.db, ground.clock, ground.ids, ground.audit, vault.kek, backends)
        escrow = LocalEscrow(ground.db, ground.clock, ground.ids, ground.audit, vault.custody, keys)
        return cls(ground, vault, keys, escrow)

    def checkpoint_signer(self) -> NoteSigner:
        """The signer of audit checkpoints, its key made at first use."""
        self.keys.ensure(CHECKPOINT_KEY, Algorithm.SM2, {Purpose.CHECKPOINT})
        return NoteSigner(self.keys.signer(CHECKPOINT_KEY), self.ground.settings.web.public_url)

    def rotate_field_key(self, principal: Principal) -> int:
        """A new key for personal data written from now on; returns its version. Old values still open."""
        return self.vault.secrets.rotate(FIELD, principal, self.ground.audit).version

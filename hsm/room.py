"""Putting the key room together (密钥服务装配), in two steps, because the audit trail needs a key before it can run.

`unseal` tests the algorithms, opens the key-encryption key and gives the field cipher and the MAC the ground is made
of; `HsmRoom.build` then adds the key store, which writes to the trail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from foundation.ground import Ground
from foundation.principal import Principal
from hsm.backends.registry import open_backends
from hsm.delivery.keys import LocalOneTimeKeys, OneTimeKeys
from hsm.escrow.shapes import Escrow
from hsm.escrow.store import LocalEscrow
from hsm.keys import Algorithm, KeyRef, Purpose
from hsm.keystore import LocalKeyStore
from hsm.life.keeper import Executes, Keeper
from hsm.notes import NoteSigner
from hsm.secrets import FIELD
from hsm.store import KeyStore
from hsm.vault import OpenVault, Vault, unseal

__all__ = ["CHECKPOINT_KEY", "HsmRoom", "Vault", "unseal"]

CHECKPOINT_KEY = "audit/checkpoint"


@dataclass(frozen=True)
class HsmRoom:
    ground: Ground
    vault: OpenVault
    keys: KeyStore
    escrow: Escrow
    keeper: Executes
    """Executes approved key operations, wherever the private halves are."""
    one_time: OneTimeKeys
    """Keys made to be handed over in a file."""

    @classmethod
    def build(
        cls,
        ground: Ground,
        vault: Vault,
        *,
        announce: Callable[[KeyRef], object] = lambda _: None,
        witness: Callable[[KeyStore], KeyStore] = lambda keys: keys,
    ) -> HsmRoom:
        """The room with the keys in this process. The signer is told of new keys, and witnesses the escrow's own."""
        backends = open_backends(ground.settings.keys, ground.ids)
        keys = LocalKeyStore(
            ground.db,
            ground.clock,
            ground.ids,
            ground.audit,
            vault.kek,
            backends,
            dual_control=ground.settings.dual_control,
            announce=announce,
        )
        escrow = LocalEscrow(ground.db, ground.clock, ground.ids, ground.audit, vault.custody, witness(keys))
        one_time = LocalOneTimeKeys(ground.clock, ground.ids)
        return cls(ground, vault, keys, escrow, Keeper(ground, vault.kek, backends, keys), one_time)

    @property
    def keeper_here(self) -> Keeper:
        """The keeper of a process that holds the keys: the signer, an offline home."""
        if not isinstance(self.keeper, Keeper):
            raise TypeError("the keys are in another process")
        return self.keeper

    def checkpoint_signer(self) -> NoteSigner:
        """The signer of audit checkpoints, its key made at first use."""
        self.keys.ensure(CHECKPOINT_KEY, Algorithm.SM2, {Purpose.CHECKPOINT})
        return NoteSigner(self.keys.signer(CHECKPOINT_KEY), self.ground.settings.web.public_url)

    def rotate_field_key(self, principal: Principal) -> int:
        """A new key for personal data written from now on; returns its version. Old values still open."""
        return self.vault.secrets.rotate(FIELD, principal, self.ground.audit).version

"""Fixtures of the key room: the real ground on the real vault, no stand-ins."""

from __future__ import annotations

import dataclasses

import pytest

from foundation.audit.trail import Audit
from foundation.ground import Ground
from hsm.room import HsmRoom, Vault, unseal
from hsm.sm2 import Sm2PrivateKey


@pytest.fixture
def vault(ground: Ground) -> Vault:
    return unseal(ground.settings, ground.db, ground.clock, ground.ids)


@pytest.fixture
def room(ground: Ground, vault: Vault) -> HsmRoom:
    audit = Audit(vault.mac, ground.clock, ground.ids)
    return HsmRoom.build(dataclasses.replace(ground, cipher=vault.cipher, mac=vault.mac, audit=audit), vault)


@pytest.fixture(scope="session")
def sm2_key() -> Sm2PrivateKey:
    return Sm2PrivateKey.generate()

"""Fixtures of the key room: the real ground on the real vault, no stand-ins."""

from __future__ import annotations

import pytest

from foundation.ground import Ground
from hsm.room import HsmRoom, Vault
from hsm.sm2 import Sm2PrivateKey


@pytest.fixture
def room(ground: Ground, vault: Vault) -> HsmRoom:
    return HsmRoom.build(ground, vault)


@pytest.fixture(scope="session")
def sm2_key() -> Sm2PrivateKey:
    return Sm2PrivateKey.generate()

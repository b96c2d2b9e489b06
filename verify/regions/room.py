"""The regions' services (区域互认服务): ground, keys for our own list, and the CA whose roots that list names."""

from __future__ import annotations

from dataclasses import dataclass

from ca.room import CaRoom
from foundation.ground import Ground
from hsm.store import KeyStore


@dataclass(frozen=True)
class RegionsRoom:
    ground: Ground
    keys: KeyStore
    ca: CaRoom

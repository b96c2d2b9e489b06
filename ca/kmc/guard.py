"""No encryption certificate without an escrowed key (加密证书必须有托管密钥): asked before each is recorded."""

from __future__ import annotations

from ca.kmc.errors import CentreAbsent
from ca.profiles import Profile
from ca.room import CaRoom
from hsm.escrow.shapes import Escrow


def escrow_of(room: CaRoom) -> Escrow:
    if room.escrow is None:
        raise CentreAbsent
    return room.escrow


def require_escrowed(room: CaRoom, profile: Profile, spki: bytes) -> None:
    """Whatever way led here. The escrow opens the key once, so a damaged row is found before it is certified."""
    if profile.encrypts:
        escrow_of(room).holds(spki)

"""A key that stays in its device (设备内密钥): hashes here what the device wants hashed, gives out what others read.

For SM2 the digest is e = SM3(Z‖M) when the device leaves Z to us (`ZSide.CALLER`); else it gets the message.
"""

from __future__ import annotations

from typing import Protocol

from hsm.backends.backend import Use, ZSide
from hsm.backends.errors import DeviceKeyMissing
from hsm.digests import sha256
from hsm.keys import Algorithm
from hsm.sm2 import DEFAULT_SM2_ID, message_digest


class Device(Protocol):
    """What a device driver does for its keys."""

    @property
    def name(self) -> str: ...

    @property
    def z_side(self) -> ZSide: ...

    def sign_octets(self, key: DeviceKey, octets: bytes) -> bytes:
        """`octets` is the digest, or the message where Z is computed inside."""
        ...


class DeviceKey:
    """Has no octets of a private key, only the way to it. Safe to share between threads."""

    __slots__ = ("_device", "algorithm", "reference", "spki", "use")

    def __init__(self, device: Device, reference: str, use: Use, algorithm: Algorithm, spki: bytes) -> None:
        self._device = device
        self.reference = reference
        self.use = use
        self.algorithm = algorithm
        self.spki = spki

    def __repr__(self) -> str:
        return f"DeviceKey({self._device.name}, {self.reference}, {self.algorithm})"

    def sign(self, message: bytes) -> bytes:
        if self.use is not Use.SIGNING:
            raise ValueError("a key for decryption does not sign")
        return self._device.sign_octets(self, self._hashed(message))

    def _hashed(self, message: bytes) -> bytes:
        if self.algorithm is not Algorithm.SM2:
            return sha256(message)
        if self._device.z_side is ZSide.BACKEND:
            return message
        return message_digest(self.spki, message, sm2_id=DEFAULT_SM2_ID)


def write_kept(reference: str, use: Use, spki: bytes) -> bytes:
    """What the key store wraps for a key in a device: where it is and which public half belongs to it."""
    return f"{use}\n{reference}\n".encode() + spki


def read_kept(device: str, kept: bytes) -> tuple[str, Use, bytes]:
    """`DeviceKeyMissing` for octets of another kind: an imported software key, a record of another device."""
    try:
        use, reference, spki = kept.split(b"\n", 2)
        return reference.decode("ascii"), Use(use.decode("ascii")), spki
    except ValueError as error:
        raise DeviceKeyMissing(device, "?") from error

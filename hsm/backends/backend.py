"""What every key back end can do (密钥后端接口), and which side computes the Z of SM2 (GB/T 32918.2 5.5).

The key store sees `Backend`. A device signs octets by a reference; `DeviceKey` makes of that a key like any other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hsm.keys import Algorithm

MOST_RANDOM = 4096


class ZSide(StrEnum):
    """Who hashes Z and the message into e = SM3(Z‖M), the digest an SM2 signature is made over."""

    CALLER = "caller"
    """We do; the back end signs a ready digest of 32 octets (`SDF_InternalSign_ECC`, most PKCS#11 vendors)."""
    BACKEND = "backend"
    """The back end does; it gets the message and must use the signer ID 1234567812345678."""


class Use(StrEnum):
    """A key pair signs or decrypts, never both (GM/T 0054 专钥专用; 签名密钥对与加密密钥对)."""

    SIGNING = "signing"
    DECRYPTION = "decryption"


class Erased(StrEnum):
    """How far `destroy` could go."""

    GONE = "gone"
    BY_OPERATOR = "by-operator"
    """SDF has no call for it: forgotten here, to be erased with the vendor's own tool."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new key pair."""

    kept: bytes
    """What finds the key again, for the key store to wrap under the KEK. In software this is the key itself."""
    reference: str | None
    """The key's place in the device, unique there; None in software."""
    spki: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A private key seen in a device."""

    reference: str
    label: str
    algorithm: Algorithm | None
    """None: of a kind we do not use."""


@dataclass(frozen=True, slots=True)
class Status:
    maker: str
    model: str
    serial: str
    version: str


class OpenKey(Protocol):
    """A key ready for use. Safe to share between threads."""

    @property
    def spki(self) -> bytes: ...


class SignsMessages(Protocol):
    """Any key but SM2 in software, which also wants the signer ID."""

    def sign(self, message: bytes) -> bytes: ...


class Backend(Protocol):
    """Errors are those of `hsm.backends.errors`; calls may be made from any thread and after a fork."""

    @property
    def name(self) -> str: ...

    @property
    def z_side(self) -> ZSide: ...

    @property
    def holds_keys(self) -> bool:
        """Private keys stay inside and `inventory` lists them. False: `Made.kept` is the key."""
        ...

    @property
    def algorithms(self) -> frozenset[Algorithm]:
        """What it signs with."""
        ...

    @property
    def deciphers(self) -> frozenset[Algorithm]:
        """What it decrypts with: often nothing."""
        ...

    def generate(
        self, label: str, algorithm: Algorithm, *, use: Use = Use.SIGNING, taken: Collection[str] = ()
    ) -> Made:
        """A new pair. `taken` are references already given away: SDF assigns ready keys instead of making them."""
        ...

    def open(self, kept: bytes, algorithm: Algorithm) -> OpenKey:
        """`DeviceKeyMissing` when the device does not have it (any more)."""
        ...

    def sign(self, key: OpenKey, message: bytes) -> bytes:
        """SM2 and P-256: DER SEQUENCE { r, s }; RSA: PKCS#1 v1.5 with SHA-256."""
        ...

    def decrypt(self, key: OpenKey, sealed: bytes) -> bytes:
        """SM2Cipher in DER (GM/T 0009 7.2) → the text; `BadCiphertext` whatever is wrong with it."""
        ...

    def destroy(self, kept: bytes) -> Erased:
        """Fine, too, when it is gone already."""
        ...

    def inventory(self) -> list[Found]: ...

    def status(self) -> Status: ...

    def random(self, octets: int) -> bytes: ...

    def close(self) -> None:
        """Let go of sessions; the next call opens them again."""
        ...

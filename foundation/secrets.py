"""What the ground needs of the key room (密钥服务接口), stated here so that `foundation` imports nobody.

`hsm` implements all three over its wrapped data keys; `server` plugs them in.
"""

from __future__ import annotations

from typing import Protocol


class FieldCipher(Protocol):
    """Personal data at rest: authenticated encryption bound to its place, and a keyed look-up index."""

    def encrypt(self, table: str, column: str, row: object, value: str) -> str:
        """`v1.<key version>.<nonce>.<ciphertext>`; AAD is table|column|row|key version."""
        ...

    def decrypt(self, table: str, column: str, row: object, sealed: str) -> str:
        """Raises `Damaged` when the value was altered or moved to another row or column."""
        ...

    def blind(self, table: str, column: str, value: str) -> str:
        """Keyed index of the *normalised* value (trimmed, half-width, upper case); 32 hex characters."""
        ...


class Mac(Protocol):
    def mac(self, purpose: str, message: bytes) -> bytes:
        """32 octets, keyed; the key is never in the database."""
        ...


class CheckpointSigner(Protocol):
    """Signs the note of a checkpoint (C2SP signed-note)."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes:
        """Four octets that tell keys of one name apart."""
        ...

    def sign(self, note: bytes) -> bytes: ...

    def verify(self, note: bytes, signature: bytes) -> None:
        """Raises on a bad signature."""
        ...

"""SM2 ciphertexts (SM2 密文) in every order the field uses: SM2Cipher of GM/T 0009, bare C1C3C2, and the old C1C2C3.

Bare forms come with the octet 04, without it (CFCA kits), or with a compressed C1. Which one a ciphertext has cannot
always be told by looking, so every reading whose C1 lies on the curve is tried; C3 decides (facts: standards 1.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from foundation import der
from foundation.der import DerError, Node
from hsm import sm2_cipher
from hsm.errors import BadCiphertext
from hsm.sm2 import Sm2PrivateKey
from hsm.sm2_cipher import FIELD

_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_CHECK_OCTETS = 32


class Order(StrEnum):
    C1C3C2 = "c1c3c2"
    """GB/T 32918.4 of 2016 and everything since."""
    C1C2C3 = "c1c2c3"
    """The draft of 2010: old middleware, CFCA kits before 3.2."""


@dataclass(frozen=True, slots=True)
class Sm2Cipher:
    x: int
    y: int
    check: bytes
    """C3, an SM3 digest."""
    masked: bytes
    """C2, as long as the text."""

    def der(self) -> bytes:
        """GM/T 0009 7.2."""
        return der.sequence(
            der.integer(self.x), der.integer(self.y), der.octet_string(self.check), der.octet_string(self.masked)
        )

    def raw(self, order: Order = Order.C1C3C2, *, prefix: bool = True) -> bytes:
        point = (b"\x04" if prefix else b"") + self.x.to_bytes(32, "big") + self.y.to_bytes(32, "big")
        tail = self.check + self.masked if order is Order.C1C3C2 else self.masked + self.check
        return point + tail


def cipher_of(node: Node) -> Sm2Cipher:
    """Raises `DerError`."""
    parts = node.expect(der.SEQUENCE).children(most=4)
    if len(parts) != 4:
        raise DerError("an SM2 ciphertext has four parts")
    x, y = parts[0].as_integer(), parts[1].as_integer()
    check, masked = parts[2].as_octets(), parts[3].as_octets()
    if not (0 <= x < FIELD and 0 <= y < FIELD) or len(check) != _CHECK_OCTETS or not masked:
        raise DerError("SM2 ciphertext out of range")
    return Sm2Cipher(x, y, check, masked)


def read_cipher(octets: bytes) -> Sm2Cipher:
    """The ASN.1 form only. Raises `DerError`."""
    return cipher_of(der.parse(octets))


def readings(octets: bytes, order: Order | None = None) -> Iterator[Sm2Cipher]:
    """What `octets` may be: the ASN.1 form, or C1 on the curve followed by the rest in either order."""
    if octets[:1] == b"\x30":
        try:
            yield read_cipher(octets)
        except DerError:
            pass  # a bare C1 may begin with 0x30 too
        else:
            return
    for x, y, rest in _points(octets):
        if len(rest) <= _CHECK_OCTETS:
            continue
        if order is not Order.C1C2C3:
            yield Sm2Cipher(x, y, rest[:_CHECK_OCTETS], rest[_CHECK_OCTETS:])
        if order is not Order.C1C3C2:
            yield Sm2Cipher(x, y, rest[-_CHECK_OCTETS:], rest[:-_CHECK_OCTETS])


def decrypt_any(key: Sm2PrivateKey, octets: bytes, order: Order | None = None) -> bytes:
    """The text, whatever the form. One error for every cause."""
    for reading in readings(octets, order):
        try:
            return sm2_cipher.decrypt(key, reading.der())
        except BadCiphertext:
            continue
    raise BadCiphertext


def _points(octets: bytes) -> Iterator[tuple[int, int, bytes]]:
    if octets[:1] == b"\x04":
        yield from _uncompressed(octets[1:65], octets[65:])
    if octets[:1] in (b"\x02", b"\x03"):
        yield from _compressed(octets[:33], octets[33:])
    yield from _uncompressed(octets[:64], octets[64:])


def _uncompressed(point: bytes, rest: bytes) -> Iterator[tuple[int, int, bytes]]:
    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    if len(point) == 64 and x < FIELD and y < FIELD and y * y % FIELD == _right_side(x):
        yield x, y, rest


def _compressed(point: bytes, rest: bytes) -> Iterator[tuple[int, int, bytes]]:
    x = int.from_bytes(point[1:], "big")
    if len(point) != 33 or x >= FIELD:
        return
    y = pow(_right_side(x), (FIELD + 1) // 4, FIELD)  # the field's prime is 3 modulo 4
    if y * y % FIELD == _right_side(x):
        yield x, y if y & 1 == point[0] & 1 else FIELD - y, rest


def _right_side(x: int) -> int:
    return (x * x * x - 3 * x + _B) % FIELD

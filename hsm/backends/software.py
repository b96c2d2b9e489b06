"""Keys in software (软件密钥): PKCS#8 that the key store wraps under the key-encryption key. libcrypto computes Z.

The default of a small site and of every test; a province keeps its CA keys in a device.
"""

from __future__ import annotations

from collections.abc import Collection

from foundation.ids import Ids
from hsm import private_keys, sm2_cipher
from hsm.backends.backend import MOST_RANDOM, Erased, Found, Made, OpenKey, Status, Use, ZSide
from hsm.keys import Algorithm
from hsm.libcrypto import engine
from hsm.private_keys import PrivateKey
from hsm.sm2 import Sm2PrivateKey

SOFTWARE = "software"


class SoftwareBackend:
    name = SOFTWARE
    z_side = ZSide.BACKEND
    holds_keys = False
    algorithms = frozenset(Algorithm)
    deciphers = frozenset({Algorithm.SM2})

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def generate(
        self, label: str, algorithm: Algorithm, *, use: Use = Use.SIGNING, taken: Collection[str] = ()
    ) -> Made:
        del label, use, taken  # nothing but the octets: what they may be used for is bound where they are wrapped
        key = private_keys.generate(algorithm)
        return Made(key.pkcs8(), None, key.spki)

    def open(self, kept: bytes, algorithm: Algorithm) -> PrivateKey:
        return private_keys.load(algorithm, kept)

    def sign(self, key: OpenKey, message: bytes) -> bytes:
        return private_keys.sign(key, message)

    def decrypt(self, key: OpenKey, sealed: bytes) -> bytes:
        if not isinstance(key, Sm2PrivateKey):
            raise TypeError("only SM2 keys decrypt")
        return sm2_cipher.decrypt(key, sealed)

    def destroy(self, kept: bytes) -> Erased:
        del kept
        return Erased.GONE  # it exists nowhere but where the caller keeps it

    def inventory(self) -> list[Found]:
        return []

    def status(self) -> Status:
        return Status("OpenSSL", "libcrypto", "-", engine().version)

    def random(self, octets: int) -> bytes:
        if not 0 < octets <= MOST_RANDOM:
            raise ValueError(f"1 to {MOST_RANDOM} octets at a time")
        return self._ids.random(octets)

    def close(self) -> None:
        """Nothing is held open."""

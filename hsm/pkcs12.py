"""Keys delivered as files (软证书, PKCS#12, RFC 7292): made, packed with their certificate, and forgotten.

For holders without a token: PBES2 with SM4-CBC and HMAC-SM3 for SM2, AES-256-CBC and HMAC-SHA256 otherwise. Our own
writer, because `cryptography` holds no SM2 keys and fixes the rounds of the MAC at 2,048, which a guesser would choose
to attack. The private key never leaves this module in clear and is stored nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from foundation import der
from foundation.errors import InvalidInput
from foundation.ids import Ids
from foundation.text import Text
from hsm import oids, private_keys
from hsm.digests import Digest, sm3
from hsm.keys import Algorithm
from hsm.private_keys import PrivateKey
from hsm.sm2 import Sm2PrivateKey

ROUNDS = 100_000
"""Of every derivation, also of the MAC: a guesser takes the cheapest of them."""
SHORTEST, LONGEST = 10, 64
_SALT = 16
_BLOCK = 64
_DATA, _ENCRYPTED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_BAGS = "1.2.840.113549.1.12.10.1"
_SHROUDED_KEY, _CERTIFICATE = f"{_BAGS}.2", f"{_BAGS}.3"
_X509 = "1.2.840.113549.1.9.22.1"
_FRIENDLY_NAME, _LOCAL_KEY = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21"
_PBES2, _PBKDF2, _HMAC_SHA256 = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.2.840.113549.2.9"
_BMP_STRING = 0x1E
_MAC_KEY = 3
"""Purpose octet of the derivation (RFC 7292 B.3)."""


def check_password(password: str) -> None:
    """Printable ASCII only: key-store software encodes anything else in ways of its own."""
    if not SHORTEST <= len(password) <= LONGEST or not (password.isascii() and password.isprintable()):
        raise InvalidInput(
            "hsm.pkcs12_password",
            Text(
                f"证书文件口令须为 {SHORTEST} 至 {LONGEST} 个英文字母、数字或符号。",
                f"The password of the file must be {SHORTEST} to {LONGEST} printable ASCII characters.",
            ),
        )


class OneTimeKey:
    """A new key for one delivery: tells its public half, packs itself once, and is gone."""

    __slots__ = ("_key", "algorithm", "spki")

    def __init__(self, algorithm: Algorithm) -> None:
        self.algorithm = algorithm
        self._key: PrivateKey | None = private_keys.generate(algorithm)
        self.spki = self._key.spki

    def __repr__(self) -> str:
        return f"OneTimeKey({self.algorithm})"

    def pack(
        self, certificate: bytes, chain: Sequence[bytes], password: str, *, name: str, ids: Ids, rounds: int = ROUNDS
    ) -> bytes:
        """The PKCS#12 file. `name` is shown by key stores; it should not name a person."""
        check_password(password)
        key, self._key = self._key, None
        if key is None:
            raise RuntimeError("this key was packed and forgotten")
        ciphers = _SM if isinstance(key, Sm2PrivateKey) else _USUAL
        return _Writer(password, ids, rounds, ciphers).file(key.pkcs8(), certificate, chain, name)


@dataclass(frozen=True, slots=True)
class _Ciphers:
    """What seals the bags, and what the MAC over them is made with."""

    oid: str
    algorithm: type[algorithms.SM4 | algorithms.AES256]
    key_octets: int
    digest: Digest


_SM = _Ciphers(oids.SM4_CBC, algorithms.SM4, 16, Digest.SM3)
_USUAL = _Ciphers(oids.AES256_CBC, algorithms.AES256, 32, Digest.SHA256)


class _Writer:
    """DER of a PFX (RFC 7292 4). PRF is HMAC-SHA256, the only one besides SHA-1 every reader of SM4 files knows."""

    def __init__(self, password: str, ids: Ids, rounds: int, ciphers: _Ciphers) -> None:
        self._password = password
        self._ids = ids
        self._rounds = rounds
        self._ciphers = ciphers

    def file(self, pkcs8: bytes, certificate: bytes, chain: Sequence[bytes], name: str) -> bytes:
        own = sm3(certificate)[:20]
        marks = der.set_of(
            (
                _attribute(_FRIENDLY_NAME, der.tlv(_BMP_STRING, name.encode("utf-16-be"))),
                _attribute(_LOCAL_KEY, der.octet_string(own)),
            )
        )
        certificates = der.sequence(_certificate_bag(certificate, marks), *(_certificate_bag(one) for one in chain))
        algorithm, sealed = self._sealed(pkcs8)
        shrouded = der.sequence(algorithm, der.octet_string(sealed))
        keys = der.sequence(der.sequence(der.oid(_SHROUDED_KEY), der.explicit(0, shrouded), marks))
        safe = der.sequence(self._encrypted(certificates), _data(keys))
        return der.sequence(der.integer(3), _data(safe), self._mac(safe))

    def _encrypted(self, content: bytes) -> bytes:
        """EncryptedData (RFC 5652 8) over safe contents."""
        algorithm, sealed = self._sealed(content)
        info = der.sequence(der.oid(_DATA), algorithm, der.implicit(0, der.octet_string(sealed)))
        return der.sequence(der.oid(_ENCRYPTED), der.explicit(0, der.sequence(der.integer(0), info)))

    def _sealed(self, content: bytes) -> tuple[bytes, bytes]:
        """PBES2 (RFC 8018 6.2): its AlgorithmIdentifier and the ciphertext."""
        salt, iv, size = self._ids.random(_SALT), self._ids.random(16), self._ciphers.key_octets
        key = PBKDF2HMAC(hashes.SHA256(), size, salt, self._rounds).derive(self._password.encode())
        padder = padding.PKCS7(128).padder()
        running = Cipher(self._ciphers.algorithm(key), modes.CBC(iv)).encryptor()
        sealed = running.update(padder.update(content) + padder.finalize()) + running.finalize()
        derivation = der.sequence(
            der.octet_string(salt),
            der.integer(self._rounds),
            der.integer(size),
            der.sequence(der.oid(_HMAC_SHA256), der.null()),
        )
        cipher = der.sequence(der.oid(self._ciphers.oid), der.octet_string(iv))
        parameters = der.sequence(der.sequence(der.oid(_PBKDF2), derivation), cipher)
        return der.sequence(der.oid(_PBES2), parameters), sealed

    def _mac(self, safe: bytes) -> bytes:
        salt, digest_of = self._ids.random(_SALT), self._ciphers.digest
        running = HMAC(_mac_key(self._password, salt, self._rounds, digest_of), digest_of.primitive())
        running.update(safe)
        algorithm = der.sequence(der.oid(digest_of.oid), der.null())
        digest = der.sequence(algorithm, der.octet_string(running.finalize()))
        return der.sequence(digest, der.octet_string(salt), der.integer(self._rounds))


def _mac_key(password: str, salt: bytes, rounds: int, digest: Digest) -> bytes:
    """RFC 7292 B.2 for one block of output, which is all a MAC key of 32 octets needs."""
    secret = password.encode("utf-16-be") + b"\0\0"
    value = bytes((_MAC_KEY,)) * _BLOCK + _filled(salt) + _filled(secret)
    for _ in range(rounds):
        value = digest.of(value)
    return value


def _filled(octets: bytes) -> bytes:
    """Repeated to a whole number of blocks."""
    size = -(-len(octets) // _BLOCK) * _BLOCK
    return (octets * (size // len(octets) + 1))[:size]


def _certificate_bag(octets: bytes, marks: bytes = b"") -> bytes:
    bag = der.sequence(der.oid(_X509), der.explicit(0, der.octet_string(octets)))
    return der.sequence(der.oid(_CERTIFICATE), der.explicit(0, bag), marks)


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of((value,)))


def _data(content: bytes) -> bytes:
    return der.sequence(der.oid(_DATA), der.explicit(0, der.octet_string(content)))

"""Keys delivered as files (软证书, PKCS#12, RFC 7292): made, packed with their certificate, and forgotten.

For holders without a token. RSA and P-256 by `cryptography` (AES-256-CBC); SM2, which it cannot hold, by our own writer
(SM4-CBC under PBES2, HMAC-SM3). The private key never leaves this module in clear and is stored nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import PrivateFormat, load_der_private_key, pkcs12

from foundation import der
from foundation.errors import InvalidInput
from foundation.ids import Ids
from foundation.text import Text
from hsm import oids, private_keys
from hsm.digests import sm3
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
        if isinstance(key, Sm2PrivateKey):
            return _Writer(password, ids, rounds).file(key.pkcs8(), certificate, chain, name)
        return _by_library(key, certificate, chain, password, name, rounds)


def _by_library(
    key: PrivateKey, certificate: bytes, chain: Sequence[bytes], password: str, name: str, rounds: int
) -> bytes:
    held = load_der_private_key(key.pkcs8(), password=None)
    if not isinstance(held, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("the library packs RSA and EC keys only")
    sealing = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(rounds)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(password.encode())
    )
    return pkcs12.serialize_key_and_certificates(
        name.encode(),
        held,
        x509.load_der_x509_certificate(certificate),
        [x509.load_der_x509_certificate(one) for one in chain],
        sealing,
    )


class _Writer:
    """DER of a PFX (RFC 7292 4). PRF is HMAC-SHA256, the only one besides SHA-1 every reader of SM4 files knows."""

    def __init__(self, password: str, ids: Ids, rounds: int) -> None:
        self._password = password
        self._ids = ids
        self._rounds = rounds

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
        """PBES2 (RFC 8018 6.2) with SM4-CBC: its AlgorithmIdentifier and the ciphertext."""
        salt, iv = self._ids.random(_SALT), self._ids.random(16)
        key = PBKDF2HMAC(hashes.SHA256(), 16, salt, self._rounds).derive(self._password.encode())
        padder = padding.PKCS7(128).padder()
        running = Cipher(algorithms.SM4(key), modes.CBC(iv)).encryptor()
        sealed = running.update(padder.update(content) + padder.finalize()) + running.finalize()
        derivation = der.sequence(
            der.octet_string(salt),
            der.integer(self._rounds),
            der.integer(16),
            der.sequence(der.oid(_HMAC_SHA256), der.null()),
        )
        cipher = der.sequence(der.oid(oids.SM4_CBC), der.octet_string(iv))
        parameters = der.sequence(der.sequence(der.oid(_PBKDF2), derivation), cipher)
        return der.sequence(der.oid(_PBES2), parameters), sealed

    def _mac(self, safe: bytes) -> bytes:
        salt = self._ids.random(_SALT)
        running = HMAC(_mac_key(self._password, salt, self._rounds), hashes.SM3())
        running.update(safe)
        algorithm = der.sequence(der.oid(oids.SM3), der.null())
        digest = der.sequence(algorithm, der.octet_string(running.finalize()))
        return der.sequence(digest, der.octet_string(salt), der.integer(self._rounds))


def _mac_key(password: str, salt: bytes, rounds: int) -> bytes:
    """RFC 7292 B.2 over SM3, for one block of output, which is all a MAC key of 32 octets needs."""
    secret = password.encode("utf-16-be") + b"\0\0"
    value = bytes((_MAC_KEY,)) * _BLOCK + _filled(salt) + _filled(secret)
    for _ in range(rounds):
        value = sm3(value)
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

"""For whom a file is sealed (加密对象): who knows a passphrase, any three of five share holders, or a key's holder."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_private_key

from foundation.errors import InvalidInput
from foundation.ids import Ids
from foundation.text import Text
from hsm import sm2_cipher
from hsm.digests import sha256
from hsm.errors import BadCiphertext
from hsm.public_keys import public_key
from hsm.shares import ALL, NEED, Collected, split
from hsm.sm2 import Sm2PrivateKey, Sm2PublicKey

KEY_OCTETS = 32
LEAST_PASSPHRASE = 12
_TIME_COST, _MEMORY_KIB, _LANES = 3, 64 * 1024, 4  # as for the KEK: RFC 9106 4, second recommended option
_MOST_MEMORY_KIB, _MOST_TIME = 1 << 20, 16
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
SealedTo = Mapping[str, str | int]


class BadSecret(InvalidInput):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__("hsm.sealed_file_secret", Text(zh, en))


class Recipient(Protocol):
    def seal(self, key: bytes, ids: Ids) -> SealedTo: ...


class Opens(Protocol):
    def open(self, sealed_to: SealedTo) -> bytes:
        """The key of the file, 32 octets."""
        ...


@dataclass(slots=True)
class Remembering:
    """Seals for `recipient` and opens what it sealed, so that a file can be read back by whoever just wrote it."""

    recipient: Recipient
    _key: bytes = field(default=b"", repr=False)

    def seal(self, key: bytes, ids: Ids) -> SealedTo:
        self._key = key
        return self.recipient.seal(key, ids)

    def open(self, sealed_to: SealedTo) -> bytes:
        del sealed_to
        return self._key


@dataclass(frozen=True, slots=True)
class ToPassphrase:
    passphrase: str = field(repr=False)

    def seal(self, key: bytes, ids: Ids) -> SealedTo:
        if len(self.passphrase) < LEAST_PASSPHRASE:
            raise BadSecret(
                f"口令至少 {LEAST_PASSPHRASE} 个字符。",
                f"The passphrase needs at least {LEAST_PASSPHRASE} characters.",
            )
        salt, nonce = ids.random(16), ids.random(12)
        head: dict[str, str | int] = {
            "how": "passphrase",
            "salt": _text(salt),
            "time_cost": _TIME_COST,
            "memory_kib": _MEMORY_KIB,
            "lanes": _LANES,
        }
        return {**head, "wrapped": _text(nonce + AESGCM(_derived(self.passphrase, head)).encrypt(nonce, key, b""))}


@dataclass(slots=True)
class ToShares:
    """After sealing, `shares` holds five lists of 33 words to be handed to five people and forgotten."""

    shares: list[str] = field(default_factory=list, repr=False)

    def seal(self, key: bytes, ids: Ids) -> SealedTo:
        inner, nonce = ids.random(KEY_OCTETS), ids.random(12)
        self.shares = split(inner)
        wrapped = nonce + AESGCM(inner).encrypt(nonce, key, b"")
        return {"how": "shares", "need": NEED, "all": ALL, "wrapped": _text(wrapped)}


@dataclass(frozen=True, slots=True)
class ToKey:
    """A transport public key: SM2, or RSA with OAEP. The holder of the private half opens it elsewhere."""

    spki: bytes

    def seal(self, key: bytes, ids: Ids) -> SealedTo:
        del ids
        match public_key(self.spki):
            case Sm2PublicKey() as sm2:
                wrapped = sm2_cipher.encrypt(sm2, key)
            case rsa.RSAPublicKey() as other:
                wrapped = other.encrypt(key, _OAEP)
            case _:
                raise BadSecret("传输公钥须为 SM2 或 RSA。", "A transport key is SM2 or RSA.")
        return {"how": "key", "spki_sha256": sha256(self.spki).hex(), "wrapped": _text(wrapped)}


@dataclass(frozen=True, slots=True)
class Secret:
    """What the person at the console has: one of the three."""

    passphrase: str | None = field(default=None, repr=False)
    shares: Sequence[str] = field(default=(), repr=False)
    private_key: bytes | None = field(default=None, repr=False)
    """PKCS#8, DER, of the transport key."""

    def open(self, sealed_to: SealedTo) -> bytes:
        """The key of the file. A wrong secret is told only where its own check tells it."""
        try:
            wrapped = base64.b64decode(str(sealed_to["wrapped"]), validate=True)
            match sealed_to["how"]:
                case "passphrase":
                    return _unwrapped(_derived(self.passphrase or "", sealed_to), wrapped)
                case "shares":
                    return _unwrapped(self._joined(), wrapped)
                case "key":
                    return self._deciphered(wrapped)
        except (KeyError, ValueError, BadCiphertext) as error:
            raise _wrong() from error
        raise _wrong()

    def _joined(self) -> bytes:
        collected = Collected()
        for words in self.shares:
            if key := collected.add(words):
                return key
        raise BadSecret(f"分量不足，需要 {NEED} 份。", f"Not enough shares; {NEED} are needed.")

    def _deciphered(self, wrapped: bytes) -> bytes:
        if self.private_key is None:
            raise _wrong()
        if b"\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d" in self.private_key[:64]:  # the OID of the SM2 curve
            return sm2_cipher.decrypt(Sm2PrivateKey.load(self.private_key), wrapped)
        key = load_der_private_key(self.private_key, password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise _wrong()
        return key.decrypt(wrapped, _OAEP)


def _derived(passphrase: str, head: SealedTo) -> bytes:
    salt = base64.b64decode(str(head["salt"]), validate=True)
    time_cost, memory, lanes = int(head["time_cost"]), int(head["memory_kib"]), int(head["lanes"])
    if not (1 <= time_cost <= _MOST_TIME and 8 * lanes <= memory <= _MOST_MEMORY_KIB and 1 <= lanes <= 16):
        raise ValueError("a foreign head must not choose how much memory we spend")
    return hash_secret_raw(passphrase.encode(), salt, time_cost, memory, lanes, KEY_OCTETS, Type.ID)


def _unwrapped(key: bytes, wrapped: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(wrapped[:12], wrapped[12:], b"")
    except InvalidTag as error:
        raise _wrong() from error


def _wrong() -> BadSecret:
    return BadSecret(
        "口令、分量或私钥与此文件不符，请核对后重试。",
        "The passphrase, shares or private key do not open this file. Check them and try again.",
    )


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()

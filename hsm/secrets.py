"""Personal data at rest (个人信息加密存储) and keyed tags: what `foundation.secrets` asks for.

A field is sealed to its table, column, row and key version, so a value copied elsewhere does not open. Look-ups go
through a keyed index of the normalised value: without the key, eleven digits of possible citizen numbers fall in
seconds to a plain hash (GM/T 0054, facts/security 6).
"""

from __future__ import annotations

import threading
import unicodedata
from typing import Protocol

from foundation import base64url
from foundation.audit.trail import Audit
from foundation.errors import Damaged
from foundation.ids import Ids
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import hmac_sm3
from hsm.errors import BadCiphertext, KeyMissing
from hsm.secret_store import Secret
from hsm.sm4 import NONCE_OCTETS, Aead, lock, unlock

FIELD, INDEX, MAC = "field", "index", "mac"
_INDEX_OCTETS = 16
_MIDDLE_DOTS = str.maketrans(dict.fromkeys("\u2022\u2027\u2219\u22c5\u30fb\u0387", "\u00b7"))
"""The dot inside names of several nationalities is typed in many ways; GB 18030 forms prescribe U+00B7."""


def normalise(value: str) -> str:
    """One spelling for look-ups: half-width, no spaces or invisible signs, upper case, one middle dot."""
    wide = unicodedata.normalize("NFKC", value).translate(_MIDDLE_DOTS)
    if wide.isprintable():  # nearly always: nothing invisible but spaces
        return wide.replace(" ", "").upper()
    kept = (c for c in wide if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))
    return "".join(kept).upper()


class DataKeys(Protocol):
    """Where data keys come from: our own rows under the key-encryption key, or the signer."""

    def ensure(self, name: str, algorithm: str) -> Secret: ...

    def current(self, name: str) -> Secret: ...

    def version(self, name: str, version: int) -> Secret: ...

    def rotate(self, name: str, principal: Principal, audit: Audit) -> Secret: ...


class SealedFields:
    """`FieldCipher` over the versions of the data key `field`.

    Keys are fetched at first use, because a web process may start while the signer is still sealed; `prepare` makes
    them, and belongs to the process that holds the key-encryption key.
    """

    def __init__(self, store: DataKeys, ids: Ids, aead: Aead) -> None:
        self._store = store
        self._ids = ids
        self._aead = aead
        self._index: DerivedKeys | None = None

    def prepare(self) -> None:
        self._store.ensure(FIELD, self._aead)
        self._index = DerivedKeys(self._store.ensure(INDEX, "hmac-sm3").key)

    def encrypt(self, table: str, column: str, row: object, value: str) -> str:
        secret = self._store.current(FIELD)
        aead = Aead(secret.algorithm)
        nonce = self._ids.random(NONCE_OCTETS)
        bound = _bound(table, column, row, secret.version)
        sealed = lock(aead, secret.key[: aead.key_octets], nonce, value.encode(), bound)
        return f"v1.{secret.version}.{_text(nonce)}.{_text(sealed)}"

    def decrypt(self, table: str, column: str, row: object, sealed: str) -> str:
        try:
            number, nonce, body = sealed.removeprefix("v1.").split(".")
            secret = self._store.version(FIELD, int(number))
            aead = Aead(secret.algorithm)
            bound = _bound(table, column, row, secret.version)
            return unlock(aead, secret.key[: aead.key_octets], _octets(nonce), _octets(body), bound).decode()
        except (ValueError, BadCiphertext, KeyMissing) as error:
            raise Damaged(
                "hsm.field_damaged",
                Text(
                    f"{table}.{column} 的一项加密数据未通过完整性校验：被改动，或被移到了别的行。",
                    f"An encrypted value of {table}.{column} was altered or moved to another row.",
                ),
            ) from error

    def blind(self, table: str, column: str, value: str) -> str:
        if self._index is None:
            self._index = DerivedKeys(self._store.current(INDEX).key)
        key = self._index.of(f"{_word(table)}|{_word(column)}")
        return hmac_sm3(key, normalise(value).encode())[:_INDEX_OCTETS].hex()


class KeyedMac:
    """`Mac`: HMAC-SM3 under a key of its own for each purpose."""

    def __init__(self, store: DataKeys) -> None:
        self._store = store
        self._keys: DerivedKeys | None = None

    def prepare(self) -> None:
        self._keys = DerivedKeys(self._store.ensure(MAC, "hmac-sm3").key)

    def mac(self, purpose: str, message: bytes) -> bytes:
        if self._keys is None:
            self._keys = DerivedKeys(self._store.current(MAC).key)
        return hmac_sm3(self._keys.of(purpose), message)


class DerivedKeys:
    """One key per label, HMAC-SM3(root, label): a tag for one use says nothing for another."""

    _MOST = 1024

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._made: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def of(self, label: str) -> bytes:
        found = self._made.get(label)
        if found is None:
            found = hmac_sm3(self._root, label.encode())
            with self._lock:
                if len(self._made) < self._MOST:
                    self._made[label] = found
        return found


def _bound(table: str, column: str, row: object, version: int) -> bytes:
    return f"{_word(table)}|{_word(column)}|{row}|{version}".encode()


def _word(name: str) -> str:
    if not name.isidentifier():
        raise TypeError("tables and columns are identifiers")  # a bar in one would blur the borders of the parts
    return name


def _text(octets: bytes) -> str:
    return base64url.encode(octets)


def _octets(text: str) -> bytes:
    try:
        return base64url.decode(text)
    except base64url.NotBase64Url as error:
        raise BadCiphertext from error

"""The centre's own key-encryption key (密钥管理中心主密钥), made of two halves that different people hold.

One half is a file of mode 0600 or a passphrase of the centre; the other lies wrapped under the platform's
key-encryption key. So a sealed platform opens no escrowed key, and who has only the platform's key opens none either.
"""

from __future__ import annotations

import threading

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.exc import IntegrityError

from foundation.clock import Clock
from foundation.database import Database
from foundation.ids import Ids
from foundation.settings import Settings
from foundation.text import Text
from hsm.digests import hmac_sm3
from hsm.errors import KeyDamaged, Sealed
from hsm.escrow.models import HsmEscrowKek
from hsm.kek import KEY_OCTETS, Kek, read_key_file, write_key_file
from hsm.secret_store import SecretStore

SECRET = "escrow"  # noqa: S105 - a name
_FILE, _PASSPHRASE = "file", "passphrase"
_LEAST_PASSPHRASE = 12
_TIME_COST, _MEMORY_KIB, _LANES = 3, 64 * 1024, 4  # as for the platform's own passphrase
_CHECK_TEXT = b"yinxin escrow"
_PLACE = "hsm_escrow_kek|1"


class Custody:
    """Opened at first use and kept inside the cipher objects."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, ids: Ids, secrets: SecretStore) -> None:
        self._settings = settings
        self._db = db
        self._clock = clock
        self._ids = ids
        self._secrets = secrets
        self._lock = threading.Lock()
        self._opened: tuple[Kek, bytes] | None = None

    @property
    def kek(self) -> Kek:
        return self._open()[0]

    def mac(self, *parts: bytes) -> bytes:
        """A tag nobody with the database alone can make."""
        return hmac_sm3(self._open()[1], b"".join(len(part).to_bytes(4, "big") + part for part in parts))

    def _open(self) -> tuple[Kek, bytes]:
        with self._lock:
            if self._opened is None:
                self._opened = self._unlock()
            return self._opened

    def _unlock(self) -> tuple[Kek, bytes]:
        with self._db.read() as session:
            row = session.get(HsmEscrowKek, 1)
        row = row or self._begin()
        if row.method != self._method:
            raise _wrong()
        kek, mac_key = self._keys(row)
        try:
            kek.unwrap(row.check_value, _PLACE)
        except KeyDamaged as error:
            raise _wrong() from error
        return kek, mac_key

    @property
    def _method(self) -> str:
        return _PASSPHRASE if self._settings.keys.escrow_passphrase else _FILE

    def _begin(self) -> HsmEscrowKek:
        """First use: make the centre's half and write the check value."""
        if self._method == _FILE and not self._settings.escrow_file.exists():
            write_key_file(self._settings.escrow_file, self._ids)
        self._secrets.ensure(SECRET, "hkdf-sha256")
        row = HsmEscrowKek(
            id=1, method=self._method, salt=self._ids.random(16), created_at=self._clock.now(), check_value=b""
        )
        row.check_value = self._keys(row)[0].wrap(_CHECK_TEXT, _PLACE)
        try:
            with self._db.begin() as session:
                session.add(row)
        except IntegrityError:  # another process was first; its row decides
            with self._db.read() as session:
                row = session.get_one(HsmEscrowKek, 1)
        return row

    def _keys(self, row: HsmEscrowKek) -> tuple[Kek, bytes]:
        halves = self._centre_half(row) + self._secrets.version(SECRET, 1).key
        made = HKDF(hashes.SHA256(), 2 * KEY_OCTETS, salt=row.salt, info=b"yinxin escrow v1").derive(halves)
        return Kek(made[:KEY_OCTETS], self._ids), made[KEY_OCTETS:]

    def _centre_half(self, row: HsmEscrowKek) -> bytes:
        given = self._settings.keys.escrow_passphrase
        if given is None:
            return read_key_file(self._settings.escrow_file)
        secret = given.get_secret_value()
        if len(secret) < _LEAST_PASSPHRASE:
            raise Sealed(
                "short_passphrase",
                Text(
                    f"密钥管理中心口令至少 {_LEAST_PASSPHRASE} 个字符。",
                    f"The centre's passphrase needs at least {_LEAST_PASSPHRASE} characters.",
                ),
            )
        return hash_secret_raw(secret.encode(), row.salt, _TIME_COST, _MEMORY_KIB, _LANES, KEY_OCTETS, Type.ID)


def _wrong() -> Sealed:
    return Sealed(
        "escrow_wrong_key",
        Text(
            "密钥管理中心的主密钥与密钥库不符，托管的加密密钥无法使用。请恢复原来的密钥文件或口令，并核对平台主密钥。",
            "The key centre's key does not open this escrow. Restore its key file or passphrase, and check that the "
            "platform's own key is the one the escrow was begun with.",
        ),
    )

"""The key-encryption key (主密钥, KEK): from a file of mode 0600, or from a passphrase through argon2id (RFC 9106).

It wraps every private key and data key with AES-256-GCM, bound to the row it stands in. A check value in the database
tells a wrong key from a damaged row, so the operator reads "sealed" and not a stack of integrity errors.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.clock import Clock
from foundation.database import Database
from foundation.ids import Ids
from foundation.settings import Settings
from foundation.text import Text
from hsm.errors import AwaitsOperator, KeyDamaged, Sealed
from hsm.models import HsmKek

KEY_OCTETS = 32
_NONCE_OCTETS = 12
_LEAST_PASSPHRASE = 12
_TIME_COST, _MEMORY_KIB, _LANES = 3, 64 * 1024, 4  # about 0.3 s; RFC 9106 4, second recommended option
_CHECK_TEXT = b"yinxin"
_FILE, _PASSPHRASE, SHARES = "file", "passphrase", "shares"


class Kek:
    """Wraps and unwraps; the key itself stays inside the cipher object."""

    def __init__(self, key: bytes, ids: Ids) -> None:
        if len(key) != KEY_OCTETS:
            raise ValueError("the key-encryption key has 32 octets")
        self._cipher = AESGCM(key)
        self._ids = ids

    def wrap(self, secret: bytes, place: str) -> bytes:
        """`place` names the row and everything about it that must not change."""
        nonce = self._ids.random(_NONCE_OCTETS)
        return nonce + self._cipher.encrypt(nonce, secret, place.encode())

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_OCTETS], wrapped[_NONCE_OCTETS:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise KeyDamaged(place.split("|", 1)[-1]) from error


def open_kek(settings: Settings, db: Database, clock: Clock, ids: Ids) -> Kek:
    """The KEK of this installation, made at the very first start; `Sealed` with the way out in every other case."""
    with db.read() as session:
        row = session.get(HsmKek, 1)
    if row is None:
        row = _begin(settings, db, clock, ids)
    method = _PASSPHRASE if settings.keys.passphrase else _FILE
    if row.method == SHARES:
        raise AwaitsOperator(
            "awaits_shares",
            Text(
                "密钥库以分量方式加封，等待三位保管人各自执行 yinxin signer unseal 输入分量。",
                "The key store is sealed with shares. Three custodians each run: yinxin signer unseal",
            ),
        )
    if row.method != method:
        waits = AwaitsOperator if row.method == _PASSPHRASE else Sealed
        raise waits(
            "other_method",
            Text(
                f"密钥库以“{row.method}”方式加封，当前配置却是“{method}”。请改回原配置后再启动。",
                f"The key store was sealed by {row.method} but the settings say {method}. Restore the old setting.",
            ),
        )
    kek = Kek(_key(settings, row), ids)
    try:
        kek.unwrap(row.check_value, _place(row))
    except KeyDamaged as error:
        raise _wrong(settings, row.method) from error
    return kek


def prove(key: bytes, db: Database, ids: Ids) -> Kek:
    """The KEK from 32 octets somebody brought; `Sealed` when it is not the one of this database."""
    with db.read() as session:
        row = session.get(HsmKek, 1)
    if row is None or len(key) != KEY_OCTETS:
        raise _not_this_key()
    kek = Kek(key, ids)
    try:
        kek.unwrap(row.check_value, _place(row))
    except KeyDamaged as error:
        raise _not_this_key() from error
    return kek


def from_passphrase(passphrase: str, db: Database, ids: Ids) -> Kek:
    """The KEK from a passphrase an operator typed."""
    with db.read() as session:
        row = session.get(HsmKek, 1)
    if row is None or row.method != _PASSPHRASE:
        raise _not_this_key()
    try:
        return prove(_derive(passphrase, row), db, ids)
    except Sealed as error:
        raise error if error.code == "hsm.short_passphrase" else _wrong_passphrase() from None


def raw_key(settings: Settings, db: Database, ids: Ids) -> bytes:
    """The 32 octets themselves, for splitting them into shares; from key file or configured passphrase."""
    with db.read() as session:
        row = session.get(HsmKek, 1)
    if row is None or row.method == SHARES:
        raise _not_this_key()
    key = _key(settings, row)
    prove(key, db, ids)
    return key


def turn_to_shares(session: Session, key: bytes, ids: Ids) -> None:
    """From the next start on, this key comes from shares and from nothing else."""
    row = session.get_one(HsmKek, 1)
    row.method = SHARES
    row.check_value = Kek(key, ids).wrap(_CHECK_TEXT, _place(row))


def method_of(db: Database) -> str:
    """file, passphrase, shares; empty before the first start."""
    with db.read() as session:
        row = session.get(HsmKek, 1)
    return row.method if row is not None else ""


def _begin(settings: Settings, db: Database, clock: Clock, ids: Ids) -> HsmKek:
    """First start: take or make the key, and write the check value."""
    method = _PASSPHRASE if settings.keys.passphrase else _FILE
    if method == _FILE and not settings.kek_file.exists():
        write_key_file(settings.kek_file, ids)
    row = HsmKek(
        id=1,
        method=method,
        salt=ids.random(16),
        time_cost=_TIME_COST,
        memory_kib=_MEMORY_KIB,
        lanes=_LANES,
        created_at=clock.now(),
    )
    row.check_value = Kek(_key(settings, row), ids).wrap(_CHECK_TEXT, _place(row))
    try:
        with db.begin() as session:
            session.add(row)
    except IntegrityError:  # another process was first; its row decides
        with db.read() as session:
            row = session.get_one(HsmKek, 1)
    return row


def _place(row: HsmKek) -> str:
    return f"hsm_kek|{row.id}|{row.method}"


def _key(settings: Settings, row: HsmKek) -> bytes:
    if settings.keys.passphrase:
        return _derive(settings.keys.passphrase.get_secret_value(), row)
    return read_key_file(settings.kek_file)


def _derive(passphrase: str, row: HsmKek) -> bytes:
    if len(passphrase) < _LEAST_PASSPHRASE:
        raise Sealed(
            "short_passphrase",
            Text(
                f"口令至少 {_LEAST_PASSPHRASE} 个字符。",
                f"The passphrase needs at least {_LEAST_PASSPHRASE} characters.",
            ),
        )
    return hash_secret_raw(passphrase.encode(), row.salt, row.time_cost, row.memory_kib, row.lanes, KEY_OCTETS, Type.ID)


def read_key_file(path: Path) -> bytes:
    """32 octets in hexadecimal. Refused when anybody but the owner may read it, or when the owner is a third party."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Sealed(
            "no_key_file",
            Text(
                f"主密钥文件 {path} 无法读取（{error.strerror}）。请从备份恢复该文件；没有它，已有密钥无法使用。",
                f"The key file {path} cannot be read ({error.strerror}). Restore it from backup; no key works without.",
            ),
        ) from error
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(file.fileno())
        mode = stat.S_IMODE(about.st_mode)
        if mode & 0o077 or about.st_uid not in (os.geteuid(), 0):
            raise Sealed(
                "open_key_file",
                Text(
                    f"主密钥文件 {path} 的权限是 {mode:04o}，他人可能读取。请执行 chmod 600，并确认属主是运行账号。",
                    f"The key file {path} has mode {mode:04o}; others may read it. Run chmod 600 and check its owner.",
                ),
            )
        try:
            key = bytes.fromhex(file.read(256).decode("ascii").strip())
        except ValueError:
            key = b""
    if len(key) != KEY_OCTETS:
        raise Sealed(
            "bad_key_file",
            Text(
                f"主密钥文件 {path} 应为 64 个十六进制字符。",
                f"The key file {path} must hold 64 hexadecimal characters.",
            ),
        )
    return key


def write_key_file(path: Path, ids: Ids) -> None:
    """Complete and durable before it has its name; the first of two processes wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{ids.token(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(ids.random(KEY_OCTETS).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _wrong_passphrase() -> Sealed:
    return Sealed(
        "wrong_passphrase",
        Text(
            "口令不正确，密钥库未解封，请重新输入。", "The passphrase is wrong; the key store stays sealed. Try again."
        ),
    )


def _not_this_key() -> Sealed:
    return Sealed(
        "not_this_key",
        Text(
            "得到的主密钥不是加封本数据库的那一把，密钥库未解封。请确认分量、口令或密钥文件属于本系统。",
            "This is not the key this database was sealed with; it stays sealed. Check whose shares, passphrase or file"
            " it is.",
        ),
    )


def _wrong(settings: Settings, method: str) -> Sealed:
    if method == _PASSPHRASE:
        return _wrong_passphrase()
    return Sealed(
        "other_key_file",
        Text(
            f"{settings.kek_file} 不是加封本数据库的主密钥。请换回与数据库同期备份的文件。",
            f"{settings.kek_file} is not the key this database was sealed with. Use the file backed up with it.",
        ),
    )

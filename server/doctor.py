"""Checking an installation (体检): each line says what is well, or what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foundation.clock import SystemClock
from foundation.database import open_database
from foundation.errors import YinxinError
from foundation.ids import SystemIds
from foundation.settings import Settings
from foundation.storage import open_storage, probe
from hsm import libcrypto, selftest
from server import schema


def examine(settings: Settings) -> list[dict[str, Any]]:
    checks: list[tuple[str, Callable[[], str]]] = [
        ("设置 settings", lambda: f"{settings.environment}, {settings.web.public_url}"),
        ("密码算法 algorithms", lambda: _algorithms(settings)),
        ("数据库 database", lambda: _database(settings)),
        ("文件存储 storage", lambda: _storage(settings)),
        ("主密钥 key-encryption key", lambda: _kek(settings)),
    ]
    return [_run(name, check) for name, check in checks]


def _run(name: str, check: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"name": name, "ok": True, "text": check()}
    except YinxinError as error:
        return {"name": name, "ok": False, "text": f"{error.detail.zh} / {error.detail.en}"}
    except OSError as error:
        return {"name": name, "ok": False, "text": f"{type(error).__name__}: {error.strerror}"}


def _algorithms(settings: Settings) -> str:
    libcrypto.configure(settings.keys.libcrypto)
    return f"{len(selftest.run())} self-tests passed"


def _database(settings: Settings) -> str:
    db = open_database(settings)
    try:
        schema.require_current(db)
        return f"{db.dialect}, {schema.current(db)}"
    finally:
        db.dispose()


def _storage(settings: Settings) -> str:
    storage = open_storage(settings)
    probe(storage, "doctor-" + SystemIds(SystemClock()).token(4))
    return settings.storage_url


def _kek(settings: Settings) -> str:
    if settings.keys.passphrase:
        return "passphrase"
    mode = settings.kek_file.stat().st_mode & 0o777
    return f"{settings.kek_file} (mode {mode:o})"

"""Files (对象存储): five verbs over obstore, a local folder embedded and S3 in production.

Objects are written once: `put_new` never replaces, and the same bytes again are fine, so a step repeated after a crash
does no harm. The hash kept in our rows is the truth; ETags are not trusted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, S3Store

from foundation.errors import Conflict, NotFound, Unavailable
from foundation.settings import Settings
from foundation.text import Text


@dataclass(frozen=True, slots=True)
class Stat:
    size: int
    modified: datetime


class Storage(Protocol):
    def put_new(self, key: str, data: bytes) -> None:
        """Create-only. The same bytes under the same key are accepted again; other bytes raise `Conflict`."""
        ...

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """`put_new` for each; durable together, once this returns."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """The same for a file that is too large to hold; `key` must name its content."""
        ...

    def open(self, key: str) -> bytes: ...

    def fetch(self, key: str, path: Path) -> None:
        """Into a file, piece by piece."""
        ...

    def stat(self, key: str) -> Stat: ...

    def list(self, prefix: str) -> list[str]: ...

    def presign(self, key: str, seconds: int) -> str | None:
        """A short-lived address straight to the store, or None where the store has none (local folder)."""
        ...


class ObjectStorage:
    def __init__(self, store: Any, root: Path | None = None) -> None:
        self._store = store
        self._root = root

    def put_new(self, key: str, data: bytes) -> None:
        self.put_all({key: data})

    def put_all(self, files: Mapping[str, bytes]) -> None:
        with _translated():
            for key, data in files.items():
                self._create(key, data)
            if self._root is not None:
                _flush([self._root / key for key in files])

    def _create(self, key: str, data: bytes) -> None:
        try:
            obstore.put(self._store, key, data, mode="create")
        except AlreadyExistsError:
            if self.open(key) != data:
                raise Conflict(
                    "storage.exists",
                    Text(
                        "同名文件已存在且内容不同，未覆盖。",
                        "A file of that name exists with other content; it was not replaced.",
                    ),
                ) from None

    def put_file(self, key: str, path: Path) -> None:
        with _translated():
            with contextlib.suppress(FileNotFoundError):
                obstore.head(self._store, key)
                return
            obstore.put(self._store, key, path, use_multipart=True)
            if self._root is not None:
                _flush([self._root / key])

    def fetch(self, key: str, path: Path) -> None:
        with _translated(), path.open("wb") as file:
            for piece in obstore.get(self._store, key).stream():
                file.write(piece)

    def open(self, key: str) -> bytes:
        with _translated():
            return bytes(obstore.get(self._store, key).bytes())

    def stat(self, key: str) -> Stat:
        with _translated():
            meta = obstore.head(self._store, key)
            return Stat(meta["size"], meta["last_modified"])

    def list(self, prefix: str) -> list[str]:
        with _translated():
            return sorted(meta["path"] for page in obstore.list(self._store, prefix) for meta in page)

    def presign(self, key: str, seconds: int) -> str | None:
        if not isinstance(self._store, S3Store):
            return None
        with _translated():
            return str(obstore.sign(self._store, "GET", key, timedelta(seconds=seconds)))


def open_storage(settings: Settings) -> ObjectStorage:
    parts = urlsplit(settings.storage_url)
    if parts.scheme == "file":
        root = Path(unquote(parts.path))
        root.mkdir(parents=True, exist_ok=True)
        return ObjectStorage(LocalStore(root), root)
    if parts.scheme == "s3":
        return ObjectStorage(
            S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                virtual_hosted_style_request=settings.storage.virtual_hosted_style,
            )
        )
    raise Unavailable(
        "storage.url",
        Text(
            "storage.url 须以 file:// 或 s3:// 开头，请修改配置。",
            "storage.url must start with file:// or s3://. Change the setting.",
        ),
    )


def probe(storage: Storage, token: str) -> None:
    """Refuse to start on a store that ignores create-only puts: it would let a second sealed file replace the first."""
    key = f"probe/{token}"
    storage.put_new(key, b"first")
    try:
        storage.put_new(key, b"second")
    except Conflict:
        return
    raise Unavailable(
        "storage.replaces",
        Text(
            "存储不支持“只新建不覆盖”，请更换存储或升级。",
            "The store replaces objects where only creating is allowed. Use another store.",
        ),
    )


def _flush(paths: Sequence[Path]) -> None:
    """Durable before we say stored: the files, then the folder entries that name them."""
    for target in (*paths, *dict.fromkeys(path.parent for path in paths)):
        handle = os.open(target, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(
            "storage.missing", Text("文件不存在或已被移走。", "The file does not exist or was moved.")
        ) from error
    except (OSError, obstore.exceptions.BaseError) as error:
        raise Unavailable(
            "storage.unavailable",
            Text(
                "文件存储暂时不可用（可能磁盘已满），本次操作没有生效，请稍后重试。",
                "The file store is not available, perhaps full. Nothing was changed; try again.",
            ),
        ) from error

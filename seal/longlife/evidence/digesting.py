"""Digesting stored files (归档取摘要): several algorithms in one reading, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from foundation.errors import NotFound
from foundation.storage import Storage
from hsm.digests import Digest

PIECE = 1024 * 1024
LARGE = 8 * 1024 * 1024
"""A larger file goes through the disk."""


def digests(storage: Storage, key: str, wanted: Iterable[Digest]) -> dict[Digest, bytes] | None:
    """None when the store no longer has the file."""
    running = {digest: digest.stream() for digest in wanted}
    try:
        for piece in _pieces(storage, key):
            for one in running.values():
                one.update(piece)
    except NotFound:
        return None
    return {digest: one.finalize() for digest, one in running.items()}


def _pieces(storage: Storage, key: str) -> Iterator[bytes]:
    if storage.stat(key).size <= LARGE:
        yield storage.open(key)
        return
    with TemporaryDirectory(prefix="yinxin-evidence-") as folder:
        copy = Path(folder) / "file"
        storage.fetch(key, copy)
        with copy.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

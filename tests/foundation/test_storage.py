"""Five verbs; objects are written once."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.errors import Conflict, NotFound, Unavailable
from foundation.settings import Settings
from foundation.storage import ObjectStorage, open_storage, probe


@pytest.fixture
def storage(tmp_path: Path) -> ObjectStorage:
    return open_storage(Settings(home=tmp_path))


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte: the only honest way to be full."""
    mount = tmp_path / "tiny"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mount)], check=True)
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def test_what_was_put_can_be_opened_listed_and_measured(storage: ObjectStorage) -> None:
    storage.put_new("licence/2026/a.pdf", b"%PDF")
    assert storage.open("licence/2026/a.pdf") == b"%PDF"
    assert storage.stat("licence/2026/a.pdf").size == 4
    assert storage.list("licence") == ["licence/2026/a.pdf"]
    assert storage.presign("licence/2026/a.pdf", 60) is None


def test_the_same_bytes_again_are_fine_and_others_are_refused(storage: ObjectStorage) -> None:
    storage.put_new("k", b"one")
    storage.put_new("k", b"one")
    with pytest.raises(Conflict):
        storage.put_new("k", b"two")
    assert storage.open("k") == b"one"


def test_a_missing_object_is_not_found(storage: ObjectStorage) -> None:
    with pytest.raises(NotFound):
        storage.open("nowhere")


def test_a_full_disk_says_unavailable_leaves_nothing_half_written_and_recovers(tiny_disk: Path, tmp_path: Path) -> None:
    storage = open_storage(Settings(home=tmp_path, storage={"url": tiny_disk.as_uri()}))
    storage.put_new("small", b"s" * 1000)
    with pytest.raises(Unavailable):
        storage.put_new("big", b"b" * 2_000_000)
    assert storage.list("") == ["small"]
    storage.put_new("next", b"n" * 1000)
    assert storage.open("next") == b"n" * 1000


def test_a_store_that_replaces_objects_is_refused_at_start(storage: ObjectStorage) -> None:
    class Replacing(ObjectStorage):
        def put_new(self, key: str, data: bytes) -> None:
            del key, data

    probe(storage, "1")
    with pytest.raises(Unavailable, match="replaces"):
        probe(Replacing(None), "2")

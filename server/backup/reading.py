"""Reading a backup (读取备份): unsealed and unpacked into a private folder, each member compared with the manifest.

Names inside are ours, but a file from outside is not believed: nothing leaves the folder it is unpacked into.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, cast

from pydantic import ValidationError

from hsm.sealed_file import Opener
from hsm.sealed_to import Opens
from server.backup.manifest import BackupDamaged, Manifest

KIND = "service"
_MANIFEST = "manifest.json"
_MOST_MANIFEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Unpacked:
    folder: Path
    manifest: Manifest

    def lines(self, table: str) -> Iterator[bytes]:
        with (self.folder / "tables" / f"{table}.jsonl").open("rb") as file:
            yield from file

    def names(self, prefix: str) -> Iterator[tuple[str, Path]]:
        """Names after the prefix, and where the member lies."""
        for member in self.manifest.members:
            if member.name.startswith(prefix):
                yield member.name.removeprefix(prefix), self.folder / member.name


@contextmanager
def unpacked(file: Path, secret: Opens, *, near: Path | None = None) -> Iterator[Unpacked]:
    """`near` is where the private folder is made; it is removed at the end whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix=".restore-", dir=near))
    try:
        with file.open("rb") as source:
            opener = Opener(source, KIND, secret)
            found, manifest = _take(cast("IO[bytes]", opener), folder)
            opener.read()  # to the last piece: a file cut off after the archive would not be whole
        _compare(manifest, found)
        yield Unpacked(folder, manifest)
    finally:
        shutil.rmtree(folder)


def _take(stream: IO[bytes], folder: Path) -> tuple[dict[str, tuple[int, str]], Manifest]:
    found: dict[str, tuple[int, str]] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for info in tar:
                handle = tar.extractfile(info) if info.isreg() else None
                if handle is None or manifest is not None:
                    raise BackupDamaged("含有不应有的内容", "it holds something that does not belong there")
                if info.name == _MANIFEST:
                    manifest = Manifest.model_validate_json(handle.read(_MOST_MANIFEST))
                else:
                    found[info.name] = _put(folder, info.name, handle)
    except (tarfile.TarError, ValidationError) as error:
        raise BackupDamaged("无法解析", "it cannot be read") from error
    if manifest is None:
        raise BackupDamaged("没有清单", "it has no manifest")
    return found, manifest


def _put(folder: Path, name: str, handle: IO[bytes]) -> tuple[int, str]:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts:
        raise BackupDamaged("文件名不合规范", "a name in it leads elsewhere")
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = sha256(), 0
    with target.open("xb") as out:
        while part := handle.read(1 << 20):
            out.write(part)
            digest.update(part)
            size += len(part)
    return size, digest.hexdigest()


def _compare(manifest: Manifest, found: dict[str, tuple[int, str]]) -> None:
    said = {member.name: (member.size, member.sha256) for member in manifest.members}
    if said != found:
        names = sorted(name for name in {*said, *found} if said.get(name) != found.get(name))
        raise BackupDamaged(f"{names[0]} 与清单不符", f"{names[0]} is not what the manifest says")

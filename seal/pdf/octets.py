"""The octets of a PDF (文件字节): in memory, or in a file on disk when it is large. Never held whole here.

Both answer to `len` and slicing; a slice is what is read, so callers take small ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, TypeAlias

from hsm.digests import Digest

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileOctets:
    """The first `size` octets of a file nobody else writes to."""

    path: Path
    size: int

    @classmethod
    def of(cls, path: Path) -> FileOctets:
        return cls(path, path.stat().st_size)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, wanted: slice) -> bytes:
        begin, end, _ = wanted.indices(self.size)
        with self.path.open("rb") as file:
            file.seek(begin)
            return file.read(max(end - begin, 0))


Octets: TypeAlias = bytes | FileOctets


def pieces(octets: Octets, begin: int, end: int) -> Iterator[bytes | memoryview]:
    """The range in small pieces, a file opened once."""
    if isinstance(octets, bytes):
        with memoryview(octets) as view, view[begin:end] as part:
            yield part
        return
    with octets.path.open("rb") as file:
        file.seek(begin)
        left = min(end, octets.size) - begin
        while left > 0:
            piece = file.read(min(_PIECE, left))
            if not piece:
                raise OSError("the file became shorter")
            left -= len(piece)
            yield piece


def digest(kind: Digest, octets: Octets, *ranges: tuple[int, int]) -> bytes:
    """Of the ranges, one after the other; of everything when there are none."""
    running = kind.stream()
    for begin, end in ranges or ((0, len(octets)),):
        for piece in pieces(octets, begin, end):
            running.update(piece)
    return running.finalize()


def begins_with(octets: Octets, start: Octets) -> bool:
    """A file that begins with itself says nothing: there the recorded digest is what counts (`check_unswapped`)."""
    if isinstance(octets, bytes) and isinstance(start, bytes):
        return octets.startswith(start)
    return len(octets) >= len(start)


def stream(octets: Octets) -> IO[bytes]:
    """To be read by a parser."""
    return BytesIO(octets) if isinstance(octets, bytes) else octets.path.open("rb")

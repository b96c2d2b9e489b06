"""A ZIP written as it is read (流式 ZIP): stored entries one after another, the directory at the end kept on disk.

`zipfile` keeps every entry in memory for its directory; here 100,000 files cost no more than one. ZIP64 where counts or
places need it (PKWARE APPNOTE 4.3, 4.5.3). Names are UTF-8.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_ZIP64_EXTRA = struct.Struct("<HHQ")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR = struct.Struct("<IIQI")
_END = struct.Struct("<IHHHHIIH")
_UTF8 = 0x0800
_DAY = (0, 0x0021)
"""Midnight of 1 January 1980: an archive of the same files is the same octets."""
_ALL16, _ALL32 = 0xFFFF, 0xFFFFFFFF
_IN_MEMORY = 1024 * 1024
_PIECE = 64 * 1024


def pieces(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The archive of these files, in pieces."""
    place = count = 0
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as directory:
        for name, data in files:
            told, checksum = name.encode(), zlib.crc32(data)
            shape = (_UTF8, 0, *_DAY, checksum, len(data), len(data), len(told))
            head = _LOCAL.pack(0x04034B50, 20, *shape, 0) + told
            directory.write(_entry(place, told, shape))
            yield head + data
            place, count = place + len(head) + len(data), count + 1
        size = directory.tell()
        directory.seek(0)
        while piece := directory.read(_PIECE):
            yield piece
        yield _end(count, size, place)


def _entry(place: int, name: bytes, shape: tuple[int, ...]) -> bytes:
    far = place >= _ALL32
    extra = _ZIP64_EXTRA.pack(1, 8, place) if far else b""
    needs = 45 if far else 20
    rest = (len(extra), 0, 0, 0, 0, _ALL32 if far else place)
    return _CENTRAL.pack(0x02014B50, needs, needs, *shape, *rest) + name + extra


def _end(count: int, size: int, place: int) -> bytes:
    end = _END.pack(0x06054B50, 0, 0, min(count, _ALL16), min(count, _ALL16), min(size, _ALL32), min(place, _ALL32), 0)
    if count < _ALL16 and size < _ALL32 and place < _ALL32:
        return end
    large = _END64.pack(0x06064B50, _END64.size - 12, 45, 45, 0, 0, count, count, size, place)
    return large + _LOCATOR.pack(0x07064B50, 0, place + size, 1) + end

"""The ZIP under an OFD (OFD 容器): one bounded reader, one deterministic writer. APPNOTE 6.2.0, GB/T 33190-2016 7.1.

Refused: duplicate and case-variant names, paths that leave the package, octets the directory does not name, encrypted
entries, links, bombs. No two readers may see different files in the same octets (T20).
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from seal.ofd.archive_shape import Names, check_directory, lengths, refuse_second_name
from seal.ofd.limits import LIMITS, Limits, PackageError, check_name

_NOTHING: Mapping[str, Packed] = {}
_DATE = 1 << 5 | 1  # 1 January 1980, the first day a ZIP knows
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")


def write(entries: Mapping[str, bytes], *, level: int = 6, packed: Mapping[str, Packed] = _NOTHING) -> bytes:
    """The same entries give the same octets, on every machine and at every time. `level` is deflate's effort.

    An entry in `packed` is taken over as it lies; it must be the packed form of the same octets.
    """
    body, directory = bytearray(), bytearray()
    for name, data in entries.items():
        encoded = check_name(name).encode()
        one = packed.get(name) or _pack(name, data, level)
        flags = 0 if encoded.isascii() else 0x800
        facts = (flags, one.method, 0, _DATE, one.checksum, len(one.data), one.size, len(encoded), 0)
        place = (0, 0, 0, (stat.S_IFREG | 0o644) << 16, len(body))
        directory += _CENTRAL.pack(b"PK\x01\x02", 3 << 8 | 20, 20, *facts, *place) + encoded
        body += _LOCAL.pack(b"PK\x03\x04", 20, *facts) + encoded + one.data
    if len(entries) > 0xFFFF or len(body) + len(directory) > 0xFFFFFFFF:
        raise PackageError("too_large", "文件过大", "it is too large")
    end = _END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return bytes(body + directory + end)


def _pack(name: str, data: bytes, level: int) -> Packed:
    # seals and their signatures are mostly the picture, which is deflated already
    if data[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0") or name.endswith((".esl", ".dat")):
        return Packed(zipfile.ZIP_STORED, zlib.crc32(data), len(data), data)
    running = zlib.compressobj(level, zlib.DEFLATED, -15)
    return Packed(zipfile.ZIP_DEFLATED, zlib.crc32(data), len(data), running.compress(data) + running.flush())


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Packed:
    """One entry as it lies in the archive, to be written again without packing it anew."""

    method: int
    checksum: int
    size: int
    data: bytes


def read(data: bytes, limits: Limits = LIMITS) -> tuple[dict[str, bytes], dict[str, Packed]]:
    """The entries of a ZIP by name, unpacked and as they lie; raises `PackageError`."""
    if not data.startswith(b"PK\x03\x04"):
        raise PackageError("not_zip", "不是 ZIP 容器", "it is not a ZIP container")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            check_directory(data, infos, archive.start_dir, limits)
            return _unpack(data, infos, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise PackageError("zip_damaged", "ZIP 容器损坏", "the ZIP container is damaged") from error


def _unpack(data: bytes, infos: list[zipfile.ZipInfo], limits: Limits) -> tuple[dict[str, bytes], dict[str, Packed]]:
    entries: dict[str, bytes] = {}
    packed: dict[str, Packed] = {}
    names = Names()
    total = 0
    for info in infos:
        name = _name(info)
        if name.endswith("/"):
            if info.file_size:
                raise PackageError("bad_path", "目录条目含有内容", "a folder entry has contents")
            check_name(name[:-1])
            continue
        check_name(name)
        names.add(name)
        one = _stored(data, info)
        content = _content(one, limits)
        total += len(content)
        if total > limits.total_bytes:
            raise PackageError("too_large", "解压后过大", "it is too large when unpacked")
        entries[name] = content
        packed[name] = one
    return entries, packed


def _stored(data: bytes, info: zipfile.ZipInfo) -> Packed:
    """The entry as it lies. What its own header says must be what the directory says, for some readers go by it."""
    _, _, flags, method, _, _, checksum, size, full_size, name_size, _ = _LOCAL.unpack_from(data, info.header_offset)
    start = info.header_offset + _LOCAL.size + lengths(data, info.header_offset)
    name_end = info.header_offset + _LOCAL.size + name_size
    name, extra = data[name_end - name_size : name_end], data[name_end:start]
    refuse_second_name(extra)
    later = flags & 0x8  # sizes follow behind the data
    says = (checksum, *_large(size, full_size, extra))
    same = (
        name == info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")
        and flags & 0x869 == info.flag_bits & 0x869
        and method == info.compress_type
        and (says == (info.CRC, info.compress_size, info.file_size) or (later and says == (0, 0, 0)))
    )
    if not same:
        raise PackageError("two_tellings", "条目与目录的登记不一致", "an entry and the directory say different things")
    return Packed(method, info.CRC, info.file_size, data[start : start + info.compress_size])


def _large(size: int, full_size: int, extra: bytes) -> tuple[int, int]:
    """Sizes of a ZIP64 entry stand in its extra field (APPNOTE 4.5.3), full size first."""
    if (size, full_size) != (0xFFFFFFFF, 0xFFFFFFFF):
        return size, full_size
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1 and length >= 16:
            large, small = struct.unpack_from("<QQ", extra, at + 4)
            return small, large
        at += 4 + length
    return size, full_size


def _content(one: Packed, limits: Limits) -> bytes:
    content, left = one.data, b""
    if one.method == zipfile.ZIP_DEFLATED:
        running = zlib.decompressobj(-15)
        content = running.decompress(one.data, limits.entry_bytes + 1)
        left = running.unconsumed_tail + running.unused_data
    if left or len(content) != one.size or zlib.crc32(content) != one.checksum:
        raise PackageError("zip_damaged", "ZIP 容器损坏", "the ZIP container is damaged")
    return content


def _name(info: zipfile.ZipInfo) -> str:
    """UTF-8 when flagged; otherwise zipfile read it as code page 437, but writers here mean UTF-8 or GB 18030.

    `orig_filename` because zipfile cuts names at a NUL, and then two readers would see two names.
    """
    if info.flag_bits & 0x800:
        return info.orig_filename
    octets = info.orig_filename.encode("cp437")
    for encoding in ("utf-8", "gb18030"):
        try:
            return octets.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PackageError("bad_path", "文件名编码无法识别", "a file name cannot be decoded")

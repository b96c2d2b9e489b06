"""What a ZIP's directory promises (ZIP 目录核对), before anything is unpacked: APPNOTE 4.3, GB/T 33190-2016 7.1.

Every octet belongs to one entry, its descriptor or the directory, and every place that names or counts an entry says
the same: some readers go by the directory, some by the entries, some by the descriptors behind them (T20).
"""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile

from seal.ofd.limits import Limits, PackageError

_UNICODE_PATH = 0x7075
"""An extra field that gives the entry another name (APPNOTE 4.6.9)."""


def check_directory(data: bytes, infos: list[zipfile.ZipInfo], start: int, limits: Limits) -> None:
    """What the directory promises, before anything is unpacked."""
    if len(infos) > limits.entries:
        raise PackageError("too_many_entries", "文件数量过多", "it holds too many files")
    total = sum(info.file_size for info in infos)
    if total > limits.total_bytes or any(info.file_size > limits.entry_bytes for info in infos):
        raise PackageError("too_large", "解压后过大", "it is too large when unpacked")
    if total > 1024 * 1024 + limits.ratio * len(data):
        raise PackageError("bomb", "压缩比异常", "its compression ratio is abnormal")
    for info in infos:
        mode = info.external_attr >> 16
        if info.flag_bits & 0x41:
            local = int.from_bytes(data[info.header_offset + 6 : info.header_offset + 8], "little")
            if (local ^ info.flag_bits) & 0x41:
                raise PackageError("two_tellings", "条目与目录的登记不一致", "an entry and the directory disagree")
            raise PackageError("encrypted", "含有加密的条目", "it contains encrypted entries")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise PackageError("compression", "使用了不支持的压缩方法", "it uses an unsupported compression method")
        if info.create_system == 3 and mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise PackageError("special_file", "含有符号链接等特殊文件", "it contains links or special files")
    _check_no_hidden_octets(data, infos, start)


def _check_no_hidden_octets(data: bytes, infos: list[zipfile.ZipInfo], start: int) -> None:
    """Entries lie end to end from the first octet: what the directory does not name could be read by others."""
    position, before = 0, None
    for info in sorted(infos, key=lambda item: item.header_offset):
        # zipfile shifts offsets when octets were put before the archive; then the first is not 0
        _check_between(data, position, info.header_offset, before)
        before = info
        refuse_second_name(info.extra)
        header = data[info.header_offset : info.header_offset + 30]
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise PackageError("zip_damaged", "ZIP 容器损坏", "the ZIP container is damaged")
        position = info.header_offset + 30 + lengths(data, info.header_offset) + info.compress_size
    _check_between(data, position, start, before)
    _check_end(data, len(infos))


def _check_between(data: bytes, position: int, following: int, before: zipfile.ZipInfo | None) -> None:
    """Nothing stands between two entries but the descriptor of the first, and it says what the directory says."""
    octets = data[position:following]
    if position > following or (octets and (before is None or octets not in _descriptors(before))):
        raise PackageError("hidden_octets", "条目之间有未登记的内容", "there are unlisted octets between entries")


def _descriptors(info: zipfile.ZipInfo) -> tuple[bytes, ...]:
    """The data descriptors an entry may have (APPNOTE 4.3.9): short or long, with its signature or without."""
    if not info.flag_bits & 0x8:
        return ()
    forms = ("<III", "<IQQ") if max(info.compress_size, info.file_size) < 1 << 32 else ("<IQQ",)
    said = [struct.pack(form, info.CRC, info.compress_size, info.file_size) for form in forms]
    return (*said, *(b"PK\x07\x08" + one for one in said))


def _check_end(data: bytes, count: int) -> None:
    """The end record closes the file, on one disk, and counts the entries the directory has."""
    end = data.rfind(b"PK\x05\x06")
    disk, first_disk, here, total, _, _, comment = struct.unpack_from("<4H2IH", data, end + 4)
    if end + 22 + comment != len(data):
        raise PackageError("hidden_octets", "文件末尾有多余内容", "there are octets after the archive")
    if disk or first_disk or here != total or total not in (count, 0xFFFF):
        raise PackageError("two_tellings", "条目与目录的登记不一致", "an entry and the directory say different things")


def lengths(data: bytes, at: int) -> int:
    """Octets of name and extra field behind the local header at `at`."""
    return int.from_bytes(data[at + 26 : at + 28], "little") + int.from_bytes(data[at + 28 : at + 30], "little")


def refuse_second_name(field: bytes) -> None:
    """An extra field may not give the entry another name than its header does."""
    at = 0
    while at + 4 <= len(field):
        kind, size = struct.unpack_from("<HH", field, at)
        if kind == _UNICODE_PATH:
            raise PackageError("two_names", "条目另有一个名称", "an entry has a second name")
        at += 4 + size


class Names:
    """The names seen so far: two that some system takes for one are refused, and so is a file that is a folder too."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, name: str) -> None:
        key = unicodedata.normalize("NFC", name).casefold()
        folders = {key[:at] for at, char in enumerate(key) if char == "/"}
        if key in self._files or key in self._folders or folders & self._files:
            raise PackageError("duplicate", "含有重名的条目", "it holds entries with the same name")
        self._files.add(key)
        self._folders |= folders

"""Archives of documents (压缩包上传): a foreign zip, read entry by entry, bounded, each refused entry with its reason.

Nothing is unpacked to a path: names are labels only. Sizes stated in the archive are not believed; reading stops at the
limit. An archive that is no archive is refused whole.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from foundation.errors import InvalidInput
from foundation.text import Text

MOST_ENTRIES = 100_000
MOST_OCTETS = 32 * 1024 * 1024
"""Of one document."""
MOST_TOTAL = 4 * 1024 * 1024 * 1024
MOST_RATIO = 200
"""A real PDF or OFD is compressed inside already."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive: its octets, or why not."""

    name: str
    data: bytes | None
    refusal: Refusal | None = None


def entries(octets: bytes) -> Iterator[Entry]:
    """Each file in the archive's order; folders are passed over."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(octets))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, zlib.error) as error:
        raise InvalidInput(
            "seal.batch_archive",
            Text("这不是可读取的 ZIP 压缩包，请重新打包后上传。", "This is not a readable ZIP archive. Pack it again."),
        ) from error
    listed = archive.infolist()
    if len(listed) > MOST_ENTRIES:
        raise InvalidInput(
            "seal.batch_entries",
            Text(f"压缩包最多含 {MOST_ENTRIES} 个文件。", f"An archive holds at most {MOST_ENTRIES} files."),
        )
    seen: set[str] = set()
    left = MOST_TOTAL
    for info in listed:
        name = info.filename
        if info.is_dir():
            continue
        refusal = _refused(info, seen)
        seen.add(name.casefold())
        data = None
        if refusal is None:
            data, refusal = _read(archive, info, min(MOST_OCTETS, left))
            left -= len(data or b"")
        yield Entry(name, data, refusal)


def _refused(info: zipfile.ZipInfo, seen: set[str]) -> Refusal | None:
    name = info.filename
    climbs = name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name
    found = (
        (
            climbs or len(name) > 300,
            "name",
            "文件名为绝对路径、指向上级目录或过长",
            "its name is absolute, climbs or is long",
        ),
        (not name.isprintable(), "name", "文件名含不可见字符", "its name has invisible characters"),
        (name.casefold() in seen, "duplicate", "压缩包内有同名文件", "another file in the archive has this name"),
        (bool(info.flag_bits & 1), "encrypted", "文件已加密", "it is encrypted"),
        (info.external_attr >> 28 == 0xA, "link", "是符号链接而不是文件", "it is a link, no file"),
        (info.compress_type not in _METHODS, "method", "压缩方式不受支持", "its compression is not supported"),
    )
    for wrong, what, zh, en in found:
        if wrong:
            return _say(what, zh, en)
    return _too_large() if info.file_size > MOST_OCTETS else None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> tuple[bytes | None, Refusal | None]:
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error):
        return None, _say("damaged", "压缩数据已损坏", "its compressed data are damaged")
    if len(data) > most:
        return None, _too_large()
    if len(data) > 1024 * 1024 and len(data) > MOST_RATIO * max(info.compress_size, 1):
        return None, _say("ratio", "压缩比异常，疑似压缩炸弹", "it is compressed beyond reason")
    return data, None


def _too_large() -> Refusal:
    most = MOST_OCTETS // 1024 // 1024
    return _say("size", f"文件超过 {most} MB", f"it has more than {most} MB")


def _say(what: str, zh: str, en: str) -> Refusal:
    return Refusal(f"seal.batch_{what}", Text(f"未收入批次：{zh}。", f"Not taken into the batch: {en}."))

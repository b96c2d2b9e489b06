"""The OFD package (OFD 包): the one bounded reader of its ZIP, and a deterministic writer. GB/T 33190-2016 clause 7.

Everybody who looks into an OFD (seal, verify, licence) goes through here, so that no two readers can see different
files in the same octets (T20): duplicate or case-variant names, paths that leave the package, hidden octets, encrypted
entries and bombs are refused. It must never follow an external entity.
"""

from __future__ import annotations

import io
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from lxml import etree

from foundation.errors import InvalidInput
from foundation.text import Text

NAMESPACE = "http://www.ofdspec.org/2016"
ROOT = "OFD.xml"


@dataclass(frozen=True, slots=True)
class Limits:
    """What an honest file stays far below; a bomb does not."""

    entries: int = 4096
    total_bytes: int = 256 * 1024 * 1024
    entry_bytes: int = 128 * 1024 * 1024
    ratio: int = 200
    """Unpacked octets per packed octet of the whole file, beyond the first megabyte."""
    name_bytes: int = 512
    xml_bytes: int = 32 * 1024 * 1024
    xml_depth: int = 64


LIMITS = Limits()


class PackageError(InvalidInput):
    """The ZIP or a path in it cannot be accepted. `reason` is a stable word, for findings and tests."""

    def __init__(self, reason: str, zh: str, en: str) -> None:
        super().__init__(f"ofd.{reason}", Text(f"OFD 文件不可接受：{zh}。", f"This OFD file cannot be accepted: {en}."))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Package:
    """The files of one OFD, by canonical name (no leading slash), in the order of the archive."""

    entries: Mapping[str, bytes]
    limits: Limits = LIMITS

    @classmethod
    def read(cls, data: bytes, limits: Limits = LIMITS) -> Package:
        """The package in `data`; raises `PackageError`."""
        entries = _read_zip(data, limits)
        if ROOT not in entries:
            raise PackageError("no_root", "缺少 OFD.xml，它不是 OFD 文件", "OFD.xml is missing, so it is no OFD")
        return cls(entries, limits)

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def file(self, name: str) -> bytes:
        try:
            return self.entries[name]
        except KeyError:
            raise PackageError("missing_part", f"缺少文件 {name[:80]}", f"{name[:80]} is missing") from None

    def xml(self, name: str) -> etree._Element:
        """The parsed document element of `name`; no DTD, no entities, bounded depth."""
        return parse_xml(self.file(name), name, self.limits)

    def resolve(self, location: str, *, base: str = "") -> str:
        """The canonical name of an ST_Loc written in file `base`: `/` starts at the root, else at the base's folder.

        Some writers mean the root although they leave the slash away; that reading is taken only when the first one
        finds nothing.
        """
        location = location.strip()
        if location.startswith("/"):
            return check_name(location[1:])
        folder = PurePosixPath(base).parent.as_posix() if base else "."
        plain = location.removeprefix("./")
        name = check_name(plain if folder == "." else f"{folder}/{plain}")
        if name not in self.entries and check_name(plain) in self.entries:
            return plain
        return name


def parse_xml(data: bytes, name: str, limits: Limits = LIMITS) -> etree._Element:
    """One XML document without its dangers: no DOCTYPE at all, so no entity, external or exploding."""
    if len(data) > limits.xml_bytes:
        raise PackageError("xml_too_large", f"{name} 过大", f"{name} is too large")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PackageError("xml_damaged", f"{name} 不是完好的 XML", f"{name} is not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise PackageError("xml_doctype", f"{name} 带有 DOCTYPE 声明", f"{name} carries a DOCTYPE")
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > limits.xml_depth:
            raise PackageError("xml_depth", f"{name} 嵌套过深", f"{name} is nested too deeply")
    return root


def write(entries: Mapping[str, bytes], *, level: int = 6) -> bytes:
    """The same entries give the same octets, on every machine and at every time. `level` is deflate's effort."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(check_name(name), date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            # seals and their signatures are mostly the picture, which is deflated already
            packed = data[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0") or name.endswith((".esl", ".dat"))
            info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(info, data, compresslevel=level)  # a ZipInfo does not take the archive's level
    return buffer.getvalue()


def check_name(name: str) -> str:
    """`name` when it is a plain relative path inside the package; raises otherwise."""
    segments = name.split("/")
    hostile = (
        not name
        or "\\" in name
        or ":" in segments[0]
        or any(ord(char) < 0x20 or ord(char) == 0x7F for char in name)
        or any(segment in ("", ".", "..") for segment in segments)
        or len(name.encode("utf-8", "surrogatepass")) > LIMITS.name_bytes
    )
    if hostile:
        raise PackageError("bad_path", "含有不安全的路径", "it contains an unsafe path")
    return name


# --- the archive -----------------------------------------------------------------------------------------------------


def _read_zip(data: bytes, limits: Limits) -> dict[str, bytes]:
    if not data.startswith(b"PK\x03\x04"):
        raise PackageError("not_zip", "不是 ZIP 容器", "it is not a ZIP container")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_directory(data, infos, archive.start_dir, limits)
            return _unpack(archive, infos, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise PackageError("zip_damaged", "ZIP 容器损坏", "the ZIP container is damaged") from error


def _check_directory(data: bytes, infos: list[zipfile.ZipInfo], start: int, limits: Limits) -> None:
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
            raise PackageError("encrypted", "含有加密的条目", "it contains encrypted entries")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise PackageError("compression", "使用了不支持的压缩方法", "it uses an unsupported compression method")
        if info.create_system == 3 and mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise PackageError("special_file", "含有符号链接等特殊文件", "it contains links or special files")
    _check_no_hidden_octets(data, infos, start)


def _check_no_hidden_octets(data: bytes, infos: list[zipfile.ZipInfo], start: int) -> None:
    """Entries lie end to end from the first octet: what the directory does not name could be read by others."""
    position = 0
    for info in sorted(infos, key=lambda item: item.header_offset):
        # zipfile shifts offsets when octets were put before the archive; then the first is not 0
        gap = info.header_offset - position
        if gap < 0 or (gap and not _is_descriptor(data[position : info.header_offset])):
            raise PackageError("hidden_octets", "条目之间有未登记的内容", "there are unlisted octets between entries")
        header = data[info.header_offset : info.header_offset + 30]
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise PackageError("zip_damaged", "ZIP 容器损坏", "the ZIP container is damaged")
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        position = info.header_offset + 30 + lengths + info.compress_size
    rest = data[position:start]
    if position > start or (rest and not _is_descriptor(rest)):
        raise PackageError("hidden_octets", "条目之间有未登记的内容", "there are unlisted octets between entries")
    end = data.rfind(b"PK\x05\x06")
    comment = int.from_bytes(data[end + 20 : end + 22], "little")
    if end + 22 + comment != len(data):
        raise PackageError("hidden_octets", "文件末尾有多余内容", "there are octets after the archive")


def _is_descriptor(octets: bytes) -> bool:
    """A data descriptor (APPNOTE 4.3.9): 12 or 20 octets, usually with its signature in front."""
    return len(octets) in (12, 16, 20, 24) and (len(octets) in (12, 20) or octets[:4] == b"PK\x07\x08")


def _unpack(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], limits: Limits) -> dict[str, bytes]:
    entries: dict[str, bytes] = {}
    folded: set[str] = set()
    total = 0
    for info in infos:
        name = _name(info)
        if name.endswith("/"):
            if info.file_size:
                raise PackageError("bad_path", "目录条目含有内容", "a folder entry has contents")
            check_name(name[:-1])
            continue
        check_name(name)
        key = unicodedata.normalize("NFC", name).casefold()
        if key in folded:
            raise PackageError("duplicate", "含有重名的条目", "it holds entries with the same name")
        folded.add(key)
        with archive.open(info) as file:
            content = file.read(limits.entry_bytes + 1)
        total += len(content)
        if len(content) != info.file_size or total > limits.total_bytes:
            raise PackageError("too_large", "解压后的大小与登记不符", "an entry is not as large as the directory says")
        entries[name] = content
    return entries


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

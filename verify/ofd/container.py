"""Is the ZIP around our own OFD the one we wrote (容器一致性)? APPNOTE 4.3.

Digests protect the files inside, not the archive's own fields or the slack in a deflate stream. What our writer makes
is the same octets every time, so for a file it made every other octet string is an altered one. Other makers' archives
are free in these fields and are not judged by them.
"""

from __future__ import annotations

import io
import struct
import zipfile

from seal.ofd.package import Package, write
from seal.ofd.signing import PROVIDER

_END = struct.Struct("<4s4H2LH")
_FEW = 64
"""An altered archive differs from the rewritten one in few octets; one packed by another zlib in many."""


def is_altered(data: bytes, package: Package, provider: str) -> bool:
    """True when the last signature says our writer made this archive and it cannot have."""
    if provider != PROVIDER:
        return False
    again = write(package.entries)
    if again == data:
        return False
    same_size = len(again) == len(data)
    if same_size and sum(1 for ours, theirs in zip(again, data, strict=True) if ours != theirs) <= _FEW:
        return True
    return not _is_ours(data)


def _is_ours(data: bytes) -> bool:
    """Every field of the archive but the packed octets themselves is what `write` puts there."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos, central = archive.infolist(), archive.start_dir
    count, size = len(infos), len(data) - central - _END.size
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, size, central, 0)
    return data[central + size :] == end and all(_plain(info, data) for info in infos)


def _plain(info: zipfile.ZipInfo, data: bytes) -> bool:
    flags = 0 if info.filename.isascii() else 0x800
    said = (info.date_time, info.create_system, info.create_version, info.extract_version, info.flag_bits)
    more = (info.volume, info.internal_attr, info.external_attr, info.extra, info.comment)
    if said != ((1980, 1, 1, 0, 0, 0), 3, 20, 20, flags) or more != (0, 0, 0o100644 << 16, b"", b""):
        return False
    header = info.FileHeader(zip64=False)
    return data[info.header_offset : info.header_offset + len(header)] == header

"""What kind of file is this (格式识别)? By its octets; a name only helps where octets say nothing."""

from __future__ import annotations

from enum import StrEnum


class FileKind(StrEnum):
    PDF = "pdf"
    OFD = "ofd"
    CERTIFICATE = "certificate"
    UNKNOWN = "unknown"


def detect(data: bytes) -> FileKind:
    """`%PDF-` may stand behind other octets (then a finding, not a reason to look away, ISO 32000-2 7.5.2)."""
    if b"%PDF-" in data[:1024]:
        return FileKind.PDF
    if data[:4] == b"PK\x03\x04":
        return FileKind.OFD
    start = data[:4096].lstrip()
    if (
        data[:1] == b"\x30"
        or b"-----BEGIN CERTIFICATE-----" in start
        or start[:4] in (b"MIIB", b"MIIC", b"MIID", b"MIIE")
    ):
        return FileKind.CERTIFICATE
    return FileKind.UNKNOWN

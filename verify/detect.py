"""What kind of file is this (格式识别)? By its octets; a name only helps where octets say nothing."""

from __future__ import annotations

from enum import StrEnum


class FileKind(StrEnum):
    PDF = "pdf"
    OFD = "ofd"
    CERTIFICATE = "certificate"
    UNKNOWN = "unknown"


def detect(data: bytes) -> FileKind:
    """Head or tail is enough: a file of which one is damaged is a damaged one, not one of an unknown format."""
    if b"%PDF-" in data[:1024] or (b"startxref" in data[-1024:] and b"%%EOF" in data[-1024:]):
        return FileKind.PDF
    if data[:4] == b"PK\x03\x04" or b"PK\x05\x06" in data[-1024:]:
        return FileKind.OFD
    start = data[:4096].lstrip()
    if (
        data[:1] == b"\x30"
        or b"-----BEGIN CERTIFICATE-----" in start
        or start[:4] in (b"MIIB", b"MIIC", b"MIID", b"MIIE")
    ):
        return FileKind.CERTIFICATE
    return FileKind.UNKNOWN

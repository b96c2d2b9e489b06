"""What kind of file is this (格式识别)? By its octets; a name only helps where octets say nothing.

Structures of ASN.1 are told apart by their outermost shape. What is whole or damaged is the judge's to say: a file of
which only the head is right is a damaged one, not one of an unknown format.
"""

from __future__ import annotations

import re
from enum import StrEnum

from ca import oids
from foundation import der
from foundation.der import DerError, Node
from seal import cms
from verify.armour import unwrapped


class FileKind(StrEnum):
    PDF = "pdf"
    OFD = "ofd"
    CMS = "cms"
    JWS = "jws"
    SEAL = "seal"
    CERTIFICATE = "certificate"
    LIST = "list"
    TIMESTAMP = "timestamp"
    EVIDENCE = "evidence"
    CODE = "code"
    UNKNOWN = "unknown"


TIME_STAMPED_DATA = "1.2.840.113549.1.9.16.1.31"
"""RFC 5544: a file and its time stamps in one."""
_JWS = re.compile(rb"\s*e[wy][A-Za-z0-9_-]{8,262144}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{16,16384}\s*\Z")
"""The header is a JSON object, so its base64url begins with that of a brace."""
_CODE = re.compile(rb"\s*(?:https?://[^\s#]{1,255}#\S{40,8192}|[0-9A-Z+\-./:]{60,8192})\s*\Z", re.IGNORECASE)


def detect(data: bytes) -> FileKind:
    """Head or tail is enough for documents; everything else by shape."""
    if b"%PDF-" in data[:1024] or (b"startxref" in data[-1024:] and b"%%EOF" in data[-1024:]):
        return FileKind.PDF
    if data[:4] == b"PK\x03\x04" or b"PK\x05\x06" in data[-1024:]:
        return FileKind.OFD
    if b"-----BEGIN CERTIFICATE-----" in data[:4096]:
        return FileKind.CERTIFICATE
    octets = unwrapped(data)
    if octets[:1] == b"\x30":
        return _structure(octets)
    return _text(data)


def _text(data: bytes) -> FileKind:
    if _JWS.match(data):
        return FileKind.JWS
    if data.lstrip()[:1] == b"{" and b'"signature' in data[: 1 << 20] and b'"payload"' in data:
        return FileKind.JWS
    if _CODE.match(data):
        return FileKind.CODE
    if data[:4096].lstrip()[:4] in (b"MIIB", b"MIIC", b"MIID", b"MIIE"):
        return FileKind.CERTIFICATE
    return FileKind.UNKNOWN


def _structure(data: bytes) -> FileKind:
    if data[1:2] == b"\x80":
        return _indefinite(data)
    try:
        parts = der.parse(data, trailing=True).children(8)
        if _is_record(parts):
            return FileKind.EVIDENCE
        return _by_parts(parts) if parts else FileKind.CERTIFICATE
    except (DerError, IndexError):
        return _indefinite(data) if b"\x80" in data[:16] else FileKind.CERTIFICATE


def _indefinite(data: bytes) -> FileKind:
    head = data[:256]
    if der.oid(cms.TST_INFO) in head or der.oid(TIME_STAMPED_DATA) in head:
        return FileKind.TIMESTAMP
    return FileKind.CMS if data[2:3] == b"\x06" else FileKind.CERTIFICATE


def _by_parts(parts: list[Node]) -> FileKind:
    first, second = parts[0], parts[1] if len(parts) > 1 else None
    if first.tag == der.OID:
        return _content_info(first.as_oid(), second)
    if first.tag == der.ENUMERATED:
        return FileKind.LIST  # an OCSP answer
    inner = first.children(16) if first.tag == der.SEQUENCE else []
    if not inner:
        return FileKind.CERTIFICATE
    if second is None or (inner[0].tag == der.INTEGER and _starts_with(second, der.OID) and len(parts) == 2):
        return FileKind.TIMESTAMP  # PKIStatusInfo, and a token when it was granted
    if second.tag in (der.OCTET_STRING, der.BIT_STRING) or (len(parts) == 2 and _starts_with(inner[0], der.IA5_STRING)):
        return FileKind.SEAL
    return FileKind.LIST if _is_list(first) else FileKind.CERTIFICATE


def _content_info(kind: str, inner: Node | None) -> FileKind:
    if kind == TIME_STAMPED_DATA:
        return FileKind.TIMESTAMP
    if kind in (cms.SIGNED_DATA, cms.GM_SIGNED_DATA) and inner is not None:
        fields = inner.children(1)[0].children(8)
        wrapped = fields[2].children(2)[0] if len(fields) > 2 and fields[2].tag == der.SEQUENCE else None
        if wrapped is not None and wrapped.tag == der.OID and wrapped.as_oid() == oids.TST_INFO:
            return FileKind.TIMESTAMP
    return FileKind.CMS


def _is_record(parts: list[Node]) -> bool:
    """After version 1 an EvidenceRecord lists digest algorithms (RFC 4998 3.1)."""
    if len(parts) < 3 or parts[0].raw != der.integer(1) or parts[1].tag != der.SEQUENCE:
        return False
    listed = parts[1].children(32)
    return bool(listed) and all(_starts_with(one, der.OID) for one in listed)


def _starts_with(node: Node, tag: int) -> bool:
    children = node.children(8) if node.tag & 0x20 else []
    return bool(children) and children[0].tag == tag


def _is_list(tbs: Node) -> bool:
    """TBSCertList has a time where a certificate has its validity, and no [0] version (RFC 5280 5.1)."""
    fields = [part.tag for part in tbs.children(16)]
    times = (der.UTC_TIME, der.GENERALIZED_TIME)
    return bool(fields) and fields[0] != 0xA0 and any(tag in times for tag in fields[:5])

"""The small fields of electronic seals (印章字段): strings, times, pictures, extensions.

Tolerant where the field is known to be careless (facts: standards 2.6), and every tolerance is noted by a stable name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from foundation import der
from foundation.der import DerError, Node

MOST_EXTENSIONS = 64


@dataclass(frozen=True, slots=True)
class Picture:
    """`type` as written ("PNG", "ofd", "gif"…: compare without case); width and height in millimetres."""

    type: str
    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ExtData:
    oid: str
    critical: bool
    value: bytes


def read_picture(node: Node, notes: list[str]) -> Picture:
    parts = node.expect(der.SEQUENCE).children(5)
    if len(parts) != 4:
        raise DerError("SES_ESPictrueInfo")
    width, height = parts[2].as_integer(), parts[3].as_integer()
    if not (0 < width <= 1000 and 0 < height <= 1000):
        notes.append("picture.size")
    return Picture(read_text(parts[0], notes), parts[1].as_octets(), width, height)


def read_extensions(node: Node, notes: list[str]) -> tuple[ExtData, ...]:
    found = []
    for item in node.children(MOST_EXTENSIONS):
        parts = item.expect(der.SEQUENCE).children(4)
        if len(parts) not in (2, 3):
            raise DerError("ExtData")
        critical = False
        if len(parts) == 3:
            octets = parts[1].expect(der.BOOLEAN).content
            critical = octets != b"\x00"
            if octets not in (b"\x00", b"\xff"):
                notes.append("extension.boolean")
            if not critical:
                notes.append("extension.explicit_false")  # DEFAULT FALSE encoded: not DER, and really signed so
        found.append(ExtData(parts[0].as_oid(), critical, parts[-1].as_octets()))
    return tuple(found)


def tagged_bits(node: Node) -> bytes:
    """The field timeStamp, [0] EXPLICIT BIT STRING."""
    inner = node.expect(0xA0).children(2)
    if len(inner) != 1:
        raise DerError("timeStamp")
    return inner[0].as_bits()


def read_text(node: Node, notes: list[str]) -> str:
    """IA5String fields hold Chinese text in the field; UTF-8 first, then GB 18030, and it is noted."""
    if node.tag not in (der.IA5_STRING, der.UTF8_STRING, der.PRINTABLE_STRING):
        raise DerError(f"tag 0x{node.tag:02x} is no string")
    content = node.content
    if node.tag != der.UTF8_STRING and not content.isascii():
        notes.append("string.not_ascii")
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DerError("string encoding")


_GENERALIZED = re.compile(rb"(\d{14})([.,]\d{1,9})?(Z|[+-]\d{4})?\Z")


def read_time(node: Node, notes: list[str]) -> datetime:
    """UTCTime or GeneralizedTime; fractions, offsets and a missing zone (read as China time) are noted."""
    try:
        return node.as_time()
    except DerError:
        match = _GENERALIZED.match(node.content) if node.tag == der.GENERALIZED_TIME else None
        if match is None:
            raise
    notes.append("time.form")
    return _calendar(match)


def time_in_text(octets: bytes) -> datetime | None:
    match = _GENERALIZED.match(octets)
    return _calendar(match) if match else None


def _calendar(match: re.Match[bytes]) -> datetime:
    zone = match[3]
    if zone is None:
        place = timezone(timedelta(hours=8))
    elif zone == b"Z":
        place = UTC
    else:
        minutes = int(zone[1:3]) * 60 + int(zone[3:5])
        if minutes >= 24 * 60:
            raise DerError("time")
        place = timezone(timedelta(minutes=minutes if zone[:1] == b"+" else -minutes))
    try:
        return datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=place).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise DerError("time") from error

"""A small DER writer and a strict, bounded DER reader (ITU-T X.690).

The writer concatenates; the reader slices the original octets and never re-encodes, because several signatures in the
field cover bytes that are not canonical (facts: standards 2.6). Depth and size are the caller's to bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from foundation.errors import InvalidInput
from foundation.text import Text

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
ENUMERATED, UTF8_STRING, PRINTABLE_STRING, IA5_STRING = 0x0A, 0x0C, 0x13, 0x16
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31


class DerError(InvalidInput):
    """The octets are not the DER this structure must have."""

    def __init__(self, why: str) -> None:
        super().__init__("der.malformed", Text(f"数据结构（ASN.1）损坏：{why}", f"Damaged ASN.1 structure: {why}"))


# --- writing ---------------------------------------------------------------------------------------------------------


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    return tlv(SEQUENCE, b"".join(parts))


def set_of(parts: Iterable[bytes]) -> bytes:
    """SET OF in DER order (X.690 11.6)."""
    return tlv(SET, b"".join(sorted(parts)))


def integer(value: int) -> bytes:
    size = (value.bit_length() if value >= 0 else (value + 1).bit_length()) // 8 + 1
    return tlv(INTEGER, value.to_bytes(size, "big", signed=True))


def enumerated(value: int) -> bytes:
    return bytes((ENUMERATED,)) + integer(value)[1:]


def boolean(value: bool) -> bytes:  # noqa: FBT001 - it encodes a boolean
    return tlv(BOOLEAN, b"\xff" if value else b"\x00")


def null() -> bytes:
    return b"\x05\x00"


def octet_string(value: bytes) -> bytes:
    return tlv(OCTET_STRING, value)


def bit_string(value: bytes, unused: int = 0) -> bytes:
    return tlv(BIT_STRING, bytes((unused,)) + value)


def named_bits(*positions: int) -> bytes:
    """BIT STRING of named bits, trailing zero bits removed (X.690 11.2.2): key usage, CRL reasons."""
    if not positions:
        return bit_string(b"")
    top = max(positions)
    buffer = bytearray(top // 8 + 1)
    for position in positions:
        buffer[position // 8] |= 0x80 >> position % 8
    return bit_string(bytes(buffer), 7 - top % 8)


@lru_cache(maxsize=2048)
def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        chunk = [arc & 0x7F]
        while arc := arc >> 7:
            chunk.append(0x80 | arc & 0x7F)
        content += bytes(reversed(chunk))
    return tlv(OID, bytes(content))


def utf8(value: str) -> bytes:
    return tlv(UTF8_STRING, value.encode())


def printable(value: str) -> bytes:
    return tlv(PRINTABLE_STRING, value.encode("ascii"))


def ia5(value: str) -> bytes:
    return tlv(IA5_STRING, value.encode("ascii"))


def generalized_time(value: datetime) -> bytes:
    return tlv(GENERALIZED_TIME, b"%04d%s" % (value.astimezone(UTC).year, _within_year(value)))


def x509_time(value: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5)."""
    value = value.astimezone(UTC)
    if value.year < 2050:
        return tlv(UTC_TIME, b"%02d%s" % (value.year % 100, _within_year(value)))
    return generalized_time(value)


def _within_year(value: datetime) -> bytes:
    """Month to second; `strftime` takes ten times as long."""
    value = value.astimezone(UTC)
    return b"%02d%02d%02d%02d%02dZ" % (value.month, value.day, value.hour, value.minute, value.second)


def explicit(number: int, content: bytes) -> bytes:
    return tlv(0xA0 | number, content)


def implicit(number: int, encoded: bytes) -> bytes:
    """Replace the tag of `encoded`; a constructed value stays constructed."""
    return bytes((0x80 | number | encoded[0] & 0x20,)) + encoded[1:]


# --- reading ---------------------------------------------------------------------------------------------------------


class Node(NamedTuple):
    """One value inside `buffer`: `raw` are its original octets, header included. A tuple, because many are made."""

    buffer: bytes
    start: int
    body: int
    end: int

    @property
    def tag(self) -> int:
        return self.buffer[self.start]

    @property
    def raw(self) -> bytes:
        return self.buffer[self.start : self.end]

    @property
    def content(self) -> bytes:
        return self.buffer[self.body : self.end]

    def expect(self, tag: int) -> Node:
        if self.buffer[self.start] != tag:
            raise DerError(f"tag 0x{self.tag:02x} where 0x{tag:02x} must stand")
        return self

    def children(self, most: int = 100_000) -> list[Node]:
        if not self.buffer[self.start] & 0x20:
            raise DerError("a primitive value has no parts")
        return _walk(self.buffer, self.body, self.end, most)

    def as_integer(self) -> int:
        content = self.expect(INTEGER).content
        if not content or (len(content) > 1 and (content[0], content[1] >> 7) in ((0, 0), (0xFF, 1))):
            raise DerError("integer is not minimal")
        return int.from_bytes(content, "big", signed=True)

    def as_oid(self) -> str:
        return _dotted(self.expect(OID).content)

    def as_bits(self) -> bytes:
        content = self.expect(BIT_STRING).content
        if not content or content[0] > 7 or (content[0] and len(content) == 1):
            raise DerError("bit string")
        return content[1:]

    def as_octets(self) -> bytes:
        return self.expect(OCTET_STRING).content

    def as_text(self) -> str:
        encoding = {UTF8_STRING: "utf-8", PRINTABLE_STRING: "ascii", IA5_STRING: "ascii"}.get(self.tag)
        if encoding is None:
            raise DerError(f"tag 0x{self.tag:02x} is no string")
        try:
            return self.content.decode(encoding)
        except UnicodeDecodeError as error:
            raise DerError("string encoding") from error

    def as_time(self) -> datetime:
        """UTCTime and GeneralizedTime to the second, in Zulu time and in full (RFC 5280 4.1.2.5)."""
        text, short = self.content, self.tag == UTC_TIME
        if not short and self.tag != GENERALIZED_TIME:
            raise DerError(f"tag 0x{self.tag:02x} is no time")
        if len(text) != (13 if short else 15) or text[-1:] != b"Z" or not text[:-1].isdigit():
            raise DerError("time")
        year, rest = (int(text[:2]), text[2:]) if short else (int(text[:4]), text[4:])
        if short:
            year += 1900 if year >= 50 else 2000  # RFC 5280 4.1.2.5.1
        month, day, hour, minute, second = (int(rest[at : at + 2]) for at in range(0, 10, 2))
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError as error:
            raise DerError("time") from error


def _header(buffer: bytes, at: int, end: int) -> tuple[int, int]:
    if at + 2 > end:
        raise DerError("cut off")
    if buffer[at] & 0x1F == 0x1F:
        raise DerError("multi-byte tag")
    size = buffer[at + 1]
    body = at + 2
    if size & 0x80:
        count = size & 0x7F
        if count == 0 or count > 4 or body + count > end:
            raise DerError("length")
        size = int.from_bytes(buffer[body : body + count], "big")
        if size < 0x80 or buffer[body] == 0:
            raise DerError("length is not minimal")
        body += count
    if body + size > end:
        raise DerError("cut off")
    return body, body + size


_made = tuple.__new__
"""What `Node(…)` comes to, without the call in between: this is the hottest line of reading."""


def _walk(buffer: bytes, at: int, end: int, most: int) -> list[Node]:
    found: list[Node] = []
    while at < end:
        if len(found) == most:
            raise DerError("too many parts")
        after = body + buffer[at + 1] if (body := at + 2) <= end else 0
        if buffer[at] & 0x1F == 0x1F or not body <= after <= end or after - body > 0x7F:
            body, after = _header(buffer, at, end)  # anything but a short value that fits
        found.append(_made(Node, (buffer, at, body, after)))
        at = after
    return found


@lru_cache(maxsize=2048)
def _dotted(content: bytes) -> str:
    """The same few hundred stand in everything that is read."""
    if not content or content[-1] & 0x80 or len(content) > 64:
        raise DerError("object identifier")
    arcs, value = [], 0
    for octet in content:
        if value == 0 and octet == 0x80:
            raise DerError("object identifier is not minimal")
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def parse(data: bytes, *, trailing: bool = False) -> Node:
    """The one value in `data`. Octets after it are refused unless `trailing`."""
    body, after = _header(data, 0, len(data))
    if after != len(data) and not trailing:
        raise DerError("octets after the end")
    return Node(data, 0, body, after)

"""A small DER writer and a strict, bounded DER reader (ITU-T X.690).

The writer concatenates; the reader slices the original octets and never re-encodes, because several signatures in the
field cover bytes that are not canonical (facts: standards 2.6). Depth and size are the caller's to bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

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
    return tlv(GENERALIZED_TIME, value.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def x509_time(value: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5)."""
    value = value.astimezone(UTC)
    if value.year < 2050:
        return tlv(UTC_TIME, value.strftime("%y%m%d%H%M%SZ").encode())
    return generalized_time(value)


def explicit(number: int, content: bytes) -> bytes:
    return tlv(0xA0 | number, content)


def implicit(number: int, encoded: bytes) -> bytes:
    """Replace the tag of `encoded`; a constructed value stays constructed."""
    return bytes((0x80 | number | encoded[0] & 0x20,)) + encoded[1:]


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """One value inside `buffer`: `raw` are its original octets, header included."""

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
        if self.tag != tag:
            raise DerError(f"tag 0x{self.tag:02x} where 0x{tag:02x} must stand")
        return self

    def children(self, most: int = 100_000) -> list[Node]:
        if not self.tag & 0x20:
            raise DerError("a primitive value has no parts")
        return list(_walk(self.buffer, self.body, self.end, most))

    def as_integer(self) -> int:
        content = self.expect(INTEGER).content
        if not content or (len(content) > 1 and (content[0], content[1] >> 7) in ((0, 0), (0xFF, 1))):
            raise DerError("integer is not minimal")
        return int.from_bytes(content, "big", signed=True)

    def as_oid(self) -> str:
        content = self.expect(OID).content
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
        shape = {UTC_TIME: "%y%m%d%H%M%SZ", GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(self.tag)
        if shape is None:
            raise DerError(f"tag 0x{self.tag:02x} is no time")
        try:
            read = datetime.strptime(self.content.decode("ascii"), shape).replace(tzinfo=UTC)
        except ValueError as error:
            raise DerError("time") from error
        if self.tag == UTC_TIME and read.year >= 2050:  # RFC 5280 4.1.2.5.1: 50 is 1950, which strptime ends at 69
            return read.replace(year=read.year - 100)
        return read


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


def _walk(buffer: bytes, at: int, end: int, most: int) -> Iterator[Node]:
    count = 0
    while at < end:
        count += 1
        if count > most:
            raise DerError("too many parts")
        body, after = _header(buffer, at, end)
        yield Node(buffer, at, body, after)
        at = after


def parse(data: bytes, *, trailing: bool = False) -> Node:
    """The one value in `data`. Octets after it are refused unless `trailing`."""
    body, after = _header(data, 0, len(data))
    if after != len(data) and not trailing:
        raise DerError("octets after the end")
    return Node(data, 0, body, after)

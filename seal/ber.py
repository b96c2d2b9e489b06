"""BER to DER (编码转换), bounded: Java's usual CMS writers emit indefinite lengths and chopped octet strings.

Only lengths are rewritten and constructed octet strings joined; primitive contents pass untouched, so what was signed
as DER inside (signed attributes, certificates) keeps its octets.
"""

from __future__ import annotations

from foundation.der import OCTET_STRING, DerError, tlv

DEEPEST = 32
_CONSTRUCTED_OCTETS = OCTET_STRING | 0x20


def to_der(data: bytes, *, most: int = 16 * 1024 * 1024) -> tuple[bytes, int]:
    """The first value of `data` with definite lengths, and how many octets it took."""
    if len(data) > most:
        raise DerError("too large")
    return _value(data, 0, len(data), 0)


def _value(data: bytes, at: int, end: int, depth: int) -> tuple[bytes, int]:
    if depth > DEEPEST:
        raise DerError("nested too deeply")
    if at + 2 > end or data[at] & 0x1F == 0x1F:
        raise DerError("cut off")
    tag = data[at]
    size, body = _length(data, at + 1, end)
    if not tag & 0x20:
        if size is None:
            raise DerError("primitive value without a length")
        return tlv(tag, data[body : body + size]), body + size
    parts: list[bytes] = []
    stop = end if size is None else body + size
    position = body
    while True:
        if size is None and data[position : position + 2] == b"\x00\x00":
            position += 2
            break
        if size is not None and position == stop:
            break
        part, position = _value(data, position, stop, depth + 1)
        parts.append(part)
    if tag == _CONSTRUCTED_OCTETS:
        return tlv(OCTET_STRING, b"".join(_octets(part) for part in parts)), position
    return tlv(tag, b"".join(parts)), position


def _length(data: bytes, at: int, end: int) -> tuple[int | None, int]:
    first = data[at]
    if first == 0x80:
        return None, at + 1
    size, body = first, at + 1
    if first & 0x80:
        count = first & 0x7F
        if count > 8 or body + count > end:
            raise DerError("length")
        size = int.from_bytes(data[body : body + count], "big")
        body += count
    if body + size > end:
        raise DerError("cut off")
    return size, body


def _octets(part: bytes) -> bytes:
    if part[0] != OCTET_STRING:
        raise DerError("constructed octet string")
    size = part[1]
    return part[2:] if size < 0x80 else part[2 + (size & 0x7F) :]

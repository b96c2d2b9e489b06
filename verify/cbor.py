"""The small part of CBOR a printed code uses (RFC 8949 4.2.1, deterministic encoding), strict and bounded.

Integers, byte strings, text strings, arrays and maps with integer keys. No tags, floats or indefinite lengths: a second
spelling of the same value would let one licence have many codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Value = int | bytes | str | list["Value"] | dict[int, "Value"]

_DEPTH = 4
_MOST = 64


class CborError(ValueError):
    """The octets are not the deterministic CBOR a code is made of."""


def _head(major: int, value: int) -> bytes:
    if value < 24:
        return bytes((major << 5 | value,))
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 256**size:
            return bytes((major << 5 | extra,)) + value.to_bytes(size, "big")
    raise CborError("integer out of range")


def encode(value: int | bytes | str | Sequence[object] | Mapping[int, object]) -> bytes:
    if isinstance(value, bool):
        raise CborError("booleans are not used here")
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        data = value.encode()
        return _head(3, len(data)) + data
    if isinstance(value, Mapping):
        pairs = sorted((encode(key), encode(item)) for key, item in value.items())  # type: ignore[arg-type]  # checked by recursion
        return _head(5, len(pairs)) + b"".join(key + item for key, item in pairs)
    if isinstance(value, Sequence):
        return _head(4, len(value)) + b"".join(encode(item) for item in value)  # type: ignore[arg-type]  # checked by recursion
    raise CborError(f"{type(value).__name__} is not used here")


def decode(data: bytes) -> Value:
    """The one value in `data`; anything but its only deterministic spelling is refused."""
    value, end = _read(data, 0, _DEPTH)
    if end != len(data):
        raise CborError("octets after the end")
    return value


def _number(data: bytes, at: int) -> tuple[int, int]:
    low = data[at] & 0x1F
    if low < 24:
        return low, at + 1
    if low > 27:
        raise CborError("indefinite length or reserved value")
    size = 1 << (low - 24)
    if at + 1 + size > len(data):
        raise CborError("cut off")
    value = int.from_bytes(data[at + 1 : at + 1 + size], "big")
    if value < (24 if size == 1 else 256 ** (size // 2)):
        raise CborError("number is not in its shortest form")
    return value, at + 1 + size


def _read(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    if at >= len(data):
        raise CborError("cut off")
    if depth == 0:
        raise CborError("too deep")
    major = data[at] >> 5
    number, at = _number(data, at)
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        return _string(data, at, number, text=major == 3)
    if major in (4, 5) and number > _MOST:
        raise CborError("too many parts")
    if major == 4:
        return _array(data, at, number, depth)
    if major == 5:
        return _map(data, at, number, depth)
    raise CborError("tags and simple values are not used here")


def _string(data: bytes, at: int, size: int, *, text: bool) -> tuple[Value, int]:
    if at + size > len(data):
        raise CborError("cut off")
    body = data[at : at + size]
    if not text:
        return body, at + size
    try:
        return body.decode(), at + size
    except UnicodeDecodeError as error:
        raise CborError("text is not UTF-8") from error


def _array(data: bytes, at: int, count: int, depth: int) -> tuple[Value, int]:
    items: list[Value] = []
    for _ in range(count):
        item, at = _read(data, at, depth - 1)
        items.append(item)
    return items, at


def _map(data: bytes, at: int, count: int, depth: int) -> tuple[Value, int]:
    pairs: dict[int, Value] = {}
    last = b""
    for _ in range(count):
        start = at
        key, at = _read(data, at, depth - 1)
        spelled = data[start:at]
        if not isinstance(key, int) or spelled <= last:
            raise CborError("map keys are not sorted integers")
        last = spelled
        pairs[key], at = _read(data, at, depth - 1)
    return pairs, at

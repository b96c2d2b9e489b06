"""Base41 (四十一进制文本): the arithmetic of RFC 9285 over 41 characters a URL fragment and a QR code both keep.

Two octets become three characters, a last single octet becomes two, least significant digit first. The four characters
of base45 that a URL would escape (space, `$`, `%`, `*`) are left out, so a code opens in any camera unchanged.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+-./:"
_VALUE = {char: value for value, char in enumerate(ALPHABET)}


class NotBase41(ValueError):  # noqa: N818 - reads as what it says
    """The text is not what `encode` writes for any octets."""


def encode(data: bytes) -> str:
    out = []
    for at in range(0, len(data) - 1, 2):
        rest, low = divmod(data[at] << 8 | data[at + 1], 41)
        high, middle = divmod(rest, 41)
        out.append(ALPHABET[low] + ALPHABET[middle] + ALPHABET[high])
    if len(data) % 2:
        high, low = divmod(data[-1], 41)
        out.append(ALPHABET[low] + ALPHABET[high])
    return "".join(out)


def decode(text: str) -> bytes:
    """The inverse; every value above what the octets can hold is refused, so one text belongs to one octet string."""
    if len(text) % 3 == 1:
        raise NotBase41("length")
    try:
        digits = [_VALUE[char] for char in text]
    except KeyError as error:
        raise NotBase41("character outside the alphabet") from error
    out = bytearray()
    for at in range(0, len(digits), 3):
        group = digits[at : at + 3]
        size = len(group) - 1
        value = sum(digit * 41**power for power, digit in enumerate(group))
        if value >= 256**size:
            raise NotBase41("group too large")
        out += value.to_bytes(size, "big")
    return bytes(out)

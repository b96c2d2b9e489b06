"""The value of an SM2 or ECDSA signature (签名值): DER SEQUENCE { r, s }, GM/T 0009 6.4 and RFC 3279 2.2.3.

Only the one canonical encoding is accepted: two encodings of one signature would be two files with one meaning.
"""

from __future__ import annotations

from foundation import der
from foundation.der import DerError
from hsm.errors import BadSignature, Reason

SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P384_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973

P521_ORDER = 2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7


def read_strict(value: bytes, order: int) -> tuple[int, int]:
    """(r, s) from minimal DER with nothing after it; both in [1, order - 1]."""
    try:
        parts = der.parse(value).expect(der.SEQUENCE).children(most=2)
        if len(parts) != 2:
            raise BadSignature(Reason.MALFORMED, "not two integers")
        r, s = parts[0].as_integer(), parts[1].as_integer()
    except DerError as error:
        raise BadSignature(Reason.MALFORMED) from error
    _in_range(r, s, order)
    return r, s


def write(r: int, s: int) -> bytes:
    return der.sequence(der.integer(r), der.integer(s))


def to_raw(value: bytes, size: int = 32) -> bytes:
    """r‖s of `size` octets each, as COSE (RFC 9053 2.1) and JOSE (RFC 7518 3.4) carry it."""
    r, s = read_strict(value, 1 << 8 * size)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def from_raw(raw: bytes, order: int) -> bytes:
    """DER from r‖s; both halves have the length of the order."""
    size = (order.bit_length() + 7) // 8
    if len(raw) != 2 * size:
        raise BadSignature(Reason.MALFORMED, "not r and s of equal length")
    r, s = int.from_bytes(raw[:size], "big"), int.from_bytes(raw[size:], "big")
    _in_range(r, s, order)
    return write(r, s)


def _in_range(r: int, s: int, order: int) -> None:
    if not (0 < r < order and 0 < s < order):
        raise BadSignature(Reason.OUT_OF_RANGE)

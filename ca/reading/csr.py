"""Certificate requests (证书请求), PKCS#10 (RFC 2986).

Only the public key is taken, after the request proved possession of it. Name and extensions a requester wrote are
never read into a certificate (T11).
"""

from __future__ import annotations

from dataclasses import dataclass

from ca.reading.algorithms import scheme_of
from ca.reading.shapes import fields
from foundation import der
from foundation.der import DerError
from hsm.schemes import Scheme

MOST_OCTETS = 32 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    info: bytes
    """The slice the requester signed."""
    spki: bytes
    scheme: Scheme | None
    signature: bytes


def read_request(data: bytes) -> Request:
    """Parse one DER request. Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("request larger than 32 KiB")
    info, algorithm, signature = fields(der.parse(data), 3, 3, "a certificate request has three parts")
    parts = fields(info, 3, 8, "certificate request")
    if parts[0].as_integer() != 0:
        raise DerError("version of a certificate request")
    return Request(info.raw, parts[2].expect(der.SEQUENCE).raw, scheme_of(algorithm), _whole(signature))


def _whole(signature: der.Node) -> bytes:
    """A signature has whole octets: with bits left over, one request would have several encodings."""
    if signature.expect(der.BIT_STRING).content[:1] != b"\x00":
        raise DerError("signature of a certificate request")
    return signature.as_bits()


def read_request_name(data: bytes) -> bytes:
    """The subject a request asks for, as it stands. Compared where a ceremony signs; never copied anywhere (T11)."""
    info = fields(der.parse(data), 3, 3, "a certificate request has three parts")[0]
    return fields(info, 3, 8, "certificate request")[1].expect(der.SEQUENCE).raw

"""OCSP questions (在线状态查询请求): parsed within bounds, and matched against the issuer they hash.

RFC 6960 4.1, RFC 9654. A question is in one of a few forms: the digest, and whether its parameters are NULL or absent;
an answer repeats the form octet for octet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ca import oids
from ca.reading.extensions import read_extensions
from ca.reading.ocsp import CertId, read_cert_id
from ca.reading.shapes import fields, sole
from ca.room import Authority, CaRoom
from foundation import der
from foundation.der import DerError
from hsm.digests import Digest

MOST_OCTETS = 16 * 1024
MOST_REQUESTS = 20
MOST_NONCE = 128


class Refusal(IntEnum):
    """OCSPResponseStatus other than successful."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    UNAUTHORIZED = 6


def refusal(status: Refusal) -> bytes:
    return der.sequence(der.enumerated(status))


@dataclass(frozen=True, slots=True)
class Request:
    asked: tuple[CertId, ...]
    nonce: bytes | None
    """Content of the extension, echoed octet for octet."""


def read_request(data: bytes) -> Request:
    """Parse an OCSPRequest within bounds. A signature of the requester is not asked for and not looked at."""
    if len(data) > MOST_OCTETS:
        raise DerError("OCSP request larger than 16 KiB")
    tbs = fields(der.parse(data), 1, 2, "OCSPRequest")[0]
    parts = {part.tag: part for part in tbs.expect(der.SEQUENCE).children(4)}
    if 0xA0 in parts and sole(parts[0xA0]).as_integer() != 0:
        raise DerError("version of an OCSP request")
    if der.SEQUENCE not in parts:
        raise DerError("no request list")
    asked = []
    for entry in parts[der.SEQUENCE].children(MOST_REQUESTS):
        one = fields(entry, 1, 2, "Request")
        if len(one) == 2:
            _refuse_critical(sole(one[1].expect(0xA0)))
        asked.append(read_cert_id(one[0]))
    if not asked:
        raise DerError("request list is empty")
    return Request(tuple(asked), _nonce(sole(parts[0xA2])) if 0xA2 in parts else None)


def _refuse_critical(extensions: der.Node) -> None:
    if any(found.critical for found in read_extensions(extensions, [])):
        raise DerError("unknown critical extension")


def _nonce(extensions: der.Node) -> bytes | None:
    """RFC 9654 2.1: an OCTET STRING of 1 to 128 octets, anything else is malformed."""
    nonce = None
    for found in read_extensions(extensions, []):
        if found.oid == oids.OCSP_NONCE:
            if not 1 <= len(der.parse(found.value).as_octets()) <= MOST_NONCE:
                raise DerError("nonce length")
            nonce = found.value
        elif found.critical:
            raise DerError("unknown critical extension")
    return nonce


# --- forms -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forms:
    """The CertIDs of one issuer without their serial, by form and by octets."""

    by_name: dict[str, bytes]
    by_octets: dict[bytes, str]

    def cert_id(self, form: str, serial: int) -> bytes:
        return der.sequence(self.by_name[form], der.integer(serial))

    def form_of(self, asked: CertId) -> str | None:
        """None when the question hashes another issuer, or in a way we do not know: unknown to us."""
        head = len(asked.raw) - len(der.integer(asked.serial))
        return self.by_octets.get(asked.raw[len(der.sequence(b"")) + _long(asked.raw) : head])


def _long(raw: bytes) -> int:
    """Octets of a length beyond the first."""
    return raw[1] & 0x7F if raw[1] & 0x80 else 0


def forms(room: CaRoom, above: Authority) -> Forms:
    place = ("ocsp-forms", above.slug)
    known = room.kept.get(place)
    if not isinstance(known, Forms):
        bits = fields(der.parse(above.certificate.spki), 2, 2, "public key")[1].as_bits()
        name = above.certificate.subject.raw
        made: dict[str, bytes] = {}
        for digest in Digest:
            hashed = der.octet_string(digest.of(name)) + der.octet_string(digest.of(bits))
            made[digest.value] = der.sequence(der.oid(digest.oid), der.null()) + hashed
            made[f"{digest.value}-bare"] = der.sequence(der.oid(digest.oid)) + hashed
        known = room.kept[place] = Forms(made, {octets: form for form, octets in made.items()})
    return known


_HEADERS = 10
MOST_QUICK = 0x81
"""A SEQUENCE with its longest short length."""


def quick(data: bytes, known: Forms) -> tuple[str, str] | None:
    """(form, serial in hexadecimal) of the plainest question: one certificate, no nonce, all lengths short.

    A few comparisons instead of a parse. Whatever looks different takes the long way, so nothing is decided here.
    """
    size = len(data)
    if not 64 < size <= MOST_QUICK:
        return None
    for at in range(0, _HEADERS, 2):
        if data[at] != der.SEQUENCE or data[at + 1] != size - at - 2:
            return None
    head = _HEADERS + 2 + data[_HEADERS + 1]
    for _ in range(2):  # two octet strings
        if head + 1 >= size or data[head] != der.OCTET_STRING:
            return None
        head += 2 + data[head + 1]
    if head + 2 >= size or data[head] != der.INTEGER or data[head + 1] != size - head - 2 or data[head + 2] & 0x80:
        return None
    serial = data[head + 2 :]
    if serial[0] == 0 and not (len(serial) > 1 and serial[1] & 0x80):  # zero, or not as short as it could be
        return None
    form = known.by_octets.get(data[_HEADERS:head])
    return None if form is None else (form, serial.hex().lstrip("0"))

"""What a request wishes to be called (申请名称): read from a CSR only to be compared with what is permitted.

Nothing here is copied into a certificate; the certificate's names are written anew from the compared text (T11).
"""

from __future__ import annotations

from dataclasses import dataclass

from ca.names import read_name
from ca.reading.csr import MOST_OCTETS
from ca.reading.extensions import read_extensions
from ca.reading.shapes import fields, sole
from foundation import der
from foundation.der import DerError

_EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
_SUBJECT_ALT_NAME = "2.5.29.17"
_DNS, _IP = 0x82, 0x87
_MOST_NAMES, _MOST_ATTRIBUTES = 100, 16


@dataclass(frozen=True, slots=True)
class Wishes:
    common_name: str | None
    dns: tuple[str, ...]
    """Lower case."""
    other: int
    """Names of kinds we do not issue to machines (addresses, mailboxes, …)."""


def read_wishes(csr: bytes) -> Wishes:
    """Names in a PKCS#10 request. Raises `DerError`."""
    if len(csr) > MOST_OCTETS:
        raise DerError("request larger than 32 KiB")
    info = fields(der.parse(csr), 3, 3, "certificate request")[0]
    parts = fields(info, 3, 8, "certificate request")
    attributes = [part for part in parts[3:] if part.tag == 0xA0]
    common_name = read_name(parts[1]).common_name
    return wishes_of(common_name, _alternative(attributes[0]) if attributes else None)


def wishes_of(common_name: str | None, alternative: bytes | None) -> Wishes:
    """From a common name and the content of a subjectAltName extension (CMP sends them in a template)."""
    dns: list[str] = []
    other = 0
    for name in der.parse(alternative).expect(der.SEQUENCE).children(_MOST_NAMES) if alternative is not None else ():
        if name.tag == _DNS:
            try:
                dns.append(name.content.decode("ascii").lower())
            except UnicodeDecodeError as error:
                raise DerError("DNS name is not ASCII") from error
        else:
            other += 1
    return Wishes(common_name, tuple(dict.fromkeys(dns)), other)


def _alternative(attributes: der.Node) -> bytes | None:
    """The subjectAltName among requested extensions; more than one request for extensions is refused."""
    found = [
        sole(pair[1].expect(der.SET))
        for pair in (fields(one, 2, 2, "attribute") for one in attributes.children(_MOST_ATTRIBUTES))
        if pair[0].as_oid() == _EXTENSION_REQUEST
    ]
    if len(found) > 1:
        raise DerError("extensions are requested twice")
    for extension in read_extensions(found[0], []) if found else ():
        if extension.oid == _SUBJECT_ALT_NAME:
            return extension.value
    return None

"""Alternative names (主体备用名称): what machines call each other by (RFC 5280 4.2.1.6)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from ca import oids
from ca.reading.certificate import Certificate
from foundation import der
from foundation.der import DerError

_MOST_NAMES = 1000
_EMAIL, _DNS, _URI, _IP = 0x81, 0x82, 0x86, 0x87


@dataclass(frozen=True, slots=True)
class AlternativeNames:
    """`ip` in the usual text form; a certificate's other kinds of names are counted, not shown."""

    dns: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    uri: tuple[str, ...] = ()
    others: int = 0

    def __bool__(self) -> bool:
        return bool(self.dns or self.ip or self.email or self.uri or self.others)

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for kind in ("dns", "ip", "email", "uri") if getattr(self, kind))

    @property
    def count(self) -> int:
        return len(self.dns) + len(self.ip) + len(self.email) + len(self.uri) + self.others


NO_NAMES = AlternativeNames()


def names_of(certificate: Certificate) -> AlternativeNames:
    """Every alternative name; an unreadable one raises `DerError`."""
    extension = certificate.find(oids.SUBJECT_ALT_NAME)
    if extension is None:
        return NO_NAMES
    found: dict[int, list[str]] = {_DNS: [], _IP: [], _EMAIL: [], _URI: []}
    others = 0
    for name in der.parse(extension.value).expect(der.SEQUENCE).children(_MOST_NAMES):
        if name.tag in found:
            found[name.tag].append(_address(name.content) if name.tag == _IP else _text(name.content))
        else:
            others += 1
    return AlternativeNames(tuple(found[_DNS]), tuple(found[_IP]), tuple(found[_EMAIL]), tuple(found[_URI]), others)


def _text(content: bytes) -> str:
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise DerError("alternative name is not ASCII") from error


def _address(content: bytes) -> str:
    if len(content) not in (4, 16):
        raise DerError("IP address of an odd length")
    return str(ipaddress.ip_address(content))

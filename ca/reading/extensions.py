"""Extensions (扩展项) and the addresses inside them (RFC 5280 4.2.1.13, 4.2.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ca.reading.shapes import fields, sole
from foundation import der
from foundation.der import DerError

MOST_EXTENSIONS = 64
_MOST_URLS = 32
_URI = 0x86
_OCSP, _ISSUERS = "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"


@dataclass(frozen=True, slots=True)
class Extension:
    """`value` is the content of extnValue: the DER of the extension itself."""

    oid: str
    critical: bool
    value: bytes


def read_extensions(node: der.Node, deviations: list[str]) -> tuple[Extension, ...]:
    """Extensions ::= SEQUENCE OF Extension. A repeated one is refused (RFC 5280 4.2): which would count?"""
    found: dict[str, Extension] = {}
    for entry in node.expect(der.SEQUENCE).children(MOST_EXTENSIONS):
        raw = entry.raw
        at = 2 if raw[1] < 0x80 else 3
        extension, proper = _known(raw) if raw.startswith(_ALIKE, at) else _read(entry)
        if not proper:
            deviations.append("critical-not-der")
        if extension.oid in found:
            raise DerError(f"extension {extension.oid} stands twice")
        found[extension.oid] = extension
    return tuple(found.values())


def _read(entry: der.Node) -> tuple[Extension, bool]:
    """The extension, and whether its flag is written as DER has it."""
    parts = fields(entry, 2, 3, "extension")
    critical = proper = True
    if len(parts) == 2:
        critical = False
    else:
        flag = parts[1].expect(der.BOOLEAN).content
        critical, proper = flag != b"\x00", flag == b"\xff"
    return Extension(parts[0].as_oid(), critical, parts[-1].as_octets()), proper


_ALIKE = (
    *(der.oid(f"2.5.29.{arc}") for arc in (15, 19, 30, 31, 32, 35, 36, 37, 54)),
    der.oid("1.3.6.1.5.5.7.1.1"),
)
"""Extensions that say nothing of the subject: alike in thousands of certificates, so kept."""


@lru_cache(maxsize=1024)
def _known(raw: bytes) -> tuple[Extension, bool]:
    return _read(der.parse(raw))


@lru_cache(maxsize=512)
def urls_of_points(value: bytes | None) -> tuple[str, ...]:
    """Addresses in CRLDistributionPoints; points that name a directory entry have none."""
    if value is None:
        return ()
    found: list[str] = []
    for point in der.parse(value).expect(der.SEQUENCE).children(_MOST_URLS):
        for part in point.expect(der.SEQUENCE).children(3):
            if part.tag != 0xA0:
                continue
            for name in [sole(part)]:
                if name.tag == 0xA0:
                    found += [_url(uri) for uri in name.children(_MOST_URLS) if uri.tag == _URI]
    return tuple(found)


@lru_cache(maxsize=512)
def urls_of_access(value: bytes | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(OCSP, caIssuers) addresses of AuthorityInfoAccess."""
    if value is None:
        return (), ()
    found: dict[str, list[str]] = {_OCSP: [], _ISSUERS: []}
    for entry in der.parse(value).expect(der.SEQUENCE).children(_MOST_URLS):
        parts = fields(entry, 2, 2, "access description")
        if parts[1].tag == _URI:
            found.setdefault(parts[0].as_oid(), []).append(_url(parts[1]))
    return tuple(found[_OCSP]), tuple(found[_ISSUERS])


def _url(node: der.Node) -> str:
    try:
        return node.content.decode("ascii")
    except UnicodeDecodeError as error:
        raise DerError("address is not ASCII") from error

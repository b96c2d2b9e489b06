"""Extensions (扩展项) and the addresses inside them (RFC 5280 4.2.1.13, 4.2.2.1)."""

from __future__ import annotations

from dataclasses import dataclass

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
        parts = fields(entry, 2, 3, "extension")
        critical = False
        if len(parts) == 3:
            flag = parts[1].expect(der.BOOLEAN).content
            critical = flag != b"\x00"
            if flag != b"\xff":
                deviations.append("critical-not-der")
        oid = parts[0].as_oid()
        if oid in found:
            raise DerError(f"extension {oid} stands twice")
        found[oid] = Extension(oid, critical, parts[-1].as_octets())
    return tuple(found.values())


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

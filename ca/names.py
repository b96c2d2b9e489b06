"""Distinguished names (甄别名): read as they stand, written as government certificates have them.

Written: order C, ST, L, O, OU, CN, one attribute to an RDN, UTF8String except where X.520 demands PrintableString
(GB/T 20518 5.2.3.4, RFC 5280 4.1.2.4). Read: original octets kept, for names are compared by octets in paths.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ca import oids
from foundation import der
from foundation.errors import InvalidInput
from foundation.text import Text

MOST_ATTRIBUTES = 64

_ENCODINGS = {
    der.UTF8_STRING: "utf-8",
    der.PRINTABLE_STRING: "ascii",
    der.IA5_STRING: "ascii",
    0x12: "ascii",  # NumericString
    0x14: "latin-1",  # TeletexString: what old certificates put there in practice
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name: `raw` original octets and its attributes in order."""

    raw: bytes
    attributes: tuple[tuple[str, str], ...]

    def first(self, oid: str) -> str | None:
        return next((text for kind, text in self.attributes if kind == oid), None)

    @property
    def common_name(self) -> str | None:
        return self.first(oids.COMMON_NAME)

    @property
    def organization(self) -> str | None:
        return self.first(oids.ORGANIZATION)

    @property
    def organizational_unit(self) -> str | None:
        return self.first(oids.ORGANIZATIONAL_UNIT)

    @property
    def country(self) -> str | None:
        return self.first(oids.COUNTRY)

    @property
    def text(self) -> str:
        """`C=CN, O=…, CN=…` in the order of the octets; for people, never for comparing."""
        return ", ".join(f"{oids.SHORT_NAMES.get(kind, kind)}={text}" for kind, text in self.attributes)


def read_name(node: der.Node) -> Name:
    node.expect(der.SEQUENCE)
    attributes: list[tuple[str, str]] = []
    for rdn in node.children(MOST_ATTRIBUTES):
        for pair in rdn.expect(der.SET).children(MOST_ATTRIBUTES):
            parts = pair.expect(der.SEQUENCE).children(2)
            if len(parts) != 2:
                raise der.DerError("attribute of a name")
            attributes.append((parts[0].as_oid(), text_of(parts[1])))
    return Name(node.raw, tuple(attributes))


def text_of(node: der.Node) -> str:
    encoding = _ENCODINGS.get(node.tag)
    if encoding is None:  # an unusual type (x500UniqueIdentifier is a BIT STRING): shown, not understood
        return "#" + node.raw.hex()
    try:
        return node.content.decode(encoding)
    except UnicodeDecodeError as error:
        raise der.DerError("string in a name") from error


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """Whom a certificate names. `country`, `state`, `locality` come first in the DN, `common_name` last."""

    common_name: str
    organization: str | None = None
    organizational_unit: str | None = None
    country: str = "CN"
    locality: str | None = None
    serial_number: str | None = None
    state: str | None = None

    def attributes(self) -> tuple[tuple[str, str], ...]:
        """In the order they are written."""
        return tuple(
            (oid, value)
            for oid, value in (
                (oids.COUNTRY, self.country),
                (oids.STATE, self.state),
                (oids.LOCALITY, self.locality),
                (oids.ORGANIZATION, self.organization),
                (oids.ORGANIZATIONAL_UNIT, self.organizational_unit),
                (oids.SERIAL_NUMBER, self.serial_number),
                (oids.COMMON_NAME, self.common_name),
            )
            if value is not None
        )


WRITTEN_ORDER = (
    oids.COUNTRY,
    oids.STATE,
    oids.LOCALITY,
    oids.ORGANIZATION,
    oids.ORGANIZATIONAL_UNIT,
    oids.SERIAL_NUMBER,
    oids.COMMON_NAME,
)
_PRINTABLE = frozenset((oids.COUNTRY, oids.SERIAL_NUMBER))


def write_name(subject: Subject) -> bytes:
    """DER of the name. Raises `InvalidInput` for characters a PrintableString cannot hold."""
    return write_attributes(subject.attributes())


def write_attributes(attributes: Iterable[tuple[str, str]]) -> bytes:
    """One attribute to an RDN. C, ST, L, O and OU repeat from one certificate to the next, so their RDNs are kept."""
    return der.sequence(*(_rdn(kind, text) if kind in _FRESH else _kept(kind, text) for kind, text in attributes))


def _rdn(oid: str, value: str) -> bytes:
    try:
        text = der.printable(value) if oid in _PRINTABLE else der.utf8(value)
    except UnicodeEncodeError as error:  # not ASCII, or half a surrogate pair
        raise InvalidInput(
            "ca.subject_characters",
            Text(
                "主体名称含有无法编码的字符，请检查输入。",
                "The subject has characters that cannot be encoded. Check the input.",
            ),
        ) from error
    return der.tlv(der.SET, der.sequence(der.oid(oid), text))


_FRESH = frozenset((oids.COMMON_NAME, oids.SERIAL_NUMBER))
"""Different in each certificate, and of a person perhaps: never kept in memory."""
_kept = lru_cache(maxsize=512)(_rdn)

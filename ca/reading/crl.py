"""Certificate revocation lists (证书撤销列表), RFC 5280 5.

A list may hold a million entries, so entries are not parsed up front: the first look-up builds one index of serial
octets to place, and an entry is read only when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import cached_property

from ca import oids
from ca.names import Name, read_name
from ca.reading.algorithms import algorithm_oid, scheme_of
from ca.reading.extensions import Extension, read_extensions
from ca.reading.shapes import fields, sole
from foundation import der
from foundation.der import DerError
from hsm.schemes import Scheme

MOST_OCTETS = 128 * 1024 * 1024
_MOST_ENTRIES = 5_000_000
_ENTRY_MOST = 4096


class Reason(IntEnum):
    """CRLReason (RFC 5280 5.3.1); 7 is unused there."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


@dataclass(frozen=True, slots=True)
class RevokedEntry:
    serial: int
    revoked_at: datetime
    reason: Reason
    invalidity: datetime | None
    unknown_critical: tuple[str, ...]
    """Critical entry extensions we do not process: the list must not be used to call others good (RFC 5280 5.3)."""
    certificate_issuer: bytes | None = None
    """The value of that extension: in an indirect list it names the issuer of this entry and of those after it."""


@dataclass(frozen=True)
class CertificateList:
    """What a CRL says. `tbs` is the exact slice the signature covers."""

    der: bytes
    tbs: bytes
    issuer: Name
    this_update: datetime
    next_update: datetime | None
    number: int | None
    authority_key_id: bytes | None
    extensions: tuple[Extension, ...]
    signature_algorithm: bytes
    scheme: Scheme | None
    signature: bytes
    deviations: tuple[str, ...]
    entries_at: tuple[int, int]
    """Where in `der` the entries begin and end."""

    @property
    def unknown_critical(self) -> tuple[str, ...]:
        return tuple(e.oid for e in self.extensions if e.critical and e.oid != oids.ISSUING_DISTRIBUTION_POINT)

    @property
    def is_delta(self) -> bool:
        return any(extension.oid == oids.DELTA_CRL for extension in self.extensions)

    @property
    def is_partial(self) -> bool:
        """It has an issuing distribution point, so silence about a serial need not mean good."""
        return any(extension.oid == oids.ISSUING_DISTRIBUTION_POINT for extension in self.extensions)

    @cached_property
    def _index(self) -> dict[bytes, int]:
        return dict(self.places())

    def places(self) -> Iterator[tuple[bytes, int]]:
        """(serial content, offset in `der`) of every entry, in the order of the list."""
        return _places(self.der, *self.entries_at)

    def __len__(self) -> int:
        return len(self._index)

    def find(self, serial: int) -> RevokedEntry | None:
        """The entry of `serial`, or None when the list does not name it."""
        at = self._index.get(der.integer(serial)[2:])
        return None if at is None else self.entry_at(at)

    def entries(self) -> Iterator[RevokedEntry]:
        for at in self._index.values():
            yield self.entry_at(at)

    def entry_at(self, at: int) -> RevokedEntry:
        """The entry that begins at `at`, an offset out of `places`."""
        return read_entry(der.parse(self.der[at : at + _ENTRY_MOST], trailing=True))


def _places(buffer: bytes, at: int, end: int) -> Iterator[tuple[bytes, int]]:
    """(serial content, offset) of each entry; almost all are short enough for one-octet lengths."""
    count = 0
    while at < end:
        count += 1
        if count > _MOST_ENTRIES or at + 4 > end:
            raise DerError("entries of a CRL")
        outer, size, inner, short = buffer[at : at + 4]
        plain = outer == der.SEQUENCE and size < 0x80 and inner == der.INTEGER
        if plain and short + 2 <= size and at + 2 + size <= end:
            yield buffer[at + 4 : at + 4 + short], at
            at += 2 + size
            continue
        node = der.parse(buffer[at : min(end, at + _ENTRY_MOST)], trailing=True).expect(der.SEQUENCE)
        yield fields(node, 2, 3, "entry of a CRL")[0].expect(der.INTEGER).content, at
        at += node.end


def read_entry(node: der.Node) -> RevokedEntry:
    parts = fields(node, 2, 3, "entry of a CRL")
    reason, invalidity, unknown = Reason.UNSPECIFIED, None, []
    issuer: bytes | None = None
    for extension in read_extensions(parts[2], []) if len(parts) == 3 else ():
        if extension.oid == oids.CRL_REASON:
            reason = _reason(der.parse(extension.value))
        elif extension.oid == oids.INVALIDITY_DATE:
            invalidity = der.parse(extension.value).as_time()
        elif extension.oid == oids.CERTIFICATE_ISSUER:
            issuer = extension.value
        elif extension.critical:
            unknown.append(extension.oid)
    serial = int.from_bytes(parts[0].expect(der.INTEGER).content, "big", signed=True)
    return RevokedEntry(serial, parts[1].as_time(), reason, invalidity, tuple(unknown), issuer)


def _reason(node: der.Node) -> Reason:
    return reason_from(node.expect(der.ENUMERATED).content)


def reason_from(content: bytes) -> Reason:
    """A reason we do not know still revokes."""
    try:
        return Reason(int.from_bytes(content, "big"))
    except ValueError:
        return Reason.UNSPECIFIED


def read_crl(data: bytes) -> CertificateList:
    """Parse one DER CRL. Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("CRL larger than 128 MiB")
    tbs, algorithm, signature = fields(der.parse(data), 3, 3, "a CRL has three parts")
    parts = [part for part in fields(tbs, 3, 8, "to-be-signed CRL") if part.tag != der.INTEGER]  # version
    if len(parts) < 3:
        raise DerError("to-be-signed CRL")
    if algorithm_oid(parts[0]) != algorithm_oid(algorithm):
        raise DerError("signature algorithms inside and outside differ")
    deviations: list[str] = [] if parts[0].raw == algorithm.raw else ["algorithm-parameters-differ"]
    next_update, entries_at = None, (0, 0)
    extensions: tuple[Extension, ...] = ()
    for part in parts[3:]:
        if part.tag in (der.UTC_TIME, der.GENERALIZED_TIME):
            next_update = part.as_time()
        elif part.tag == der.SEQUENCE:
            entries_at = (part.body, part.end)
        elif part.tag == 0xA0:
            extensions = read_extensions(sole(part), deviations)
        else:
            raise DerError("unknown part of a CRL")
    found = {extension.oid: extension.value for extension in extensions}
    return CertificateList(
        der=data,
        tbs=tbs.raw,
        issuer=read_name(parts[1]),
        this_update=parts[2].as_time(),
        next_update=next_update,
        number=der.parse(found[oids.CRL_NUMBER]).as_integer() if oids.CRL_NUMBER in found else None,
        authority_key_id=_key_id(found.get(oids.AUTHORITY_KEY_ID)),
        extensions=extensions,
        signature_algorithm=algorithm.raw,
        scheme=scheme_of(algorithm),
        signature=signature.as_bits(),
        deviations=tuple(deviations),
        entries_at=entries_at,
    )


def _key_id(value: bytes | None) -> bytes | None:
    if value is None:
        return None
    return next((part.content for part in der.parse(value).children(3) if part.tag == 0x80), None)

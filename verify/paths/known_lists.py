"""A list in the trust store with what is asked of it again and again (撤销列表索引), RFC 5280 5.

Built lazily and kept as long as the store: entries of an indirect list belong to the issuer named before them, and a
critical extension nobody understands spoils a whole list (5.2, 5.3), wherever it stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from ca import oids
from ca.reading import CertificateList, RevokedEntry
from ca.reading.general_names import NameKind, read_general_names
from ca.reading.points import IssuingPoint, read_issuing_point
from foundation import der
from foundation.der import DerError
from hsm.digests import sha256
from verify.paths.names import Comparable, comparable

_PROCESSED = frozenset((oids.ISSUING_DISTRIBUTION_POINT, oids.DELTA_CRL, oids.AUTHORITY_KEY_ID, oids.CRL_NUMBER))
_TRUE = b"\x01\x01\xff"
_ISSUER = der.oid(oids.CERTIFICATE_ISSUER)
MOST_MARKED = 50_000
"""Entries of one list with an issuer or a critical extension of their own: 20 µs each to read."""
_EVERYTHING = IssuingPoint()


class Unusable(StrEnum):
    """Why a list or an answer could not be used; the report says it, the tests ask for it."""

    SCOPE = "scope"
    SIGNATURE = "signature"
    NOT_ALLOWED = "not-allowed"
    SIGNER = "signer"
    CRITICAL = "critical-extension"
    DELTA_ALONE = "delta-alone"
    REASONS = "reasons"
    WEAK = "weak-algorithm"
    MALFORMED = "malformed"
    RESPONDER = "responder"
    OUT_OF_BOUNDS = "out-of-bounds"
    """Its signer's certificate has ended, and nothing proves that the data is older."""


@dataclass(eq=False)
class KnownList:
    crl: CertificateList
    verified: dict[bytes, bool] = field(default_factory=dict)
    """Key → whether it signed this list."""

    @cached_property
    def label(self) -> str:
        """For the report."""
        return f"{self.crl.this_update:%Y-%m-%dT%H:%M:%SZ}"

    @cached_property
    def sha256(self) -> bytes:
        return sha256(self.crl.der)

    @cached_property
    def fault(self) -> Unusable | None:
        """What makes the list useless for everybody."""
        try:
            return Unusable.CRITICAL if self._not_understood() else None
        except DerError:
            return Unusable.MALFORMED

    def _not_understood(self) -> bool:
        self.base_number, self.expired_since, self._issuers  # noqa: B018 - read here, so that a damaged one is found
        if any(e.critical and e.oid not in _PROCESSED for e in self.crl.extensions):
            return True
        foreign = any(entry.certificate_issuer is not None for _, entry in self._marked)
        return (foreign and not self.scope.indirect) or any(entry.unknown_critical for _, entry in self._marked)

    @cached_property
    def scope(self) -> IssuingPoint:
        value = self._value(oids.ISSUING_DISTRIBUTION_POINT)
        return _EVERYTHING if value is None else read_issuing_point(value)

    @cached_property
    def base_number(self) -> int | None:
        """Of a delta: the complete list it goes on from."""
        value = self._value(oids.DELTA_CRL)
        return None if value is None else der.parse(value).as_integer()

    @cached_property
    def expired_since(self) -> datetime | None:
        """Certificates that expired since then are still listed (X.509 expiredCertsOnCRL)."""
        value = self._value(oids.EXPIRED_CERTS_ON_CRL)
        return None if value is None else der.parse(value).as_time()

    def _value(self, oid: str) -> bytes | None:
        return next((e.value for e in self.crl.extensions if e.oid == oid), None)

    def continues(self, base: KnownList) -> bool:
        """May this delta be laid over `base` (RFC 5280 5.2.4): same scope, gapless, newer?"""
        if self.base_number is None or self.crl.number is None or base.crl.number is None:
            return False
        return self.scope == base.scope and self.base_number <= base.crl.number < self.crl.number

    def find(self, serial: int, issuer: bytes) -> RevokedEntry | None:
        """The entry of the certificate with this serial and issuer name."""
        if not self.scope.indirect:
            return self.crl.find(serial)
        wanted = comparable(issuer)
        for at in self._by_serial.get(der.integer(serial)[2:], ()):
            if self._issuer_at(at) == wanted:
                return self.crl.entry_at(at)
        return None

    @cached_property
    def _by_serial(self) -> dict[bytes, list[int]]:
        found: dict[bytes, list[int]] = {}
        for content, at in self.crl.places():
            found.setdefault(content, []).append(at)
        return found

    @cached_property
    def _marked(self) -> list[tuple[int, RevokedEntry]]:
        """(offset, entry) of the entries with an issuer or a critical extension, in order."""
        begin, end = self.crl.entries_at
        hits = [*_hits(self.crl.der, _ISSUER, begin, end), *_hits(self.crl.der, _TRUE, begin, end)]
        if not hits:
            return []
        starts = [at for _, at in self.crl.places()]
        marked = sorted({starts[bisect_right(starts, at) - 1] for at in hits})
        if len(marked) > MOST_MARKED:
            raise DerError("too many entries with an issuer of their own")
        return [(at, self.crl.entry_at(at)) for at in marked]

    @cached_property
    def _issuers(self) -> tuple[list[int], list[Comparable]]:
        own = [(at, entry.certificate_issuer) for at, entry in self._marked if entry.certificate_issuer is not None]
        return [at for at, _ in own], [_directory(value) for _, value in own]

    def _issuer_at(self, at: int) -> Comparable:
        starts, names = self._issuers
        place = bisect_right(starts, at) - 1
        return comparable(self.crl.issuer.raw) if place < 0 else names[place]


def _hits(buffer: bytes, mark: bytes, begin: int, end: int) -> Iterator[int]:
    at = buffer.find(mark, begin, end)
    while at >= 0:
        yield at
        at = buffer.find(mark, at + len(mark), end)


def _directory(value: bytes) -> Comparable:
    for name in read_general_names(der.parse(value), 8):
        if name.kind is NameKind.DIRECTORY:
            return comparable(name.value)
    raise DerError("certificate issuer of an entry")

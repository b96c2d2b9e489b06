"""Building a list (编制撤销列表): entries were encoded when they were revoked, so building is joining.

RFC 5280 5.1, 5.2. Entries stay until one list made after the certificate's end has carried them (RFC 5280 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Executable, or_, select, union_all
from sqlalchemy.orm import Session

from ca import oids
from ca.crl_names import Kind, ListName, has_delta
from ca.models import CaRevocation
from ca.revocation_models import CaRelease
from ca.room import Authority
from ca.template import Places, authority_key_id, distribution_point_name, distribution_points, extension
from foundation import der

_VERSION_2 = der.integer(1)
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """One list before it is signed."""

    name: ListName
    number: int
    base: int | None
    this_update: datetime
    next_update: datetime
    entries: int
    tbs: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Entries:
    count: int
    octets: bytes


def in_scope(table: type[CaRevocation | CaRelease], name: ListName) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [table.authority == name.authority]
    if name.shard is not None:
        found.append(table.shard == name.shard)
    return found


def after(table: type[CaRevocation | CaRelease], number: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Changes that the list of this number does not know."""
    return or_(table.seq.is_(None), table.seq > number)


def entries(session: Session, name: ListName, base: int | None, last: datetime) -> Entries:
    """The entries of a list in one statement, so that no certificate is caught between two states.

    A change made since the number was taken comes along; it stays dirty, and the next list carries it again.
    """
    rows = [*in_scope(CaRevocation, name), CaRevocation.not_after >= last]
    query = select(CaRevocation.entry).where(*rows)
    if base is None:
        return _joined(session, query)
    lifted = select(CaRelease.entry).where(CaRelease.authority == name.authority, CaRelease.not_after >= last)
    return _joined(session, union_all(query.where(after(CaRevocation, base)), lifted.where(after(CaRelease, base))))


def _joined(session: Session, query: Executable) -> Entries:
    """The driver's own rows, joined as they come: a million row objects would cost more than the list."""
    cursor: Any = session.connection().execute(query).cursor
    count, parts = 0, []
    while rows := cursor.fetchmany(_AT_ONCE):
        count += len(rows)
        parts.append(b"".join(map(itemgetter(0), rows)))
    return Entries(count, b"".join(parts))


def draft(
    authority: Authority,
    places: Places,
    name: ListName,
    *,
    number: int,
    base: int | None,
    this_update: datetime,
    next_update: datetime,
    found: Entries,
) -> Draft:
    """TBSCertList (RFC 5280 5.1.2). An empty list of entries must be absent (5.1.2.6)."""
    issuer = authority.issuer
    tbs = der.sequence(
        _VERSION_2,
        issuer.suite.scheme.algorithm_identifier(),
        issuer.name,
        der.x509_time(this_update),
        der.x509_time(next_update),
        der.sequence(found.octets) if found.count else b"",
        der.explicit(0, der.sequence(_extensions(authority, places, name, number, base))),
    )
    return Draft(name, number, base, this_update, next_update, found.count, tbs)


def _extensions(authority: Authority, places: Places, name: ListName, number: int, base: int | None) -> bytes:
    """A full list is complete and says where its delta is; a shard says what it is part of, a delta what it adds to."""
    parts = authority_key_id(authority.issuer.key_id) + extension(oids.CRL_NUMBER, der.integer(number))
    if base is not None:
        parts += extension(oids.DELTA_CRL, der.integer(base), critical=True)
    if name.kind is Kind.SHARD:
        point = der.sequence(distribution_point_name(name.url(places)))
        parts += extension(oids.ISSUING_DISTRIBUTION_POINT, point, critical=True)
    if name.kind is Kind.FULL and has_delta(authority):
        parts += extension(oids.FRESHEST_CRL, distribution_points(places.delta_crl(authority.slug)))
    return parts

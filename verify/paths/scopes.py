"""Which lists speak about a certificate, and for which reasons (撤销列表适用范围), RFC 5280 6.3.3 (b) to (d).

A certificate says where it is listed, a list says what it covers; both must agree. Answers are kept with the trust
store, for all certificates of one issuer and point have the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ca import oids
from ca.reading import Certificate
from ca.reading.general_names import NameKind
from ca.reading.points import ALL_REASONS, DistributionPoint, read_points
from verify.paths.known_lists import KnownList, Unusable
from verify.paths.limits import MOST_LISTS
from verify.paths.names import Comparable, comparable, key_of, names_of_point

_IMPLIED = DistributionPoint()
"""RFC 5280 6.3.3 at its end: a list of the certificate's own issuer, named in no point."""


@dataclass(frozen=True, slots=True)
class Applicable:
    """A complete list with the reasons it speaks of, and the deltas that go on from it, newest first."""

    base: KnownList
    reasons: int
    deltas: tuple[KnownList, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    lists: tuple[Applicable, ...]
    unusable: frozenset[Unusable]


def scope_of(certificate: Certificate, lists: Mapping[Comparable, tuple[KnownList, ...]]) -> Scope:
    """May raise `DerError` over the certificate's own points."""
    points = points_of(certificate)
    faults: set[Unusable] = set()
    bases: list[tuple[KnownList, int]] = []
    deltas: list[KnownList] = []
    for known in _candidates(certificate, points, lists):
        if known.fault is not None:
            faults.add(known.fault)
        elif reasons := _reasons(certificate, known, points):
            if known.base_number is None:
                bases.append((known, reasons))
            else:
                deltas.append(known)
        else:
            faults.add(Unusable.SCOPE)
    deltas.sort(key=lambda known: known.crl.this_update, reverse=True)
    bases.sort(key=lambda item: item[0].crl.this_update, reverse=True)
    if deltas and not bases:
        faults.add(Unusable.DELTA_ALONE)
    found = (
        Applicable(base, reasons, tuple(delta for delta in deltas if delta.continues(base))[:MOST_LISTS])
        for base, reasons in bases[:MOST_LISTS]
    )
    return Scope(tuple(found), frozenset(faults))


def points_of(certificate: Certificate) -> tuple[DistributionPoint, ...]:
    extension = certificate.find(oids.CRL_DISTRIBUTION_POINTS)
    return (*(read_points(extension.value) if extension is not None else ()), _IMPLIED)


def _candidates(
    certificate: Certificate, points: Iterable[DistributionPoint], lists: Mapping[Comparable, tuple[KnownList, ...]]
) -> Iterator[KnownList]:
    names = {comparable(certificate.issuer.raw)}
    for point in points:
        names |= {comparable(name.value) for name in point.crl_issuer if name.kind is NameKind.DIRECTORY}
    for name in names:
        yield from lists.get(name, ())


def _reasons(certificate: Certificate, known: KnownList, points: Iterable[DistributionPoint]) -> int:
    """The interim reasons mask; 0 when the list is not about this certificate at all."""
    scope = known.scope
    if scope.only_attributes or (scope.only_users if certificate.is_ca else scope.only_authorities):
        return 0
    mask = 0
    for point in points:
        if _by_right_issuer(certificate, known, point) and _at_right_point(certificate, known, point):
            mask |= point.reasons & scope.reasons
    return mask & ALL_REASONS


def _by_right_issuer(certificate: Certificate, known: KnownList, point: DistributionPoint) -> bool:
    """(b)(1): the point names another issuer, and the list says it is indirect; or it is our own issuer's."""
    issuer = comparable(known.crl.issuer.raw)
    if point.crl_issuer:
        named = any(name.kind is NameKind.DIRECTORY and comparable(name.value) == issuer for name in point.crl_issuer)
        return named and known.scope.indirect
    return issuer == comparable(certificate.issuer.raw)


def _at_right_point(certificate: Certificate, known: KnownList, point: DistributionPoint) -> bool:
    """(b)(2)(i): one name of the list's point is among those of the certificate's point."""
    if known.scope.name is None:
        return True
    listed = names_of_point(known.scope.name, known.crl.issuer.raw)
    if point.name is not None:
        return bool(listed & names_of_point(point.name, _relative_to(certificate, point)))
    if point.crl_issuer:
        return bool(listed & {key_of(name) for name in point.crl_issuer})
    return (NameKind.DIRECTORY, comparable(certificate.issuer.raw)) in listed


def _relative_to(certificate: Certificate, point: DistributionPoint) -> bytes:
    """A relative name goes on from the CRL issuer's name, else from the certificate issuer's (4.2.1.13)."""
    directory = (name.value for name in point.crl_issuer if name.kind is NameKind.DIRECTORY)
    return next(directory, certificate.issuer.raw)

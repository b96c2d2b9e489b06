"""Name constraints (名称约束): which names an authority may certify, RFC 5280 4.2.1.10 and 6.1.3 (b), (c), 6.1.4 (g).

Directory names, mail addresses, host names, URIs and IP addresses are understood. A name of any other kind under a
constraint of that kind is refused, for nobody can say whether it is inside.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ca import oids
from ca.reading import Certificate
from ca.reading.constraints import NameConstraints
from ca.reading.general_names import GeneralName, NameKind, read_general_names
from foundation import der
from foundation.der import DerError
from verify.paths.limits import Budget
from verify.paths.names import below, comparable

_EMAIL_ATTRIBUTE = "1.2.840.113549.1.9.1"
_MOST_ALTERNATIVES = 1024


class NotPermitted(Exception):  # noqa: N818 - caught by the check that asked
    """`how`: "permitted" (outside what is allowed), "excluded", or "unsupported" (nobody can tell)."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


@dataclass(frozen=True, slots=True)
class Subtrees:
    """What the authorities above allow together. Every group of `permitted` must be met, none of `excluded`."""

    permitted: tuple[tuple[GeneralName, ...], ...] = ()
    excluded: tuple[GeneralName, ...] = ()

    def narrowed(self, more: NameConstraints) -> Subtrees:
        groups = (*self.permitted, more.permitted) if more.permitted else self.permitted
        return Subtrees(groups, (*self.excluded, *more.excluded))

    @property
    def open(self) -> bool:
        return not self.permitted and not self.excluded

    def check(self, certificate: Certificate, budget: Budget) -> None:
        """Raise `NotPermitted`, `OutOfBounds`, or `DerError` where a name cannot be read."""
        if self.open:
            return
        names = list(names_of(certificate))
        budget.compare(len(names) * (len(self.excluded) + sum(map(len, self.permitted))))
        for name in names:
            if any(_inside(name, base) for base in self.excluded if base.kind is name.kind):
                raise NotPermitted("excluded")
            for group in self.permitted:
                same_kind = [base for base in group if base.kind is name.kind]
                if same_kind and not any(_inside(name, base) for base in same_kind):
                    raise NotPermitted("permitted")


def names_of(certificate: Certificate) -> Iterator[GeneralName]:
    """The subject, its alternative names, and mail addresses in the subject where there are no others (RFC 5280)."""
    alternative = certificate.find(oids.SUBJECT_ALT_NAME)
    others = () if alternative is None else read_general_names(_names(alternative.value), _MOST_ALTERNATIVES)
    if comparable(certificate.subject.raw):
        yield GeneralName(NameKind.DIRECTORY, certificate.subject.raw)
    yield from others
    if not any(name.kind is NameKind.EMAIL for name in others):
        for kind, text in certificate.subject.attributes:
            if kind == _EMAIL_ATTRIBUTE:
                yield GeneralName(NameKind.EMAIL, text.encode("utf-8", "replace"))


def _names(value: bytes) -> der.Node:
    return der.parse(value).expect(der.SEQUENCE)


def _inside(name: GeneralName, base: GeneralName) -> bool:
    rule = _RULES.get(name.kind)
    if rule is None:
        raise NotPermitted("unsupported")
    return rule(name.value, base.value)


def _email(name: bytes, base: bytes) -> bool:
    """A mailbox, a host, or a domain with a leading dot. The part before @ keeps its case (RFC 5280 7.5)."""
    local, at, host = name.rpartition(b"@")
    wanted_local, wanted_at, wanted = base.rpartition(b"@")
    if not at or not host:
        raise NotPermitted("unsupported")
    if wanted_at and local != wanted_local:
        return False
    return _host(host, wanted)


def _dns(name: bytes, base: bytes) -> bool:
    """Labels may be added on the left; an empty base holds every name."""
    name, base = name.lower(), base.lower().lstrip(b".")
    return not base or name == base or name.endswith(b"." + base)


def _uri(name: bytes, base: bytes) -> bool:
    """By the host part; a URI without one, or with an address there, cannot be judged (RFC 5280 4.2.1.10)."""
    _, colon, rest = name.partition(b"://")
    authority = rest.split(b"/")[0].split(b"?")[0].split(b"#")[0]
    host = authority.rpartition(b"@")[2].partition(b":")[0]
    if not colon or not host or host.startswith(b"[") or host.replace(b".", b"").isdigit():
        raise NotPermitted("unsupported")
    return _host(host, base)


def _host(host: bytes, base: bytes) -> bool:
    """`.example.cn` holds everything below it; `example.cn` holds that host alone."""
    host, base = host.lower(), base.lower()
    return host.endswith(base) if base.startswith(b".") else host == base


def _address(name: bytes, base: bytes) -> bool:
    if len(name) not in (4, 16) or len(base) != 2 * len(name):
        if len(base) not in (8, 32) or len(name) not in (4, 16):
            raise DerError("IP address of a constraint")
        return False  # IPv4 under an IPv6 subtree
    try:
        network = ipaddress.ip_network((base[: len(name)], _prefix(base[len(name) :])), strict=False)
    except ValueError as error:
        raise DerError("network mask of a constraint") from error
    return ipaddress.ip_address(name) in network


def _prefix(mask: bytes) -> int:
    bits = int.from_bytes(mask, "big")
    ones = bits.bit_count()
    if bits != ((1 << ones) - 1) << (8 * len(mask) - ones):
        raise DerError("network mask of a constraint")
    return ones


_RULES: dict[NameKind, Callable[[bytes, bytes], bool]] = {
    NameKind.DIRECTORY: below,
    NameKind.EMAIL: _email,
    NameKind.DNS: _dns,
    NameKind.URI: _uri,
    NameKind.ADDRESS: _address,
}

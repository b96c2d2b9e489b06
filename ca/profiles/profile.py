"""One certificate profile (证书模板), compiled from its file: what each kind of certificate holds (GB/T 20518).

A profile never changes in place: a change gets a new `version`, and each certificate's row says which version, by which
digest of its file, made it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ca import oids
from ca.reading.certificate import KeyUsage
from foundation.text import Text
from hsm.keys import Algorithm


class Role(StrEnum):
    """Who signs: a root signs itself and issuing CAs, an issuing CA signs everything else."""

    ROOT = "root"
    ISSUING = "issuing"
    LEAF = "leaf"


class Holder(StrEnum):
    AUTHORITY = "authority"
    ORGANIZATION = "organization"
    PERSON = "person"
    SERVICE = "service"


class Numbering(StrEnum):
    """Which edition's arcs carry the identity extensions: GB/T 20518-2018, or GM/T 0015-2023."""

    OF_2018 = "2018"
    OF_2023 = "2023"


@dataclass(frozen=True, slots=True)
class Subtrees:
    """Names a CA is held to, or kept from (RFC 5280 4.2.1.10)."""

    dns: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    uri: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()
    """As networks: `10.0.0.0/8`."""
    directory: tuple[tuple[tuple[str, str], ...], ...] = ()
    """Names as (object identifier, text) pairs."""

    def __bool__(self) -> bool:
        return any((self.dns, self.email, self.uri, self.ip, self.directory))


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a CA below may do (RFC 5280 4.2.1.10, 4.2.1.11, 4.2.1.14)."""

    permitted: Subtrees = Subtrees()
    excluded: Subtrees = Subtrees()
    require_explicit_policy: int | None = None
    inhibit_policy_mapping: int | None = None
    inhibit_any_policy: int | None = None


EVERY_ALGORITHM = frozenset(Algorithm)
DESCRIBED = (
    # in the order they are written into a name
    oids.COUNTRY,
    oids.STATE,
    oids.LOCALITY,
    oids.ORGANIZATION,
    oids.ORGANIZATIONAL_UNIT,
    oids.SERIAL_NUMBER,
    oids.COMMON_NAME,
)


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    version: int
    number: int
    """Last arc of its certificate policy."""
    title: Text
    role: Role
    holder: Holder
    lifetime: timedelta
    key_usage: tuple[KeyUsage, ...]
    key_usage_of: tuple[tuple[Algorithm, tuple[KeyUsage, ...]], ...] = ()
    """Where a key's algorithm calls for another usage: RSA cannot agree on keys (RFC 3279 2.3.1)."""
    eku: tuple[str, ...] = ()
    eku_critical: bool = False
    path_len: int | None = None
    algorithms: frozenset[Algorithm] = EVERY_ALGORITHM
    subject: tuple[str, ...] = (oids.COUNTRY, oids.ORGANIZATION, oids.COMMON_NAME)
    """Attributes the subject must have."""
    allowed: tuple[str, ...] = DESCRIBED
    """Attributes it may have."""
    patterns: tuple[tuple[str, re.Pattern[str]], ...] = ()
    """What an attribute must look like, whole."""
    names: frozenset[str] = frozenset()
    """Kinds of alternative names it may have: dns, ip, email, uri."""
    needs_name: bool = False
    most_names: int = 50
    identity: frozenset[str] = frozenset()
    """Identity extensions it may have."""
    needs_identity: bool = False
    """At least one of them."""
    identities: frozenset[str] = frozenset()
    """Those it must have."""
    numbering: Numbering = Numbering.OF_2018
    constraints: Constraints = Constraints()
    policies: tuple[str, ...] = ()
    """Beside its own; a CA's instead of anyPolicy."""
    has_list: bool = True
    """Names the revocation list that would carry it."""
    has_ocsp: bool = True
    no_check: bool = False
    """Valid without asking for its status (OCSP responders, RFC 6960 4.2.2.2.1)."""
    requestable: bool = False
    """May be asked for from outside; all others are the platform's own."""
    content: str = ""
    """Canonical text of its file, by which an old version can be read again."""
    digest: str = ""
    """SHA-256 of `content`."""

    @property
    def is_ca(self) -> bool:
        return self.role is not Role.LEAF

    @property
    def personal(self) -> bool:
        """Names a natural person: stored encrypted, masked in lists."""
        return self.holder is Holder.PERSON

    @property
    def encrypts(self) -> bool:
        """The second certificate of a pair (双证书的加密证书)."""
        return KeyUsage.KEY_ENCIPHERMENT in self.key_usage and KeyUsage.DIGITAL_SIGNATURE not in self.key_usage

    def usage_for(self, algorithm: Algorithm | None) -> tuple[KeyUsage, ...]:
        return next((usage for kind, usage in self.key_usage_of if kind is algorithm), self.key_usage)

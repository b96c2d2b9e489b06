"""A small certificate authority for the verifier's own tests (测试用 PKI): every chain, good and bad, on demand.

Independent of `ca` on purpose: the verifier must not be judged by the writer it shares a house with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count

from foundation import der
from hsm import private_keys
from hsm.digests import Digest
from hsm.keys import Algorithm
from hsm.private_keys import PrivateKey
from hsm.schemes import Scheme, scheme_for

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
_SERIAL = count(0x1000)


@cache
def key(name: str, algorithm: Algorithm = Algorithm.SM2) -> PrivateKey:
    return private_keys.generate(algorithm)


def name(common_name: str, organization: str | None = None) -> bytes:
    parts = [("2.5.4.6", der.printable("CN"))]
    if organization:
        parts.append(("2.5.4.10", der.utf8(organization)))
    parts.append(("2.5.4.3", der.utf8(common_name)))
    return der.sequence(*(der.tlv(der.SET, der.sequence(der.oid(oid), value)) for oid, value in parts))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(oid), *([der.boolean(True)] if critical else []), der.octet_string(value))


@dataclass
class Entity:
    """A key with a certificate. `issue` makes the next one below it."""

    label: str
    algorithm: Algorithm = Algorithm.SM2
    certificate: bytes = b""
    subject: bytes = b""
    serial: int = 0
    issuer: Entity | None = None
    revoked: list[tuple[int, datetime, int, datetime | None]] = field(default_factory=list)

    @property
    def key(self) -> PrivateKey:
        return key(self.label, self.algorithm)

    @property
    def scheme(self) -> Scheme:
        return scheme_for(self.algorithm)

    def sign(self, message: bytes) -> bytes:
        return private_keys.sign(self.key, message)

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.key.spki).digest()[:20]

    def crl(
        self,
        *,
        at: datetime = NOW,
        days: float = 7,
        number: int = 1,
        extra: tuple[bytes, ...] = (),
        more: tuple[bytes, ...] = (),
    ) -> bytes:
        """`extra`: further extensions; `more`: further entries, ready made, after those of `revoke`."""
        own: list[bytes] = []
        for serial, when, reason, invalidity in self.revoked:
            said = [extension("2.5.29.21", der.enumerated(reason))]
            if invalidity:
                said.append(extension("2.5.29.24", der.generalized_time(invalidity)))
            own.append(der.sequence(der.integer(serial), der.x509_time(when), der.sequence(*said)))
        entries = [*own, *more]
        tbs = der.sequence(
            der.integer(1),
            self.scheme.algorithm_identifier(),
            self.subject,
            der.x509_time(at),
            der.x509_time(at + timedelta(days=days)),
            *([der.sequence(*entries)] if entries else []),
            der.explicit(0, der.sequence(extension("2.5.29.20", der.integer(number)), *extra)),
        )
        return der.sequence(tbs, self.scheme.algorithm_identifier(), der.bit_string(self.sign(tbs)))

    def revoke(self, other: Entity, *, at: datetime = NOW, reason: int = 1, invalidity: datetime | None = None) -> None:
        self.revoked.append((other.serial, at, reason, invalidity))


USAGES = {"seal": (0, 1), "ca": (5, 6), "tsa": (0, 1), "code": (0, 1), "none": ()}


def make(
    label: str,
    issuer: Entity | None = None,
    *,
    kind: str = "seal",
    algorithm: Algorithm = Algorithm.SM2,
    organization: str | None = None,
    start: datetime = NOW - timedelta(days=30),
    days: int = 3650,
    path_len: int | None = None,
    extra: tuple[bytes, ...] = (),
    subject: bytes | None = None,
    usage: tuple[int, ...] | None = None,
) -> Entity:
    """One certificate; self-signed without `issuer`. `label` names the key, and the subject unless that is given."""
    entity = Entity(label, algorithm, subject=subject or name(label, organization), serial=next(_SERIAL), issuer=issuer)
    signer = issuer or entity
    extensions = [extension("2.5.29.14", der.octet_string(entity.key_id))]
    if issuer:
        extensions.append(extension("2.5.29.35", der.sequence(der.implicit(0, der.octet_string(issuer.key_id)))))
    if kind == "ca":
        limit = [der.integer(path_len)] if path_len is not None else []
        extensions.append(extension("2.5.29.19", der.sequence(der.boolean(True), *limit), critical=True))
    if kind == "tsa":
        extensions.append(extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.8")), critical=True))
    bits = USAGES[kind] if usage is None else usage
    if bits:
        extensions.append(extension("2.5.29.15", der.named_bits(*bits), critical=True))
    tbs = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(entity.serial),
        signer.scheme.algorithm_identifier(),
        signer.subject,
        der.sequence(der.x509_time(start), der.x509_time(start + timedelta(days=days))),
        entity.subject,
        entity.key.spki,
        der.explicit(3, der.sequence(*extensions, *extra)),
    )
    entity.certificate = der.sequence(tbs, signer.scheme.algorithm_identifier(), der.bit_string(signer.sign(tbs)))
    return entity


@dataclass
class Region:
    """A complete small region: root, issuing CA, seal, seal maker, TSA, code signer."""

    root: Entity
    issuing: Entity
    seal: Entity
    maker: Entity
    tsa: Entity
    code: Entity

    def crls(self) -> list[bytes]:
        return [self.root.crl(), self.issuing.crl()]


def region(prefix: str, algorithm: Algorithm = Algorithm.SM2) -> Region:
    root = make(f"{prefix} root", kind="ca", algorithm=algorithm)
    issuing = make(f"{prefix} issuing", root, kind="ca", algorithm=algorithm, path_len=0)
    return Region(
        root,
        issuing,
        make(f"{prefix} 21990000000001", issuing, algorithm=algorithm, organization="印川市市场监督管理局"),
        make(f"{prefix} 电子印章制作系统", issuing, algorithm=algorithm),
        make(f"{prefix} tsa", issuing, kind="tsa", algorithm=algorithm),
        make(f"{prefix} code signer", issuing, kind="code", algorithm=algorithm),
    )


def digest_identifier(digest: Digest) -> bytes:
    return der.sequence(der.oid(digest.oid))

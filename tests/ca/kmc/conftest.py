"""Holders who keep their own signing keys, officers of the centre, and a region with both suites."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ca.enrol import Enrolment
from ca.kmc.pairs import Pair, enrol_pair
from ca.reading.identity import IdentityExtensions
from ca.suites import Suite
from foundation import der
from foundation.numbers import citizen_number_check
from foundation.principal import SYSTEM, Kind, Permission, Principal
from hsm import private_keys
from hsm.keys import Algorithm
from hsm.private_keys import PrivateKey
from hsm.schemes import Scheme
from hsm.sm2 import Sm2PrivateKey
from tests.ca.conftest import IDENTITIES, SUBJECTS, Region

P = Permission
OPERATOR = Principal(Kind.OFFICIAL, "person:operator", frozenset({P.KM_READ, P.KM_OPERATE}))
APPROVERS = tuple(
    Principal(Kind.OFFICIAL, f"person:approver-{number}", frozenset({P.KM_READ, P.KM_APPROVE})) for number in (1, 2, 3)
)
AUDITOR = Principal(Kind.OFFICIAL, "person:auditor", frozenset({P.KM_READ}))
ISSUER = Principal(Kind.OFFICIAL, "person:issuer", frozenset({P.CA_ISSUE, P.CA_READ, P.CA_REVOKE, P.KM_APPROVE}))


def citizen(number: int) -> IdentityExtensions:
    head = f"21990119900307{number:03d}"
    return IdentityExtensions(citizen_number=head + citizen_number_check(head))


def signed_request(key: PrivateKey, attributes: bytes = b"") -> bytes:
    info = der.sequence(der.integer(0), der.sequence(), key.spki, der.tlv(0xA0, attributes))
    scheme = Scheme.SM2_SM3 if isinstance(key, Sm2PrivateKey) else Scheme.RSA_SHA256
    return der.sequence(info, scheme.algorithm_identifier(), der.bit_string(private_keys.sign(key, info)))


@dataclass(frozen=True)
class Holder:
    """A person with a token: the signing key never leaves it."""

    key: PrivateKey
    suite: Suite = Suite.SM2
    profile: str = "citizen"
    identity: IdentityExtensions = IDENTITIES["citizen"]

    def enrolment(self, request_key: str, *, csr: bytes | None = None) -> Enrolment:
        subject = SUBJECTS[self.profile]
        request = csr or signed_request(self.key)
        return Enrolment(self.suite, self.profile, subject, self.identity, request, request_key)

    def enrol(self, region: Region, request_key: str, principal: Principal = SYSTEM) -> Pair:
        return enrol_pair(region.room, principal, self.enrolment(request_key))


def holder(number: int | None = None) -> Holder:
    """Without a number the citizen everybody knows."""
    identity = IDENTITIES["citizen"] if number is None else citizen(number)
    return Holder(Sm2PrivateKey.generate(), identity=identity)


@pytest.fixture(scope="session")
def rsa_key() -> PrivateKey:
    return private_keys.generate(Algorithm.RSA_2048)


def fresh(region: Region) -> str:
    return f"test-{region.room.ground.ids.token(9)}"

"""Issuing a certificate (签发证书): prepare, record, sign, compare, store.

The intent (serial, octets, profile version) is committed before the key is touched, so a crash at any point leaves
something `ca.recover` can finish, and never a second certificate for one request (T10, facts: pki 7.2). The steps are
those of `ca.issue_many`, with one order.
"""

from __future__ import annotations

from datetime import timedelta

from ca.finishing import IssuedCertificate, finish, issued
from ca.intents import tbs_mac
from ca.issue_many import issue_many
from ca.names import Subject
from ca.prepare import Wanted, wanted_from
from ca.profiles import Role
from ca.reading.alternative import NO_NAMES, AlternativeNames
from ca.reading.identity import NO_IDENTITY, IdentityExtensions
from ca.room import CaRoom
from ca.suites import Suite
from foundation.errors import InvalidInput, YinxinError
from foundation.principal import Principal
from foundation.text import Text

__all__ = [
    "NO_IDENTITY",
    "IdentityExtensions",
    "IssuedCertificate",
    "Subject",
    "finish",
    "issue",
    "issued",
    "leaf",
    "run",
    "tbs_mac",
]


def issue(
    room: CaRoom,
    principal: Principal,
    *,
    suite: Suite,
    profile: str,
    subject: Subject,
    spki: bytes,
    identity: IdentityExtensions = NO_IDENTITY,
    request_key: str,
    validity: timedelta | None = None,
    dns: tuple[str, ...] = (),
    names: AlternativeNames = NO_NAMES,
) -> IssuedCertificate:
    """A certificate from the suite's issuing CA. The same `request_key` again gives the same certificate.

    `request_key` must hold no personal data. `validity` may only shorten what the profile allows.
    `dns` is short for `names` of that one kind.
    """
    called = AlternativeNames(dns=dns) if dns and not names else names
    wanted = leaf(
        room,
        suite,
        profile,
        subject=subject,
        spki=spki,
        identity=identity,
        request_key=request_key,
        validity=validity,
        names=called,
    )
    return run(room, principal, wanted)


def leaf(
    room: CaRoom,
    suite: Suite,
    profile: str,
    *,
    subject: Subject,
    spki: bytes,
    identity: IdentityExtensions,
    request_key: str,
    validity: timedelta | None = None,
    names: AlternativeNames = NO_NAMES,
) -> Wanted:
    """An order for a certificate that is no CA's."""
    kind = room.profile(profile)
    if kind.role is not Role.LEAF:
        raise InvalidInput(
            "ca.profile_reserved",
            Text(
                "CA 证书只能在建立证书体系时签发。",
                "CA certificates are made when the hierarchy is established, not on request.",
            ),
        )
    authority = room.authority(f"{suite}-issuing")
    return wanted_from(authority, kind, subject, spki, identity, request_key, validity, names)


def run(room: CaRoom, principal: Principal, wanted: Wanted) -> IssuedCertificate:
    """Issue, or answer what was issued for this request before, or finish what a crash left."""
    outcome = issue_many(room, principal, [wanted])[0]
    if isinstance(outcome, YinxinError):
        raise outcome
    return outcome

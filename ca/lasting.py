"""A service's certificate that lasts (服务证书续期): made when first needed, renewed in time under the same key.

Every caller gets the same one: the request key counts the renewals, so two at once make one certificate.
"""

from __future__ import annotations

from datetime import timedelta

from ca.issue import IssuedCertificate, Subject, issue
from ca.room import CaRoom
from ca.suites import Suite
from foundation.principal import SYSTEM

_RENEW_BEFORE = timedelta(days=60)
_MOST_RENEWALS = 100


def lasting(
    room: CaRoom, suite: Suite, profile: str, subject: Subject, spki: bytes, request_key: str
) -> IssuedCertificate:
    """The certificate under `<request_key>:<n>` that holds for another 60 days at least."""
    for number in range(1, _MOST_RENEWALS):
        issued = issue(
            room,
            SYSTEM,
            suite=suite,
            profile=profile,
            subject=subject,
            spki=spki,
            request_key=f"{request_key}:{number}",
        )
        if issued.not_after - room.ground.clock.now() > _RENEW_BEFORE:
            return issued
    raise AssertionError("unreachable: a hundred renewals")

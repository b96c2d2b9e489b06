"""Was this certificate revoked (撤销状态)? CRLs and OCSP answers together, the newest decides.

One good OCSP answer must not outvote a later CRL that back-dates a revocation (facts: sealing 2.3 note a), so all data
is gathered first. RFC 5280 6.3, RFC 6960 3.2 and 4.2.2.2. Nothing is fetched: data comes from the trust store.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ca import oids
from ca.reading import Certificate, CertStatus, OcspResponse, Reason, SingleStatus
from foundation import der
from foundation.der import DerError
from hsm.digests import digest_of_oid
from verify.links import answered, issued, listed, parsed
from verify.trust import TrustStore

HARMLESS = frozenset({Reason.AFFILIATION_CHANGED, Reason.SUPERSEDED, Reason.CESSATION_OF_OPERATION})
"""Reasons that say the key was in good hands until then. For any other, also an unstated one, a time stamp before the
revocation proves too little: nobody knows since when the key was abused."""
_MOST_LATE = timedelta(minutes=5)
"""Clocks differ; data made this far in the future is still taken."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """What is known about one certificate. `checked` is None when there is no usable data at all."""

    checked: datetime | None = None
    """thisUpdate of the deciding data."""
    valid_until: datetime | None = None
    source: str | None = None
    revoked_at: datetime | None = None
    reason: Reason | None = None
    invalidity: datetime | None = None

    @property
    def revoked(self) -> bool:
        return self.revoked_at is not None

    def stale(self, now: datetime) -> bool:
        return self.valid_until is not None and self.valid_until < now

    def spares(self, proved: datetime | None) -> bool:
        """A signature proved to exist at `proved` survives this revocation."""
        if self.revoked_at is None:
            return True
        if proved is None or proved >= self.revoked_at:
            return False
        if self.invalidity is not None:
            return proved < self.invalidity
        return self.reason in HARMLESS


def revocation_of(certificate: Certificate, issuer: Certificate, trust: TrustStore, now: datetime) -> Revocation:
    """The newest usable statement about `certificate`; revocations dated after `now` are not in force yet."""
    known = [*_from_lists(certificate, issuer, trust, now), *_from_answers(certificate, issuer, trust, now)]
    if not known:
        return Revocation()
    return max(known, key=lambda item: (item.checked or now, item.revoked))


def _from_lists(certificate: Certificate, issuer: Certificate, trust: TrustStore, now: datetime) -> list[Revocation]:
    found = []
    for crl in trust.crls_by_issuer.get(issuer.subject.raw, ()):
        if not listed(issuer, crl):
            continue
        entry = crl.find(certificate.serial)
        source = f"crl {crl.this_update:%Y-%m-%dT%H:%M:%SZ}"
        if entry is not None and entry.reason is not Reason.REMOVE_FROM_CRL and entry.revoked_at <= now:
            found.append(
                Revocation(crl.this_update, crl.next_update, source, entry.revoked_at, entry.reason, entry.invalidity)
            )
        elif not (crl.unknown_critical or crl.is_delta or crl.is_partial):
            # silence means good only in a complete list whose every critical part we understand (RFC 5280 5.2)
            found.append(Revocation(crl.this_update, crl.next_update, source))
    return found


def _from_answers(certificate: Certificate, issuer: Certificate, trust: TrustStore, now: datetime) -> list[Revocation]:
    found = []
    for answer in trust.ocsp:
        single = answer.find(certificate.serial) if answer.status == 0 else None
        if single is None or single.this_update > now + _MOST_LATE or not _about(single, issuer):
            continue
        if single.status is CertStatus.UNKNOWN or not _speaks_for(answer, issuer, now):
            continue
        source = f"ocsp {single.this_update:%Y-%m-%dT%H:%M:%SZ}"
        revoked = single.status is CertStatus.REVOKED and single.revoked_at is not None and single.revoked_at <= now
        found.append(
            Revocation(
                single.this_update,
                single.next_update,
                source,
                single.revoked_at if revoked else None,
                (single.reason or Reason.UNSPECIFIED) if revoked else None,
            )
        )
    return found


def _about(single: SingleStatus, issuer: Certificate) -> bool:
    """The answer names this issuer by its name and its key (RFC 6960 4.1.1)."""
    digest = digest_of_oid(single.about.digest_oid)
    if digest is None:
        return False
    point = der.parse(issuer.spki).children(2)[1].as_bits()
    return (single.about.issuer_name_hash, single.about.issuer_key_hash) == (
        digest.of(issuer.subject.raw),
        digest.of(point),
    )


def _speaks_for(answer: OcspResponse, issuer: Certificate, now: datetime) -> bool:
    """The issuer itself, or a responder it certified with id-kp-OCSPSigning (RFC 6960 4.2.2.2)."""
    if answered(issuer, answer):
        return True
    for data in answer.certificates:
        try:
            responder = parsed(data)
        except DerError:
            continue  # a damaged certificate cannot vouch; another one in the answer may
        allowed = oids.OCSP_SIGNING in responder.eku and responder.valid_at(answer.produced_at or now)
        if allowed and issued(issuer, responder) and answered(responder, answer):
            return True
    return False

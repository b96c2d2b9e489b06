"""Revocation by answers (OCSP 核验), RFC 6960 3.2 and 4.2.2.2: the issuer itself, or a responder it certified."""

from __future__ import annotations

from datetime import datetime

from ca import oids
from ca.reading import Certificate, CertStatus, KeyUsage, OcspResponse, Reason, SingleStatus
from foundation import der
from foundation.der import DerError
from hsm.digests import digest_of_oid, sha256
from verify.links import parsed
from verify.paths.crls import from_lists
from verify.paths.inquiry import MOST_LATE, Inquiry, Link
from verify.paths.known_lists import Unusable
from verify.paths.names import same_name
from verify.paths.statements import Statement, weigh

_PROCESSED = frozenset((oids.OCSP_NONCE,))


def from_answers(certificate: Certificate, link: Link, inquiry: Inquiry) -> tuple[list[Statement], frozenset[Unusable]]:
    found: list[Statement] = []
    faults: set[Unusable] = set()
    for answer, single in inquiry.pool.trust.answers.get(certificate.serial, ()):
        inquiry.note(single.this_update - MOST_LATE)
        if single.this_update > inquiry.moment.now + MOST_LATE or not _about(single, link):
            continue
        if single.status is CertStatus.UNKNOWN:
            continue
        if any(e.critical and e.oid not in _PROCESSED for e in answer.extensions):
            faults.add(Unusable.CRITICAL)
        elif not inquiry.takes(answer.scheme):
            faults.add(Unusable.WEAK)
        elif (until := _speaks_for(answer, link, inquiry)) is None:
            faults.add(Unusable.RESPONDER)
        elif not inquiry.reliable(answer.der, until):
            faults.add(Unusable.OUT_OF_BOUNDS)
        else:
            found.append(_statement(certificate, answer, single, inquiry))
    return found, frozenset(faults)


def _statement(certificate: Certificate, answer: OcspResponse, single: SingleStatus, inquiry: Inquiry) -> Statement:
    inquiry.note(single.this_update, single.next_update, single.revoked_at)
    revoked = (
        single.status is CertStatus.REVOKED
        and single.revoked_at is not None
        and single.revoked_at <= inquiry.moment.now
    )
    return Statement(
        single.this_update,
        single.next_update,
        f"ocsp {single.this_update:%Y-%m-%dT%H:%M:%SZ}",
        late=single.this_update > certificate.not_after,
        revoked_at=single.revoked_at if revoked else None,
        reason=(single.reason or Reason.UNSPECIFIED) if revoked else None,
        frozen=inquiry.frozen(answer.der),
        data=sha256(answer.der),
    )


def _about(single: SingleStatus, link: Link) -> bool:
    """The answer names this issuer by its name and its key (RFC 6960 4.1.1)."""
    digest = digest_of_oid(single.about.digest_oid)
    if digest is None:
        return False
    point = der.parse(link.spki).children(2)[1].as_bits()
    return (single.about.issuer_name_hash, single.about.issuer_key_hash) == (
        digest.of(link.issuer.subject.raw),
        digest.of(point),
    )


def _speaks_for(answer: OcspResponse, link: Link, inquiry: Inquiry) -> datetime | None:
    """Until when the certificate it is signed under is valid; None when nobody entitled signed it."""
    if inquiry.signatures.answer(link.spki, answer):
        return link.issuer.not_after
    for data in answer.certificates:
        try:
            responder = parsed(data)
        except DerError:
            continue  # a damaged certificate cannot vouch; another one in the answer may
        if _delegated(responder, answer, link, inquiry) and inquiry.signatures.answer(responder.spki, answer):
            return min(responder.not_after, link.issuer.not_after)
    return None


def _delegated(responder: Certificate, answer: OcspResponse, link: Link, inquiry: Inquiry) -> bool:
    """Certified by this very key for answering, valid when it answered, and not revoked."""
    if oids.OCSP_SIGNING not in responder.eku or not responder.allows(KeyUsage.DIGITAL_SIGNATURE):
        return False
    if not responder.valid_at(answer.produced_at or inquiry.moment.now):
        return False
    if not same_name(responder.issuer.raw, link.issuer.subject.raw):
        return False
    if not inquiry.signatures.certificate(link.spki, responder):
        return False
    return responder.find(oids.OCSP_NO_CHECK) is not None or not _revoked(responder, link, inquiry)


def _revoked(responder: Certificate, link: Link, inquiry: Inquiry) -> bool:
    """Without nocheck the lists decide (RFC 6960 4.2.2.2.1): an answer may not vouch for its own signer."""
    if not inquiry.may_ask(responder):
        return True
    return weigh(*from_lists(responder, link, inquiry.about(responder))).revoked

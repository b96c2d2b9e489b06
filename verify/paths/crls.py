"""Revocation by lists (证书撤销列表核验), RFC 5280 6.3.3: complete, partial, indirect, and delta over complete."""

from __future__ import annotations

from ca.reading import Certificate, Reason, RevokedEntry
from foundation.der import DerError
from verify.paths.inquiry import Inquiry, Link
from verify.paths.known_lists import KnownList, Unusable
from verify.paths.list_signers import signing_key
from verify.paths.scopes import Applicable
from verify.paths.statements import Statement


def from_lists(certificate: Certificate, link: Link, inquiry: Inquiry) -> tuple[list[Statement], frozenset[Unusable]]:
    """A statement from every usable list, and why the others were not."""
    try:
        scope = inquiry.pool.trust.scope_of(certificate)
    except DerError:
        return [], frozenset({Unusable.MALFORMED})
    found: list[Statement] = []
    faults = set(scope.unusable)
    for item in scope.lists:
        key = signing_key(item.base, certificate, link, inquiry)
        if isinstance(key, Unusable):
            faults.add(key)
            continue
        if not inquiry.reliable(item.base.crl.der, link.issuer.not_after):
            faults.add(Unusable.OUT_OF_BOUNDS)
            continue
        try:
            found.append(_statement(certificate, item, key, link, inquiry))
        except DerError:
            faults.add(Unusable.MALFORMED)
    return found, frozenset(faults)


def _statement(certificate: Certificate, item: Applicable, key: bytes, link: Link, inquiry: Inquiry) -> Statement:
    base = item.base
    entry = base.find(certificate.serial, certificate.issuer.raw)
    made, until, source = base.crl.this_update, base.crl.next_update, f"crl {base.label}"
    # (h): a delta counts only under the very key of the list it goes on from
    delta = next((one for one in item.deltas if _goes_on(one, key, link, inquiry)), None)
    if delta is not None:
        made, until = delta.crl.this_update, delta.crl.next_update
        source = f"{source} + delta {delta.label}"
        entry = delta.find(certificate.serial, certificate.issuer.raw) or entry
    inquiry.note(made, until)
    late = made > certificate.not_after and not _keeps_expired(base, certificate)
    if entry is None or entry.reason is Reason.REMOVE_FROM_CRL or not _in_force(entry, inquiry):
        frozen = inquiry.frozen(base.crl.der)
        return Statement(made, until, source, item.reasons, late, frozen=frozen, data=base.sha256)
    revoked = (entry.revoked_at, entry.reason, entry.invalidity)
    return Statement(made, until, source, item.reasons, late, *revoked, data=base.sha256)


def _goes_on(delta: KnownList, key: bytes, link: Link, inquiry: Inquiry) -> bool:
    signed = inquiry.signatures.crl(key, delta.crl, delta.verified)
    return signed and inquiry.reliable(delta.crl.der, link.issuer.not_after)


def _in_force(entry: RevokedEntry, inquiry: Inquiry) -> bool:
    """A revocation dated after the moment asked about is none yet."""
    inquiry.note(entry.revoked_at, entry.invalidity)
    return entry.revoked_at <= inquiry.moment.now


def _keeps_expired(base: KnownList, certificate: Certificate) -> bool:
    since = base.expired_since
    return since is not None and since <= certificate.not_after

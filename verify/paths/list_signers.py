"""Who may sign a list (撤销列表签发者), RFC 5280 6.3.3 (f) and (g).

The certificate's own issuer under its own key; that authority under another key certified beside it; or, for an
indirect list, the issuer the certificate names. Each other signer needs a path to the same anchor.
"""

from __future__ import annotations

from ca.reading import Certificate, KeyUsage
from verify.paths.inquiry import Inquiry, Link
from verify.paths.known_lists import KnownList, Unusable
from verify.paths.limits import MOST_FAN_OUT
from verify.paths.names import comparable, same_name


def signing_key(known: KnownList, certificate: Certificate, link: Link, inquiry: Inquiry) -> bytes | Unusable:
    """The key under which the list stands, or why there is none."""
    crl = known.crl
    direct = same_name(crl.issuer.raw, link.issuer.subject.raw)
    found = [item for item in inquiry.pool.named(comparable(crl.issuer.raw)) if item.der != link.issuer.der]
    if direct:
        found.insert(0, link.issuer)
    if crl.authority_key_id is not None:
        found.sort(key=lambda item: item.subject_key_id != crl.authority_key_id)
    if not inquiry.takes(crl.scheme):
        return Unusable.WEAK
    fault = Unusable.SIGNER
    for item in found[:MOST_FAN_OUT]:
        own = item is link.issuer
        if direct and not own and not _beside(item, link.issuer, link.spki, inquiry):
            continue
        spki = link.spki if own else item.spki
        if not item.allows(KeyUsage.CRL_SIGN):
            fault = Unusable.NOT_ALLOWED
        elif not inquiry.signatures.crl(spki, crl, known.verified):
            fault = Unusable.SIGNATURE
        elif own or (not direct and item.der == certificate.der) or _vouched(item, link, inquiry):
            # its authority put a signer on its own list (PKITS 4.14.30); that key rules the list anyway
            return spki
        else:
            return Unusable.SIGNER
    return fault


def _beside(candidate: Certificate, issuer: Certificate, spki: bytes, inquiry: Inquiry) -> bool:
    """The same authority with another key, not a namesake elsewhere under this anchor.

    Certified by the same issuer, or one of the two certifies the other (RFC 4210 4.4, key rollover).
    """
    if candidate.self_issued:
        return inquiry.signatures.certificate(spki, candidate)
    if issuer.self_issued:
        return inquiry.signatures.certificate(candidate.spki, issuer)
    return same_name(candidate.issuer.raw, issuer.issuer.raw)


def _vouched(candidate: Certificate, link: Link, inquiry: Inquiry) -> bool:
    key = (candidate.der, link.anchor.der)
    if key not in inquiry.vouched:
        if not inquiry.may_ask(candidate):
            return False  # in a circle, or too far: not remembered, for elsewhere it may do
        inquiry.vouched[key] = inquiry.vouch(candidate, link.anchor, inquiry)
    return inquiry.vouched[key]

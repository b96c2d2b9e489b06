"""Asking where a certificate says (在线获取): issuer certificates, lists and answers, RFC 5280 4.2.1.13 and 4.2.2.1.

A `Transport` decides what may be reached (`verify.fetching`). What comes back is parsed and weighed like anything a
file brings along: it can add a path or a status, it can never make one up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ca.reading import Certificate, read_certificates
from foundation import der
from foundation.der import DerError
from hsm.digests import Digest
from seal import cms
from verify.links import parsed
from verify.times.items import Item, Sort

MOST_ASKED = 8
"""Addresses for one path: a certificate made for this purpose could name hundreds."""


class Transport(Protocol):
    """None when it may not, cannot, or got nothing it would take."""

    def get(self, url: str) -> bytes | None: ...

    def post(self, url: str, body: bytes, kind: str) -> bytes | None: ...


class Asking:
    """`verify.times.items.Online` over a transport."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def about(self, path: tuple[Certificate, ...]) -> tuple[Item, ...]:
        """Upwards from the leaf, as far as the path is known, and further by what was found on the way."""
        left = MOST_ASKED
        found: list[Item] = []
        known = list(path)
        for at, certificate in enumerate(known):
            if certificate.self_issued:
                break
            if at + 1 == len(known) and certificate.issuer_urls and left > 0:
                left -= 1
                fetched = list(_certificates(self.transport.get(certificate.issuer_urls[0])))
                found += [Item(Sort.CERTIFICATE, one.der) for one in fetched]
                known += [one for one in fetched if one.subject.raw == certificate.issuer.raw][:1]
            above = known[at + 1] if at + 1 < len(known) else None
            status = list(self._status(certificate, above))[:left] if left > 0 else []
            left -= len(status) or 1
            found += status
            if left <= 0:
                break
        return tuple(found)

    def _status(self, certificate: Certificate, issuer: Certificate | None) -> Iterator[Item]:
        """An answer where one is to be had, else the list; a list weighs as much, and says it of others too."""
        if issuer is not None:
            for url in certificate.ocsp_urls[:1]:
                answer = self.transport.post(url, question(certificate, issuer), "application/ocsp-request")
                if answer is not None:
                    yield Item(Sort.ANSWER, answer)
        for url in certificate.crl_urls[:2]:
            octets = self.transport.get(url)
            if octets is not None:
                yield Item(Sort.LIST, octets)


def question(certificate: Certificate, issuer: Certificate) -> bytes:
    """An OCSPRequest (RFC 6960 4.1.1) without a nonce; SHA-1 names the issuer, as every responder knows it."""
    point = der.parse(issuer.spki).children(2)[1].as_bits()
    name_hash, key_hash = Digest.SHA1.of(issuer.subject.raw), Digest.SHA1.of(point)
    algorithm = der.sequence(der.oid(Digest.SHA1.oid), der.null())
    about = der.sequence(
        algorithm, der.octet_string(name_hash), der.octet_string(key_hash), der.integer(certificate.serial)
    )
    return der.sequence(der.sequence(der.sequence(der.sequence(about))))


def _certificates(octets: bytes | None) -> Iterator[Certificate]:
    """DER, PEM or a PKCS#7 bag (RFC 5280 4.2.2.1); anything else is nothing."""
    if octets is None:
        return
    try:
        yield from read_certificates(octets)
    except DerError:
        try:
            yield from (parsed(one) for one in cms.read(octets).certificates[:8])
        except DerError:
            return
